"""Choose at most one offer per customer, worth the most together, within limits: a multiple-choice knapsack.

Dual prices first (a Lagrangian bound by cutting planes), then a repair that restores feasibility and spends what is
left; small instances that are still open are solved exactly by HiGHS. Kellerer, Pferschy, Pisinger, Knapsack Problems
(2004), chapter 11.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from offermill.errors import ConfigError
from offers import allocation_dual, allocation_exact, allocation_repair
from offers.allocation_problem import Problem
from offers.allocation_types import Floats, Ints

Scalar = str | int | bool | None


@dataclass(frozen=True)
class Limit:
    """The chosen candidates' weights must not add up to more than `at_most`.

    Attributes:
        name: what messages and prices call it.
        at_most: the most, in the weight's unit; a whole number >= 0.
        weight: column of whole numbers >= 0 that is added up; None counts candidates.
        where: column -> value (or values) of the candidates that the limit is about; None: all.
    """

    name: str
    at_most: int
    weight: str | None = None
    where: Mapping[str, Scalar | Sequence[Scalar]] | None = None


@dataclass(frozen=True)
class Choice:
    """What was chosen, and the proof of how good it is.

    Attributes:
        rows: indices of the chosen candidates, ascending.
        value: the sum of their values.
        upper_bound: no choice within the limits is worth more.
        gap: (upper_bound - value) / upper_bound; 0 when nothing can be gained.
        prices: shadow price of each limit (>= 0): value gained per unit of it.
        used: what each limit has been used for.
    """

    rows: Ints
    value: float
    upper_bound: float
    gap: float
    prices: dict[str, float]
    used: dict[str, int] = field(default_factory=dict)


def allocate(candidates: pa.Table, limits: Sequence[Limit]) -> Choice:
    """Return the choice among `candidates` within `limits`; choosing none is always allowed.

    Args:
        candidates: columns customer_id, offer_id, value (a number; only positive ones are ever chosen) and those that
            the limits name. (customer_id, offer_id) is the key that breaks ties.
        limits: at least one; names are unique.

    Raises:
        ConfigError: a limit is negative, named twice, or names a column that is missing or not of whole numbers >= 0;
            a value is missing or not finite.
    """
    problem = _problem(candidates, limits)
    prices = allocation_dual.prices(problem)
    bound = problem.bound(prices)
    chosen = allocation_repair.feasible(problem, prices)
    if problem.value_of(chosen) < bound:
        chosen, bound = allocation_exact.improve(problem, chosen, bound)
    return _choice(problem, chosen, prices, bound, limits)


def _choice(problem: Problem, chosen: Ints, prices: Floats, bound: float, limits: Sequence[Limit]) -> Choice:
    value = problem.value_of(chosen)
    # The bound of float values carries their rounding: never below what was reached.
    bound = max(bound, value)
    names = [limit.name for limit in limits]
    return Choice(
        rows=np.sort(problem.rows[chosen]),
        value=value,
        upper_bound=bound,
        gap=(bound - value) / bound if bound > 0 else 0.0,
        prices=dict(zip(names, map(float, prices), strict=True)),
        used=dict(zip(names, map(int, problem.usage_of(chosen)), strict=True)),
    )


def _problem(candidates: pa.Table, limits: Sequence[Limit]) -> Problem:
    _check_limits(candidates, limits)
    value = candidates["value"].to_numpy()
    if value.dtype.kind not in "if" or not np.isfinite(value).all():
        raise ConfigError("allocate: the column value must hold finite numbers.")
    customer, offer = _codes(candidates["customer_id"]), _codes(candidates["offer_id"])
    weights = [_weight(candidates, limit) for limit in limits]
    caps = np.array([limit.at_most for limit in limits], dtype=np.int64)
    return Problem.of(customer, offer, value.astype(np.float64), weights, caps)


def _check_limits(candidates: pa.Table, limits: Sequence[Limit]) -> None:
    names = [limit.name for limit in limits]
    if not limits or len(set(names)) != len(names):
        raise ConfigError(f"allocate: limits need unique names, at least one (got {names}).")
    for limit in limits:
        if limit.at_most < 0:
            raise ConfigError(f"allocate: limit {limit.name!r} is negative ({limit.at_most}); write 0 or more.")
        for column in [limit.weight or "value", *(limit.where or {})]:
            if column not in candidates.column_names:
                raise ConfigError(f"allocate: limit {limit.name!r} names the column {column!r}, which is missing.")


def _codes(column: pa.ChunkedArray) -> Ints:
    """Return whole numbers that order like the column's values."""
    if pa.types.is_integer(column.type):
        return np.asarray(column.to_numpy(), dtype=np.int64)
    encoded = column.combine_chunks() if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    encoded = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return np.asarray(rank[encoded.indices.to_numpy()])


def _weight(candidates: pa.Table, limit: Limit) -> Ints:
    counted = _counted(candidates, limit)
    if limit.weight is None:
        return counted.astype(np.int64)
    weight = candidates[limit.weight].to_numpy()
    if weight.dtype.kind != "i" or (len(weight) and weight.min() < 0):
        raise ConfigError(
            f"allocate: limit {limit.name!r}: the column {limit.weight!r} must hold whole numbers of 0 or more."
        )
    return np.asarray(np.where(counted, weight, 0), dtype=np.int64)


def _counted(candidates: pa.Table, limit: Limit) -> NDArray[np.bool_]:
    mask = np.ones(candidates.num_rows, dtype=bool)
    for column, wanted in (limit.where or {}).items():
        values = [wanted] if isinstance(wanted, str | int | bool) or wanted is None else list(wanted)
        mask &= pc.is_in(candidates[column], value_set=pa.array(values)).to_numpy()
    return mask
