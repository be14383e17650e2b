"""The night's money: the cap of the period, what earlier nights used of it, what tonight uses, the choice's proof."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from offermill.money import to_minor
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import tables
from offers.limits import BUDGET
from offers.people import CHOOSE, EXPLORE, NOTHING, PILOT, Ints, Pairs
from offers.policy import Plan
from offers.schema import Budget


@dataclass(frozen=True)
class NightMoney:
    """What may be spent tonight, in minor units."""

    period: str
    cap_minor: int
    used_before_minor: int

    @property
    def available_minor(self) -> int:
        """Return what is left of the cap; never below 0, also when the cap was lowered during the period."""
        return max(self.cap_minor - self.used_before_minor, 0)


def period_start(period: str, night: date) -> date:
    """Return the first day of the budget's period that `night` is in; weeks begin on Monday."""
    if period == "week":
        return night - timedelta(days=night.weekday())
    return night.replace(day=1) if period == "month" else night


def night_money(warehouse: Warehouse, run: Run, budget: Budget) -> NightMoney:
    """Return the cap and what earlier nights of the period promised; the night itself and later ones do not count."""
    used = """
        select coalesce(sum(cost_minor), 0) from offers.decision_history
        where business_date >= $first and business_date < $business_date
    """
    tables.create_if_missing(warehouse, "offers.decision_history")
    first = period_start(budget.period, run.business_date)
    before = int(warehouse.value(used, {"first": first, "business_date": run.business_date}))
    return NightMoney(budget.period, to_minor(budget.amount, run.settings.shop.currency_digits), before)


def _rows(money: NightMoney, pairs: Pairs, plan: Plan) -> list[dict[str, object]]:
    chosen = plan.chosen[plan.chosen != NOTHING]
    rows = [_row(money, BUDGET, money.cap_minor, money.used_before_minor, chosen, pairs)]
    for limit in plan.limits[1:]:
        held = chosen[limit.covers(pairs, chosen)]
        rows.append(_row(money, limit.name, limit.available, 0, held, pairs))
    return rows


def _row(money: NightMoney, name: str, cap: int, used: int, chosen: Ints, pairs: Pairs) -> dict[str, object]:
    expected = int(pairs.cost[chosen].sum())
    return {
        "limit_name": name,
        "period": money.period if name == BUDGET else "night",
        "cap_minor": cap,
        "used_before_minor": used,
        "expected_minor": expected,
        "worst_minor": int(pairs.worst[chosen].sum()),
        "left_minor": max(cap - used, 0) - expected,
    }


def write(warehouse: Warehouse, run: Run, money: NightMoney, pairs: Pairs, plan: Plan) -> dict[str, object]:
    """Write offers.budget and offers.allocation_summary; return the night in a few figures."""
    budget = _rows(money, pairs, plan)
    summary = _summary(run, pairs, plan)
    for name, rows in (("offers.budget", budget), ("offers.allocation_summary", [summary])):
        warehouse.write(name, pa.Table.from_pylist(rows, schema=tables.schema(name)))
    figures = ("chosen_count", "explored_count", "piloted_count", "value_minor", "gap_share")
    return {**{name: summary[name] for name in figures}, "expected_cost_minor": budget[0]["expected_minor"]}


def _summary(run: Run, pairs: Pairs, plan: Plan) -> dict[str, object]:
    choosing = plan.group[pairs.person] == CHOOSE
    open_to_choice = choosing & ~pairs.is_held_back & pairs.has_evidence & (pairs.value > 0)
    return {
        "business_date": run.business_date,
        "value_minor": int(plan.choice.value),
        "upper_bound_minor": int(plan.choice.upper_bound),
        "gap_share": plan.choice.gap,
        "shadow_price": plan.choice.prices[BUDGET],
        "candidate_count": int(open_to_choice.sum()),
        "chosen_count": len(plan.choice.rows),
        "explored_count": int(np.sum(plan.group == EXPLORE)),
        "piloted_count": int(np.sum(plan.group == PILOT)),
    }
