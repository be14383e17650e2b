"""`outcomes.goal`: what the shop wants to reach (goals in shop.yml), where it stands, and where it stood before."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import pyarrow as pa

from offermill.run import Run
from offermill.settings_goals import AverageCheckGoal, NewCustomersGoal, RepeatPurchaseGoal
from offermill.warehouse import Warehouse
from outcomes.statistics import simple

_KNOWN = "ordered_at < $as_of and arrived_on <= $business_date and not is_return"
# Orders of the days (start, end], end 0 = tonight: `between` counts days back.
_IN = "date_diff('day', ordered_on, $business_date) between $end and $end + $days - 1"
_BEFORE = "date_diff('day', ordered_on, $business_date) between $end + $days and $end + 2 * $days - 1"

_REPEATED = f"""
    with now as (select distinct customer_id from core.purchase where {_KNOWN} and {_IN}),
    earlier as (select distinct customer_id from core.purchase where {_KNOWN} and {_BEFORE} and customer_id is not null)
    select count(now.customer_id), count(*) from earlier left join now on earlier.customer_id = now.customer_id
"""
_NEW = f"""
    with firsts as (
        select min(ordered_on) as ordered_on from core.purchase
        where {_KNOWN} and customer_id is not null
        group by customer_id
    )
    select count(*) filter (where {_IN}) from firsts
"""
# A guest is one draw per order.
_CHECKS = f"""
    select sum(net_minor) as net_minor, count(*) as order_count from core.purchase
    where {_KNOWN} and {_IN}
    group by coalesce(customer_id, 'guest:' || order_id)
    order by coalesce(customer_id, 'guest:' || order_id)
"""


@dataclass(frozen=True)
class Standing:
    """Where a figure stands in one period: value, interval, and how many people (or orders) it rests on."""

    value: float | None
    low: float | None
    high: float | None
    base_count: int


@dataclass(frozen=True)
class Goal:
    """One goal.

    Attributes:
        unit: share, people or minor units.
        value_before: of the period of the same length just before.
        base_count: people (orders' owners, for the average check) that the value rests on.
        is_reached: the value is at the target or above it; None where there is no value.
        is_told: the target lies outside the interval, so that chance does not explain which side it is on.
    """

    goal: str
    unit: str
    period_days: int
    target: float
    value: float | None
    low: float | None
    high: float | None
    base_count: int
    value_before: float | None
    base_count_before: int
    is_reached: bool | None
    is_told: bool


_SCHEMA = pa.schema(
    [
        ("goal", pa.string()),
        ("unit", pa.string()),
        ("period_days", pa.int64()),
        ("target", pa.float64()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("base_count", pa.int64()),
        ("value_before", pa.float64()),
        ("base_count_before", pa.int64()),
        ("is_reached", pa.bool_()),
        ("is_told", pa.bool_()),
    ]
)


def measure(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Say how far the shop is on its goals; a shop without goals has an empty table."""
    found = list(_goals(warehouse, run))
    warehouse.write("outcomes.goal", pa.Table.from_pylist([asdict(one) for one in found], schema=_SCHEMA))
    return {"goals": len(found), "reached": sum(bool(one.is_reached) for one in found)}


def _goals(warehouse: Warehouse, run: Run) -> Iterator[Goal]:
    wanted = run.settings.goals
    for goal in (wanted.repeat_purchase, wanted.new_customers, wanted.average_check):
        if goal is not None:
            yield _goal(warehouse, run, goal)


def _goal(warehouse: Warehouse, run: Run, goal: RepeatPurchaseGoal | NewCustomersGoal | AverageCheckGoal) -> Goal:
    look, name, unit = _LOOKS[type(goal)]
    target = float(goal.target_minor if isinstance(goal, AverageCheckGoal) else goal.target)
    now, before = (look(warehouse, run, goal.days, end) for end in (0, goal.days))
    outside = now.low is not None and now.high is not None and not now.low <= target <= now.high
    return Goal(
        goal=name,
        unit=unit,
        period_days=goal.days,
        target=target,
        **asdict(now),
        value_before=before.value,
        base_count_before=before.base_count,
        is_reached=None if now.value is None else now.value >= target,
        is_told=outside,
    )


def _bound(run: Run, days: int, end: int) -> dict[str, object]:
    """Return the parameters of a period that ends `end` days before tonight."""
    return {**run.parameters, "days": days, "end": end}


def _repeat(warehouse: Warehouse, run: Run, days: int, end: int) -> Standing:
    ((hits, base),) = warehouse.rows(_REPEATED, _bound(run, days, end))
    if not base:
        return Standing(None, None, None, 0)
    return Standing(hits / base, *simple.share(hits, base), base)


def _new(warehouse: Warehouse, run: Run, days: int, end: int) -> Standing:
    ((events,),) = warehouse.rows(_NEW, _bound(run, days, end))
    return Standing(float(events), *simple.count(events), events)


def _check(warehouse: Warehouse, run: Run, days: int, end: int) -> Standing:
    rows = warehouse.frame(_CHECKS, _bound(run, days, end))
    if rows.empty:
        return Standing(None, None, None, 0)
    net, orders = (rows[name].to_numpy(dtype=float) for name in ("net_minor", "order_count"))
    return Standing(*simple.ratio(net, orders), len(rows))


_LOOKS: dict[type, tuple[Callable[[Warehouse, Run, int, int], Standing], str, str]] = {
    RepeatPurchaseGoal: (_repeat, "repeat_purchase", "share"),
    NewCustomersGoal: (_new, "new_customers", "people"),
    AverageCheckGoal: (_check, "average_check", "minor units"),
}
