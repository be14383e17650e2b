"""Writes source files: Parquet history by month, and daily deliveries as CSV, gzipped CSV or JSON lines."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offermill.synthetic.arrays import Ints, whole
from offermill.synthetic.clock import Clock, day_of
from offermill.synthetic.sources import SOURCES, Source

Rows = dict[str, pa.Table]
# Stands for no time while times are written: any that the clock knows.
_ANY_TIME = 1_500_000_000_000_000


def history_folder(folder: Path, source: Source) -> Path:
    """``landing/<source>/``, made if missing."""
    place = folder / "landing" / source.name
    place.mkdir(parents=True, exist_ok=True)
    return place


def write_history(folder: Path, source: Source, part: int, table: pa.Table, day: Ints) -> int:
    """Write one part of a source's history, by month of ``day`` when it is big; returns the number of rows."""
    table = table.select(source.schema.names).cast(source.schema)
    place = history_folder(folder, source)
    if not source.is_monthly:
        write_parquet(place / f"{source.name}_history_part-{part:04d}.parquet", table)
        return int(table.num_rows)
    month = day.astype("datetime64[D]").astype("datetime64[M]")
    edges = np.flatnonzero(np.append(True, month[1:] != month[:-1])) if len(month) else month.astype(np.int64)
    for first, last in zip(edges, np.append(edges[1:], len(month)), strict=True):
        name = f"{source.name}_history_{month[first]}_part-{part:04d}.parquet"
        write_parquet(place / name, table.slice(first, last - first))
    return int(table.num_rows)


def write_parquet(path: Path, table: pa.Table) -> None:
    """One Parquet file, the same bytes for the same table."""
    pq.write_table(table, path, compression="zstd", compression_level=1, write_statistics=True)


def write_delivery(folder: Path, source: Source, clock: Clock, day: int, records: list[dict[str, Any]]) -> Path:
    """Write one day's delivery; records are text by column (``text_records``)."""
    path = history_folder(folder, source) / f"{source.name}_{day_of(day)}.{source.extension}"
    form: Callable[[Source, list[dict[str, Any]]], str] = _json_lines if source.extension == "jsonl" else _csv
    data = form(source, records).encode("utf-8-sig" if source.has_mark else "utf-8")
    path.write_bytes(gzip.compress(data, mtime=0) if source.extension.endswith(".gz") else data)
    return path


def _csv(source: Source, records: list[dict[str, Any]]) -> str:
    answer = io.StringIO()
    writer = csv.DictWriter(answer, source.schema.names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return answer.getvalue()


def _json_lines(source: Source, records: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def text_records(source: Source, clock: Clock, table: pa.Table) -> list[dict[str, Any]]:
    """The rows as the source system writes them: local times with offset, decimal text, true and false."""
    columns = [_texts(clock, whole(table[name]), kind) for name, kind in source.columns.items()]
    return [dict(zip(source.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def _texts(clock: Clock, column: pa.Array, kind: pa.DataType) -> list[Any]:
    if pa.types.is_timestamp(kind):
        return _local_texts(clock, column)
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "true", "false").to_pylist()  # type: ignore[no-any-return]
    if pa.types.is_decimal(kind) or pa.types.is_date(kind):
        return pc.cast(column, pa.string()).to_pylist()  # type: ignore[no-any-return]
    return column.to_pylist()  # type: ignore[no-any-return]


def _local_texts(clock: Clock, column: pa.Array) -> list[str | None]:
    utc = pc.fill_null(column.cast(pa.int64()), _ANY_TIME).to_numpy() // 1_000_000
    offset = clock.offset_at(utc)
    stamps = (utc + offset).astype("datetime64[s]").astype(str)
    texts = [f"{stamp}+{hours:02d}:00" for stamp, hours in zip(stamps, offset // 3_600, strict=True)]
    return [text if known else None for text, known in zip(texts, column.is_valid().to_pylist(), strict=True)]


def empty(source: Source) -> pa.Table:
    """No rows of a source."""
    return source.schema.empty_table()


def all_sources() -> list[Source]:
    """Every source, in the order in which they are written."""
    return list(SOURCES.values())
