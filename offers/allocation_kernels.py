"""The inner loops of the allocation, compiled: every customer's best candidate, and switches taken one by one."""

import numba
import numpy as np

from offers.allocation_types import Floats, Ints

NONE = -1


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _best(value: Floats, weights: Ints, starts: Ints, prices: Floats, best: Floats, chosen: Ints) -> None:
    for customer in range(len(starts) - 1):
        most, pick = 0.0, NONE
        for row in range(starts[customer], starts[customer + 1]):
            score = value[row]
            for limit in range(len(prices)):
                if prices[limit] != 0.0:
                    score -= prices[limit] * weights[limit, row]
            if score > most:
                most, pick = score, row
        best[customer] = most
        chosen[customer] = pick


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _change(weights: Ints, limit: int, candidate: int, held: int) -> int:
    now = weights[limit, candidate] if candidate != NONE else 0
    before = weights[limit, held] if held != NONE else 0
    return now - before


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _take(weights: Ints, candidate: int, customer: int, current: Ints, left: Ints) -> None:
    for limit in range(len(left)):
        left[limit] -= _change(weights, limit, candidate, current[customer])
    current[customer] = candidate


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def relieve(weights: Ints, candidates: Ints, customers: Ints, current: Ints, left: Ints) -> None:
    """Take, in order, the switches that relieve an exceeded limit and exceed no other, until every limit holds.

    `candidates` (NONE: nothing) and `customers` say the switches; `current` and `left` are changed.
    """
    for index in range(len(candidates)):
        if left.min() >= 0:
            return
        candidate, customer = candidates[index], customers[index]
        relieves, harms = False, False
        for limit in range(len(left)):
            change = _change(weights, limit, candidate, current[customer])
            relieves |= left[limit] < 0 and change < 0
            harms |= change > 0 and change > left[limit]
        if relieves and not harms:
            _take(weights, candidate, customer, current, left)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def spend(value: Floats, weights: Ints, candidates: Ints, customers: Ints, current: Ints, left: Ints) -> None:
    """Take, in order, the switches to a more valuable candidate that fit what is left; `current`, `left` change."""
    for index in range(len(candidates)):
        candidate, customer = candidates[index], customers[index]
        held = current[customer]
        fits = held == NONE or value[candidate] > value[held]
        for limit in range(len(left)):
            fits &= _change(weights, limit, candidate, held) <= max(left[limit], 0)
        if fits:
            _take(weights, candidate, customer, current, left)


def best_at(value: Floats, weights: Ints, starts: Ints, prices: Floats) -> tuple[Floats, Ints]:
    """Return each customer's best score (0 for none) and the candidate that reaches it (NONE; the first on ties).

    Args:
        value: one per candidate, sorted by customer.
        weights: limits x candidates.
        starts: index of each customer's first candidate, and the number of candidates at the end.
        prices: one per limit.
    """
    best = np.empty(len(starts) - 1)
    chosen = np.empty(len(starts) - 1, dtype=np.int64)
    _best(value, weights, starts, prices, best, chosen)
    return best, chosen
