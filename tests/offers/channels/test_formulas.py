"""No cell that a person opens ever calculates; what programs read stays exact. LibreOffice is the judge."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from offermill import csvfile
from offers.channels import segment_lists
from offers.channels.workbook import Workbook
from tests import spreadsheet

TEXTS = [index for index, (_, kind, _) in enumerate(segment_lists.COLUMNS) if kind == "string"]
WIDTH = len(segment_lists.COLUMNS)


def row(payload: str) -> list[csvfile.Cell]:
    return [payload if index in TEXTS else Decimal("-1.50") for index in range(WIDTH)]


def write_csv(path: Path, profile: object = csvfile.guarded) -> Path:
    csvfile.write(path, segment_lists.NAMES, [row(text) for text in spreadsheet.PAYLOADS], profile)  # type: ignore[arg-type]
    return path


def found(rows: list[list[spreadsheet.Cell]]) -> list[str]:
    """Return what stands in the text columns of each row below the head, which must be the same in all of them."""
    texts = [{spreadsheet.squeezed(cells[index].text) for index in TEXTS} for cells in rows[1:] if cells[0].text]
    assert {len(one) for one in texts} == {1}
    return [one.pop() for one in texts]


def test_there_are_more_than_200_different_payloads() -> None:
    assert len(set(spreadsheet.PAYLOADS)) == len(spreadsheet.PAYLOADS) == 23 * 18


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose profile of LibreOffice is made once."""
    return tmp_path_factory.mktemp("spreadsheet")


@spreadsheet.needed
def test_no_payload_in_any_text_column_of_a_workbook_is_a_formula(tmp_path: Path, folder: Path) -> None:
    with Workbook(tmp_path / "list.xlsx", segment_lists.LAYOUT, date(2026, 6, 30), 2) as book:
        for payload in spreadsheet.PAYLOADS:
            book.add(row(payload))  # type: ignore[arg-type]
    (rows,) = spreadsheet.opened([tmp_path / "list.xlsx"], folder)
    assert spreadsheet.formulas(rows) == []
    assert found(rows) == [spreadsheet.squeezed(payload) for payload in spreadsheet.PAYLOADS]


@spreadsheet.needed
def test_no_payload_in_any_text_column_of_a_csv_for_people_is_a_formula(tmp_path: Path, folder: Path) -> None:
    paths = [write_csv(tmp_path / "guarded.csv"), write_csv(tmp_path / "exact.csv", csvfile.exact)]
    rows, unguarded = spreadsheet.opened(paths, folder)
    assert spreadsheet.formulas(rows) == []
    assert found(rows) == [spreadsheet.squeezed(csvfile.guarded(payload)) for payload in spreadsheet.PAYLOADS]
    assert len(spreadsheet.formulas(unguarded)) >= 20 * len(TEXTS), "the judge sees formulas where nothing guards"


@spreadsheet.needed
def test_nor_where_semicolons_or_tabs_divide_cells(tmp_path: Path, folder: Path) -> None:
    paths = [write_csv(tmp_path / "guarded.csv"), write_csv(tmp_path / "exact.csv", csvfile.exact)]
    rows, unguarded = spreadsheet.opened(paths, folder, ";\t")
    assert len(rows) > len(spreadsheet.PAYLOADS)
    assert spreadsheet.formulas(rows) == []
    assert len(spreadsheet.formulas(unguarded)) >= 20, "the judge sees formulas where nothing guards"


def test_files_for_programs_keep_every_payload_exactly(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "list.csv", csvfile.exact)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert [[cells[index] for index in TEXTS] for cells in rows] == [
        [payload] * len(TEXTS) for payload in spreadsheet.PAYLOADS
    ]
