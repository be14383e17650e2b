"""SQLAlchemy on a DuckDB connection that is already open, as far as Great Expectations needs it.

Great Expectations fetches after it has given the connection back, so a cursor here holds its rows from the moment it
executes. Regular expressions go to `regexp_matches` (a match anywhere): DuckDB's own `~` matches the whole text only.
"""

from collections.abc import Sequence
from typing import Any

import duckdb
import sqlalchemy
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect, PGIdentifierPreparer
from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedPrimaryKeyConstraint
from sqlalchemy.pool import StaticPool

# A check needs counts and a few examples; more rows than this in Python is a check that should be a count.
MOST_ROWS = 10_000
NAME = "warehouse"


class Cursor:
    """A DBAPI cursor that holds its rows, at most MOST_ROWS of them; asking for more is an error, never a cut."""

    arraysize = 1
    rowcount = -1

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._rows: list[tuple[Any, ...]] = []
        self._has_more = False
        self.description: list[tuple[Any, ...]] | None = None

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> None:
        self._connection.execute(statement, list(parameters) or None)
        self.description = [(*part, *(None,) * (7 - len(part))) for part in self._connection.description or ()]
        self._rows = self._connection.fetchmany(MOST_ROWS)
        self._has_more = len(self._rows) == MOST_ROWS and bool(self._connection.fetchmany(1))

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        if size > len(self._rows) and self._has_more:
            raise duckdb.Error(f"more than {MOST_ROWS} rows for one check; write it as a count")
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.fetchmany(len(self._rows) + int(self._has_more))

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(iter(self.fetchmany()), None)

    def close(self) -> None:
        self._rows = []


class Connection:
    """A DBAPI connection over one that somebody else opened and will close; every statement stands for itself."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def cursor(self) -> Cursor:
        return Cursor(self._connection)

    def commit(self) -> None:
        """Do nothing: checks only read."""

    def rollback(self) -> None:
        """Do nothing: checks only read."""

    def close(self) -> None:
        """Do nothing: the owner closes."""


class _Driver:
    apilevel = "2.0"
    threadsafety = 1
    paramstyle = "numeric_dollar"
    Error = duckdb.Error


class _Compiler(PGCompiler):
    def visit_custom_op_binary(self, element: Any, operator: Any, **options: Any) -> Any:
        if operator.opstring not in ("~", "!~"):
            return super().visit_custom_op_binary(element, operator, **options)  # type: ignore[no-untyped-call]
        sides = [self.process(side, **options) for side in (element.left, element.right)]
        found = f"regexp_matches({sides[0]}, {sides[1]})"
        return found if operator.opstring == "~" else f"not {found}"


class _Quoting(PGIdentifierPreparer):
    # DuckDB reserves other words than PostgreSQL does (`at`, `pivot`, ...): quote every name.
    def _requires_quotes(self, value: str) -> bool:
        return True


class Dialect(PGDialect):
    """DuckDB, as seen from SQLAlchemy."""

    name = "duckdb"
    driver = "duckdb"
    statement_compiler = _Compiler
    preparer = _Quoting
    default_paramstyle = "numeric_dollar"
    default_schema_name = "main"
    supports_statement_cache = True
    supports_sane_rowcount = False

    @classmethod
    def import_dbapi(cls) -> Any:
        return _Driver

    def initialize(self, connection: sqlalchemy.Connection) -> None:
        """Ask the database nothing: PostgreSQL's questions have no answer here."""

    def on_connect(self) -> None:
        return None

    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> bool:
        return bool(self.get_columns(connection, table_name))

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> list[ReflectedColumn]:
        try:
            rows = connection.exec_driver_sql(f"describe {self.identifier_preparer.quote(table_name)}").fetchall()
        except sqlalchemy.exc.DBAPIError as problem:
            if isinstance(problem.orig, duckdb.CatalogException):
                return []
            raise
        kind = sqlalchemy.types.NullType()
        return [{"name": row[0], "type": kind, "nullable": True, "default": None} for row in rows]

    def get_pk_constraint(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> ReflectedPrimaryKeyConstraint:
        """Return none: a view has no key, and PostgreSQL's catalogue need not be searched for one."""
        return {"constrained_columns": [], "name": None}

    def get_table_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        rows = connection.exec_driver_sql("select view_name from duckdb_views() where temporary").fetchall()
        return [name for (name,) in rows]


sqlalchemy.dialects.registry.register(NAME, __name__, Dialect.__name__)


def engine_arguments(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return what `sqlalchemy.create_engine('warehouse://', ...)` needs to work on an open connection."""
    return {"creator": lambda: Connection(connection), "poolclass": StaticPool}
