"""The rows of a published table, one by one: as text cells, and of a CSV the very text that was published."""

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as parquet

from offermill import csvfile, datapackage
from offermill.errors import PublishError
from portal import rights
from portal.lists import Listed

_BATCH_ROWS = 10_000  # bounds memory: a few MB of Python values

Cells = Sequence[str | None]
Record = tuple[str, Cells]  # (the record as one line of CSV with its newline, cells; None where empty)


class _Taken(Iterator[str]):
    """Lines of a file; keeps those that the reader took since the last look, so that a record's own text is known."""

    def __init__(self, file: IO[str]) -> None:
        self._file, self._lines = file, list[str]()

    def __next__(self) -> str:
        line = next(self._file)
        self._lines.append(line)
        return line

    def take(self) -> str:
        """Return the text of the record that was just read."""
        taken = "".join(self._lines)
        self._lines.clear()
        return taken


def dialect(listed: Listed) -> dict[str, Any]:
    """Return how the published CSV is written, in the words of Python's csv module."""
    declared = listed.resource.get("dialect", {}).get("csv", {})
    return {"delimiter": declared.get("delimiter", ","), "quotechar": declared.get("quoteChar", '"'), "strict": True}


def _csv(listed: Listed) -> Iterator[Record]:
    encoding = str(listed.resource.get("encoding", "utf-8"))
    missing = {"", *listed.resource.get("schema", {}).get("missingValues", ())}
    with listed.path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
        lines = _Taken(file)
        for row in csv.reader(lines, **dialect(listed)):
            yield lines.take(), [None if cell in missing else cell for cell in row]


def text(value: object) -> str | None:
    """Return a Parquet cell as text; what is no scalar as JSON."""
    if value is None:
        return None
    if isinstance(value, str | int | float | bool | Decimal | date | datetime):
        return csvfile.text(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _parquet(listed: Listed) -> Iterator[Record]:
    names = [field.name for field in listed.fields]
    yield csvfile.line(names), names
    with parquet.ParquetFile(listed.path) as file:
        for batch in file.iter_batches(_BATCH_ROWS):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                cells = [text(value) for value in row]
                yield csvfile.line(cells), cells


@contextmanager
def readable(listed: Listed) -> Iterator[None]:
    """Say plainly that a file is no table as its manifest describes it.

    Raises:
        PublishError: the file cannot be read with the declared dialect and encoding.
    """
    try:
        yield
    except (csv.Error, UnicodeError, pa.ArrowInvalid) as problem:
        raise PublishError(f"{listed.name}: cannot be read as {datapackage.NAME} describes it: {problem}") from problem


def header_and_records(listed: Listed, alternatives: tuple[rights.Rows, ...]) -> tuple[Record, Iterator[Record]]:
    """Return the header and the rows that are allowed; memory does not grow with the list.

    Args:
        alternatives: what may be seen of the list, of which one must allow a row.
    """
    found = _csv(listed) if listed.kind == "csv" else _parquet(listed)
    header = next(found)
    test = rights.row_test(alternatives, [str(name) for name in header[1]])
    return header, found if test is None else (record for record in found if test(record[1]))
