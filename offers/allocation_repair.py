"""From dual prices to a choice within every limit: undo the cheapest switches, then spend what is left."""

import numpy as np

from offers.allocation_problem import Floats, Ints, Problem

# How many nearly tied switches are tried, one by one; more would not change the fifth digit of the gap.
_MAX_TRIES = 400_000
_NONE = -1


def feasible(problem: Problem, prices: Floats) -> Ints:
    """Return chosen candidates, within every limit."""
    if not len(problem.rows):
        return np.zeros(0, dtype=np.int64)
    score = problem.scores(prices)
    most, picked = problem.best(score)
    plan = _Plan(problem, picked)
    loss = np.repeat(most, problem.counts) - score
    if plan.is_over():
        plan.give_back(loss, most)
    plan.spend(loss)
    return np.sort(plan.current[plan.current != _NONE])


class _Plan:
    """The current candidate of each customer (-1: none) and what is left of each limit."""

    def __init__(self, problem: Problem, picked: Ints) -> None:
        self.problem = problem
        self.current = np.full(len(problem.starts), _NONE, dtype=np.int64)
        self.current[problem.customer[picked]] = picked
        self.left = [int(left) for left in problem.caps - problem.usage_of(picked)]

    def is_over(self) -> bool:
        return min(self.left) < 0

    def give_back(self, loss: Floats, most: Floats) -> None:
        """Switch customers to less, cheapest loss first, until every limit holds."""
        candidates, customers = self._ways_down(loss, most)
        for candidate, customer in zip(candidates.tolist(), customers.tolist(), strict=True):
            if not self.is_over():
                return
            self._take_if_relieving(candidate, customer)
        self._drop_until_feasible()

    def _ways_down(self, loss: Floats, most: Floats) -> tuple[Ints, Ints]:
        """Return every switch of a customer who uses an exceeded limit, to another candidate or none, by its loss."""
        over = [limit for limit, left in enumerate(self.left) if left < 0]
        holders = np.flatnonzero(self.current != _NONE)
        uses = (self.problem.weights[over][:, self.current[holders]] > 0).any(axis=0)
        is_user = np.zeros(len(self.current), dtype=bool)
        is_user[holders[uses]] = True
        others = np.flatnonzero(is_user[self.problem.customer])
        users = np.flatnonzero(is_user)
        candidates = np.concatenate([others, np.full(len(users), _NONE)])
        customers = np.concatenate([self.problem.customer[others], users])
        order = np.argsort(np.concatenate([loss[others], most[users]]), kind="stable")
        return candidates[order], customers[order]

    def _take_if_relieving(self, candidate: int, customer: int) -> None:
        change = self._change(candidate, customer)
        relieves = any(left < 0 and delta < 0 for left, delta in zip(self.left, change, strict=True))
        harmless = all(delta <= 0 or delta <= left for left, delta in zip(self.left, change, strict=True))
        if relieves and harmless:
            self._take(candidate, customer, change)

    def _drop_until_feasible(self) -> None:
        """Take offers away from the least valuable holders of exceeded limits; always ends feasible."""
        holders = np.flatnonzero(self.current != _NONE)
        order = np.argsort(self.problem.value[self.current[holders]], kind="stable")
        for customer in holders[order].tolist():
            if not self.is_over():
                return
            change = self._change(_NONE, customer)
            if any(left < 0 and delta < 0 for left, delta in zip(self.left, change, strict=True)):
                self._take(_NONE, customer, change)

    def spend(self, loss: Floats) -> None:
        """Switch customers to more valuable candidates that fit what is left, smallest loss of score first."""
        held = self.current[self.problem.customer]
        value = np.where(held == _NONE, 0, self.problem.value[held])
        better = np.flatnonzero(self.problem.value > value)
        if len(better) > _MAX_TRIES:
            better = better[np.argpartition(loss[better], _MAX_TRIES)[:_MAX_TRIES]]
        order = np.lexsort((better, -self.problem.value[better], loss[better]))
        customers = self.problem.customer[better]
        for candidate, customer in zip(better[order].tolist(), customers[order].tolist(), strict=True):
            self._take_if_better(candidate, customer)

    def _take_if_better(self, candidate: int, customer: int) -> None:
        held = self.current[customer]
        if held != _NONE and self.problem.value[candidate] <= self.problem.value[held]:
            return
        change = self._change(candidate, customer)
        if all(delta <= left for left, delta in zip(self.left, change, strict=True)):
            self._take(candidate, customer, change)

    def _change(self, candidate: int, customer: int) -> list[int]:
        held = int(self.current[customer])
        weights = self.problem.weights
        now = weights[:, candidate] if candidate != _NONE else 0
        before = weights[:, held] if held != _NONE else 0
        return [int(delta) for delta in np.broadcast_to(now - before, len(self.left))]

    def _take(self, candidate: int, customer: int, change: list[int]) -> None:
        self.current[customer] = candidate
        self.left = [left - delta for left, delta in zip(self.left, change, strict=True)]
