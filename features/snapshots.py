"""Training rows: what was known of a customer on an earlier date, and what happened in the horizon after it.

The features of an earlier date come from the same SQL files as tonight's, written to a schema of their own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import sqlglot
from sqlglot import exp

from offermill import sqlfiles
from offermill.run import Run
from offermill.warehouse import Warehouse

# Temporary tables: a transaction may make and drop them once per snapshot, and they never reach the file.
SCRATCH = "as_of_"
TARGET = "models.training_snapshot"
# A shop that draws lots every night has a wave a night; the newest tell enough, each costs one pass over the facts.
WAVES_AT_MOST = 60

FIRST_ORDER = "select min(ordered_on) from core.purchase where ordered_at < $as_of and arrived_on <= $business_date"

WAVE_DATES = """
select distinct assigned_on
from core.offer_assignment
where is_randomised and assigned_at < $as_of and arrived_on <= $business_date
order by assigned_on
"""

# A wave's snapshot holds only the people of the wave, on the last day before it.
ROWS = f"""
with outcomes as (
    select
        customer_id,
        cast(sum(case when not is_return then 1 else 0 end) as bigint) as order_count_next,
        cast(sum(net_minor) as bigint) as net_minor_next,
        cast(sum(margin_minor) as bigint) as margin_minor_next
    from core.purchase
    where
        customer_id is not null
        and ordered_at >= $snapshot_as_of
        and ordered_at < $horizon_as_of
        and arrived_on <= $business_date
    group by customer_id
),
wave_members as (
    select distinct customer_id
    from core.offer_assignment
    where
        is_randomised
        and assigned_on = $wave_on
        and assigned_at < $as_of
        and arrived_on <= $business_date
)
select
    cast($snapshot_on as date) as snapshot_on,
    $purpose as purpose,
    customers.*,
    coalesce(outcomes.order_count_next, 0) > 0 as bought,
    coalesce(outcomes.order_count_next, 0) as order_count_next,
    coalesce(outcomes.net_minor_next, 0) as net_minor_next,
    coalesce(outcomes.margin_minor_next, 0) as margin_minor_next
from {SCRATCH}customer as customers
left join outcomes on customers.customer_id = outcomes.customer_id
where $purpose = 'regular' or customers.customer_id in (select customer_id from wave_members)
order by customers.customer_id
"""


@dataclass(frozen=True)
class Snapshot:
    """One date to look back from: `regular`, or the last day before a randomised wave (`wave`)."""

    snapshot_on: date
    purpose: str

    @property
    def wave_on(self) -> date:
        return self.snapshot_on + timedelta(days=1)


def regular_dates(run: Run, first_on: date) -> list[date]:
    """Return the regular snapshot dates, newest first; the horizon after each has ended by the business date."""
    models = run.settings.models
    newest = run.business_date - timedelta(days=models.horizon_days)
    dates = [newest - timedelta(days=step * models.snapshot_step_days) for step in range(models.snapshot_count)]
    return [day for day in dates if day >= first_on]


def snapshots(warehouse: Warehouse, run: Run) -> list[Snapshot]:
    """Return all snapshots that can be labelled with what is known on the business date, oldest first."""
    first_on = warehouse.value(FIRST_ORDER, run.parameters)
    if first_on is None:
        return []
    newest = run.business_date - timedelta(days=run.settings.models.horizon_days)
    eves = [assigned_on - timedelta(days=1) for (assigned_on,) in warehouse.rows(WAVE_DATES, run.parameters)]
    waves = [Snapshot(eve, "wave") for eve in eves if eve <= newest][-WAVES_AT_MOST:]
    regular = [Snapshot(day, "regular") for day in regular_dates(run, first_on)]
    return sorted([*regular, *waves], key=lambda snapshot: (snapshot.snapshot_on, snapshot.purpose))


def in_scratch(select: str) -> str:
    """Return a select that reads the temporary table `as_of_x` wherever it read `features.x`."""
    tree = sqlglot.parse_one(select, read="duckdb")
    for table in tree.find_all(exp.Table):
        if table.db == "features":
            table.set("db", None)
            table.set("this", exp.to_identifier(f"{SCRATCH}{table.name}"))
    return str(tree.sql(dialect="duckdb"))


@cache
def _selects() -> dict[str, str]:
    """The selects that features.customer needs, in order, rewritten for temporary tables."""
    wanted = {"features.customer"}
    for address in reversed(sqlfiles.tables("features")):
        if address in wanted:
            wanted |= sqlfiles.read(address).reads
    chosen = [address for address in sqlfiles.tables("features") if address in wanted]
    return {address.replace("features.", SCRATCH, 1): in_scratch(sqlfiles.read(address).text) for address in chosen}


@contextmanager
def features_as_of(warehouse: Warehouse, run: Run) -> Iterator[str]:
    """Make the feature tables as of the run's date beside tonight's; yield the name of the wide one, drop all after."""
    for name, select in _selects().items():
        warehouse.execute(f"create or replace temp table {name} as {select}", run.parameters)
    yield f"{SCRATCH}customer"
    for name in reversed(_selects()):
        warehouse.execute(f"drop table {name}")


def _rows(warehouse: Warehouse, run: Run, snapshot: Snapshot) -> int:
    """Add one snapshot's rows to the training table; return how many."""
    then = run.at(snapshot.snapshot_on)
    after = run.at(snapshot.snapshot_on + timedelta(days=run.settings.models.horizon_days))
    parameters = {
        **run.parameters,
        "snapshot_on": snapshot.snapshot_on,
        "purpose": snapshot.purpose,
        "wave_on": snapshot.wave_on,
        "snapshot_as_of": then.as_of,
        "horizon_as_of": after.as_of,
    }
    with features_as_of(warehouse, then):
        return warehouse.append(TARGET, warehouse.arrow(ROWS, parameters))


def build(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Write models.training_snapshot: features of every snapshot date and the outcomes of its horizon.

    A shop too young for any snapshot gets the table without rows.
    """
    warehouse.execute("create schema if not exists models")
    warehouse.execute(f"drop table if exists {TARGET}")
    chosen = snapshots(warehouse, run)
    if not chosen:
        _rows(warehouse, run, Snapshot(run.business_date, "none"))
    counts = {f"{one.snapshot_on} {one.purpose}": _rows(warehouse, run, one) for one in chosen}
    return {"snapshots": counts, "rows": sum(counts.values())}
