"""The SQL of the pages: a file per page, named queries in it, answered from the warehouse or with what is missing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

from offermill.run import Run
from offermill.warehouse import Warehouse

FOLDER = Path(__file__).parent / "sql"
_NAME = re.compile(r"^-- name: ([a-z_]+)\n", re.MULTILINE)

Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """The rows of a query; `missing` names the tables it reads that were not made, and then there are no rows."""

    rows: tuple[Row, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def first(self) -> Row | None:
        return self.rows[0] if self.rows else None


@cache
def queries(page: str) -> Mapping[str, str]:
    """Return the queries of dashboards/sql/<page>.sql by name."""
    _, *parts = _NAME.split((FOLDER / f"{page}.sql").read_text(encoding="utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))


@cache
def tables(sql: str) -> tuple[str, ...]:
    """Return the tables a query reads, by name."""
    found = sqlglot.parse_one(sql, read="duckdb").find_all(exp.Table)
    return tuple(sorted({f"{table.db}.{table.name}" for table in found if table.db}))


def ask(warehouse: Warehouse, run: Run, sql: str) -> Answer:
    """Return the answer to one query as of the run."""
    missing = tuple(name for name in tables(sql) if not warehouse.exists(name))
    if missing:
        return Answer(missing=missing)
    return Answer(tuple(warehouse.arrow(sql, run.parameters).to_pylist()))


def answers(warehouse: Warehouse, run: Run, page: str) -> dict[str, Answer]:
    """Return the answers to every query of a page."""
    return {name: ask(warehouse, run, sql) for name, sql in queries(page).items()}
