"""docs/reference/features.md, made from the promises in expectations/features: `python -m features.reference`."""

from collections.abc import Iterator
from pathlib import Path

from offermill import expectations, paths
from offermill.expectations import Expectations

PAGE = paths.ROOT / "docs" / "reference" / "features.md"
WIDE = "features.customer"

HEAD = """\
# Features

What Offermill knows about a customer as of a night. This page is made from `expectations/features/*.yml` by
`python -m features.reference`; edit those files, not this one.

Rules that hold for all of them:

- A fact counts when it happened before `as_of` (the end of the business date) *and* had arrived by then.
- A window of 7 days is the business date and the six local days before it; likewise 30, 90 and 365.
- Amounts are integers in minor units; ratios are divided last, from integers, so the number of threads changes nothing.
- Return receipts lower amounts and are no orders. Guests' orders belong to nobody.
- Browsing belongs to the customer a browser was recognised as last; before its first recognition, to the first.
- Browsing interest halves every 14 days (weights rounded to nine decimals before summing).
- Small counts lean on the shop: expected gaps with the weight of 2 gaps, response rates of 10 offers, lifts of 5 days.
- What never happened is 0 for counts, sums and scores, and empty for days since, shares and means.
"""


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _section(table: Expectations) -> Iterator[str]:
    yield f"\n## {table.address}\n"
    yield f"{table.grain[0].upper()}{table.grain[1:]}. Key: {', '.join(f'`{name}`' for name in table.key)}.\n"
    yield from (_row(cells) for cells in (("Column", "Type", "Unit", "Meaning"), ("---",) * 4))
    for column in table.columns.values():
        yield _row((f"`{column.name}`", column.type, column.unit, column.meaning))


def page() -> str:
    """Return the whole page: the wide table that models read first, then the others by name."""
    addresses = expectations.addresses("features")
    ordered = sorted(addresses, key=lambda address: (address != WIDE, address))
    lines = [line for address in ordered for line in _section(expectations.load(address))]
    return HEAD + "\n".join(lines) + "\n"


def write(path: Path = PAGE) -> None:
    """Write the page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
