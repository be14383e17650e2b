"""Every tests/sql/<schema>/<table>/<case>.yml: given these rows, the table's select gives exactly those."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from offermill import businessday, paths, settings, sqlfiles, yamlfile
from offermill.ingest.contracts import load as load_contract
from offermill.settings import Settings
from offermill.warehouse import Warehouse, quoted

CASES = sorted(Path(__file__).parent.glob("*/*/*.yml"))
DEFAULTS = Settings(
    shop=settings.ShopSettings(id="test", name="Test", time_zone="Europe/Riga"),
    randomisation=settings.RandomisationSettings(salt="a salt for tests"),
    sources={},
)


def columns_of(table: str) -> dict[str, str]:
    """Return the declared columns and DuckDB types of a table."""
    schema, name = table.split(".")
    if schema == "raw":
        return load_contract(name).raw_columns
    values, _ = yamlfile.load(paths.EXPECTATIONS / schema / f"{name}.yml")
    return {column: str(facts["type"]) for column, facts in values["columns"].items()}


def make(warehouse: Warehouse, table: str, rows: list[dict[str, Any]]) -> None:
    """Create `table` with its declared columns and the given rows; what a row does not name is null."""
    declared = columns_of(table)
    warehouse.execute(f"create schema if not exists {table.split('.')[0]}")
    body = ", ".join(f'"{name}" {kind}' for name, kind in declared.items())
    warehouse.execute(f"create table {quoted(table)} ({body})")
    for row in rows:
        unknown = set(row) - set(declared)
        assert not unknown, f"{table} has no column {sorted(unknown)}"
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join(f"${name}" for name in row)
        warehouse.execute(f"insert into {quoted(table)} ({names}) values ({marks})", row)


def result(case: dict[str, Any], address: str) -> list[dict[str, Any]]:
    """Return the rows of the table under test, values as text, in a total order."""
    select = sqlfiles.read(address)
    day = date.fromisoformat(case.get("business_date", "2026-06-30"))
    parameters = {
        **DEFAULTS.parameters,
        "business_date": day,
        "as_of": businessday.interval(day, DEFAULTS.shop.time_zone)[1],
        **case.get("parameters", {}),
    }
    with Warehouse.open() as warehouse:
        for table, rows in case["given"].items():
            make(warehouse, table, rows)
        for table in sorted(select.reads - set(case["given"])):
            make(warehouse, table, [])
        warehouse.replace_table(address, select.text, parameters)
        found = warehouse.arrow(f"select * from {quoted(address)}").to_pylist()
    return [{name: plain(value) for name, value in row.items()} for row in found]


def plain(value: Any) -> str | None:
    """Return a value as the text that a case writes for it."""
    if value is None:
        return None
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def in_order(rows: list[dict[str, Any]], names: list[str]) -> list[dict[str, Any]]:
    """Return the rows with only `names`, in the order of their values."""
    chosen = [{name: row[name] for name in names} for row in rows]
    return sorted(chosen, key=lambda row: [(value is not None, str(value)) for value in row.values()])


@pytest.mark.parametrize("path", CASES, ids=lambda path: "/".join(path.with_suffix("").parts[-3:]))
def test_case(path: Path) -> None:
    case, _ = yamlfile.load(path)
    address = ".".join(path.parent.parts[-2:])
    expected = [{name: plain(value) for name, value in row.items()} for row in case["expect"]]

    found = result(case, address)

    names = case.get("only") or (list(found[0]) if found else [])
    assert in_order(found, names) == in_order([{**dict.fromkeys(names), **row} for row in expected], names)


def test_there_are_cases() -> None:
    assert CASES
