"""The arrays of one allocation: candidates sorted by customer and offer, weights per limit, caps."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Prices are multiples of 2^-20, so that bounds of whole values are computed without rounding.
PRICE_SCALE = 2**20
# Sums of int64 are taken in pieces and added as Python integers.
_PIECE = 65_536


@dataclass(frozen=True)
class Problem:
    """Candidates that can be chosen at all (value > 0, no weight above its cap), by customer and offer.

    Attributes:
        rows: index of each candidate in the caller's table.
        starts: index of the first candidate of each customer.
        value: one value per candidate.
        weights: limits x candidates.
        caps: one per limit.
    """

    rows: Ints
    starts: Ints
    value: Floats | Ints
    weights: Ints
    caps: Ints

    @classmethod
    def of(cls, customer: Ints, offer: Ints, value: Floats | Ints, weights: list[Ints], caps: Ints) -> Self:
        """Return the problem with hopeless candidates left out."""
        usable = value > 0
        for weight, cap in zip(weights, caps, strict=True):
            usable &= weight <= cap
        rows = np.flatnonzero(usable)
        rows = rows[_sorted(customer[rows], offer[rows])]
        starts = (
            np.flatnonzero(np.diff(customer[rows], prepend=np.int64(-1) if len(rows) else [])) if len(rows) else rows
        )
        if len(rows) and (not len(starts) or starts[0] != 0):
            starts = np.concatenate([[0], starts])
        stacked = np.vstack([weight[rows] for weight in weights])
        return cls(rows, starts.astype(np.int64), value[rows], stacked, caps)

    @cached_property
    def counts(self) -> Ints:
        """Return the number of candidates of each customer."""
        return np.diff(self.starts, append=len(self.rows))

    @cached_property
    def customer(self) -> Ints:
        """Return the customer's position of each candidate."""
        return np.repeat(np.arange(len(self.starts)), self.counts)

    @cached_property
    def has_whole_values(self) -> bool:
        """Tell whether all values are whole, and small enough to scale by PRICE_SCALE in 64 bits."""
        if not len(self.value):
            return True
        return bool((self.value == np.rint(self.value)).all() and self.value.max() < 2**40)

    def scores(self, prices: Floats) -> Floats:
        """Return value - prices x weights of every candidate."""
        score = self.value.astype(np.float64)
        for price, weight in zip(prices, self.weights, strict=True):
            if price:
                score -= price * weight
        return score

    def best(self, score: Floats) -> tuple[Floats, Ints]:
        """Return each customer's best score (0 for none), and the candidates that reach one above 0 (first on ties)."""
        if not len(self.starts):
            return np.zeros(0), np.zeros(0, dtype=np.int64)
        most = np.maximum(np.maximum.reduceat(score, self.starts), 0.0)
        hits = np.flatnonzero((score == np.repeat(most, self.counts)) & (score > 0))
        customer = self.customer[hits]
        first = np.ones(len(hits), dtype=bool)
        first[1:] = customer[1:] != customer[:-1]
        return most, hits[first]

    def value_of(self, chosen: Ints) -> float:
        """Return the sum of values; exact when they are whole."""
        values = self.value[chosen]
        return float(_exact_sum(np.rint(values).astype(np.int64))) if self.has_whole_values else float(values.sum())

    def usage_of(self, chosen: Ints) -> Ints:
        """Return what the chosen candidates use of each limit."""
        return np.asarray(self.weights[:, chosen].sum(axis=1), dtype=np.int64)

    def bound(self, prices: Floats) -> float:
        """Return the Lagrangian bound: prices x caps + the sum of every customer's best score.

        For whole values the sum is exact and the bound is rounded down to a whole number.
        """
        if not len(self.starts):
            return 0.0
        if not self.has_whole_values:
            most, _ = self.best(self.scores(prices))
            return float(prices @ self.caps + most.sum())
        scaled_prices = np.rint(prices * PRICE_SCALE).astype(np.int64)
        score = np.rint(self.value).astype(np.int64) * PRICE_SCALE - scaled_prices @ self.weights
        most_scaled = np.maximum(np.maximum.reduceat(score, self.starts), 0)
        budget = sum(int(price) * int(cap) for price, cap in zip(scaled_prices, self.caps, strict=True))
        return float((budget + _exact_sum(most_scaled)) // PRICE_SCALE)


def _sorted(customer: Ints, offer: Ints) -> Ints:
    later = customer[1:], offer[1:]
    before = customer[:-1], offer[:-1]
    in_order = (later[0] > before[0]) | ((later[0] == before[0]) & (later[1] >= before[1]))
    if in_order.all():
        return np.arange(len(customer))
    return np.lexsort((offer, customer)).astype(np.int64)


def _exact_sum(values: Ints) -> int:
    pieces = np.add.reduceat(values, np.arange(0, len(values), _PIECE)) if len(values) else values
    return sum(int(piece) for piece in pieces)
