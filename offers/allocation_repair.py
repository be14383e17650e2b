"""From dual prices to a choice within every limit: undo the cheapest switches, spend what is left, polish.

Only customers who are nearly tied are moved: those whose best candidate is another one in a small box around the
prices. The box grows until the choice holds every term and is near enough to the bound.
"""

from dataclasses import dataclass, replace

import numpy as np

from offers.allocation_core import Effort, leaned, polished
from offers.allocation_kernels import NONE, relieve, spend
from offers.allocation_problem import Problem
from offers.allocation_types import Floats, Ints

# The box of nearly tied customers: this share of each price and of the highest; it grows by a factor.
_NEAR, _NEAR_HIGHEST, _WIDEN = 1e-3, 1e-5, 8.0
_EVERYTHING = 1e15
# A plan this near to the bound is good enough to stop; polishing goes further, of few candidates to the last digit.
_ENOUGH, _POLISHED, _FINEST = 1e-6, 1e-7, 1e-9
# A plan further than this from the bound is worth a second, longer polish.
_WANTED = 1e-5
# No more boxes than this are tried: for a plan at all, and for a better one.
_MAX_BOXES, _MAX_BETTER = 8, 2
# Up to here all candidates are near.
_ALL_NEAR = 60_000
# Switches and nodes of the first polish, of a longer one, and of the one that proves the best of few candidates.
_POLISH, _PROOF, _PATIENT_PROOF = (200, 50), (400, 100), (3_000, 20_000)
FEW_CANDIDATES = 3_000


@dataclass(frozen=True)
class Plan:
    """Each customer's candidate, or NONE, what that leaves of each term (below 0: it does not hold), and its value.

    `is_optimal` tells that no choice is worth more; `is_possible`, that none is known not to exist.
    """

    chosen: Ints
    left: Ints
    value: float
    is_optimal: bool = False
    is_possible: bool = True

    @property
    def holds(self) -> bool:
        """Tell whether every term holds."""
        return bool((self.left >= 0).all())


def plan(problem: Problem, prices: Floats, unit: Floats, bound: float) -> Plan:
    """Return the best plan found; caps always hold, minima may be missed.

    Args:
        problem: the candidates and terms.
        prices: one per term; the lower the bound they prove, the better the plan.
        unit: a typical high price of each term.
        bound: what they prove.
    """
    chosen = np.full(problem.customers, NONE, dtype=np.int64)
    left = problem.terms.left(problem.survey(prices, chosen).used)
    repair = _Repair(problem, prices, bound, Plan(chosen, left, _worth(problem, chosen)))
    if problem.candidates <= _ALL_NEAR:
        best = repair.everywhere()
    elif ((prices >= unit) & (problem.terms.sign < 0)).any():
        # No price of a minimum was high enough: it is out of reach, and no box will hold it.
        best = repair.start
    else:
        best = repair.boxes(_NEAR * prices + _NEAR_HIGHEST * unit)
    is_cap = problem.terms.sign > 0
    return best if (best.left[is_cap] >= 0).all() else _without(problem, best)


def _worth(problem: Problem, chosen: Ints) -> float:
    return float(problem.arrays.value[chosen[chosen != NONE]].sum())


@dataclass(frozen=True)
class _Repair:
    """What repairs begin with: prices, the bound they prove, and everybody's best at them."""

    problem: Problem
    prices: Floats
    bound: float
    start: Plan

    def is_enough(self, plan: Plan, share: float) -> bool:
        """Tell whether the plan holds and is near to the bound."""
        return plan.holds and self.bound - plan.value <= max(share * self.bound, self.finest)

    @property
    def finest(self) -> float:
        """Return the distance from the bound below which nothing is gained."""
        share = _FINEST if self.is_few else _POLISHED
        return max(share * self.bound, 0.5 if self.problem.is_whole else 0.0)

    @property
    def is_few(self) -> bool:
        """Tell whether there are so few candidates that the best choice is looked for with patience."""
        return self.problem.candidates <= FEW_CANDIDATES

    @property
    def is_exact(self) -> bool:
        """Tell whether nothing but rounding fits between the bound and what is as near as `finest` to it."""
        return self.finest < 1.0 if self.problem.is_whole else self.is_few

    def boxes(self, radius: Floats) -> Plan:
        """Return the best plan of boxes that grow until one is good enough."""
        best, boxes = self.start, 0
        while boxes < (_MAX_BETTER if best.holds else _MAX_BOXES) and not self.is_enough(best, _ENOUGH):
            found = self.near(radius * _WIDEN**boxes, [_POLISH])
            if (found.holds, found.value) > (best.holds, best.value) or best is self.start:
                best = found
            boxes += 1
        return best

    def everywhere(self) -> Plan:
        """Return the best plan, moving anybody; of few candidates, with patience, it is the best there is."""
        efforts = [_POLISH, _PATIENT_PROOF] if self.is_few else [_POLISH, _PROOF]
        return self.near(np.full(len(self.prices), _EVERYTHING), efforts)

    def near(self, radius: Floats, efforts: list[tuple[int, int]]) -> Plan:
        """Return the plan in which those were moved who are nearly tied in a box around the prices."""
        low, high = np.maximum(self.prices - radius, 0.0), self.prices + radius
        customers, rows, near = self.problem.undecided(low, high)
        current, left = _switched(near, self.prices, self.start.left)
        found = self._with(customers, rows, current, left)
        is_everybody = bool((radius >= _EVERYTHING).all())
        for switches, nodes in efforts:
            if found.is_optimal or self.is_enough(found, 0.0 if (switches, nodes) != _PROOF else _WANTED):
                break
            most = self.bound - found.value if found.holds else np.inf
            better = polished(near, self.prices, current, left, most, Effort(switches, nodes, self.finest))
            current, left = better.current, better.left
            found = replace(
                self._with(customers, rows, current, left),
                is_optimal=better.is_optimal and is_everybody and self.is_exact,
                is_possible=better.is_possible or not is_everybody,
            )
        return found

    def _with(self, customers: Ints, rows: Ints, current: Ints, left: Ints) -> Plan:
        """Return the plan in which the customers hold their current ones of the rows."""
        chosen = self.start.chosen.copy()
        chosen[customers] = np.where(current == NONE, NONE, rows[current])
        return Plan(chosen, left, _worth(self.problem, chosen))


def _switched(near: Problem, prices: Floats, left: Ints) -> tuple[Ints, Ints]:
    """Return everybody's candidate after greedy switches, and what is left."""
    current, left = np.full(near.customers, NONE, dtype=np.int64), left.copy()
    if near.candidates:
        near.survey(prices, current)
        current, left = leaned(near, prices, current, left)
        loss, best = _losses(near, prices, current)
        if left.min() < 0:
            relieve(near.dense, *_ways_down(near, current, left, loss, best), current, left)
        spend(near.arrays.value, near.dense, *_ways_up(near, current, left, loss), current, left)
    return current, left


def _losses(near: Problem, prices: Floats, current: Ints) -> tuple[Floats, Floats]:
    """Return by how much each candidate, and choosing nothing, scores below what its customer holds."""
    score = near.arrays.value - prices @ near.dense
    held = np.where(current == NONE, 0.0, score[current])
    return held[near.customer] - score, held


def _ways_down(near: Problem, current: Ints, left: Ints, loss: Floats, best: Floats) -> tuple[Ints, Ints]:
    """Return every switch that relieves a term that does not hold, least loss first."""
    short = near.dense[left < 0]
    held = np.where(current == NONE, 0, short[:, current])
    others = np.flatnonzero((short < held[:, near.customer]).any(axis=0))
    quitters = np.flatnonzero((held > 0).any(axis=0))
    candidates = np.concatenate([others, np.full(len(quitters), NONE)])
    customers = np.concatenate([near.customer[others], quitters])
    order = np.argsort(np.concatenate([loss[others], best[quitters]]), kind="stable")
    return candidates[order], customers[order]


def _ways_up(near: Problem, current: Ints, left: Ints, loss: Floats) -> tuple[Ints, Ints]:
    """Return every switch to a more valuable candidate that fits what is left, least loss of score first."""
    held, value = current[near.customer], near.arrays.value
    has = held != NONE
    better = value > np.where(has, value[held], 0.0)
    for weight, room in zip(near.dense, left, strict=True):
        better &= weight - np.where(has, weight[held], 0) <= max(int(room), 0)
    candidates = np.flatnonzero(better)
    order = np.lexsort((candidates, -value[candidates], loss[candidates]))
    return candidates[order], near.customer[candidates[order]]


def _without(problem: Problem, plan: Plan) -> Plan:
    """Return the plan less those whose candidate uses an exceeded cap, least value first, until every cap holds."""
    holders = np.flatnonzero(plan.chosen != NONE)
    rows = plan.chosen[holders]
    held = problem.only(rows, np.ones(len(rows), dtype=np.int64))
    current, left = np.arange(len(rows)), plan.left.copy()
    relieve(held.dense, np.full(len(rows), NONE), np.argsort(held.arrays.value, kind="stable"), current, left)
    chosen = plan.chosen.copy()
    chosen[holders] = np.where(current == NONE, NONE, rows)
    return Plan(chosen, left, _worth(problem, chosen))
