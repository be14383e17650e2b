"""Who is compared with whom: the people of a wave, campaign, segment, offer or channel, and their counterparts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from models.data import Floats
from offermill.warehouse import Warehouse
from outcomes.statistics.comparison import Sample

# What a comparison is about, and how a row's name in it is told; of segments see `_families`.
LEVELS = {
    "all": "'all'",
    "campaign": "chances.campaign_id",
    "wave": "chances.arm_wave_id",
    "segment": "segments.family || ':' || segments.segment",
    "offer": "chances.arm",
    "channel": "units.channel",
}
UNKNOWN = "unknown"
_SAME_UNIT = "units.customer_id = segments.customer_id and units.wave_id = segments.wave_id"
# Attribute and value by which offers are audited, in one name.
AUDITED = "audited"
SEPARATOR = "\x1f"
_AUDITED_NAME = "concat_ws(chr(31), audited.attribute, audited.value)"
_AUDITED_ROWS = "inner join outcomes.audit_attribute as audited on units.customer_id = audited.customer_id"
# All waves up to the end of a week (named by its Monday), so that one sees the figure settle.
CUMULATED = "cumulated"

# An enumeration takes a byte per row.
_CONTAMINATIONS = "enum ('offer_in_horizon', 'shared_address')"
# A number takes less than a customer's id.
_PEOPLE = """
    select customer_id, cast(row_number() over (order by customer_id) as integer) as person
    from (select distinct customer_id from outcomes.unit)
"""
# Somebody without an offer is a counterpart of all offers they could have got; somebody with one only of their own.
_ROWS = """
    with open as (
        select
            units.customer_id,
            units.wave_id,
            {name} as name,
            -- Sums of decimals do not depend on the order of the rows.
            cast(sum(cast(chances.chance as decimal(18, 15))) as double) as offer_chance,
            bool_or(chances.arm = units.arm and chances.arm_wave_id = units.wave_id) as is_treated
        from outcomes.unit as units
        inner join outcomes.chance as chances
            on units.customer_id = chances.customer_id and units.wave_id = chances.wave_id
        {rows}
        where chances.arm <> 'control' and units.control_chance > 0
        group by units.customer_id, units.wave_id, {name}
    )
    select
        open.name,
        open.is_treated,
        open.offer_chance / (open.offer_chance + units.control_chance) as chance,
        people.person,
        units.assigned_on,
        units.is_complete,
        cast(units.contamination as {contaminations}) as contamination,
        units.order_count,
        units.net_minor,
        units.margin_minor,
        units.cost_minor,
        units.before_minor,
        -- Whoever bought nothing in that time did so infinitely long ago.
        coalesce(cast(units.days_since_order as float), cast('inf' as float)) as days_since_order
    from open
    inner join outcomes.unit as units on open.customer_id = units.customer_id and open.wave_id = units.wave_id
    inner join comparison_person as people on open.customer_id = people.customer_id
    where open.is_treated or units.arm = 'control'
    order by open.name, units.assigned_on, people.person
"""


@dataclass(frozen=True)
class Cell:
    """The rows of one comparison, those whose horizon is still open among them."""

    level: str
    name: str
    rows: pd.DataFrame

    @cached_property
    def complete(self) -> pd.DataFrame:
        """Return the rows that can be compared."""
        return self.rows[self.rows["is_complete"]]

    @cached_property
    def sample(self) -> Sample:
        """Return who of the complete rows got an offer, with which chance."""
        rows = self.complete
        return Sample(
            rows["is_treated"].to_numpy(dtype=bool),
            rows["chance"].to_numpy(dtype=np.float64),
            rows["person"].to_numpy(),
        )

    def column(self, name: str) -> Floats:
        """Return a figure of the complete rows."""
        return self.complete[name].to_numpy(dtype=np.float64)

    @property
    def covariates(self) -> list[Floats]:
        """Return what CUPED uses: margin before the draw, and how lately they bought (1 that day, 0 long ago)."""
        return [self.column("before_minor"), np.exp(-self.column("days_since_order") / 28)]


def read(warehouse: Warehouse, level: str) -> Iterator[Cell]:
    """Yield the comparisons of a level (one of LEVELS, or AUDITED), by name; one at a time is in memory."""
    if level == AUDITED:
        yield from _read(warehouse, level, _AUDITED_NAME, _AUDITED_ROWS)
    elif level == "segment":
        yield from _families(warehouse)
    else:
        yield from _read(warehouse, level, LEVELS[level], "")


def _families(warehouse: Warehouse) -> Iterator[Cell]:
    """Yield the segments of one family after another, and whoever was in none that was kept."""
    for (family,) in warehouse.rows("select distinct family from outcomes.unit_segment order by family"):
        joined = f"inner join outcomes.unit_segment as segments on {_SAME_UNIT} and segments.family = $family"
        yield from _read(warehouse, "segment", LEVELS["segment"], joined, {"family": family})
    none = f"anti join outcomes.unit_segment as segments on {_SAME_UNIT}"
    yield from _read(warehouse, "segment", f"'{UNKNOWN}'", none)


def _read(
    warehouse: Warehouse, level: str, told: str, joined: str, parameters: Mapping[str, object] | None = None
) -> Iterator[Cell]:
    rows = _ROWS.format(name=told, rows=joined, contaminations=_CONTAMINATIONS)
    warehouse.execute(f"create or replace temp table comparison_person as {_PEOPLE}")
    warehouse.execute(f"create or replace temp table comparison as {rows}", parameters)
    try:
        for (name,) in warehouse.rows("select distinct name from comparison order by name"):
            found = warehouse.frame("select * exclude (name) from comparison where name = $name", {"name": name})
            yield Cell(level, str(name), found)
    finally:
        for table in ("comparison", "comparison_person"):
            warehouse.execute(f"drop table if exists {table}")


def cumulated(everything: Cell) -> Iterator[Cell]:
    """Yield all rows drawn up to the end of each week."""
    days = pd.to_datetime(everything.rows["assigned_on"])
    mondays = days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    for monday in sorted(mondays.unique()):
        is_in = days < monday + pd.Timedelta(days=7)
        yield Cell(CUMULATED, pd.Timestamp(monday).date().isoformat(), everything.rows[is_in])


def days_of(cell: Cell) -> tuple[date, date]:
    """Return the first and the last day on which somebody's horizon began."""
    days = pd.to_datetime(cell.rows["assigned_on"])
    return days.min().date(), days.max().date()
