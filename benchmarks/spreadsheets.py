"""How many cells LibreOffice would calculate of files full of formulas: those for people, and the same without a guard.

PYTHONPATH=. .venv/bin/python benchmarks/spreadsheets.py
"""

import tempfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table

from offermill import csvfile
from offers.channels import segment_lists
from offers.channels.workbook import Workbook
from tests import spreadsheet

_TEXTS = [kind == "string" for _, kind, _ in segment_lists.COLUMNS]


def _row(payload: str) -> list[str | Decimal]:
    return [payload if is_text else Decimal("-1.50") for is_text in _TEXTS]


def _csv(path: Path, profile: Callable[[csvfile.Cell], str]) -> Path:
    csvfile.write(path, segment_lists.NAMES, [_row(payload) for payload in spreadsheet.PAYLOADS], profile)
    return path


def _workbook(path: Path) -> Path:
    with Workbook(path, segment_lists.LAYOUT, date(2026, 6, 30), 2) as book:
        for payload in spreadsheet.PAYLOADS:
            book.add(_row(payload))
    return path


def main() -> None:
    """Print a table: file, what divides cells, cells that calculate."""
    table = Table("file", "cells divided by", "cells that calculate")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (book,) = spreadsheet.opened([_workbook(folder / "list.xlsx")], folder)
        table.add_row("workbook", "", str(len(spreadsheet.formulas(book))))
        paths = [_csv(folder / "guarded.csv", csvfile.guarded), _csv(folder / "exact.csv", csvfile.exact)]
        for dividers, name in ((",", "comma"), (";\t", "semicolon and tab")):
            guarded, exact = spreadsheet.opened(paths, folder, dividers)
            table.add_row("CSV for people", name, str(len(spreadsheet.formulas(guarded))))
            table.add_row("CSV for programs", name, str(len(spreadsheet.formulas(exact))))
    Console().print(f"{len(spreadsheet.PAYLOADS)} payloads in each of {sum(_TEXTS)} text columns", table)


if __name__ == "__main__":
    main()
