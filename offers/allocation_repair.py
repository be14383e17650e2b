"""From dual prices to a choice within every limit: undo the cheapest switches, then spend what is left."""

import numpy as np

from offers.allocation_kernels import NONE, relieve, spend
from offers.allocation_problem import Problem
from offers.allocation_types import Floats, Ints


def feasible(problem: Problem, prices: Floats) -> Ints:
    """Return chosen candidates, ascending, within every limit."""
    if not len(problem.rows):
        return np.zeros(0, dtype=np.int64)
    best, current = problem.best(prices)
    left = problem.caps - problem.usage_of(current)
    loss = best[problem.customer] - problem.scores(prices)
    if left.min() < 0:
        relieve(problem.weights, *_ways_down(problem, current, left, loss, best), current, left)
        relieve(problem.weights, *_ways_out(problem, current), current, left)
    spend(problem.value, problem.weights, *_ways_up(problem, current, left, loss), current, left)
    return np.sort(current[current != NONE])


def _ways_down(problem: Problem, current: Ints, left: Ints, loss: Floats, best: Floats) -> tuple[Ints, Ints]:
    """Return every switch of those who use an exceeded limit, to another candidate or to none, least loss first."""
    holders = np.flatnonzero(current != NONE)
    uses = (problem.weights[left < 0][:, current[holders]] > 0).any(axis=0)
    users = holders[uses]
    is_user = np.zeros(len(current), dtype=bool)
    is_user[users] = True
    others = np.flatnonzero(is_user[problem.customer])
    candidates = np.concatenate([others, np.full(len(users), NONE)])
    customers = np.concatenate([problem.customer[others], users])
    order = np.argsort(np.concatenate([loss[others], best[users]]), kind="stable")
    return candidates[order], customers[order]


def _ways_out(problem: Problem, current: Ints) -> tuple[Ints, Ints]:
    """Return everybody's switch to none, least value first: whatever is still exceeded ends here."""
    holders = np.flatnonzero(current != NONE)
    order = np.argsort(problem.value[current[holders]], kind="stable")
    return np.full(len(holders), NONE), holders[order]


def _ways_up(problem: Problem, current: Ints, left: Ints, loss: Floats) -> tuple[Ints, Ints]:
    """Return every switch to a more valuable candidate that fits what is left, least loss of score first."""
    held = current[problem.customer]
    has = held != NONE
    better = problem.value > np.where(has, problem.value[held], 0.0)
    for weight, room in zip(problem.weights, left, strict=True):
        better &= weight - np.where(has, weight[held], 0) <= room
    candidates = np.flatnonzero(better)
    order = np.lexsort((candidates, -problem.value[candidates], loss[candidates]))
    return candidates[order], problem.customer[candidates[order]]
