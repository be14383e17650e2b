"""The inner loops of the allocation, compiled: surveys of all customers, and switches taken one by one.

Compiled code is kept beside this file, in numba's folder of the user where that cannot be written, or nowhere. It runs
without Python's lock, so that plain threads share it: no threading layer has to survive a fork. A kernel must not call
one of another file: numba would not see that one change.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numba

from offers.allocation_types import Flags, Floats, Ints, Kinds

NONE = -1


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    try:
        return numba.njit(cache=True, nogil=True)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # numba found no folder that it may write to
        return numba.njit(nogil=True)(function)  # type: ignore[no-any-return]


class Arrays(NamedTuple):
    """Candidates sorted by customer: value, weights (weight columns x candidates), class, each customer's first row."""

    value: Floats
    weights: Ints
    kind: Kinds
    starts: Ints


class Touched(NamedTuple):
    """The limits that class k touches: `limits[first[k]:first[k + 1]]`; the weight column each adds up, -1 counts."""

    first: Ints
    limits: Ints
    columns: Ints


@_compiled
def _score(arrays: Arrays, prices: Floats, row: int) -> float:
    kind = arrays.kind[row]
    score = arrays.value[row] - prices[kind, 0]
    for column in range(arrays.weights.shape[0]):
        score -= prices[kind, column + 1] * arrays.weights[column, row]
    return score  # type: ignore[no-any-return]


@_compiled
def _use(arrays: Arrays, touched: Touched, row: int, usage: Ints) -> None:
    kind = arrays.kind[row]
    for index in range(touched.first[kind], touched.first[kind + 1]):
        column = touched.columns[index]
        usage[touched.limits[index]] += arrays.weights[column, row] if column >= 0 else 1


@_compiled
def survey(
    arrays: Arrays, touched: Touched, prices: Floats, block: Ints, worth: Floats, usage: Ints, chosen: Ints
) -> None:
    """Choose every customer's best candidate in some blocks; add up their value and what they use of each limit.

    `prices` holds per class the price of a candidate and of each weight column; `block` the first customer of each
    block and the end of the last. `worth` (per block), `usage` (blocks x limits) and, where it is not empty, `chosen`
    are written; the first of equals is chosen, and nothing at a score of 0.
    """
    for index in range(len(worth)):
        for customer in range(block[index], block[index + 1]):
            most, pick = 0.0, NONE
            for row in range(arrays.starts[customer], arrays.starts[customer + 1]):
                score = _score(arrays, prices, row)
                if score > most:
                    most, pick = score, row
            if pick != NONE:
                worth[index] += arrays.value[pick]
                _use(arrays, touched, pick, usage[index])
            if len(chosen):
                chosen[customer] = pick


@_compiled
def narrow(arrays: Arrays, low: Floats, high: Floats, first: int, last: int, keep: Flags, sizes: Ints) -> None:
    """Find the customers from `first` to before `last` whose best choice is not the same in a whole box of prices.

    `low` and `high` are the prices at the box's corners. `keep` gets the candidates of those customers that are best
    somewhere in the box, `sizes` how many each has; 0 for the others.
    """
    for customer in range(first, last):
        begin, end = arrays.starts[customer], arrays.starts[customer + 1]
        floor, count = 0.0, 0
        for row in range(begin, end):
            floor = max(floor, _score(arrays, high, row))
        for row in range(begin, end):
            score = _score(arrays, low, row)
            keep[row] = score > 0.0 and score >= floor
            count += keep[row]
        if count + (floor <= 0.0) <= 1:
            keep[begin:end] = False
            count = 0
        sizes[customer] = count


@_compiled
def _change(weights: Ints, limit: int, candidate: int, held: int) -> int:
    now = weights[limit, candidate] if candidate != NONE else 0
    before = weights[limit, held] if held != NONE else 0
    return now - before


@_compiled
def _take(weights: Ints, candidate: int, customer: int, current: Ints, left: Ints) -> None:
    for limit in range(len(left)):
        left[limit] -= _change(weights, limit, candidate, current[customer])
    current[customer] = candidate


@_compiled
def relieve(weights: Ints, candidates: Ints, customers: Ints, current: Ints, left: Ints) -> None:
    """Take, in order, the switches that relieve an exceeded limit and exceed no other, until every limit holds.

    `candidates` (NONE: nothing) and `customers` say the switches; `weights` are limits x candidates; `current` and
    `left` are changed.
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


@_compiled
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
