"""The last digits of a plan: linear programming and branch and bound over the switches that lose the least.

A switch is what a customer might hold instead: another candidate, or none. Its loss is how far that scores below the
customer's best; a switch whose loss exceeds the distance between the bound and a plan is in no better plan. Balas and
Zemel, An algorithm for large zero-one knapsack problems (1980), and reduced-cost fixing.
"""

from dataclasses import dataclass

import numpy as np

from offers import allocation_exact
from offers.allocation_exact import Switches
from offers.allocation_kernels import NONE
from offers.allocation_problem import Problem
from offers.allocation_types import Flags, Floats, Ints

# Of switches that are alike no more than this are let in, for the sake of others.
_ALIKE = 4
# The linear relaxation is tried with so many types of switches, until it has a solution.
_LEANED = (3_000, 30_000)


@dataclass(frozen=True)
class Effort:
    """How many switches are let in and how many nodes are tried, and how near to the best is near enough."""

    switches: int
    nodes: int
    near_enough: float


@dataclass(frozen=True)
class Polished:
    """Each customer's candidate, what is left of each term, and what was proven.

    `is_optimal` tells that nothing is worth more; `is_possible`, that nothing is known to be impossible.
    """

    current: Ints
    left: Ints
    is_optimal: bool
    is_possible: bool


def leaned(near: Problem, prices: Floats, current: Ints, left: Ints) -> tuple[Ints, Ints]:
    """Return everybody's candidate where the linear relaxation leans, and what is left: a little may not hold.

    Customers with the same switches are one column of the program, as often as there are of them.
    """
    switches, loss = _switches(near, prices, current, left)
    types = _types(switches)
    least = np.full(types.max(initial=0) + 1, np.inf)
    np.minimum.at(least, types, loss)
    for count in _LEANED:
        kept = loss <= _ceiling(least, count)
        taken = _likely(switches.only(kept), types[kept], near.customers)
        if taken is not None:
            few = switches.only(kept)
            return _made(few, taken, current), few.after(taken)
        if len(least) <= count:
            break
    return current, left


def _likely(switches: Switches, types: Ints, customers: int) -> Flags | None:
    """Return the switches that the linear relaxation makes; None if it has no solution."""
    group = _groups(switches, types, customers)
    _, first, sizes = np.unique(group, return_index=True, return_counts=True)
    is_first = first[group[switches.customer]] == switches.customer
    shares = allocation_exact.relaxed(switches.only(is_first), sizes[group[switches.customer[is_first]]])
    if shares is None:
        return None
    wanted = np.floor(shares + 0.5).astype(np.int64)
    return _handed_out(switches.customer, types, group, (np.flatnonzero(is_first), wanted))


def _handed_out(customer: Ints, types: Ints, group: Ints, wanted: tuple[Ints, Ints]) -> Flags:
    """Tell which switches are made, where so many of each switch listed are wanted among a group's customers.

    Of a group's customers, in their order, the first make the first of the switches, the next the second, and so on.
    """
    made = np.zeros(len(customer), dtype=np.bool_)
    switch, counts = wanted[0][wanted[1] > 0], wanted[1][wanted[1] > 0]
    if not len(switch):
        return made
    keys = group[customer] * (types.max() + 1) + types
    order = np.argsort(keys[switch], kind="stable")
    switch, counts = switch[order], counts[order]
    whose, begins = group[customer[switch]], np.cumsum(counts) - counts
    begins = begins - begins[np.searchsorted(whose, whose)]
    place = np.minimum(np.searchsorted(keys[switch], keys), len(switch) - 1)
    rank = _ranks(group)[customer] - begins[place]
    taken = np.flatnonzero((keys[switch][place] == keys) & (rank >= 0) & (rank < counts[place]))
    # Nobody makes two, even if two of theirs are alike.
    made[taken[np.unique(customer[taken], return_index=True)[1]]] = True
    return made


def _ranks(group: Ints) -> Ints:
    """Return each one's position among those of the same group."""
    order = np.argsort(group, kind="stable")
    ranks = np.empty(len(group), dtype=np.int64)
    ranks[order] = np.arange(len(group)) - np.searchsorted(group[order], group[order])
    return ranks


def polished(near: Problem, prices: Floats, current: Ints, left: Ints, most: float, effort: Effort) -> Polished:
    """Return a plan at least as good as `current`, moving some customers of `near`.

    Args:
        near: the candidates that may be chosen.
        prices: one per term.
        current, left: each customer's candidate, and what is left of each term.
        most: switches of a higher loss are in no better plan.
        effort: how much to try.
    """
    switches, loss = _switches(near, prices, current, left)
    kept = loss <= most
    is_all = int(kept.sum()) <= effort.switches
    if not is_all:
        kept &= _ranks(_types(switches)) < _ALIKE
        kept &= loss <= _ceiling(loss[kept], effort.switches)
    switches = switches.only(kept)
    found = allocation_exact.best(switches, nodes=effort.nodes, near_enough=effort.near_enough)
    return Polished(
        _made(switches, found.taken, current),
        switches.after(found.taken),
        is_optimal=is_all and found.is_optimal and found.is_possible,
        is_possible=found.is_possible or not is_all,
    )


def _switches(near: Problem, prices: Floats, current: Ints, left: Ints) -> tuple[Switches, Floats]:
    """Return every switch of every customer, and its loss."""
    value, dense = near.arrays.value, near.dense
    score = value - prices @ dense
    best = np.zeros(near.customers)
    np.maximum.at(best, near.customer, score)
    holders = np.flatnonzero(current != NONE)
    is_held = np.zeros(near.candidates, dtype=np.bool_)
    is_held[current[holders]] = True
    others = np.flatnonzero(~is_held)
    held, has = current[near.customer[others]], current[near.customer[others]] != NONE
    gain = np.concatenate([value[others] - np.where(has, value[held], 0.0), -value[current[holders]]])
    change = np.hstack([dense[:, others] - np.where(has, dense[:, held], 0), -dense[:, current[holders]]])
    customer = np.concatenate([near.customer[others], holders])
    candidate = np.concatenate([others, np.full(len(holders), NONE)])
    loss = np.concatenate([best[near.customer[others]] - score[others], best[holders]])
    return Switches(customer, candidate, gain, change, left), loss


def _ceiling(losses: Floats, count: int) -> float:
    """Return the loss up to which switches are let in."""
    return float(np.partition(losses, count - 1)[count - 1]) if len(losses) > count else np.inf


def _types(switches: Switches) -> Ints:
    """Return the same number for switches that gain and change the same."""
    marks = switches.gain + np.sin(1.0 + np.arange(len(switches.change))) @ switches.change
    return np.asarray(np.unique(np.round(marks, 6), return_inverse=True)[1], dtype=np.int64)


def _groups(switches: Switches, types: Ints, customers: int) -> Ints:
    """Return the same number for customers who have the same switches."""
    marks = np.bincount(switches.customer, np.sin(1.0 + types), customers)
    return np.asarray(np.unique(np.round(marks, 9), return_inverse=True)[1], dtype=np.int64)


def _made(switches: Switches, taken: Flags, current: Ints) -> Ints:
    moved = current.copy()
    moved[switches.customer[taken]] = switches.candidate[taken]
    return moved
