"""The limits of a night over candidates: which candidates one is about, and what each weighs in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, Self

import numpy as np
import pyarrow as pa

from offers.json_texts import JsonTexts
from offers.people import NOTHING, Flags, Floats, Ints, Pairs

Measure = Literal["cost", "worst", "count"]
EVERY = slice(None)
# More than any limit without a most can be used for; sums of it stay within 64 bits.
UNLIMITED = 2**60


@dataclass(frozen=True, eq=False)
class NightLimit:
    """What the offers of one night may use of one limit.

    Attributes:
        name: what people call it; the first limit of a night is the budget.
        available: the most, in the limit's measure (minor units, or offers).
        measure: what an offer weighs: its expected cost, the most it can cost, or 1.
        chance: the spend must stay within `available` with at least this chance; None: its expectation must.
        at_least: the least that is wanted; None for no minimum.
        reserved_before, variance_before: what earlier nights' offers still out are expected to cost of it, and the
            variance of that; minor units.
        unspent: what of the period's cap is not spent yet, reserved or not; None for `available`.
        offers, channels, people: flags by position, which of them the limit is about; None for all.
        covered: flags of the candidates it is about, once `bound` has looked; None before, and when it is about all.
    """

    name: str
    available: int
    measure: Measure = "cost"
    chance: float | None = None
    at_least: int | None = None
    offers: Flags | None = None
    channels: Flags | None = None
    people: Flags | None = None
    reserved_before: int = 0
    variance_before: float = 0.0
    unspent: int | None = None
    covered: Flags | None = None

    def covers(self, pairs: Pairs, rows: Ints | slice = EVERY) -> Flags:
        """Tell which of the candidates at `rows` the limit is about."""
        if self.covered is not None:
            return self.covered[rows]
        flags = np.ones(len(pairs.person[rows]), dtype=bool)
        parts = ((self.offers, pairs.offer), (self.channels, pairs.channel), (self.people, pairs.person))
        for wanted, place in parts:
            if wanted is not None:
                flags &= wanted[place[rows]]
        return flags

    @property
    def is_about_all(self) -> bool:
        """Tell whether the limit is about every candidate."""
        return self.offers is None and self.channels is None and self.people is None

    def weights(self, pairs: Pairs) -> Ints:
        """Return what every candidate weighs; 0 for those the limit is not about."""
        full = np.ones(len(pairs), dtype=np.int64) if self.measure == "count" else getattr(pairs, self.measure)
        return np.asarray(full if self.is_about_all else np.where(self.covers(pairs), full, 0), dtype=np.int64)

    def weight(self, pairs: Pairs, rows: Ints) -> Ints:
        """Return what the candidates at `rows` weigh; 0 for those it is not about, and for NOTHING."""
        weights = np.zeros(len(rows), dtype=np.int64)
        held = np.flatnonzero(rows != NOTHING)
        covered = held if self.is_about_all else held[self.covers(pairs, rows[held])]
        weights[covered] = 1 if self.measure == "count" else getattr(pairs, self.measure)[rows[covered]]
        return weights

    def at_worst(self) -> Self:
        """Return the limit as a draw must keep it: one on chances is kept at the most that the offers can cost."""
        return self if self.chance is None else replace(self, measure="worst", chance=None)


def bound(limits: Sequence[NightLimit], pairs: Pairs) -> tuple[NightLimit, ...]:
    """Return the limits knowing which candidates they are about, so that nobody looks again."""
    return tuple(
        limit if limit.is_about_all else replace(limit, covered=replace(limit, covered=None).covers(pairs))
        for limit in limits
    )


def used(limits: Sequence[NightLimit], pairs: Pairs, chosen: Ints) -> Ints:
    """Return what the chosen candidates (NOTHING among them) use of each limit."""
    held = chosen[chosen != NOTHING]
    return np.array([limit.weight(pairs, held).sum() for limit in limits], dtype=np.int64)


def with_left(limits: Sequence[NightLimit], taken: Ints) -> tuple[NightLimit, ...]:
    """Return the limits with what is left of them after `taken` (one figure per limit)."""
    return tuple(
        replace(
            limit,
            available=max(limit.available - int(amount), 0),
            unspent=limit.available if limit.unspent is None else limit.unspent,
            at_least=None if limit.at_least is None else max(limit.at_least - int(amount), 0),
        )
        for limit, amount in zip(limits, taken, strict=True)
    )


def fitting(limits: Sequence[NightLimit], pairs: Pairs) -> Flags:
    """Tell which candidates fit every limit by themselves."""
    fits = np.ones(len(pairs), dtype=bool)
    for limit in limits:
        fits &= limit.weights(pairs) <= limit.available
    return fits


def penalty(limits: Sequence[NightLimit], pairs: Pairs, prices: Sequence[float]) -> Floats:
    """Return the sum over the limits of shadow price x weight, of every candidate."""
    total = np.zeros(len(pairs))
    for limit, price in zip(limits, prices, strict=True):
        if price:
            total += price * limit.weights(pairs)
    return total


def priced(limits: Sequence[NightLimit], pairs: Pairs, prices: Mapping[str, float]) -> pa.DictionaryArray:
    """Return per candidate the limits with a price that it uses, as JSON text: {"limit": [price, weight, measure]}."""
    texts = JsonTexts(len(pairs))
    for limit in limits:
        if prices[limit.name]:
            texts.add(limit.name, [limit.weights(pairs)], partial(_price, prices[limit.name], limit.measure))
    return texts.as_arrow()


def _price(price: float, measure: Measure, weight: int) -> list[object] | None:
    return [price, weight, measure] if weight else None
