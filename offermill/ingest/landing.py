"""One delivery's records in one relation, before typing: text from CSV and JSON lines, native types from Parquet.

The seam for other readers (PostgreSQL, S3): make the temporary table or view `landed` with the contract's columns,
`_file` and `_line`, say the DuckDB types of its columns, and everything after it is shared.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from offermill.errors import InputError
from offermill.ingest import csv_reader, jsonl_reader, parquet_reader
from offermill.ingest.batches import Batch, Reject, Tally
from offermill.ingest.codes import NoteCode
from offermill.ingest.contracts import Contract
from offermill.ingest.discovery import Delivery
from offermill.ingest.sources import SourceSettings
from offermill.warehouse import Warehouse

TABLE = "temp.landed"
VIEW = "temp.landed_view"

Reader = Callable[[Path, Contract, SourceSettings, str, Tally], Iterator[Batch]]
_TEXT_READERS: dict[str, Reader] = {".csv": csv_reader.read, ".jsonl": jsonl_reader.read}


# (file, kind, count, description, the detail in it that is no word of ours)
Note = tuple[str, NoteCode, int, str, str | None]


@dataclass
class Landed:
    """What lies in `relation`, a temporary table or view.

    Attributes:
        types: DuckDB type of every contract column that the delivery has; `varchar` is text still to be typed.
        rejects: (file, reject) of records that could not even be split.
        records: file -> number of records found in it, split or not.
        notes: (file, kind, count, description, detail) worth telling somebody.
    """

    relation: str = TABLE
    types: dict[str, str] = field(default_factory=dict)
    rejects: list[tuple[str, Reject]] = field(default_factory=list)
    records: dict[str, int] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def note_columns(self, file: str, ignored: tuple[str, ...], absent: tuple[str, ...]) -> None:
        """Note columns that were not read, and optional ones that are not there."""
        if ignored:
            names = ", ".join(ignored)[:500]
            self.notes.append((file, "ignored_columns", len(ignored), f"not in the contract: {names}", names))
        if absent:
            names = ", ".join(absent)
            self.notes.append((file, "absent_columns", len(absent), f"left empty: {names}", names))


def land(warehouse: Warehouse, delivery: Delivery, contract: Contract, source: SourceSettings) -> Landed:
    """Make the relation `landed` from the delivery's files.

    Raises:
        InputError: a file as a whole cannot be trusted.
    """
    if any(path.suffix == ".parquet" for path in delivery.files):
        return _land_parquet(warehouse, delivery, contract, source)
    return _land_text(warehouse, delivery, contract, source)


def _land_text(warehouse: Warehouse, delivery: Delivery, contract: Contract, source: SourceSettings) -> Landed:
    landed = Landed(types=dict.fromkeys(contract.columns, "varchar"))
    columns = ", ".join(f'"{name}" varchar' for name in contract.columns)
    warehouse.execute(f"create or replace temp table landed ({columns}, _line bigint, _file varchar)")
    for path in delivery.files:
        _land_file(warehouse, path, delivery.place(path), contract, source, landed)
    return landed


def _land_file(
    warehouse: Warehouse, path: Path, place: str, contract: Contract, source: SourceSettings, landed: Landed
) -> None:
    tally, split = Tally(), 0
    read = _TEXT_READERS[Path(path.name.removesuffix(".gz")).suffix]
    for batch in read(path, contract, source, place, tally):
        _insert(warehouse, batch.table, place)
        landed.rejects += [(place, reject) for reject in batch.rejects]
        split += batch.table.num_rows + len(batch.rejects)
    if split != tally.records:
        raise InputError(
            f"{place}: {tally.lines} lines hold {tally.records} records, but {split} were found; nothing was loaded. "
            "This is a defect of the reader: please report it with the file's shape."
        )
    landed.records[place] = split
    landed.note_columns(place, tally.ignored, tally.absent)


def _insert(warehouse: Warehouse, table: pa.Table, place: str) -> None:
    if not table.num_rows:
        return
    warehouse.connection.register("landed_batch", table)
    try:
        warehouse.execute(f"insert into {TABLE} by name select *, $place as _file from landed_batch", {"place": place})
    finally:
        warehouse.connection.unregister("landed_batch")


def _land_parquet(warehouse: Warehouse, delivery: Delivery, contract: Contract, source: SourceSettings) -> Landed:
    landed = Landed(VIEW)
    selects = []
    for path in delivery.files:
        place = delivery.place(path)
        footer = parquet_reader.open_footer(path, source, place)
        select, types, matched = parquet_reader.relation(warehouse, path, contract, source, place)
        if landed.types and landed.types != types:
            raise InputError(
                f"{place}: its columns have other types than {delivery.place(delivery.files[0])}; deliver files of "
                "one shape."
            )
        landed.types, landed.records[place] = types, footer.num_rows
        landed.note_columns(place, matched.ignored, matched.absent)
        selects.append(f"select *, {parquet_reader.literal(place)} as _file from ({select})")
    warehouse.execute(f"create or replace temp view landed_view as {' union all '.join(selects)}")
    return landed
