"""An XLSX written row by row in which every text is a text; the same rows give the same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import xlsxwriter

# A worksheet holds 1,048,576 rows; a longer list goes on in the next sheet.
SHEET_ROWS = 1_000_000
# Excel's limit for the text of a cell.
_CELL_CHARACTERS = 32_767
# Characters on a line of a page of texts.
_PAGE_WIDTH = 110
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}

Cell = str | int | float | Decimal | bool | date | datetime | None


@dataclass(frozen=True)
class Column:
    """A column: its head, its width in characters, whether it holds money, and whether its texts take several lines."""

    name: str
    width: int
    is_money: bool = False
    is_long: bool = False


class Workbook:
    """A workbook of one list; use it in a `with` statement, which writes the file at its end."""

    def __init__(self, path: Path, columns: Sequence[Column], day: date, digits: int) -> None:
        self._columns = columns
        self._book = xlsxwriter.Workbook(path, _OPTIONS)
        # The clock would make every file different.
        self._book.set_properties({"title": path.stem, "created": datetime.combine(day, time())})
        self._head = self._book.add_format({"bold": True, "bottom": 1, "bg_color": "#E7F1EF"})
        self._amount = self._book.add_format({"num_format": "#,##0" + ("." + "0" * digits if digits else "")})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._sheet = self._add_sheet()
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish_sheet()
        self._book.close()

    def add(self, cells: Sequence[Cell]) -> None:
        """Write the next row; None leaves a cell empty."""
        if self._rows == SHEET_ROWS:
            self._finish_sheet()
            self._sheet, self._rows = self._add_sheet(), 0
        self._rows += 1
        for index, cell in enumerate(cells):
            if cell is not None:
                self._write(index, cell)

    def _write(self, index: int, cell: Cell) -> None:
        if isinstance(cell, str):
            self._sheet.write_string(self._rows, index, cell[:_CELL_CHARACTERS])
        elif isinstance(cell, bool):
            self._sheet.write_boolean(self._rows, index, cell)
        elif isinstance(cell, date):  # a datetime is one too
            style = self._moment if isinstance(cell, datetime) else self._day
            self._sheet.write_datetime(self._rows, index, cell, style)
        else:
            self._sheet.write_number(self._rows, index, cell)

    def page(self, title: str, texts: Sequence[str]) -> None:
        """Add a sheet of texts under a title, one below the other."""
        sheet = self._book.add_worksheet(f"page {len(self._book.worksheets())}")
        sheet.set_column(0, 0, _PAGE_WIDTH, self._wrapped)
        for row, text in enumerate((title, *texts)):
            sheet.write_string(row, 0, text[:_CELL_CHARACTERS], *([self._head] if row == 0 else []))

    def _add_sheet(self) -> Any:
        sheet = self._book.add_worksheet(f"list {len(self._book.worksheets()) + 1}")
        for index, column in enumerate(self._columns):
            style = self._amount if column.is_money else self._wrapped if column.is_long else None
            sheet.set_column(index, index, column.width, style)
            sheet.write_string(0, index, column.name, self._head)
        sheet.freeze_panes(1, 1)
        return sheet

    def _finish_sheet(self) -> None:
        self._sheet.autofilter(0, 0, self._rows, len(self._columns) - 1)
