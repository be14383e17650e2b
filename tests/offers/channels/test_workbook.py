"""A list too long for one sheet goes on in the next."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from offers.channels import workbook
from offers.channels.workbook import Column, Workbook


def test_rows_beyond_a_sheet_go_on_in_the_next_with_their_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 2)
    columns = (Column("id", 10), Column("amount", 12, is_money=True))
    with Workbook(tmp_path / "list.xlsx", columns, date(2026, 6, 30), 2) as book:
        for number in range(5):
            book.add([f"={number}", Decimal(number) / 4])
    sheets = openpyxl.load_workbook(tmp_path / "list.xlsx").worksheets
    assert [(sheet.title, sheet.auto_filter.ref, list(sheet.iter_rows(values_only=True))) for sheet in sheets] == [
        ("list 1", "A1:B3", [("id", "amount"), ("=0", 0), ("=1", 0.25)]),
        ("list 2", "A1:B3", [("id", "amount"), ("=2", 0.5), ("=3", 0.75)]),
        ("list 3", "A1:B2", [("id", "amount"), ("=4", 1)]),
    ]
    assert sheets[0]["B2"].number_format == "#,##0.00"
    assert sheets[0]["A2"].data_type == "s"


def test_a_text_beyond_the_limit_of_a_cell_is_cut_not_lost(tmp_path: Path) -> None:
    with Workbook(tmp_path / "list.xlsx", (Column("text", 10),), date(2026, 6, 30), 0) as book:
        book.add(["x" * 40_000])
    cell = openpyxl.load_workbook(tmp_path / "list.xlsx").worksheets[0]["A2"]
    assert cell.value == "x" * 32_767
