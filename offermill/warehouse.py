"""The warehouse: one DuckDB file with one writer. Results are fetched whole before the next statement."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import duckdb
import pandas as pd
import pyarrow as pa
from duckdb_extensions import import_extension

from offermill.errors import WarehouseError

Parameters = Mapping[str, object]

_PARAMETER = re.compile(r"\$([a-z_][a-z0-9_]*)")
_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.*?) \(PID (?P<pid>\d+)\)")
# Nothing is fetched or loaded behind our back; extensions come pinned from the lock file.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def used_parameters(sql: str, parameters: Parameters | None) -> dict[str, object]:
    """Return the entries of `parameters` that `sql` names as `$name`; DuckDB refuses any it does not use."""
    names = set(_PARAMETER.findall(sql))
    return {name: value for name, value in (parameters or {}).items() if name in names}


def quoted(name: str) -> str:
    """Return a `schema.table` name with each part quoted."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


# The first wait for another process to let the file go; each later one is twice as long, up to the longest.
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.02, 0.32


def _connect_in_time(path: Path | None, read_only: bool, wait_seconds: float) -> duckdb.DuckDBPyConnection:
    """Return a connection, tried again while another process holds the file, for so many seconds."""
    end, pause = time.monotonic() + wait_seconds, _FIRST_WAIT_SECONDS
    while True:
        try:
            return _connect(path, read_only)
        except WarehouseError:
            if time.monotonic() + pause > end:
                raise
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_WAIT_SECONDS)


def _connect(path: Path | None, read_only: bool) -> duckdb.DuckDBPyConnection:
    if path is not None and not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return duckdb.connect(str(path) if path else ":memory:", read_only=read_only, config=_CONFIG)
    except duckdb.IOException as problem:
        raise WarehouseError(_explain(path, str(problem))) from problem


def _explain(path: Path | None, problem: str) -> str:
    holder = _HOLDER.search(problem)
    name = path.name if path else "memory"
    if holder:
        return (
            f"{name}: held by process {holder['pid']} ({holder['program']}); the warehouse has one writer. "
            "Wait for it to end, or end it, and run again."
        )
    return f"{name}: cannot be opened: {problem.splitlines()[0]}"


class Warehouse:
    """A DuckDB connection with the few verbs that steps need; open it with `Warehouse.open`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    @classmethod
    @contextmanager
    def open(cls, path: Path | None = None, *, read_only: bool = False, wait_seconds: float = 0) -> Iterator[Self]:
        """Open the file at `path` (None: in memory) and close it at the end; wait so long for another to let it go.

        Raises:
            WarehouseError: another process holds the file (named), or it cannot be opened.
        """
        connection = _connect_in_time(path, read_only, wait_seconds)
        try:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute("set enable_progress_bar = false")
            yield cls(connection)
        finally:
            connection.close()

    def load_extension(self, name: str) -> None:
        """Load a DuckDB extension from its pinned package; never from the network."""
        import_extension(name, self.connection)
        self.connection.execute(f"load {name}")

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run one statement for its effect."""
        self.connection.execute(sql, used_parameters(sql, parameters) or None)

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self.connection.execute(sql, used_parameters(sql, parameters) or None).fetchall()

    def value(self, sql: str, parameters: Parameters | None = None) -> Any:
        """Return the first column of the first row, or None when there is no row."""
        rows = self.rows(sql, parameters)
        return rows[0][0] if rows else None

    def arrow(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """Return a query's result as an Arrow table."""
        return self.connection.execute(sql, used_parameters(sql, parameters) or None).to_arrow_table()

    def frame(self, sql: str, parameters: Parameters | None = None) -> pd.DataFrame:
        """Return a query's result as a pandas frame."""
        return self.connection.execute(sql, used_parameters(sql, parameters) or None).df()

    def replace_table(self, name: str, select: str, parameters: Parameters | None = None) -> int:
        """Create or replace table `name` from a select; return its number of rows."""
        self._create_schema(name)
        self.execute(f"create or replace table {quoted(name)} as\n{select.rstrip().rstrip(';')}", parameters)
        return self.count(name)

    def write(self, name: str, table: pa.Table) -> int:
        """Create or replace table `name` from an Arrow table; return its number of rows."""
        with self._registered(table) as source:
            return self.replace_table(name, f"select * from {source}")

    def append(self, name: str, table: pa.Table) -> int:
        """Insert an Arrow table by column name, creating `name` when it is new; return the rows added."""
        if not self.exists(name):
            return self.write(name, table)
        with self._registered(table) as source:
            self.execute(f"insert into {quoted(name)} by name select * from {source}")
        return int(table.num_rows)

    def count(self, name: str) -> int:
        """Return the number of rows of a table."""
        return int(self.value(f"select count(*) from {quoted(name)}"))

    def exists(self, name: str) -> bool:
        """Tell whether the table `schema.table` exists."""
        return bool(self.columns(name))

    def columns(self, name: str) -> dict[str, str]:
        """Return column names and DuckDB types (lower case) in order; empty when there is no such table."""
        try:
            # Searching duckdb_columns() takes 25 times as long: it lists the columns of all tables first.
            described = self.rows(f"describe {quoted(name)}")
        except duckdb.CatalogException:
            return {}
        return {column: kind.lower() for column, kind, *_ in described}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside, or roll all of it back when it raises."""
        self.connection.begin()
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()

    def _create_schema(self, name: str) -> None:
        self.execute(f"create schema if not exists {quoted(name.split('.')[0])}")

    @contextmanager
    def _registered(self, table: pa.Table) -> Iterator[str]:
        self.connection.register("_arrow_source", table)
        try:
            yield "_arrow_source"
        finally:
            self.connection.unregister("_arrow_source")
