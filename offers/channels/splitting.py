"""A contract's files, written batch by batch: checked cell by cell, split by bytes and rows, never inside a record."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offermill.errors import PublishError
from offers.channels import cells
from offers.channels.contract import FileContract

_SHOWN = 60
ADVICE = "Mend the text or the customer's record, or take the block out of channels in shop.yml."


@dataclass(frozen=True)
class Part:
    """One written file and its records."""

    path: Path
    rows: int


class _Writer:
    """Writes records into numbered parts of at most the contract's size."""

    def __init__(self, contract: FileContract, stem: Path) -> None:
        self._contract, self._stem = contract, stem
        self._head, self._tail = contract.format.head(contract.columns), contract.format.tail()
        self._separator = contract.format.separator
        self.parts: list[Part] = []
        self._file: BinaryIO | None = None
        self._bytes = self._rows = 0

    def add(self, records: pa.Array) -> None:
        sizes = pc.binary_length(records).to_numpy().astype(np.int64) + len(self._separator)
        start = 0
        while start < len(sizes):
            count = self._fitting(sizes[start:])
            if count == 0:
                self._finish()
                continue
            self._write(records.slice(start, count), int(sizes[start : start + count].sum()))
            start += count

    def close(self) -> list[Part]:
        """Finish the last part; a single one goes without its number."""
        if not self.parts and self._file is None and self._contract.format.is_written_empty:
            self._begin()
        self._finish()
        if len(self.parts) == 1:
            only = self.parts[0].path.with_name(self._name(""))
            self.parts = [Part(self.parts[0].path.rename(only), self.parts[0].rows)]
        return self.parts

    def abandon(self) -> None:
        if self._file is not None:
            self._file.close()

    def _name(self, number: str) -> str:
        return f"{self._stem.name}{number}{self._contract.format.suffix}"

    def _begin(self) -> BinaryIO:
        path = self._stem.with_name(self._name(f"-{len(self.parts) + 1:04d}"))
        self._file = path.open("wb")
        self._file.write(self._head)
        self._bytes, self._rows = len(self._head) + len(self._tail), 0
        return self._file

    def _fitting(self, sizes: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> int:
        """Return how many of the next records the open part still takes."""
        if self._file is None:
            self._begin()
        limits = self._contract.limits
        # The first record of a part has nothing before it.
        room = limits.bytes - self._bytes + (len(self._separator) if self._rows == 0 else 0)
        fitting = int(np.searchsorted(np.cumsum(sizes), room, side="right"))
        return min(fitting, limits.rows - self._rows) if limits.rows is not None else fitting

    def _write(self, records: pa.Array, size: int) -> None:
        file = self._file or self._begin()
        if self._separator:
            data = self._separator.join(text.encode() for text in records.to_pylist())
            file.write(self._separator + data if self._rows else data)
            self._bytes += size if self._rows else size - len(self._separator)
        else:
            file.write(_whole(records))
            self._bytes += size
        self._rows += len(records)

    def _finish(self) -> None:
        if self._file is None:
            return
        self._file.write(self._tail)
        self._file.close()
        self.parts.append(Part(Path(self._file.name), self._rows))
        self._file = None


def _whole(records: pa.Array) -> memoryview:
    """Return the bytes of all texts of an array, one after another, without copying them."""
    _, offsets, data = records.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[records.offset : records.offset + len(records) + 1]
    return memoryview(data)[int(ends[0]) : int(ends[-1])]


def _shown(text: str | None) -> str:
    if text is None:
        return "nothing"
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


def _key(contract: FileContract, columns: Sequence[pa.StringArray], row: int) -> str:
    names = [column.name for column in contract.columns]
    return ", ".join(f"{name}={columns[names.index(name)][row].as_py()}" for name in contract.key)


@dataclass(frozen=True)
class LeftOut:
    """A record that its target would not take: file, key, column at fault (empty: the whole), and why."""

    file: str
    key: str
    column: str
    why: str

    def __str__(self) -> str:
        return f"{self.file}: the row {self.key} {self.why}"


def _left_out(contract: FileContract, file: str, columns: Sequence[pa.StringArray], breach: cells.Breach) -> LeftOut:
    got = columns[contract.columns.index(breach.column)][breach.row].as_py()
    # What is personal is not repeated in a log.
    said = f"{len(got or '')} characters" if breach.column.is_contact and got is not None else _shown(got)
    why = f"has {said} in {breach.column.name}; expected {breach.expected}"
    return LeftOut(file, _key(contract, columns, breach.row), breach.column.name, why)


def _too_long(
    contract: FileContract, file: str, columns: Sequence[pa.StringArray], records: pa.Array
) -> dict[int, LeftOut]:
    around = len(contract.format.head(contract.columns)) + len(contract.format.tail())
    most = min(contract.limits.record_bytes or contract.limits.bytes, contract.limits.bytes - around)
    sizes = pc.binary_length(records)
    return {
        row: LeftOut(
            file, _key(contract, columns, row), "", f"is {sizes[row].as_py()} bytes long; the target takes {most}"
        )
        for row in pc.indices_nonzero(pc.greater(sizes, most)).to_pylist()
    }


@dataclass(frozen=True)
class _Judged:
    """A batch as records, and of every row whether it keeps the contract."""

    records: pa.Array
    broken: dict[int, LeftOut]

    @property
    def is_kept(self) -> pa.BooleanArray:
        return pa.array([row not in self.broken for row in range(len(self.records))], pa.bool_())


def _judged(contract: FileContract, file: str, batch: pa.RecordBatch, digits: int) -> _Judged:
    prepared = contract.prepare(batch) if contract.prepare else batch
    columns = [cells.texts_of(column, prepared.column(place), digits) for place, column in enumerate(contract.columns)]
    records = contract.format.records(contract.columns, columns)
    found = {one.row: _left_out(contract, file, columns, one) for one in cells.breaches(contract, columns)}
    return _Judged(records, _too_long(contract, file, columns, records) | found)


def kept(contract: FileContract, rows: pa.Table, digits: int) -> pa.Table:
    """Return the rows that keep the contract; the others `write` leaves out."""
    batches = [
        batch.filter(_judged(contract, "", batch, digits).is_kept) for batch in rows.to_batches() if batch.num_rows
    ]
    return pa.Table.from_batches(batches, rows.schema)


def write(
    contract: FileContract,
    stem: Path,
    batches: Iterable[pa.RecordBatch],
    digits: int,
    left_out: list[LeftOut] | None = None,
) -> list[Part]:
    """Write the batches into `<stem>.csv`, or `<stem>-0001.csv` and so on when one file cannot hold them.

    Args:
        batches: the columns of the contract, in its order.
        digits: behind the decimal point of money.
        left_out: takes the records that break the contract, which are then not written; None: the first is an error.

    Raises:
        PublishError: a cell or a record breaks the contract; names file, row key and column.
    """
    file = f"{stem.parent.name}/{stem.name}{contract.format.suffix}"
    stem.parent.mkdir(parents=True, exist_ok=True)
    writer = _Writer(contract, stem)
    try:
        for batch in batches:
            if batch.num_rows:
                writer.add(_records(contract, file, batch, digits, left_out))
        return writer.close()
    finally:
        writer.abandon()


def _records(
    contract: FileContract, file: str, batch: pa.RecordBatch, digits: int, left_out: list[LeftOut] | None
) -> pa.Array:
    judged = _judged(contract, file, batch, digits)
    if not judged.broken:
        return judged.records
    found = [judged.broken[row] for row in sorted(judged.broken)]
    if left_out is None:
        raise PublishError(f"{found[0]}. {ADVICE}")
    left_out += found
    return judged.records.filter(judged.is_kept)


def rows_of(parts: Iterable[Part]) -> int:
    """Return the records of all parts."""
    return sum(part.rows for part in parts)


def numbered(parts: Sequence[Part]) -> Iterator[tuple[str, Part]]:
    """Yield each part with what its title says of its place: nothing, or `, part 2 of 3`."""
    for place, part in enumerate(parts, start=1):
        yield (f", part {place} of {len(parts)}" if len(parts) > 1 else ""), part
