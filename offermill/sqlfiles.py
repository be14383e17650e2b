"""The tables that SQL makes: sql/<schema>/<table>.sql is one table, a pure select."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import sqlglot
from sqlglot import exp

from offermill import paths
from offermill.errors import ConfigError


@dataclass(frozen=True)
class SqlFile:
    """One table's select: its address, text, the tables it reads, and the parameters it names."""

    address: str
    text: str
    reads: frozenset[str]
    parameters: frozenset[str]


def _reads(tree: exp.Expression) -> frozenset[str]:
    return frozenset(f"{table.db}.{table.name}" for table in tree.find_all(exp.Table) if table.db)


def _parameters(tree: exp.Expression) -> frozenset[str]:
    return frozenset(found.name for found in tree.find_all(exp.Parameter)) | frozenset(
        found.name for found in tree.find_all(exp.Placeholder) if found.name
    )


def path_of(address: str) -> Path:
    """Return the file of a table's select."""
    schema, table = address.split(".")
    return paths.SQL / schema / f"{table}.sql"


@cache
def read(address: str) -> SqlFile:
    """Return the select of `schema.table`.

    Raises:
        ConfigError: there is no such file, or it is not exactly one select.
    """
    path = path_of(address)
    if not path.is_file():
        raise ConfigError(f"{address}: there is no sql/{path.parent.name}/{path.name}.")
    text = path.read_text(encoding="utf-8")
    trees = [tree for tree in sqlglot.parse(text, read="duckdb") if tree is not None]
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise ConfigError(f"sql/{path.parent.name}/{path.name}: must hold exactly one select.")
    return SqlFile(address, text, _reads(trees[0]), _parameters(trees[0]))


def addresses(schema: str) -> list[str]:
    """Return the addresses of all SQL tables of a schema, by name."""
    return [f"{schema}.{path.stem}" for path in sorted((paths.SQL / schema).glob("*.sql"))]


def in_order(reads: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the keys so that each comes after those it reads; ties by name, reads of anything else ignored."""
    sorter = TopologicalSorter({name: {read for read in needs if read in reads} for name, needs in reads.items()})
    try:
        sorter.prepare()
    except CycleError as problem:
        raise ConfigError(f"tables read one another in a circle: {' -> '.join(problem.args[1])}") from problem
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += ready
        sorter.done(*ready)
    return ordered


def tables(schema: str) -> list[str]:
    """Return the addresses of a schema's SQL tables in dependency order."""
    return in_order({address: read(address).reads for address in addresses(schema)})
