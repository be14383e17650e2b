"""Runs checks in Great Expectations on the warehouse's own DuckDB: no second process, no network, no files.

Great Expectations costs some four seconds and 260 MB to import, so it is imported by the first use only.
"""

import logging
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import duckdb

from offermill import gxdialect, gxmemory, wording
from offermill.errors import ConfigError
from offermill.expectations import Check

_PARAMETER = re.compile(r"\$([a-z_][a-z0-9_]*)")
# Counts only: examples are fetched for the broken checks alone.
_COUNTS = {"result_format": "SUMMARY", "partial_unexpected_count": 0}
_DRIVER = re.compile(r"^\(_duckdb\.\w+\) ")
# Nothing leaves the house: no usage statistics, and no context on disk.
_QUIET = {"GX_ANALYTICS_ENABLED": "false"}


@dataclass(frozen=True)
class Outcome:
    """What one check found.

    Attributes:
        is_success: the promise is kept.
        observed: the measured value, or why there is none.
        unexpected_count: rows that break it; None where the promise is about the whole table.
        element_count: rows looked at; None likewise.
        first: a row that breaks it (key and the columns checked), where there is one.
    """

    is_success: bool
    observed: str | None = None
    unexpected_count: int | None = None
    element_count: int | None = None
    first: Mapping[str, object] = field(default_factory=dict)


@cache
def _great_expectations() -> tuple[Any, Any]:
    """Return the module and a context that lives in memory only."""
    os.environ.update(_QUIET)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations

    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    gxmemory.install()
    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    # It would write its whole configuration out as YAML at every table, to keep it nowhere.
    context._save_project_config = lambda: None
    return great_expectations, context


@contextmanager
def _connection(
    own: duckdb.DuckDBPyConnection, parameters: Mapping[str, object]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection to the same database that has the run's parameters as variables."""
    connection = own.cursor()
    try:
        connection.execute("set TimeZone = 'UTC'")
        for name, value in parameters.items():
            connection.execute(f'set variable "{name}" = $value', {"value": value})
        yield connection
    finally:
        connection.close()


def _arguments(check: Check, parameters: Mapping[str, object]) -> dict[str, Any]:
    """Return the kwargs with `$as_of` and the like put in: a value as it is, inside SQL as a bound variable."""
    return {
        name: _filled(value, parameters) if isinstance(value, str) else value for name, value in check.kwargs.items()
    }


def _filled(text: str, parameters: Mapping[str, object]) -> object:
    if text.startswith("$") and text[1:] in parameters:
        return parameters[text[1:]]
    return _PARAMETER.sub(lambda found: _variable(found, parameters), text)


def _variable(found: re.Match[str], parameters: Mapping[str, object]) -> str:
    return f"getvariable('{found[1]}')" if found[1] in parameters else found[0]


def _source(context: Any, connection: duckdb.DuckDBPyConnection) -> Any:
    """Return the connection as Great Expectations' source of data."""
    source = context.data_sources.add_or_update_sql(
        "warehouse", connection_string=f"{gxdialect.NAME}://", kwargs=gxdialect.engine_arguments(connection)
    )
    # Lets Great Expectations write regular expressions and types as for PostgreSQL; the dialect translates them.
    from sqlalchemy.dialects import postgresql

    source.get_execution_engine().dialect_module = postgresql
    return source


def _suite(gx: Any, checks: Mapping[int, dict[str, Any]]) -> Any:
    expectations = [{**check, "meta": {"number": number}} for number, check in checks.items()]
    return gx.ExpectationSuite(name="checks", expectations=expectations)


def _wanted(gx: Any, checks: Sequence[Check], parameters: Mapping[str, object]) -> dict[int, dict[str, Any]]:
    """Return the checks as Great Expectations wants them, by number.

    Raises:
        ConfigError: a check has an argument that cannot be used; names its file and line.
    """
    wanted = {n: {"type": check.type, "kwargs": _arguments(check, parameters)} for n, check in enumerate(checks)}
    for number, check in enumerate(checks):
        try:
            _suite(gx, {number: wanted[number]})
        except ValueError as problem:
            raise ConfigError(f"{check.source}: {check.type}: {_reason(problem)}.") from problem
    return wanted


def _reason(problem: ValueError) -> str:
    """Return a validation error's complaints in one line."""
    complaints: list[Any] = problem.errors() if hasattr(problem, "errors") else [{"loc": (), "msg": str(problem)}]
    return "; ".join(" ".join([*map(str, one["loc"]), one["msg"]]) for one in complaints)


def _validated(gx: Any, batch: Any, checks: Mapping[int, dict[str, Any]], form: Mapping[str, Any]) -> dict[int, Any]:
    """Return Great Expectations' results by check number."""
    if not checks:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = batch.validate(_suite(gx, checks), result_format=dict(form)).results
    return {result.expectation_config.meta["number"]: result for result in results}


def _examples(gx: Any, batch: Any, broken: Mapping[int, dict[str, Any]], key: Sequence[str]) -> dict[int, Any]:
    """Return the results of broken checks once more, now with a row that breaks each."""
    queries = {n: check for n, check in broken.items() if check["type"] == wording.ROWS}
    others = {n: check for n, check in broken.items() if n not in queries and check["type"] not in wording.UNIQUE}
    one = {**_COUNTS, "partial_unexpected_count": 1, **({"unexpected_index_column_names": list(key)} if key else {})}
    return _validated(gx, batch, others, one) | _validated(gx, batch, queries, {"result_format": "COMPLETE"})


def _first_duplicate(connection: duckdb.DuckDBPyConnection, view: str, columns: Sequence[str]) -> dict[str, object]:
    """Return the smallest value found twice. Great Expectations gives any one, or none for several columns."""
    names = ", ".join(f'"{name}"' for name in columns)
    given = " and ".join(f'"{name}" is not null' for name in columns)
    sql = f"""
        select {names}, count(*) as row_count from {view} where {given}
        group by {names} having count(*) > 1 order by {names} limit 1
    """
    row = connection.execute(sql).fetchone()
    return dict(zip([*columns, "row_count"], row, strict=True)) if row else {}


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def _outcome(check: Check, result: Any, first: Mapping[str, object]) -> Outcome:
    found, problem = result.result, _problem(result)
    if problem:
        return Outcome(False, problem)
    if check.type == wording.ROWS:
        return Outcome(bool(result.success), None, int(found["observed_value"]), None, first)
    counts = _whole(found.get("unexpected_count")), _whole(found.get("element_count"))
    return Outcome(bool(result.success), _text(found.get("observed_value")), *counts, first)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _problem(result: Any) -> str | None:
    """Return why the check could not be computed, in one line."""
    described = (result.exception_info or {}).values()
    messages = [entry["exception_message"] for entry in described if isinstance(entry, dict)]
    return f"could not be computed: {_DRIVER.sub('', messages[0].splitlines()[0])}" if messages else None


def _first_row(example: Any) -> dict[str, object]:
    found = example.result if example is not None else {}
    rows = found.get("partial_unexpected_index_list") or (found.get("details") or {}).get("unexpected_rows") or ()
    return dict(next(iter(rows), {}))


@dataclass(frozen=True)
class Session:
    """Runs checks on the committed rows of one warehouse, table after table; make it with `session`."""

    gx: Any
    source: Any
    connection: duckdb.DuckDBPyConnection
    parameters: Mapping[str, object]
    numbers: Iterator[int] = field(default_factory=count)

    def run(self, batch: str, checks: Sequence[Check], *, key: Sequence[str]) -> list[Outcome]:
        """Return what each check finds in the rows of the select `batch`, in the order of `checks`.

        A check that cannot be computed has failed, and says why.

        Raises:
            ConfigError: a check has an argument that cannot be used.
        """
        wanted = _wanted(self.gx, checks, self.parameters)
        view = self._view(batch)
        table = self._table(view)
        results = _validated(self.gx, table, wanted, _COUNTS)
        broken = {n: wanted[n] for n, result in results.items() if not result.success}
        first = self._first_rows(view, table, broken, key)
        return [_outcome(check, results[n], first.get(n, {})) for n, check in enumerate(checks)]

    def _view(self, batch: str) -> str:
        # A name of its own for every table: Great Expectations remembers columns by name.
        view = f"batch_{next(self.numbers)}"
        self.connection.execute(f"create temp view {view} as {batch}")
        return view

    def _table(self, view: str) -> Any:
        asset = self.source.add_table_asset(view, table_name=view)
        return asset.get_batch(asset.build_batch_request())

    def _first_rows(
        self, view: str, table: Any, broken: Mapping[int, dict[str, Any]], key: Sequence[str]
    ) -> dict[int, dict[str, object]]:
        """Return a row that breaks each broken check, where there is one."""
        rows = {number: _first_row(example) for number, example in _examples(self.gx, table, broken, key).items()}
        for number, check in broken.items():
            if check["type"] in wording.UNIQUE:
                columns = check["kwargs"].get("column_list") or [check["kwargs"]["column"]]
                rows[number] = _first_duplicate(self.connection, view, columns)
        return rows


@contextmanager
def session(own: duckdb.DuckDBPyConnection, parameters: Mapping[str, object]) -> Iterator[Session]:
    """Yield what runs checks with the run's `parameters`; it leaves nothing behind in the database."""
    gx, context = _great_expectations()
    with _connection(own, parameters) as connection:
        yield Session(gx, _source(context, connection), connection, parameters)
