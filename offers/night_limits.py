"""The limits of a night over candidates: which candidates one is about, and what each weighs in it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from offers.people import NOTHING, Flags, Floats, Ints, Pairs

Measure = Literal["cost", "worst", "count"]
# More than any limit without a most can be used for; sums of it stay within 64 bits.
UNLIMITED = 2**60


@dataclass(frozen=True)
class NightLimit:
    """What the offers of one night may use of one limit.

    Attributes:
        name: what people call it; the first limit of a night is the budget.
        available: the most, in the limit's measure (minor units, or offers).
        measure: what an offer weighs: its expected cost, the most it can cost, or 1.
        chance: the spend must stay within `available` with at least this chance; None: its expectation must.
        at_least: the least that is wanted; None for no minimum.
        offers, channels, people: flags by position, which of them the limit is about; None for all.
    """

    name: str
    available: int
    measure: Measure = "cost"
    chance: float | None = None
    at_least: int | None = None
    offers: Flags | None = None
    channels: Flags | None = None
    people: Flags | None = None

    def covers(self, pairs: Pairs, rows: Ints) -> Flags:
        """Tell which of the candidates at `rows` the limit is about."""
        covered = np.ones(len(rows), dtype=bool)
        parts = ((self.offers, pairs.offer), (self.channels, pairs.channel), (self.people, pairs.person))
        for flags, place in parts:
            if flags is not None:
                covered &= flags[place[rows]]
        return covered

    def weight(self, pairs: Pairs, rows: Ints) -> Ints:
        """Return what the candidates at `rows` weigh; 0 for those it is not about, and for NOTHING."""
        full = np.ones(len(rows), dtype=np.int64) if self.measure == "count" else getattr(pairs, self.measure)[rows]
        return np.asarray(np.where(self.covers(pairs, rows) & (rows != NOTHING), full, 0), dtype=np.int64)

    def at_worst(self) -> Self:
        """Return the limit as a draw must keep it: one on chances is kept at the most that the offers can cost."""
        return self if self.chance is None else replace(self, measure="worst", chance=None)


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
            at_least=None if limit.at_least is None else max(limit.at_least - int(amount), 0),
        )
        for limit, amount in zip(limits, taken, strict=True)
    )


def fitting(limits: Sequence[NightLimit], pairs: Pairs) -> Flags:
    """Tell which candidates fit every limit by themselves."""
    everything, fits = np.arange(len(pairs)), np.ones(len(pairs), dtype=bool)
    for limit in limits:
        fits &= limit.weight(pairs, everything) <= limit.available
    return fits


def penalty(limits: Sequence[NightLimit], pairs: Pairs, prices: Sequence[float]) -> Floats:
    """Return the sum over the limits of shadow price x weight, of every candidate."""
    everything, total = np.arange(len(pairs)), np.zeros(len(pairs))
    for limit, price in zip(limits, prices, strict=True):
        if price:
            total += price * limit.weight(pairs, everything)
    return total


def priced(limits: Sequence[NightLimit], pairs: Pairs, prices: Mapping[str, float]) -> pa.DictionaryArray:
    """Return per candidate the limits with a price that it uses, as JSON text: {"limit": [price, weight, measure]}."""
    every, kind = np.arange(len(pairs)), np.zeros(len(pairs), dtype=np.int64)
    texts = np.array([""], dtype=object)
    for limit in limits:
        if prices[limit.name]:
            # Few weights differ: the texts are made once for each and pointed at.
            place, weights = pd.factorize(limit.weight(pairs, every))
            pair, kinds = pd.factorize(kind * len(weights) + place)
            added = [_entry(limit, prices[limit.name], int(weight)) for weight in weights]
            texts = np.array([texts[one // len(weights)] + added[one % len(weights)] for one in kinds], dtype=object)
            kind = pair.astype(np.int64)
    whole = pa.array(["{" + text.removeprefix(", ") + "}" for text in texts], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(kind.astype(np.int32)), whole)


def _entry(limit: NightLimit, price: float, weight: int) -> str:
    values = json.dumps([price, weight, limit.measure])
    return f", {json.dumps(limit.name, ensure_ascii=False)}: {values}" if weight else ""
