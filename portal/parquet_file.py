"""Parquet files with types: of a CSV's text cells, or of the allowed rows of another Parquet file."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet

from portal import cells, records, rights
from portal.lists import Field

_BATCH_ROWS = 10_000
_PRECISION = 38  # digits of a decimal in Arrow
_INTEGER_DIGITS = 18  # of a 64-bit integer
_COMPRESSION = "zstd"

Rows = Callable[[], Iterator[records.Cells]]
Convert = Callable[[str], object]


class _Seen:
    """What a column's cells turned out to be: whether all have its declared type, and how many decimals they have."""

    def __init__(self, kind: str) -> None:
        self.kind, self.scale, self.digits = kind, 0, 0

    def add(self, text: str) -> None:
        if self.kind == "string":
            return
        if not _has_kind(text, self.kind):
            self.kind = "string"
        elif self.kind in ("integer", "number"):
            whole, _, decimals = text.lstrip("-").partition(".")
            self.scale, self.digits = max(self.scale, len(decimals)), max(self.digits, len(whole))

    def type_and_converter(self) -> tuple[pa.DataType, Convert]:
        if self.kind == "integer" and not self.scale and self.digits <= _INTEGER_DIGITS:
            return pa.int64(), int
        if self.kind in ("integer", "number") and self.digits + self.scale <= _PRECISION:
            return pa.decimal128(_PRECISION, self.scale), Decimal
        return _OTHER.get(self.kind, (pa.string(), str))


_OTHER: dict[str, tuple[pa.DataType, Convert]] = {
    "boolean": (pa.bool_(), lambda text: text == "true"),
    "date": (pa.date32(), date.fromisoformat),
    "datetime": (pa.timestamp("us"), lambda text: cells.utc(text)),
}


def _has_kind(text: str, kind: str) -> bool:
    if kind in ("integer", "number"):
        return cells.is_number(text)
    if kind == "boolean":
        return text in ("true", "false")
    try:
        return date.fromisoformat(text) is not None if kind == "date" else isinstance(cells.utc(text), datetime)
    except ValueError:
        return False


def _seen(fields: Sequence[Field], rows: Iterator[records.Cells]) -> list[_Seen]:
    seen = [_Seen(field.kind) for field in fields]
    for row in rows:
        for column, cell in zip(seen, row, strict=False):
            if cell is not None:
                column.add(cell)
    return seen


def _batches(
    rows: Iterator[records.Cells], schema: pa.Schema, converters: Sequence[Convert]
) -> Iterator[pa.RecordBatch]:
    while part := list(islice(rows, _BATCH_ROWS)):
        columns = [
            pa.array([None if cell is None else convert(cell) for cell in column], one.type)
            for column, convert, one in zip(zip(*part, strict=True), converters, schema, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def write(path: Path, fields: Sequence[Field], rows: Rows) -> None:
    """Write text cells with their declared types; a column with a cell that is none of its type becomes text.

    Args:
        rows: returns the rows anew each time: they are read twice, first for the number of decimals.
    """
    chosen = [column.type_and_converter() for column in _seen(fields, rows())]
    schema = pa.schema([(field.name, kind) for field, (kind, _) in zip(fields, chosen, strict=True)])
    with parquet.ParquetWriter(path, schema, compression=_COMPRESSION) as writer:
        for batch in _batches(rows(), schema, [convert for _, convert in chosen]):
            writer.write_batch(batch)


def copy(source: Path, path: Path, alternatives: tuple[rights.Rows, ...]) -> None:
    """Write the rows of a Parquet file that are allowed, every type as it is."""
    with parquet.ParquetFile(source) as file:
        schema = file.schema_arrow
        test = rights.row_test(alternatives, schema.names) or (lambda _: True)
        with parquet.ParquetWriter(path, schema, compression=_COMPRESSION) as writer:
            for batch in file.iter_batches(_BATCH_ROWS):
                columns = [[records.text(value) for value in column.to_pylist()] for column in batch.columns]
                kept = [test(row) for row in zip(*columns, strict=True)]
                writer.write_batch(batch.filter(pa.array(kept, pa.bool_())))
