"""A planned pilot as tonight's policy sees it: its arms among the candidates, its people, what is left of its money."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offermill.money import to_minor
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import pilot_registry
from offers.people import Ints, Pairs
from offers.pilot import CONTROL, PilotPlan
from offers.policy import Cohort


@dataclass(frozen=True)
class Planned:
    """Tonight's candidates with the plan's costs of what has no estimate, and the cohort; None without a plan."""

    pairs: Pairs
    cohort: Cohort | None


def planned(warehouse: Warehouse, run: Run, candidates: pa.Table, pairs: Pairs) -> Planned:
    """Return what the plan that draws tonight or waits for its outcomes, if any, asks of the policy.

    The plan is the one that its first night read. Who stands for it gets the control arm or one of the arms open to
    them; an arm is compared with those of the control arm who could have got it.

    Raises:
        ConfigError: a plan cannot be meant as written, or two draw people on the same night.
    """
    tonight = pilot_registry.tonight(warehouse, run)
    if tonight is None:
        return Planned(pairs, None)
    plan = tonight.plan
    expected, worst = pilot_registry.promised(warehouse, plan.id, run.business_date)
    digits = run.settings.shop.currency_digits
    weights = _by_offer(candidates, {arm.offer: plan.lots[arm.offer] for arm in plan.offers})
    used = expected if plan.money.counts == "expected" else worst
    cohort = Cohort(
        size=tonight.at_most,
        weights=weights,
        control=plan.lots[CONTROL],
        money=max(to_minor(plan.money.at_most, digits) - used, 0),
    )
    return Planned(_with_costs(plan, candidates, pairs, digits), cohort)


def _by_offer(candidates: pa.Table, figures: Mapping[str, int]) -> Ints:
    """Return the figure of each candidate's offer; 0 for an offer without one."""
    place = pc.index_in(candidates["offer_id"], value_set=pa.array(list(figures), pa.string()))
    found = np.array([*figures.values(), 0], dtype=np.int64)
    return np.asarray(found[pc.fill_null(place, len(figures)).to_numpy()], dtype=np.int64)


def _with_costs(plan: PilotPlan, candidates: pa.Table, pairs: Pairs, digits: int) -> Pairs:
    """Return the pairs with what the plan expects an arm to cost where nothing is known and it counts by that."""
    if plan.money.counts == "worst":
        return pairs
    expected = _by_offer(candidates, {arm.offer: to_minor(arm.expected_cost, digits) for arm in plan.offers})
    is_arm = _by_offer(candidates, {arm.offer: 1 for arm in plan.offers}) > 0
    return replace(pairs, cost=np.where(is_arm & ~pairs.has_evidence, np.minimum(expected, pairs.worst), pairs.cost))
