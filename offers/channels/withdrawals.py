"""What a corrected publication takes back: offers of the version before that no longer hold."""

import csv
from collections.abc import Iterator
from pathlib import Path

from offermill import csvfile, datapackage, publish
from offermill.run import Run
from offers.channels import crm_csv, tables

FILE = "withdrawals.csv"
COLUMNS: tables.Columns = (
    ("offer_key", "string", "Key of the offer in the version before."),
    ("customer_id", "string", "Customer."),
    ("offer_status", "string", "withdrawn: end the offer in the CRM; an empty cell would keep it there."),
)


def _offers(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["offer_key"], row["customer_id"]


def _earlier(run: Run) -> Path | None:
    """Return the list of the version before the one this run makes."""
    version = publish.version_of(publish.edition(run))
    name = publish.edition_name(run.business_date, version - 1)
    return run.shop.exports / name / crm_csv.FILE if version > 1 else None


def write(run: Run, folder: Path) -> list[datapackage.Resource]:
    """Write withdrawals.csv beside the new list; a first version takes nothing back and has no such file."""
    earlier = _earlier(run)
    if earlier is None:
        return []
    kept = {key for key, _ in _offers(folder / crm_csv.FILE)}
    rows = [(key, customer, "withdrawn") for key, customer in _offers(earlier) if key not in kept]
    csvfile.write(folder / FILE, [name for name, _, _ in COLUMNS], rows)
    title = "Offers of the version before that no longer hold"
    return [datapackage.Resource(FILE, title, len(rows), COLUMNS, ("offer_key",))]
