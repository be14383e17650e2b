"""What a publication takes back: promises the shop withdrew, and offers of the version before that no longer hold."""

import csv
from collections.abc import Iterator
from pathlib import Path

from offermill import csvfile, datapackage, publish
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import crm_csv, tables

FILE = "withdrawals.csv"
COLUMNS: tables.Columns = (
    ("offer_key", "string", "Key of the offer in the list that brought it."),
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


def _withdrawn(warehouse: Warehouse, run: Run) -> list[tuple[str, str]]:
    """Return key and customer of every promise that the shop took back and that would still count tomorrow."""
    if not warehouse.exists("offers.withdrawn_promise"):
        return []
    return [(str(key), str(customer)) for key, customer in tables.rows(warehouse, run, tables.query("withdrawals"))]


def _no_longer_held(run: Run, folder: Path) -> list[tuple[str, str]]:
    """Return what the version before offered and this one does not."""
    earlier = _earlier(run)
    if earlier is None:
        return []
    kept = {key for key, _ in _offers(folder / crm_csv.FILE)}
    return [(key, customer) for key, customer in _offers(earlier) if key not in kept]


def write(warehouse: Warehouse, run: Run, folder: Path) -> list[datapackage.Resource]:
    """Write withdrawals.csv beside the list; a first version without withdrawals has no such file."""
    taken_back = [*_withdrawn(warehouse, run), *_no_longer_held(run, folder)]
    if not taken_back and _earlier(run) is None:
        return []
    rows = [(key, customer, "withdrawn") for key, customer in taken_back]
    csvfile.write(folder / FILE, [name for name, _, _ in COLUMNS], rows)
    title = "Offers of earlier lists that no longer hold"
    return [datapackage.Resource(FILE, title, len(rows), COLUMNS, ("offer_key",))]
