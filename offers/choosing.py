"""The choice among those who choose: the allocation within every limit, sure enough, with nothing left that fits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from offers import risk
from offers.allocation import Choice, Limit, allocate
from offers.allocation_minima import UnreachableMinimumError
from offers.night_limits import NightLimit, penalty, used
from offers.people import NOTHING, Flags, Floats, Ints, Pairs
from offers.rest import improved

Limits = tuple[NightLimit, ...]

_WEIGHTS = ("cost", "worst")
# How often a plan that is not sure enough is tried again with a smaller cap before its worst case must fit.
_TIGHTENINGS = 8


@dataclass(frozen=True)
class Chosen:
    """The choice.

    Attributes:
        choice: the allocation, its rows those of the pairs.
        limits: what those who choose were allowed of each limit in the end.
        penalty: shadow prices x weights of each candidate.
        plan: each person's candidate among those who choose, or NOTHING.
    """

    choice: Choice
    limits: Limits
    penalty: Floats
    plan: Ints


def choose(pairs: Pairs, limits: Limits, mask: Flags, given: Ints, people: int) -> Chosen:
    """Return the choice among the candidates in the mask.

    Args:
        limits: what is left for those who choose.
        mask: candidates that may be chosen.
        given: candidates that pilot and exploration gave; limits on a chance count them too.
        people: how many people there are.
    """
    allowed, found = limits, None
    for _ in range(_TIGHTENINGS):
        found = _within(pairs, allowed, mask, people)
        tighter = _tightened(pairs, limits, allowed, np.concatenate([given, found.choice.rows]), given)
        if tighter == allowed:
            break
        allowed, found = tighter, None
    if found is not None and allowed == limits:
        return found
    # Where few redemptions are expected little is sure but the worst case, and that may allow more.
    safe = _within(pairs, _at_worst(pairs, limits, given), mask, people)
    return safe if found is None or safe.choice.value > found.choice.value else found


def _within(pairs: Pairs, limits: Limits, mask: Flags, people: int) -> Chosen:
    choice, limits = allocated(pairs, limits, np.flatnonzero(mask))
    plan = np.full(people, NOTHING, dtype=np.int64)
    plan[pairs.person[choice.rows]] = choice.rows
    costs = penalty(limits, pairs, [choice.prices[limit.name] for limit in limits])
    plan = improved(pairs, limits, mask, pairs.value - costs, plan)
    return Chosen(_of_plan(choice, pairs, limits, plan), limits, costs, plan)


def _of_plan(choice: Choice, pairs: Pairs, limits: Limits, plan: Ints) -> Choice:
    rows = np.sort(plan[plan != NOTHING])
    value = float(pairs.value[rows].sum())
    bound = max(choice.upper_bound, value)
    names = [limit.name for limit in limits]
    return replace(
        choice,
        rows=rows,
        value=value,
        upper_bound=bound,
        gap=(bound - value) / bound if bound > 0 else 0.0,
        used=dict(zip(names, map(int, used(limits, pairs, rows)), strict=True)),
    )


def spread(pairs: Pairs, limit: NightLimit, rows: Ints) -> tuple[float, float, int]:
    """Return mean, variance and worst case of what the candidates at `rows` will cost of a limit; minor units."""
    held = rows[limit.covers(pairs, rows)]
    cost = pairs.cost[held].astype(np.float64)
    by_chance = float(risk.spend_variance(cost, pairs.ratio[held]).sum())
    # Uncertain rates move an offer's costs together: their errors add up before they are squared.
    by_rate = risk.rate_variance(1.0, float(cost @ pairs.rate_error[held]))
    return float(cost.sum()), by_chance + by_rate, int(pairs.worst[held].sum())


def overspend_chance(pairs: Pairs, limit: NightLimit, rows: Ints) -> float:
    """Return the probability that these offers and those of earlier nights cost more than the limit has unspent."""
    mean, variance, worst = spread(pairs, limit, rows)
    unspent = limit.available if limit.unspent is None else limit.unspent
    known = None if limit.reserved_before else worst
    return risk.overspend_chance(mean + limit.reserved_before, variance + limit.variance_before, unspent, known)


def _tightened(pairs: Pairs, limits: Limits, allowed: Limits, rows: Ints, given: Ints) -> Limits:
    """Return the limits with the caps on a chance made smaller where the plan in `rows` is not sure enough."""
    return tuple(
        _tighter(pairs, limit, now, rows, given) if limit.chance is not None else now
        for limit, now in zip(limits, allowed, strict=True)
    )


def _tighter(pairs: Pairs, limit: NightLimit, now: NightLimit, rows: Ints, given: Ints) -> NightLimit:
    chance = limit.chance or 0.0
    if overspend_chance(pairs, limit, rows) <= 1 - chance:
        return now
    mean, variance, _ = spread(pairs, limit, rows)
    drawn, _, _ = spread(pairs, limit, given)
    before, unspent = limit.reserved_before, limit.available if limit.unspent is None else limit.unspent
    cap = risk.tightened(unspent, mean + before, variance + limit.variance_before, chance)
    # A smaller cap each time, so that the repetition leads somewhere.
    return replace(now, available=max(min(cap - before - int(drawn), now.available - 1), 0))


def _at_worst(pairs: Pairs, limits: Limits, given: Ints) -> Limits:
    """Return the limits on a chance as limits on the worst case, less what was given at its worst."""
    return tuple(
        replace(limit.at_worst(), available=max(limit.available + int(mean) - worst, 0))
        if limit.chance is not None
        else limit
        for limit in limits
        for mean, _, worst in [spread(pairs, limit, given)]
    )


def allocated(pairs: Pairs, limits: Limits, rows: Ints) -> tuple[Choice, Limits]:
    """Return the allocation among the candidates at `rows`, as rows of the pairs, and the limits it keeps.

    A minimum out of reach is lowered to what can be reached: a night is not lost for it.
    """
    table = _table(pairs, limits, rows)
    for _ in range(len(limits)):
        try:
            found = allocate(table, [_limit(limit) for limit in limits])
            break
        except UnreachableMinimumError as problem:
            limits = _with_minima(limits, problem.achievable)
    else:
        limits = _with_minima(limits, {limit.name: 0 for limit in limits})
        found = allocate(table, [_limit(limit) for limit in limits])
    return replace(found, rows=rows[found.rows]), limits


def _with_minima(limits: Limits, minima: Mapping[str, int]) -> Limits:
    return tuple(
        replace(limit, at_least=minima[limit.name]) if limit.name in minima and limit.at_least else limit
        for limit in limits
    )


def _table(pairs: Pairs, limits: Sequence[NightLimit], rows: Ints) -> pa.Table:
    covered = {f"in {limit.name}": limit.covers(pairs, rows) for limit in limits if not limit.is_about_all}
    return pa.table(
        {
            "customer_id": pairs.person[rows],
            "offer_id": pairs.offer[rows],
            "value": pairs.value[rows],
            **{name: getattr(pairs, name)[rows] for name in _WEIGHTS},
            **covered,
        }
    )


def _limit(limit: NightLimit) -> Limit:
    return Limit(
        limit.name,
        limit.available,
        None if limit.measure == "count" else limit.measure,
        None if limit.is_about_all else {f"in {limit.name}": True},
        None if not limit.at_least else min(limit.at_least, limit.available),
    )
