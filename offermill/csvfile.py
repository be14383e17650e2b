"""CSV as machines and people need it: UTF-8 without BOM, `\\n`, RFC 4180 quotes, a fixed header.

Two profiles. *Exact* files carry every text byte for byte, for programs. *Guarded* files are opened in spreadsheets: a
text that a spreadsheet would calculate (`=`, `+`, `-`, `@`, tab, return in front) gets an apostrophe before it, and so
does one inside it behind `;`, tab or a new line: a spreadsheet of a country with decimal commas splits there.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

_QUOTED = re.compile(r'[",\r\n]|^\s|\s$')
_CALCULATED = re.compile(r"^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
# A cell of its own where `;` divides cells: quotes that do not begin the line hold nothing together there.
_CALCULATED_BEHIND = re.compile(r"([;\t\r\n][\s\"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")

Cell = str | int | float | bool | Decimal | date | datetime | None


def text(value: Cell) -> str:
    """Return a cell's text: ISO dates, UTC timestamps with Z, true/false, numbers with a dot, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    return value.isoformat() if isinstance(value, date) else str(value)


def exact(value: Cell) -> str:
    """Return the cell as programs read it."""
    return text(value)


def guarded(value: Cell) -> str:
    """Return the cell so that no spreadsheet calculates it; numbers stay numbers."""
    written = text(value)
    if not isinstance(value, str):
        return written
    inside = _CALCULATED_BEHIND.sub(r"\1'", written)
    return f"'{inside}" if _CALCULATED.match(written) else inside


def _quoted(written: str) -> str:
    return '"' + written.replace('"', '""') + '"' if _QUOTED.search(written) else written


def line(cells: Iterable[Cell], profile: Callable[[Cell], str] = exact) -> str:
    """Return one record with its newline."""
    return ",".join(_quoted(profile(cell)) for cell in cells) + "\n"


def write(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]], profile: Callable[[Cell], str] = exact
) -> int:
    """Write a file and return the number of records without the header."""
    count = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(line(header))
        for row in rows:
            file.write(line(row, profile))
            count += 1
    return count
