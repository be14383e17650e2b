"""A list as a download: exact files for programs, workbooks and CSV for people. Memory does not grow with the list."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from offers.channels.workbook import Column, Workbook
from portal import cells, parquet_file, records, rights
from portal.lists import Edition, Field, Listed

_PIECE = 1 << 18  # bytes handed to the network at once
_WIDTHS = {"string": 22, "integer": 12, "number": 14, "boolean": 9, "date": 12, "datetime": 20}
_SEPARATORS = dict.fromkeys(cells.DECIMAL_COMMA, ";")

Alternatives = tuple[rights.Rows, ...]


@dataclass(frozen=True)
class Format:
    """One way to write a list.

    Attributes:
        ending: of the file's name.
        media: MIME type.
        is_for_people: opened in a spreadsheet, so that no cell may be a formula.
    """

    name: str
    ending: str
    media: str
    is_for_people: bool = False


XLSX = Format("xlsx", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", True)
SPREADSHEET = Format("spreadsheet", "csv", "text/csv; charset=utf-8", True)
CSV = Format("csv", "csv", "text/csv; charset=utf-8")
JSONL = Format("jsonl", "jsonl", "application/jsonl")
PARQUET = Format("parquet", "parquet", "application/vnd.apache.parquet")
PUBLISHED = Format("published", "", "application/octet-stream")
TABLE_FORMATS = (XLSX, SPREADSHEET, CSV, JSONL, PARQUET)


@dataclass(frozen=True)
class Asked:
    """A download: the list, the rows that may be seen, the format, and the language of numbers."""

    edition: Edition
    listed: Listed
    alternatives: Alternatives
    format: Format
    language: str

    @property
    def is_whole(self) -> bool:
        return rights.is_whole(self.alternatives)

    @property
    def file_name(self) -> str:
        """Return a name for the download: letters, digits, dots and hyphens."""
        ending = self.format.ending or self.listed.kind
        stem = self.listed.name.removesuffix(f".{self.listed.kind}")
        part = "" if self.is_whole else "-part"
        return re.sub(r"[^A-Za-z0-9._-]+", "-", f"{stem}-{self.edition.name}{part}.{ending}")


def offered(listed: Listed, alternatives: Alternatives) -> tuple[Format, ...]:
    """Return the formats in which a list can be had; a file that is no table only whole and as it was published."""
    if listed.is_table:
        return TABLE_FORMATS
    return (PUBLISHED,) if rights.is_whole(alternatives) else ()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


def _in_pieces(lines: Iterable[str]) -> Iterator[bytes]:
    held, size = list[str](), 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= _PIECE:
            yield "".join(held).encode()
            held, size = [], 0
    yield "".join(held).encode()


def columns(listed: Listed, header: records.Cells) -> list[Field]:
    """Return the columns in the order of the file."""
    declared = {field.name: field for field in listed.fields}
    return [declared.get(str(name), Field(str(name), "string")) for name in header]


def _csv(asked: Asked) -> Iterator[bytes]:
    header, found = records.header_and_records(asked.listed, asked.alternatives)
    yield from _in_pieces(text for text, _ in chain((header,), found))


def _spreadsheet_line(row: Iterable[str], separator: str) -> str:
    return separator.join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n"


def _spreadsheet(asked: Asked) -> Iterator[bytes]:
    """Yield a CSV for Excel: byte order mark, every cell in quotes, and the language's separator and decimal sign."""
    (_, names), found = records.header_and_records(asked.listed, asked.alternatives)
    kinds, language = [field.kind for field in columns(asked.listed, names)], asked.language
    separator = _SEPARATORS.get(language, ",")

    def written(row: records.Cells, of: Sequence[str]) -> str:
        shown = (cells.spreadsheet_text(cell, kind, language) for cell, kind in zip(row, of, strict=False))
        return _spreadsheet_line(shown, separator)

    yield ("\ufeff" + written(names, ["string"] * len(kinds))).encode()
    yield from _in_pieces(written(row, kinds) for _, row in found)


def _jsonl(asked: Asked) -> Iterator[bytes]:
    (_, names), found = records.header_and_records(asked.listed, asked.alternatives)
    fields = [(cells.json_text(field.name, "string"), field.kind) for field in columns(asked.listed, names)]
    yield from _in_pieces(
        "{" + ", ".join(f"{n}: {cells.json_text(c, k)}" for (n, k), c in zip(fields, row, strict=False)) + "}\n"
        for _, row in found
    )


def _write_xlsx(asked: Asked, path: Path) -> None:
    (_, names), found = records.header_and_records(asked.listed, asked.alternatives)
    fields = columns(asked.listed, names)
    layout = [Column(field.name, max(_WIDTHS[field.kind], len(field.name) + 2)) for field in fields]
    kinds = [field.kind for field in fields]
    with Workbook(path, layout, asked.edition.day, int(asked.edition.facts["currency_digits"])) as book:
        for _, row in found:
            book.add([cells.typed(cell, kind) for cell, kind in zip(row, kinds, strict=False)])


def _write_parquet(asked: Asked, path: Path) -> None:
    if asked.listed.kind == "parquet":
        parquet_file.copy(asked.listed.path, path, asked.alternatives)
        return

    def found() -> Iterator[records.Cells]:
        return (row for _, row in records.header_and_records(asked.listed, asked.alternatives)[1])

    (_, names), _ = records.header_and_records(asked.listed, asked.alternatives)
    parquet_file.write(path, columns(asked.listed, names), found)


def _through_file(asked: Asked, folder: Path, write: Callable[[Asked, Path], None]) -> Iterator[bytes]:
    """Make the whole file on disk, since its format has an index at the end; its name is gone before it is sent."""
    with TemporaryDirectory(dir=folder, prefix=".download-") as made:
        path = Path(made) / "list"
        write(asked, path)
        file = path.open("rb")
    return _pieces(file)


def _as_published(asked: Asked) -> Path | None:
    """Return the published file that is the download byte for byte, if there is one."""
    listed, name = asked.listed, asked.format.name
    if not asked.is_whole:
        return None
    if name == "xlsx" and listed.twin:
        return listed.twin.path
    return listed.path if name in (listed.kind, "published") else None


def stream(asked: Asked, folder: Path) -> Iterator[bytes]:
    """Yield the download in pieces; `folder` takes files that must be whole before the first byte leaves."""
    published = _as_published(asked)
    if published is not None:
        return _pieces(published.open("rb"))
    through_file = {"xlsx": _write_xlsx, "parquet": _write_parquet}
    if asked.format.name in through_file:
        return _through_file(asked, folder, through_file[asked.format.name])
    return {"csv": _csv, "spreadsheet": _spreadsheet, "jsonl": _jsonl}[asked.format.name](asked)
