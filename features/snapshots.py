"""Training rows: what was known of a customer on an earlier date, and what happened in the horizon after it.

The features of an earlier date come from the same SQL files as tonight's.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import sqlglot
from sqlglot import exp

from offermill import sqlfiles
from offermill.run import Run
from offermill.warehouse import Warehouse

# Names that the feature tables of an earlier date have inside one statement.
PREFIX = "as_of_"
TARGET = "models.training_snapshot"
# A shop that draws lots every night has a wave a night; the newest tell enough, each costs one pass over the facts.
WAVES_AT_MOST = 60

FIRST_ORDER = "select min(ordered_on) from core.purchase where ordered_at < $as_of and arrived_on <= $business_date"

WAVE_DATES = "select distinct assigned_on from models.evidence_draw where problem is null order by assigned_on"

# A wave's snapshot holds only the people who are evidence of it, on the last day before. $as_of and $business_date are
# the snapshot's clock; the outcomes are what was known on $known_on.
ROWS = """
outcomes as (
    select
        customer_id,
        cast(sum(case when not is_return then 1 else 0 end) as bigint) as order_count_next,
        cast(sum(net_minor) as bigint) as net_minor_next,
        cast(sum(margin_minor) as bigint) as margin_minor_next
    from core.purchase
    where
        customer_id is not null
        and ordered_at >= $as_of
        and ordered_at < $horizon_as_of
        and arrived_on <= $known_on
    group by customer_id
),
wave_members as (
    select distinct customer_id from models.evidence_draw where problem is null and assigned_on = $wave_on
)
select
    cast($business_date as date) as snapshot_on,
    $purpose as purpose,
    customers.*,
    coalesce(outcomes.order_count_next, 0) > 0 as bought,
    coalesce(outcomes.order_count_next, 0) as order_count_next,
    coalesce(outcomes.net_minor_next, 0) as net_minor_next,
    coalesce(outcomes.margin_minor_next, 0) as margin_minor_next
from as_of_customer as customers
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
    eves = [assigned_on - timedelta(days=1) for (assigned_on,) in warehouse.rows(WAVE_DATES)]
    waves = [Snapshot(eve, "wave") for eve in eves if eve <= newest][-WAVES_AT_MOST:]
    regular = [Snapshot(day, "regular") for day in regular_dates(run, first_on)]
    return sorted([*regular, *waves], key=lambda snapshot: (snapshot.snapshot_on, snapshot.purpose))


def renamed(select: str) -> str:
    """Return a select that reads `as_of_x` wherever it read `features.x`."""
    tree = sqlglot.parse_one(select, read="duckdb")
    for table in tree.find_all(exp.Table):
        if table.db == "features":
            table.set("db", None)
            table.set("this", exp.to_identifier(f"{PREFIX}{table.name}"))
    return str(tree.sql(dialect="duckdb"))


@cache
def features_clause() -> str:
    """Return `with as_of_x as (...), ...`: everything that features.customer needs, as named parts of one statement.

    One statement leaves nothing behind: ten snapshots of temporary tables would fill the memory until the commit.
    """
    wanted = {"features.customer"}
    for address in reversed(sqlfiles.tables("features")):
        if address in wanted:
            wanted |= sqlfiles.read(address).reads
    chosen = [address for address in sqlfiles.tables("features") if address in wanted]
    parts = [
        f"{address.replace('features.', PREFIX, 1)} as materialized (\n{renamed(sqlfiles.read(address).text)}\n)"
        for address in chosen
    ]
    return "with " + ",\n".join(parts)


def _insert(warehouse: Warehouse, run: Run, snapshot: Snapshot) -> int:
    """Add one snapshot's rows to the training table; return how many."""
    then = run.at(snapshot.snapshot_on)
    after = run.at(snapshot.snapshot_on + timedelta(days=run.settings.models.horizon_days))
    outcomes = {
        "purpose": snapshot.purpose,
        "wave_on": snapshot.wave_on,
        "horizon_as_of": after.as_of,
        "known_on": run.business_date,
    }
    select = f"{features_clause()},\n{ROWS}"
    before = warehouse.count(TARGET) if warehouse.exists(TARGET) else 0
    verb = f"insert into {TARGET} by name" if warehouse.exists(TARGET) else f"create table {TARGET} as"
    warehouse.execute(f"{verb}\n{select}", then.parameters | outcomes)
    return warehouse.count(TARGET) - before


def build(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Write models.training_snapshot: features of every snapshot date and the outcomes of its horizon.

    A shop too young for any snapshot gets the table without rows.
    """
    warehouse.execute("create schema if not exists models")
    warehouse.execute(f"drop table if exists {TARGET}")
    chosen = snapshots(warehouse, run)
    if not chosen:
        _insert(warehouse, run, Snapshot(run.business_date, "none"))
    counts = {f"{one.snapshot_on} {one.purpose}": _insert(warehouse, run, one) for one in chosen}
    return {"snapshots": counts, "rows": sum(counts.values())}
