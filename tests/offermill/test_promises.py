"""Every promise of the repository can be computed on tables of the declared columns."""

from collections.abc import Iterator
from datetime import date, datetime

import pytest

from offermill import expectations, gx
from offermill.ingest import contracts
from offermill.warehouse import Warehouse, quoted

SCHEMAS = ("raw", "staging", "core", "features", "segments", "models", "offers")
PARAMETERS = {"business_date": date(2026, 6, 30), "as_of": datetime(2026, 6, 30, 21)}


def columns_of(address: str) -> dict[str, str]:
    schema, table = address.split(".")
    if schema == "raw":
        return contracts.load(table).raw_columns
    return {name: column.type for name, column in expectations.load(address).columns.items()}


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    """An empty table of every address that promises something."""
    with Warehouse.open() as opened:
        for schema in SCHEMAS:
            opened.execute(f"create schema {schema}")
            for address in expectations.addresses(schema):
                body = ", ".join(f'"{name}" {kind}' for name, kind in columns_of(address).items())
                opened.execute(f"create table {quoted(address)} ({body})")
        yield opened


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_promise_can_be_computed(warehouse: Warehouse, schema: str) -> None:
    broken = []
    for address in expectations.addresses(schema):
        promised = expectations.load(address)
        batch = f"select * from {quoted(address)}"
        found = gx.run(warehouse.connection, batch, promised.checks, key=promised.key, parameters=PARAMETERS)
        assert len(found) == len(promised.checks)
        broken += [
            f"{check.source}: {outcome.observed}"
            for check, outcome in zip(promised.checks, found, strict=True)
            if (outcome.observed or "").startswith("could not")
        ]
    assert broken == []
