"""docs/reference/channels.md, made from the targets' contracts (written by `python -m offermill.reference`)."""

from collections.abc import Iterator

from offers.channels import registry
from offers.channels.contract import Column, FileContract, Target

HEAD = """\
# Channels: what each target gets

This page is made from the contracts in `offers/channels/` by `python -m offermill.reference`; edit those, not the
page. How to switch a channel on, and how to add one: [Add a channel](../how-to/add-a-channel.md). Where the files lie
and how the manifest names them: [What a night publishes](publication.md).

Rules that hold for all of them:

- A block `channels: {<block>: {target: ...}}` of shop.yml writes `exports/<edition>/channels/<block>/`. One that does
  not fit into one file goes on in `<name>-0001.csv`, `<name>-0002.csv` …, never inside a record.
- `<name>.csv` tells offers, `<name>.withdraw.csv` their ends, in the same columns unless its own stand below; without
  an end there is no such file. Import ends first.
- A record with a cell that breaks its contract, or that is too long, is left out and listed with its reason in
  `audit/left_out_records.csv`. More of them than `gates` allows, or a key that two rows share, stop the block: it has
  no file, and `offermill.channels.<block>.stopped` in the manifest says why. The other blocks are written.
- Where an empty cell would leave the old value, no column about the offer is ever empty.
- Where a system keeps one offer per customer, it is told the last alone; the end of an older one never ends a newer
  one.
- Amounts are decimals with a dot (cents where the column says so), dates `YYYY-MM-DD`, ids texts. Keys and codes are
  the same on every run, and never given twice.
"""


def _cells(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _limits_of(column: Column) -> str:
    said = [
        f"{column.max_characters} characters" if column.max_characters else "",
        f"{column.max_bytes} bytes" if column.max_bytes else "",
        f"`{column.pattern}`" if column.pattern else "",
        "no 4-byte letters" if column.without_emoji else "",
        "`<` and `>` as `‹` and `›`" if column.is_html else "",
        "may be empty" if column.may_be_empty else "",
    ]
    return ", ".join(part for part in said if part)


def _empty(contract: FileContract) -> str:
    if contract.empty_cell == "keeps":
        return "An empty cell would leave the old value: only contact data may be empty"
    word = contract.format.null
    how = f"`{word}`" if word else ("an empty cell" if word == "" else "`null`")
    return f"Cleared by {how}"


def _size(contract: FileContract) -> str:
    limits = contract.limits
    parts = [f"{limits.bytes:,} bytes"]
    parts += [f"{limits.rows:,} records"] if limits.rows is not None else []
    parts += [f"{limits.record_bytes:,} bytes a record"] if limits.record_bytes is not None else []
    return "at most " + ", ".join(parts)


def _file(contract: FileContract) -> Iterator[str]:
    yield f"\n### {contract.file_name(contract.statuses[0])}{contract.format.suffix}\n"
    keys = ", ".join(f"`{name}`" for name in contract.key)
    yield f"{contract.title}. {contract.format.described()}; {_size(contract)}. Key: {keys}. {_empty(contract)}.\n"
    yield from (_cells(*cells) for cells in (("Column", "Type", "Limits", "Meaning"), ("---",) * 4))
    for column in contract.columns:
        yield _cells(f"`{column.name}`", column.type, _limits_of(column), column.meaning)


def _target(target: Target) -> Iterator[str]:
    yield f"\n## {target.name}\n"
    yield f"{target.title}. {target.setup}\n"
    if target.channels:
        yield f"It carries offers told by {', '.join(target.channels)} only.\n"
    if target.address:
        yield f"Customers are found by {target.address}: those without, or who share it, are left out and counted.\n"
    for name, standing, meaning in target.options:
        stands = "required" if standing is None else f"`{standing}` unless said" if standing else "empty unless said"
        yield f"- Option `{name}` ({stands}): {meaning}"
    if target.documents and not target.written:
        yield "\nIt writes files of its own making, described in its module."
    for contract in (*target.files, *target.written):
        yield from _file(contract)


def page() -> str:
    """Return the whole page, targets in alphabetical order."""
    lines = [line for target in registry.targets().values() for line in _target(target)]
    return HEAD + "\n".join(lines) + "\n"
