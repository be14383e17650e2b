"""The columns of the offers tables as expectations/offers/*.yml promises them: one list, read by all who write them."""

from functools import cache
from types import MappingProxyType

import pyarrow as pa

from offermill import paths, yamlfile
from offermill.warehouse import Warehouse, quoted

_ARROW = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}


@cache
def columns(address: str) -> MappingProxyType[str, str]:
    """Return column names and DuckDB types of a table, in the promised order."""
    schema, table = address.split(".")
    values, _ = yamlfile.load(paths.EXPECTATIONS / schema / f"{table}.yml")
    return MappingProxyType({name: column["type"] for name, column in values["columns"].items()})


def schema(address: str) -> pa.Schema:
    """Return the Arrow schema of a table."""
    return pa.schema([(name, _ARROW[kind]) for name, kind in columns(address).items()])


def create_if_missing(warehouse: Warehouse, address: str) -> None:
    """Make an empty table with the promised columns unless it is there; add columns promised since it was made."""
    there = warehouse.columns(address)
    if not there:
        warehouse.write(address, schema(address).empty_table())
    for name, kind in columns(address).items():
        if there and name not in there:
            warehouse.execute(f"alter table {quoted(address)} add column {quoted(name)} {kind}")


def replace_date(warehouse: Warehouse, address: str, day: object, select: str) -> None:
    """Replace the rows of one business date by those of a select with the same column names."""
    create_if_missing(warehouse, address)
    warehouse.execute(f"delete from {quoted(address)} where business_date = $business_date", {"business_date": day})
    warehouse.execute(f"insert into {quoted(address)} by name {select}", {"business_date": day})
