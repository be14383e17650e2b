"""How literal nights are written down: tables with their declared columns, and who the customers are."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from offermill.expectations import load as load_expectations
from offermill.warehouse import Warehouse, quoted

DAY = date(2026, 6, 30)
SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    SCRIPT,
    "</script><img src=x onerror=alert(2)>",
    "=1+1",
    "{{7*7}}",
    "abc\u202egpj.exe",
    "javascript:alert(3)",
)
OFFERS = ("basket-percent-10", f"gift-{SCRIPT}", "points-500")

Row = dict[str, Any]


def customer_ids() -> list[str]:
    return [f"c{number:03}" for number in range(1, 41)]


def make(warehouse: Warehouse, table: str, rows: Sequence[Row]) -> None:
    """Create a table with its declared columns; what a row does not name is null."""
    declared = {name: column.type for name, column in load_expectations(table).columns.items()}
    create(warehouse, table, declared, rows)


def create(warehouse: Warehouse, table: str, declared: dict[str, str], rows: Sequence[Row]) -> None:
    """Create a table with the given columns and rows."""
    warehouse.execute(f"create schema if not exists {table.split('.')[0]}")
    body = ", ".join(f'"{name}" {kind}' for name, kind in declared.items())
    warehouse.execute(f"create or replace table {quoted(table)} ({body})")
    if rows:
        names = list(dict.fromkeys(name for row in rows for name in row))
        warehouse.append(table, pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows]))
