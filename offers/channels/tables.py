"""What the export modules share: queries beside them, their rows in pieces, and Frictionless columns."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from offermill.run import Run
from offermill.warehouse import Parameters, Warehouse, used_parameters

Columns = tuple[tuple[str, str, str], ...]  # (name, Frictionless type, meaning)
_BATCH_ROWS = 50_000  # bounds memory: about 20 MB of Python values


def query(name: str) -> str:
    """Return the text of offers/channels/<name>.sql."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")


def batches(warehouse: Warehouse, run: Run, sql: str) -> Iterator[pa.RecordBatch]:
    """Yield a query's result in pieces; read them all before the next statement."""
    yield from select(warehouse, sql, run.parameters)


def select(warehouse: Warehouse, sql: str, parameters: Parameters) -> Iterator[pa.RecordBatch]:
    """Yield a query's result in pieces, with parameters of its own."""
    result = warehouse.connection.execute(sql, used_parameters(sql, parameters) or None)
    yield from result.to_arrow_reader(_BATCH_ROWS)


def rows(warehouse: Warehouse, run: Run, sql: str) -> Iterator[tuple[object, ...]]:
    """Yield a query's rows as tuples."""
    for batch in batches(warehouse, run, sql):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
