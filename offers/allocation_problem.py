"""The arrays of one allocation: candidates sorted by customer and offer, weights per limit, caps."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from offers.allocation_kernels import NONE, best_at
from offers.allocation_types import Floats, Ints

# Prices are multiples of 2^-20, so that bounds of whole values are computed without rounding.
PRICE_SCALE = 2**20
# Scores of whole values up to this are exact in a double: 32 bits before the point and 20 behind it.
_LARGEST_WHOLE = 2**32
# Sums of int64 are taken in pieces and added as Python integers.
_PIECE = 65_536


@dataclass(frozen=True)
class Problem:
    """Candidates that can be chosen at all (value > 0, no weight above its cap), by customer and offer.

    Attributes:
        rows: index of each candidate in the caller's table.
        starts: index of the first candidate of each customer, and the number of candidates at the end.
        value: one value per candidate.
        weights: limits x candidates.
        caps: one per limit.
    """

    rows: Ints
    starts: Ints
    value: Floats
    weights: Ints
    caps: Ints

    @classmethod
    def of(cls, customer: Ints, offer: Ints, value: Floats, weights: list[Ints], caps: Ints) -> Self:
        """Return the problem with hopeless candidates left out."""
        usable = value > 0
        for weight, cap in zip(weights, caps, strict=True):
            usable &= weight <= cap
        rows = np.flatnonzero(usable)
        rows = rows[_sorted(customer[rows], offer[rows])]
        whose = customer[rows]
        starts = np.concatenate([np.flatnonzero(np.r_[True, whose[1:] != whose[:-1]][: len(rows)]), [len(rows)]])
        return cls(rows, starts, value[rows], np.vstack([weight[rows] for weight in weights]), caps)

    def part(self, every: int) -> Self:
        """Return the problem of every n-th customer, with the caps in proportion."""
        counts = np.diff(self.starts)
        taken = np.arange(0, len(counts), every)
        keep = np.repeat(np.arange(len(counts)) % every == 0, counts)
        starts = np.concatenate([[0], np.cumsum(counts[taken])])
        return type(self)(self.rows[keep], starts, self.value[keep], self.weights[:, keep], self.caps // every)

    @cached_property
    def customer(self) -> Ints:
        """Return the customer's position of each candidate."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    @cached_property
    def has_whole_values(self) -> bool:
        """Tell whether all values are whole and not too large to be scaled exactly."""
        whole = bool((self.value == np.rint(self.value)).all())
        return whole and float(self.value.max(initial=0)) <= _LARGEST_WHOLE

    def scores(self, prices: Floats) -> Floats:
        """Return value - prices x weights of every candidate."""
        return np.asarray(self.value - prices @ self.weights)

    def best(self, prices: Floats) -> tuple[Floats, Ints]:
        """Return each customer's best score (0 for none) and the candidate that reaches it (NONE without one)."""
        return best_at(self.value, self.weights, self.starts, prices)

    def value_of(self, chosen: Ints) -> float:
        """Return the sum of values; exact when they are whole."""
        values = self.value[chosen]
        return float(exact_sum(values.astype(np.int64))) if self.has_whole_values else float(values.sum())

    def usage_of(self, chosen: Ints) -> Ints:
        """Return what the chosen candidates use of each limit; NONE uses nothing."""
        held = chosen[chosen != NONE]
        return np.asarray(self.weights[:, held].sum(axis=1), dtype=np.int64)

    def bound(self, prices: Floats) -> float:
        """Return the Lagrangian bound: prices x caps + the sum of every customer's best score.

        For whole values the sum is exact and the bound is rounded down to a whole number.
        """
        best, chosen = self.best(prices)
        if not self.has_whole_values:
            return float(prices @ self.caps + best.sum())
        scaled = np.rint(prices * PRICE_SCALE).astype(np.int64)
        held = chosen[chosen != NONE]
        score = self.value[held].astype(np.int64) * PRICE_SCALE - scaled @ self.weights[:, held]
        budget = sum(int(price) * int(cap) for price, cap in zip(scaled, self.caps, strict=True))
        return float((budget + exact_sum(score)) // PRICE_SCALE)


def _sorted(customer: Ints, offer: Ints) -> Ints:
    in_order = (customer[1:] > customer[:-1]) | ((customer[1:] == customer[:-1]) & (offer[1:] >= offer[:-1]))
    return np.arange(len(customer)) if in_order.all() else np.lexsort((offer, customer))


def exact_sum(values: Ints) -> int:
    """Return the sum of whole numbers, whatever its size."""
    pieces = np.add.reduceat(values, np.arange(0, len(values), _PIECE)) if len(values) else values
    return sum(int(piece) for piece in pieces)
