"""Choose at most one offer per customer, worth the most together, within limits: a multiple-choice knapsack.

Dual prices first (a Lagrangian bound by cutting planes, `allocation_dual`), then a repair of nearly tied customers that
restores feasibility and spends what is left, polished by HiGHS's branch and bound (`allocation_repair`). Kellerer,
Pferschy, Pisinger, Knapsack Problems (2004), chapter 11. Why and how fast: docs/explanation/allocation.md.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from offermill.errors import ConfigError
from offers import allocation_dual, allocation_minima, allocation_repair, allocation_table
from offers.allocation_minima import UnreachableMinimumError
from offers.allocation_problem import Problem
from offers.allocation_repair import Plan
from offers.allocation_types import Floats, Ints

__all__ = ["Choice", "Limit", "UnreachableMinimumError", "allocate"]

Scalar = str | int | bool | None


@dataclass(frozen=True)
class Limit:
    """The chosen candidates' weights add up to `at_most`, never more, and to `at_least` or more.

    Attributes:
        name: what messages and prices call it.
        at_most: the most, in the weight's unit; a whole number >= 0; None: no matter how much.
        weight: column of whole numbers >= 0 that is added up; None counts candidates.
        where: column -> value (or values) of the candidates that the limit is about; None: all. A None among the values
            means rows without a value.
        at_least: the least; a whole number >= 0; None: no matter how little.
    """

    name: str
    at_most: int | None
    weight: str | None = None
    where: Mapping[str, Scalar | Sequence[Scalar]] | None = None
    at_least: int | None = None


@dataclass(frozen=True)
class Choice:
    """What was chosen, and the proof of how good it is.

    Attributes:
        rows: indices of the chosen candidates, ascending.
        value: the sum of their values.
        upper_bound: no choice within the limits is worth more. It is what the prices prove; of few candidates of whole
            values for which branch and bound ended, it is the value itself.
        gap: (upper_bound - value) / upper_bound; 0 when nothing can be gained.
        prices: shadow price of each limit: value gained per unit more of `at_most` (>= 0), less the value lost per
            unit of `at_least`; below 0 for a minimum that costs something.
        used: what each limit has been used for.
        passes: how many times all customers were surveyed for the prices.
        is_optimal: it is proven that no choice is worth more (but for the rounding of values that are not whole).
    """

    rows: Ints
    value: float
    upper_bound: float
    gap: float
    prices: dict[str, float]
    used: dict[str, int] = field(default_factory=dict)
    passes: int = 0
    is_optimal: bool = False


def allocate(
    candidates: pa.Table,
    limits: Sequence[Limit],
    *,
    warm_start: Mapping[str, float] | None = None,
    threads: int | None = None,
) -> Choice:
    """Return the choice among `candidates` within `limits`; choosing none is always allowed, unless a minimum asks.

    Args:
        candidates: columns customer_id, offer_id, value (a number; only positive ones are ever chosen) and those that
            the limits name. (customer_id, offer_id) is the key that breaks ties. Sorted by it, nothing is copied.
        limits: at least one; names are unique.
        warm_start: prices by limit name to begin with, such as `Choice.prices` of last night; names that are no limits
            are left aside. They change the way, not what is promised of the result.
        threads: at most so many; None: OMP_NUM_THREADS, or one per core. The choice does not depend on it.

    Raises:
        ConfigError: a limit is negative, named twice, asks for less than it asks for at least, or names a column that
            is missing or not of whole numbers >= 0; a value is missing or not finite.
        UnreachableMinimumError: no choice within the limits reaches every `at_least`; it says which, and how much can
            be reached, so that the caller can ask for that.
    """
    _check(candidates, limits)
    found = allocation_table.read(candidates, limits, threads or _threads())
    problem, start = found.problem, _start(found.problem, limits, warm_start)
    dual = allocation_dual.prices(problem, start)
    bound = allocation_dual.bound(problem, dual.prices)
    plan = allocation_repair.plan(problem, dual.prices, dual.unit, bound)
    if not plan.holds:
        plan = allocation_minima.reached(problem, [limit.name for limit in limits])
    net = found.closed_prices(problem.terms.net(dual.prices, len(limits)))
    choice = _choice(problem, plan, net, bound, limits)
    return replace(choice, rows=found.rows(choice.rows), passes=dual.passes)


def _choice(problem: Problem, plan: Plan, net: Floats, bound: float, limits: Sequence[Limit]) -> Choice:
    rows = plan.chosen[plan.chosen >= 0]
    # What the prices prove can be checked by anybody; branch and bound's word is taken for small whole numbers only.
    is_exact = plan.is_optimal and problem.is_whole and problem.candidates <= allocation_repair.FEW_CANDIDATES
    upper = plan.value if is_exact else max(bound, plan.value)
    names = [limit.name for limit in limits]
    return Choice(
        rows=rows,
        value=plan.value,
        upper_bound=upper,
        gap=(upper - plan.value) / upper if upper > 0 else 0.0,
        prices=dict(zip(names, map(float, net), strict=True)),
        used=dict(zip(names, map(int, problem.used(rows)), strict=True)),
        is_optimal=plan.is_optimal or upper - plan.value <= (0.5 if problem.is_whole else 1e-12 * upper),
    )


def _threads() -> int:
    given = os.environ.get("OMP_NUM_THREADS", "")
    return int(given) if given.isdecimal() and int(given) else len(os.sched_getaffinity(0))


def _start(problem: Problem, limits: Sequence[Limit], prices: Mapping[str, float] | None) -> Floats | None:
    """Return the given prices per term: what is above 0 belongs to a limit's cap, what is below to its minimum."""
    if not prices or not any(np.isfinite(prices.get(limit.name, 0.0)) for limit in limits):
        return None
    net = np.array([prices.get(limit.name, 0.0) for limit in limits], dtype=np.float64)
    terms = problem.terms
    return np.maximum(terms.sign * np.nan_to_num(net)[terms.limit], 0.0)


def _check(candidates: pa.Table, limits: Sequence[Limit]) -> None:
    names = [limit.name for limit in limits]
    if not limits or len(set(names)) != len(names):
        raise ConfigError(f"allocate: limits need unique names, at least one (got {names}).")
    for limit in limits:
        _check_amounts(limit)
        for column in [limit.weight or "value", *(limit.where or {})]:
            if column not in candidates.column_names:
                raise ConfigError(f"allocate: limit {limit.name!r} names the column {column!r}, which is missing.")


def _check_amounts(limit: Limit) -> None:
    for amount in (limit.at_most, limit.at_least):
        if amount is not None and amount < 0:
            raise ConfigError(f"allocate: limit {limit.name!r} is negative ({amount}); write 0 or more.")
    if limit.at_most is not None and limit.at_least is not None and limit.at_least > limit.at_most:
        raise ConfigError(
            f"allocate: limit {limit.name!r} asks for at least {limit.at_least} and at most {limit.at_most}; "
            "the first must not be more."
        )
