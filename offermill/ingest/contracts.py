"""Contracts: what a source must deliver, declared once in expectations/raw/<table>.yml."""

import re
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from offermill import paths, yamlfile
from offermill.errors import ConfigError

# Where a record came from; every raw table ends with these.
ORIGIN_COLUMNS = {"_delivered_on": "date", "_is_history": "boolean", "_file": "varchar", "_line": "bigint"}

_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
_WAREHOUSE_TYPES = {
    "id": "varchar",
    "text": "varchar",
    "code": "varchar",
    "integer": "bigint",
    "money": "bigint",
    "date": "date",
    "timestamp": "timestamp",
    "boolean": "boolean",
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Part):
    """One column as the source sends it.

    Attributes:
        type: id (bytes kept), text (cleaned), code (one of a list), integer, decimal(p,s), money, date, timestamp,
            boolean.
        above, minimum, maximum: bounds in the file's own unit (money in currency units); `above` excludes the bound.
    """

    type: str
    meaning: str
    unit: str | None = None
    required: bool = False
    one_of: tuple[str, ...] | None = None
    is_shop_currency: bool = False
    # Values are not shown in messages and on pages.
    is_personal: bool = False
    above: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    # A sentence added to a reject that breaks a bound.
    hint: str | None = None

    @field_validator("type")
    @classmethod
    def _known_type(cls, text: str) -> str:
        if text not in _WAREHOUSE_TYPES and not _DECIMAL.fullmatch(text):
            raise ValueError(f"is no contract type; write one of {', '.join(_WAREHOUSE_TYPES)}, decimal(p,s).")
        return text

    @property
    def precision(self) -> tuple[int, int]:
        """Return (digits, digits after the point) of a decimal column; (18, 0) for others."""
        found = _DECIMAL.fullmatch(self.type)
        return (int(found[1]), int(found[2])) if found else (18, 0)

    @property
    def base(self) -> str:
        """Return the type without its digits."""
        return self.type.split("(")[0]

    @property
    def warehouse_type(self) -> str:
        """Return the DuckDB type of the raw column, in lower case."""
        return _WAREHOUSE_TYPES.get(self.type, self.type)

    def bounds(self) -> list[tuple[str, Decimal]]:
        """Return the bounds as (operator, value) that every value must satisfy."""
        given = ((">", self.above), (">=", self.minimum), ("<=", self.maximum))
        return [(operator, Decimal(value)) for operator, value in given if value is not None]


class Check(_Part):
    """One Great Expectations check on the raw table."""

    type: str
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Literal["critical", "warning"]


class Contract(_Part):
    """What one source delivers.

    Attributes:
        kind: an event happened once; an entity's later delivery supersedes its earlier ones.
        key: what is unique in the raw table. record_key: what is unique in one delivery (the same for events).
        event_time: the timestamp column that decides lateness.
        late_days: events older than so many days before their delivery are left out and reported.
    """

    table: str
    grain: str
    kind: Literal["event", "entity"]
    key: tuple[str, ...]
    record_key: tuple[str, ...] = ()
    event_time: str | None = None
    late_days: Annotated[int, Field(ge=0)] = 14
    columns: dict[str, Column]
    checks: tuple[Check, ...] = ()

    @model_validator(mode="after")
    def _names_exist(self) -> "Contract":
        known = {*self.columns, *ORIGIN_COLUMNS}
        for name in (*self.key, *self.record_key, *((self.event_time,) if self.event_time else ())):
            if name not in known:
                raise ValueError(f"{name} is no column of the contract.")
        return self

    @property
    def identity(self) -> tuple[str, ...]:
        """Return the columns that name a record within one delivery."""
        return self.record_key or self.key

    def raw_name(self, column: str) -> str:
        """Return the raw table's name of a column: money says that it is in minor units."""
        return f"{column}_minor" if self.columns[column].type == "money" else column

    @property
    def source_columns(self) -> dict[str, str]:
        """Return name -> DuckDB type of the raw table's columns that come from the source."""
        return {self.raw_name(name): column.warehouse_type for name, column in self.columns.items()}

    @property
    def raw_columns(self) -> dict[str, str]:
        """Return name -> DuckDB type of all columns of the raw table, in order."""
        return self.source_columns | ORIGIN_COLUMNS


def names() -> list[str]:
    """Return the names of all sources, sorted."""
    return sorted(path.stem for path in (paths.EXPECTATIONS / "raw").glob("*.yml"))


@cache
def load(table: str) -> Contract:
    """Return the contract of raw.<table>.

    Raises:
        ConfigError: there is no such contract (the nearest is named), or its file is wrong (file, line, key).
    """
    path = paths.EXPECTATIONS / "raw" / f"{table}.yml"
    if table not in names():
        raise ConfigError(f"sources.{table}: is no known source.{yamlfile.nearest(table, names())}")
    values, lines = yamlfile.load(path)
    return yamlfile.validate_values(Contract, {"table": table, **values}, lines, path)
