"""Records as bytes: CSV by RFC 4180 and JSON, whole batches at a time."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from offers.channels.contract import Column


@dataclass(frozen=True)
class Csv:
    """UTF-8 without BOM, a header line, `""` for a quote inside quotes; a cell is quoted when it must be.

    Attributes:
        null: the text of an empty cell, never quoted; a text that says the same is refused.
    """

    null: str | None = ""
    delimiter: str = ","
    newline: str = "\n"
    suffix: str = ".csv"
    separator: bytes = b""
    is_written_empty: bool = True

    def head(self, columns: Sequence[Column]) -> bytes:
        """Return the header line."""
        names = self._quoted(pa.array([column.name for column in columns])).to_pylist()
        return (self.delimiter.join(names) + self.newline).encode()

    def tail(self) -> bytes:
        """Return nothing: the last record ends with its newline."""
        return b""

    def records(self, columns: Sequence[Column], cells: Sequence[pa.StringArray]) -> pa.Array:
        """Return one line per record."""
        quoted = [pc.fill_null(self._quoted(texts), self.null) for texts in cells]
        lines = pc.binary_join_element_wise(*quoted, self.delimiter)
        return pc.binary_join_element_wise(lines, self.newline, "")

    def _quoted(self, texts: pa.StringArray) -> pa.StringArray:
        must = pc.match_substring_regex(texts, rf'["\r\n{self.delimiter}]|^\s|\s$|^$')
        doubled = pc.replace_substring(texts, '"', '""')
        return pc.if_else(must, pc.binary_join_element_wise('"', doubled, '"', ""), texts)

    def described(self) -> str:
        """Return the format in words."""
        newline = {"\n": "LF", "\r\n": "CRLF"}[self.newline]
        return f'CSV, UTF-8 without BOM, newline {newline}, delimiter `{self.delimiter}`, quotes `"` where needed'


@dataclass(frozen=True)
class Json:
    """One UTF-8 document per file with the records in a list; numbers as numbers, null as null.

    Attributes:
        before, after: the document around the list.
        constant: what every record holds besides its columns.
    """

    before: str
    after: str
    constant: tuple[tuple[str, str], ...] = ()
    null: str | None = None
    suffix: str = ".json"
    separator: bytes = b","
    is_written_empty: bool = False

    def head(self, columns: Sequence[Column]) -> bytes:
        """Return what stands before the list."""
        return self.before.encode()

    def tail(self) -> bytes:
        """Return what stands after the list."""
        return self.after.encode()

    def records(self, columns: Sequence[Column], cells: Sequence[pa.StringArray]) -> pa.Array:
        """Return one JSON object per record; a column's name is the way to its value."""
        values = [_values(column, texts) for column, texts in zip(columns, cells, strict=True)]
        ways = [column.name.split(".") for column in columns]
        return pa.array([self._record(ways, row) for row in zip(*values, strict=True)], pa.string())

    def _record(self, ways: Sequence[Sequence[str]], row: Sequence[Any]) -> str:
        record: dict[str, Any] = dict(self.constant)
        for way, value in zip(ways, row, strict=True):
            place = record
            for step in way[:-1]:
                place = place.setdefault(step, {})
            place[way[-1]] = value
        return json.dumps(record, ensure_ascii=False, separators=(",", ":"))

    def described(self) -> str:
        """Return the format in words."""
        return "JSON, UTF-8, one document per file"


_READ: dict[str, Callable[[str], Any]] = {"integer": int, "money": float, "boolean": "true".__eq__}


def _values(column: Column, texts: pa.StringArray) -> list[Any]:
    """Return the column's values as JSON writes them."""
    read = _READ.get(column.type)
    found: list[Any] = texts.to_pylist()
    return found if read is None else [None if text is None else read(text) for text in found]
