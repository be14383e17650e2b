"""The night's limits: the cap, what the ledger holds of it, what tonight adds, how sure it is; the choice's proof."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import pyarrow as pa

from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import risk, tables
from offers.limits import BUDGET, Cap
from offers.night_caps import NightCap
from offers.night_limits import NightLimit
from offers.people import CHOOSE, EXPLORE, NOTHING, PILOT, Floats, Ints, Pairs
from offers.policy import Plan


@dataclass(frozen=True)
class Moments:
    """What past redemptions say of each offer's cost, by position of the offer (see offers.cost_factor).

    Attributes:
        second: E[d^2]/E[d], minor units.
        error: relative standard error of the expected cost.
    """

    second: Floats
    error: Floats


def moments(warehouse: Warehouse) -> Moments:
    """Return the moments of tonight's offers, by id."""
    found = warehouse.arrow(
        "select second_moment_minor as second, cost_factor_error / cost_factor as error "
        "from offers.cost_factor order by offer_id"
    )
    return Moments(found["second"].to_numpy(), found["error"].to_numpy())


def _rows(caps: Sequence[NightCap], pairs: Pairs, plan: Plan, known: Moments) -> list[dict[str, object]]:
    """Return one row per limit of the catalogue, then one per share of the budget."""
    chosen = plan.chosen[plan.chosen != NOTHING]
    return [
        _row(limit, night, pairs, chosen[limit.covers(pairs, chosen)], known)
        for limit, night in zip_longest(plan.limits, caps)
    ]


def _row(limit: NightLimit, night: NightCap | None, pairs: Pairs, held: Ints, known: Moments) -> dict[str, object]:
    """Return a limit's row; `held` are the candidates given that it covers. A share of the budget is of one night."""
    night = night or NightCap(Cap(limit.name, "money", limit.available), 0, limit.available)
    cap, most = night.cap, night.cap.at_most or 0
    row: dict[str, object] = {
        "limit_name": limit.name,
        "counted": cap.counted,
        "period": cap.period,
        "at_least": cap.at_least,
        "missing_to_minimum": None if cap.at_least is None else max(cap.at_least - _given(cap, pairs, held), 0),
    }
    if cap.kind == "count":
        figures = {"cap": most, "used_before": night.used_before, "available": night.available, "given": len(held)}
        left = max(most - night.used_before, 0) - len(held)
        return row | {f"{name}_count": figure for name, figure in figures.items()} | {"left_count": left}
    expected, worst = int(pairs.cost[held].sum()), int(pairs.worst[held].sum())
    return row | {
        "risk": cap.risk,
        "chance": cap.chance,
        "cap_minor": most,
        "used_before_minor": night.used_before,
        "available_minor": night.available,
        "expected_minor": expected,
        "worst_minor": worst,
        "left_minor": max(most - night.used_before, 0) - _given(cap, pairs, held),
        "overspend_chance": _overspend_chance(night, pairs, held, known),
    }


def _given(cap: Cap, pairs: Pairs, held: Ints) -> int:
    """Return what tonight's offers use of a limit, in its own measure."""
    if cap.kind == "count":
        return len(held)
    return int((pairs.worst if cap.risk == "hard" else pairs.cost)[held].sum())


def _overspend_chance(night: NightCap, pairs: Pairs, held: Ints, known: Moments) -> float:
    """Return the probability that the period's offers, tonight's with them, cost more than the cap."""
    reserved = night.used_before - night.posted_before
    left = max((night.cap.at_most or 0) - night.posted_before, 0)
    if night.cap.risk == "hard":
        return 0.0  # the worst case is reserved
    cost, offer = pairs.cost[held].astype(np.float64), pairs.offer[held]
    mean = reserved + float(cost.sum())
    variance = night.variance_before + float(risk.spend_variance(cost, known.second[offer]).sum())
    rate = float(np.average(known.error[offer], weights=cost)) if cost.sum() else 0.0
    worst = int(pairs.worst[held].sum()) if not reserved else None
    return risk.likely_overspend(mean, variance + risk.rate_variance(float(cost.sum()), rate), left, worst)


def write(warehouse: Warehouse, run: Run, caps: Sequence[NightCap], pairs: Pairs, plan: Plan) -> dict[str, object]:
    """Write offers.budget and offers.allocation_summary; return the night in a few figures."""
    budget = _rows(caps, pairs, plan, moments(warehouse))
    summary = _summary(run, pairs, plan)
    for name, rows in (("offers.budget", budget), ("offers.allocation_summary", [summary])):
        warehouse.write(name, pa.Table.from_pylist(rows, schema=tables.schema(name)))
    figures = ("chosen_count", "explored_count", "piloted_count", "value_minor", "gap_share")
    unmet = [f"{row['limit_name']}: {row['missing_to_minimum']} missing" for row in budget if row["missing_to_minimum"]]
    return {
        **{name: summary[name] for name in figures},
        "expected_cost_minor": budget[0]["expected_minor"],
        "unmet_minima": unmet,
    }


def _summary(run: Run, pairs: Pairs, plan: Plan) -> dict[str, object]:
    choosing = plan.group[pairs.person] == CHOOSE
    open_to_choice = choosing & ~pairs.is_held_back & pairs.has_evidence & (pairs.value > 0)
    kept = int(plan.waiting[pairs.person[plan.choice.rows]].sum())
    return {
        "business_date": run.business_date,
        "value_minor": int(plan.choice.value) + kept,
        "waiting_minor": kept,
        "upper_bound_minor": int(plan.choice.upper_bound) + kept,
        "gap_share": plan.choice.gap,
        "shadow_price": plan.choice.prices[BUDGET],
        "candidate_count": int(open_to_choice.sum()),
        "chosen_count": len(plan.choice.rows),
        "explored_count": int(np.sum(plan.group == EXPLORE)),
        "piloted_count": int(np.sum(plan.group == PILOT)),
    }
