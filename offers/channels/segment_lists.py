"""One list per segment for marketers: a workbook, and a CSV that a spreadsheet opens without calculating anything."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from offermill import csvfile, datapackage
from offermill.errors import PublishError
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import tables
from offers.channels.workbook import Column, Workbook

FOLDER = "segments"
COLUMNS: tables.Columns = (
    ("customer_id", "string", "Customer in the shop's own ids, as text."),
    ("language", "string", "Language the customer reads."),
    ("home_store", "string", "Store the customer belongs to."),
    ("tier", "string", "Loyalty tier."),
    ("days_since_order", "integer", "Days since the last order."),
    ("orders_365_days", "integer", "Orders in the last 365 days."),
    ("net_sales_365_days", "number", "Sales after discounts and returns in the last 365 days, in the currency."),
    ("margin_365_days", "number", "Margin in the last 365 days, in the currency."),
    ("offer_tonight", "string", "Offer decided tonight; empty for none."),
    ("reason", "string", "Why the customer is in the segment."),
)
NAMES = tuple(name for name, _, _ in COLUMNS)
_MONEY = ("net_sales_365_days", "margin_365_days")
_WIDTHS = (16, 10, 12, 10, 12, 12, 14, 14, 26, 90)
LAYOUT = tuple(Column(name, width, name in _MONEY) for name, width in zip(NAMES, _WIDTHS, strict=True))
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")

Row = tuple[Any, ...]


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def file_name(family: str, segment: str) -> str:
    """Return the name of a segment's files without the ending: `lifecycle-at-risk`.

    Raises:
        PublishError: the segment has no letters or digits a file name could be made of, or too many.
    """
    folder, own = _slug(family), _slug(segment)
    # cluster-a of the family cluster is not cluster-cluster-a.
    name = own if own == folder or own.startswith(f"{folder}-") else f"{folder}-{own}"
    if not own or not _NAME.fullmatch(name):
        raise PublishError(
            f"segments.membership: no file name can be made of the segment {segment!r} of {family!r}; "
            "name it with 1 to 80 Latin letters, digits and hyphens."
        )
    return name


def _claim(names: dict[str, tuple[str, str]], family: str, segment: str) -> str:
    name = file_name(family, segment)
    if names.setdefault(name, (family, segment)) != (family, segment):
        raise PublishError(
            f"segments.membership: the segments {names[name][1]!r} and {segment!r} of {family!r} would share the file "
            f"{name}.csv; rename one of them."
        )
    return name


def _cells(row: Row, digits: int) -> list[Any]:
    """Return a query row as the list's cells: names and reason as they are, money as decimals."""
    cells = list(row[2:])
    for index in (NAMES.index(name) for name in _MONEY):
        cells[index] = None if cells[index] is None else Decimal(int(cells[index])).scaleb(-digits)
    return cells


def _both(rows: Iterable[Row], book: Workbook, digits: int) -> Iterator[list[Any]]:
    for row in rows:
        cells = _cells(row, digits)
        book.add(cells)
        yield cells


def _write_one(
    run: Run, folder: Path, name: str, segment: tuple[str, str], rows: Iterable[Row]
) -> list[datapackage.Resource]:
    """Write the CSV and the workbook in one pass, so that a segment of any size fits in memory."""
    digits = run.settings.shop.currency_digits
    base = folder / FOLDER / name
    base.parent.mkdir(exist_ok=True)
    with Workbook(base.with_suffix(".xlsx"), LAYOUT, run.business_date, digits) as book:
        count = csvfile.write(base.with_suffix(".csv"), NAMES, _both(rows, book, digits), csvfile.guarded)
    title = f"Customers of the segment {segment[1]} ({segment[0]})"
    return [
        datapackage.Resource(f"{FOLDER}/{name}.csv", title, count, COLUMNS, ("customer_id",)),
        datapackage.Resource(f"{FOLDER}/{name}.xlsx", title, count),
    ]


def write(warehouse: Warehouse, run: Run, folder: Path) -> Iterator[datapackage.Resource]:
    """Write the two files of every segment, row by row."""
    names: dict[str, tuple[str, str]] = {}
    found = tables.rows(warehouse, run, tables.query("segment_lists"))
    for (family, segment), members in groupby(found, key=lambda row: (str(row[0]), str(row[1]))):
        name = _claim(names, family, segment)
        yield from _write_one(run, folder, name, (family, segment), members)
