"""CSV as programs and people read it."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from offermill import csvfile

GUARDED = {
    "=1+1": "'=1+1",
    "+1+1": "'+1+1",
    "-2+3+cmd": "'-2+3+cmd",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "'\t'=1",
    "\r=1": "'\r'=1",
    '=HYPERLINK("x")': '\'=HYPERLINK("x")',
    "\uff1d1+1": "'\uff1d1+1",
    " =1": "' =1",
    # Behind what divides cells where the comma is decimal.
    ' a";=1+1': " a\";'=1+1",
    "a; =1+1;b": "a; '=1+1;b",
    "a\n@b": "a\n'@b",
    "a;b, c=d": "a;b, c=d",
}


def test_cells_are_written_for_machines() -> None:
    cells = [
        "00123",
        5,
        True,
        None,
        date(2026, 6, 30),
        datetime(2026, 6, 30, 21, 0),
        Decimal("-1.50"),
        "a,b",
        'say "x"',
        "two\nlines",
    ]
    expected = '00123,5,true,,2026-06-30,2026-06-30T21:00:00Z,-1.50,"a,b","say ""x""","two\nlines"\n'
    assert csvfile.line(cells) == expected


def test_a_file_is_utf8_without_bom_and_with_unix_newlines(tmp_path: Path) -> None:
    assert csvfile.write(tmp_path / "x.csv", ["id", "text"], [["ā", "Купи"], ["b", None]]) == 2
    assert (tmp_path / "x.csv").read_bytes() == "id,text\nā,Купи\nb,\n".encode()


@pytest.mark.parametrize(("payload", "expected"), GUARDED.items())
def test_exact_files_return_every_text_and_guarded_files_calculate_nothing(payload: str, expected: str) -> None:
    exact = next(csv.reader(io.StringIO(csvfile.line([payload, "next"]), newline="")))
    guarded = next(csv.reader(io.StringIO(csvfile.line([payload, "next"], csvfile.guarded), newline="")))
    assert exact == [payload, "next"]
    assert guarded == [expected, "next"]


def test_guarding_leaves_numbers_alone() -> None:
    assert csvfile.line([-5, Decimal("-1.50"), "-5"], csvfile.guarded) == "-5,-1.50,'-5\n"


@pytest.mark.parametrize("text", ["a\rb", "a\r\nb", "\n", "  padded  ", '"', ",,"])
def test_a_forged_row_stays_a_cell(text: str) -> None:
    assert list(csv.reader(io.StringIO(csvfile.line([text, "x"]), newline=""))) == [[text, "x"]]
