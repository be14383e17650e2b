"""Promises about tables: expectations/<schema>/<table>.yml holds grain, key, columns and checks of one table.

The checks use Great Expectations' own vocabulary (`type`, `kwargs`, `severity`). The key is promised too: it is
unique and never null, without anybody writing that down again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from offermill import paths, wording, yamlfile
from offermill.errors import ConfigError

Severity = Literal["critical", "warning"]
# Kwargs of Great Expectations that hold names of columns.
_COLUMN_KWARGS = ("column", "column_A", "column_B", "column_list")
_SHARED_KWARGS = frozenset({"mostly", "ignore_row_if", "description"})


@dataclass(frozen=True)
class Column:
    """What one column holds: DuckDB type in lower case, unit (may be empty), meaning; personal values are not shown."""

    name: str
    type: str
    unit: str
    meaning: str
    is_personal: bool


@dataclass(frozen=True)
class Check:
    """One promise: an expectation of Great Expectations, how bad a broken one is, and where it is written."""

    type: str
    kwargs: Mapping[str, Any]
    severity: Severity
    description: str
    source: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that the check names."""
        return tuple(_column_names(self.kwargs))


@dataclass(frozen=True)
class Expectations:
    """All promises about one table."""

    address: str
    source: str
    grain: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    checks: tuple[Check, ...]


class _Column(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    type: str
    unit: str = ""
    meaning: str
    is_personal: bool = False


class _RawColumn(_Column):
    # A raw column is described by its contract, which offermill.ingest reads and checks.
    model_config = ConfigDict(extra="ignore", frozen=True)
    meaning: str = ""


class _Check(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    type: str
    kwargs: dict[str, Any] = {}
    severity: Severity = "critical"

    @property
    def description(self) -> str:
        """Return the author's words, or ours."""
        return str(self.kwargs.get("description") or wording.describe(self.type, self.kwargs))

    @property
    def arguments(self) -> dict[str, Any]:
        """Return the kwargs that decide the result."""
        return {name: value for name, value in self.kwargs.items() if name != "description"}


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    grain: Annotated[str, Field(min_length=1)]
    key: tuple[str, ...]
    columns: dict[str, _Column]
    checks: tuple[_Check, ...] = ()


class _RawFile(_File):
    model_config = ConfigDict(extra="ignore", frozen=True)
    columns: dict[str, _RawColumn]  # type: ignore[assignment]


def _column_names(kwargs: Mapping[str, Any]) -> Iterator[str]:
    for name in _COLUMN_KWARGS:
        value = kwargs.get(name)
        yield from [value] if isinstance(value, str) else value or ()


def place(path: Path, line: int) -> str:
    """Return `expectations/<schema>/<table>.yml:<line>`."""
    return f"expectations/{path.parent.name}/{path.name}:{line}"


def _problems(file: _File, columns: set[str], path: Path, lines: yamlfile.Lines) -> Iterator[str]:
    for index, name in enumerate(file.key):
        if name not in columns:
            yield _unknown_column(place(path, lines[("key", index)]), "key", name, columns)
    for index, check in enumerate(file.checks):
        yield from _check_problems(check, columns, place(path, lines[("checks", index)]))


def _check_problems(check: _Check, columns: set[str], where: str) -> Iterator[str]:
    known = wording.KWARGS.get(check.type)
    if known is None:
        yield f"{where}: {check.type} is no check that runs here.{yamlfile.nearest(check.type, wording.KWARGS)}"
        return
    for name in check.kwargs:
        if name not in known | _SHARED_KWARGS:
            yield f"{where}: {check.type} takes no {name}.{yamlfile.nearest(name, known)}"
    for name in _column_names(check.kwargs):
        if name not in columns and check.type != "expect_column_to_exist":
            yield _unknown_column(where, check.type, name, columns)
    if check.type == wording.ROWS and "description" not in check.kwargs:
        yield f"{where}: {check.type} needs kwargs.description: say what is true when it finds no row."


def _unknown_column(where: str, what: str, name: str, columns: set[str]) -> str:
    return f"{where}: {what} names the column {name}, which is not declared.{yamlfile.nearest(name, columns)}"


def _key_checks(file: _File, source: str) -> Iterator[Check]:
    if not file.key:
        return
    type_ = "expect_column_values_to_be_unique" if len(file.key) == 1 else "expect_compound_columns_to_be_unique"
    kwargs = {"column": file.key[0]} if len(file.key) == 1 else {"column_list": list(file.key)}
    yield Check(type_, kwargs, "critical", wording.describe(type_, kwargs), source)
    for name in file.key:
        given = "expect_column_values_to_not_be_null"
        yield Check(given, {"column": name}, "critical", wording.describe(given, {"column": name}), source)


def _checks(file: _File, path: Path, lines: yamlfile.Lines) -> Iterator[Check]:
    yield from _key_checks(file, place(path, lines[("key",)]))
    for index, check in enumerate(file.checks):
        where = place(path, lines[("checks", index)])
        yield Check(check.type, check.arguments, check.severity, check.description.rstrip("."), where)


def read(path: Path) -> Expectations:
    """Return the promises in one file.

    Raises:
        ConfigError: every unknown key, check, argument or column, with its file and line.
    """
    is_raw = path.parent.name == "raw"
    values, lines = yamlfile.load(path, is_ours=True)
    file = yamlfile.validate_values(_RawFile if is_raw else _File, values, lines, path)
    columns = {n: Column(n, c.type, c.unit, c.meaning, c.is_personal) for n, c in file.columns.items()}
    problems = list(_problems(file, set(columns) | _added_by_loading(is_raw, file), path, lines))
    if problems:
        raise ConfigError("\n".join(problems))
    checks = tuple(_checks(file, path, lines))
    return Expectations(f"{path.parent.name}.{path.stem}", place(path, 1), file.grain, file.key, columns, checks)


def _added_by_loading(is_raw: bool, file: _File) -> set[str]:
    if not is_raw:
        return set()
    money = {f"{name}_minor" for name, column in file.columns.items() if column.type.startswith("money")}
    return {"_delivered_on", "_is_history", "_file", "_line", *money}


@cache
def load(address: str, root: Path = paths.EXPECTATIONS) -> Expectations:
    """Return the promises about the table `schema.table`.

    Raises:
        ConfigError: there is no such file, or it says something that cannot be meant.
    """
    schema, table = address.split(".")
    return read(root / schema / f"{table}.yml")


def addresses(schema: str, root: Path = paths.EXPECTATIONS) -> list[str]:
    """Return the addresses of all tables of a schema that promise something, by name."""
    return [f"{schema}.{path.stem}" for path in sorted((root / schema).glob("*.yml"))]


def load_all(root: Path = paths.EXPECTATIONS) -> list[Expectations]:
    """Return the promises about every table of every schema.

    Raises:
        ConfigError: every problem of every file.
    """
    found, problems = [], []
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        for address in addresses(folder.name, root):
            try:
                found.append(load(address, root))
            except ConfigError as problem:
                problems.append(str(problem))
    if problems:
        raise ConfigError("\n".join(problems))
    return found
