"""The arrays of one allocation, and what surveys of all its customers at given prices say.

The limits become terms of one form, "sign x usage of a limit <= amount": a cap has sign 1, a minimum -1. Every term has
a price of 0 or more; a limit's net price is the sum of its terms' signed prices.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from math import fsum
from typing import Self

import numpy as np

from offers.allocation_kernels import NONE, Arrays, Touched, narrow, survey
from offers.allocation_types import Flags, Floats, Ints

# Customers are surveyed in this many blocks whatever the number of threads, so that sums never depend on it.
_BLOCKS = 32
# Below this many candidates starting threads takes longer than the survey.
_WORTH_THREADS = 100_000
# Threads take several parts each, in case one is held up.
_PARTS_PER_THREAD = 4


def frozen(arrays: Arrays) -> Arrays:
    """Return the same arrays, which nobody may write to; kernels are compiled for such ones only."""
    for array in arrays:
        array.setflags(write=False)
    return arrays


@dataclass(frozen=True)
class Terms:
    """What must hold: sign x usage of the limit <= amount, one entry per term."""

    limit: Ints
    sign: Ints
    amount: Ints

    def net(self, prices: Floats, limits: int) -> Floats:
        """Return each limit's net price."""
        return np.asarray(np.bincount(self.limit, self.sign * prices, limits), dtype=np.float64)

    def left(self, usage: Ints) -> Ints:
        """Return what is left of each term; below 0 where it does not hold."""
        return np.asarray(self.amount - self.sign * usage[..., self.limit], dtype=np.int64)


@dataclass(frozen=True)
class Rules:
    """What the classes of candidates mean.

    Attributes:
        touches: classes x limits. The last class touches none and is never chosen.
        column: the weight column that each limit adds up; -1 counts candidates.
    """

    touches: Flags
    column: Ints

    @cached_property
    def touched(self) -> Touched:
        """Return the limits of each class as lists, for the kernels."""
        classes, limits = np.nonzero(self.touches)
        first = np.searchsorted(classes, np.arange(len(self.touches) + 1))
        return Touched(first, limits, self.column[limits])

    def prices(self, net: Floats, columns: int) -> Floats:
        """Return per class the price of a candidate and of each weight column; infinite for the last class."""
        prices = np.zeros((len(self.touches), columns + 1))
        for limit, column in enumerate(self.column):
            prices[self.touches[:, limit], column + 1] += net[limit]
        prices[-1, 0] = np.inf
        return prices


@dataclass(frozen=True)
class Survey:
    """What is best at some prices, per block of customers: the chosen candidates' value, and usage per limit."""

    worth: Floats
    usage: Ints

    @property
    def value(self) -> float:
        """Return the chosen candidates' value."""
        return fsum(self.worth)

    @property
    def used(self) -> Ints:
        """Return what the chosen candidates use of each limit."""
        return np.asarray(self.usage.sum(axis=0), dtype=np.int64)


@dataclass(frozen=True)
class Problem:
    """Candidates by customer and offer, and the terms that a choice must hold.

    Attributes:
        arrays: values, weights and classes of the candidates, and where each customer's begin.
        rules, terms: what the classes mean; what must hold.
        price_scale: prices are multiples of 1 / this, so that whole values less prices are exact; 0: not whole.
        threads: how many threads survey; results do not depend on it.
    """

    arrays: Arrays
    rules: Rules
    terms: Terms
    price_scale: int
    threads: int

    @property
    def customers(self) -> int:
        """Return the number of customers."""
        return len(self.arrays.starts) - 1

    @property
    def is_whole(self) -> bool:
        """Tell whether all values are whole numbers."""
        return self.price_scale > 0

    @property
    def candidates(self) -> int:
        """Return the number of candidates."""
        return len(self.arrays.value)

    @cached_property
    def customer(self) -> Ints:
        """Return the customer's position of each candidate."""
        return np.repeat(np.arange(self.customers), np.diff(self.arrays.starts))

    @cached_property
    def dense(self) -> Ints:
        """Return sign x weight of every candidate in every term (terms x candidates)."""
        arrays, column = self.arrays, self.rules.column
        ones = np.ones(self.candidates, dtype=np.int64)
        rows = []
        for limit, sign in zip(self.terms.limit, self.terms.sign, strict=True):
            weight = arrays.weights[column[limit]] if column[limit] != NONE else ones
            rows.append(np.where(self.rules.touches[arrays.kind, limit], sign * weight, 0))
        return np.array(rows, dtype=np.int64).reshape(len(rows), self.candidates)

    def used(self, rows: Ints) -> Ints:
        """Return what these candidates use of each limit, added up in whole numbers."""
        found = np.zeros(len(self.rules.column), dtype=np.int64)
        for limit, column in enumerate(self.rules.column):
            touching = rows[self.rules.touches[self.arrays.kind[rows], limit]]
            found[limit] = len(touching) if column == NONE else self.arrays.weights[column, touching].sum()
        return found

    def table(self, prices: Floats) -> Floats:
        """Return the terms' prices per class (see `Rules.prices`)."""
        return self.rules.prices(self.terms.net(prices, len(self.rules.column)), len(self.arrays.weights))

    def survey(self, prices: Floats, chosen: Ints | None = None) -> Survey:
        """Return what is best at these prices; `chosen`, if given, gets each customer's candidate, or NONE."""
        blocks = np.linspace(0, self.customers, _BLOCKS + 1).astype(np.int64)
        worth, usage = np.zeros(_BLOCKS), np.zeros((_BLOCKS, len(self.rules.column)), dtype=np.int64)
        table, out = self.table(prices), np.zeros(0, dtype=np.int64) if chosen is None else chosen
        touched = self.rules.touched

        def task(a: int, b: int) -> None:
            survey(self.arrays, touched, table, blocks[a : b + 1], worth[a:b], usage[a:b], out)

        self._shared(task, _BLOCKS)
        return Survey(worth, usage)

    def undecided(self, low: Floats, high: Floats) -> tuple[Ints, Ints, Self]:
        """Return who may choose differently at prices from `low` to `high`: customers, rows, and their own problem.

        The problem holds only the candidates that are best somewhere in that box, and this problem's terms.
        """
        keep, sizes = np.zeros(self.candidates, dtype=np.bool_), np.zeros(self.customers, dtype=np.int32)
        # At a corner every cap has its lowest price and every minimum its highest, and the other way round.
        is_cap = self.terms.sign > 0
        bottom, top = self.table(np.where(is_cap, low, high)), self.table(np.where(is_cap, high, low))
        self._shared(lambda a, b: narrow(self.arrays, bottom, top, a, b, keep, sizes), self.customers)
        customers = np.flatnonzero(sizes)
        rows = np.flatnonzero(keep)
        return customers, rows, self.only(rows, sizes[customers].astype(np.int64))

    def part(self, every: int) -> Self:
        """Return the problem of one in `every` customers, drawn by lot, with the amounts in proportion."""
        starts = np.arange(0, self.customers - every + 1, every)
        taken = starts + np.random.default_rng(0).integers(0, every, len(starts))
        sizes = np.diff(self.arrays.starts)[taken]
        begins = np.repeat(self.arrays.starts[taken] - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
        part = self.only(begins + np.arange(len(begins)), sizes)
        return replace(part, terms=replace(self.terms, amount=self.terms.amount // every))

    def only(self, rows: Ints, sizes: Ints) -> Self:
        """Return the problem of these rows alone; `sizes` says how many each of its customers has."""
        arrays = self.arrays
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        weights = np.ascontiguousarray(arrays.weights[:, rows])
        return replace(self, arrays=frozen(Arrays(arrays.value[rows], weights, arrays.kind[rows], starts)))

    def _shared(self, task: Callable[[int, int], None], count: int) -> None:
        """Call the task for parts of a range, in as many threads as are worth it."""
        if self.threads == 1 or self.candidates < _WORTH_THREADS:
            task(0, count)
            return
        parts = np.linspace(0, count, min(_PARTS_PER_THREAD * self.threads, count) + 1).astype(np.int64)
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(task, parts[:-1], parts[1:]))
