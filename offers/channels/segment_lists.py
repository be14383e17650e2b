"""One list per segment for marketers: a workbook, and a CSV that a spreadsheet opens without calculating anything."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter

from offermill import csvfile, datapackage
from offermill.errors import PublishError
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import tables

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
_WIDTHS = (16, 10, 12, 10, 12, 12, 14, 14, 26, 90)
_MONEY = ("net_sales_365_days", "margin_365_days")
# A worksheet holds 1,048,576 rows; a longer list goes on in the next sheet.
_SHEET_ROWS = 1_000_000
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


def _workbook(path: Path, run: Run) -> xlsxwriter.Workbook:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(path, options)
    # The clock would make every file different.
    book.set_properties({"title": path.stem, "created": datetime.combine(run.business_date, time())})
    return book


def _sheet(book: xlsxwriter.Workbook, name: str, run: Run) -> Any:
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E7F1EF"})
    amount = book.add_format({"num_format": "#,##0" + ("." + "0" * run.settings.shop.currency_digits).rstrip(".")})
    for index, (column, width) in enumerate(zip(NAMES, _WIDTHS, strict=True)):
        sheet.set_column(index, index, width, amount if column in _MONEY else None)
    sheet.freeze_panes(1, 1)
    for index, column in enumerate(NAMES):
        sheet.write_string(0, index, column, head)
    return sheet


def _write_cells(sheet: Any, number: int, cells: Sequence[Any]) -> None:
    for index, cell in enumerate(cells):
        if isinstance(cell, str):
            sheet.write_string(number, index, cell[:32_767])  # Excel's limit for a cell
        elif cell is not None:
            sheet.write_number(number, index, cell)


def write_workbook(path: Path, run: Run, rows: Sequence[Sequence[Any]]) -> None:
    """Write the rows as an XLSX in which every text is a text; the same rows give the same bytes."""
    book = _workbook(path, run)
    for start in range(0, max(len(rows), 1), _SHEET_ROWS):
        part = rows[start : start + _SHEET_ROWS]
        sheet = _sheet(book, f"list {start // _SHEET_ROWS + 1}", run)
        for number, cells in enumerate(part, start=1):
            _write_cells(sheet, number, cells)
        sheet.autofilter(0, 0, len(part), len(NAMES) - 1)
    book.close()


def _write_one(
    run: Run, folder: Path, name: str, family: str, segment: str, rows: Sequence[Sequence[Any]]
) -> list[datapackage.Resource]:
    base = folder / FOLDER / name
    csvfile.write(base.with_suffix(".csv"), NAMES, rows, csvfile.guarded)
    write_workbook(base.with_suffix(".xlsx"), run, rows)
    title = f"Customers of the segment {segment} ({family})"
    return [
        datapackage.Resource(f"{FOLDER}/{name}.csv", title, len(rows), COLUMNS, ("customer_id",)),
        datapackage.Resource(f"{FOLDER}/{name}.xlsx", title, len(rows)),
    ]


def write(warehouse: Warehouse, run: Run, folder: Path) -> Iterator[datapackage.Resource]:
    """Write the two files of every segment, one segment in memory at a time."""
    digits = run.settings.shop.currency_digits
    names: dict[str, tuple[str, str]] = {}
    found = tables.rows(warehouse, run, tables.query("segment_lists"))
    for (family, segment), members in groupby(found, key=lambda row: (str(row[0]), str(row[1]))):
        name = _claim(names, family, segment)
        yield from _write_one(run, folder, name, family, segment, [_cells(row, digits) for row in members])
