"""What an offer costs in a segment: chance to redeem x cost of a redemption, each borrowed where evidence is thin.

    chance = share of buyers in the segment x redemptions per buyer of the offer x what is special about both

Every step multiplies the chance by what its cells (templates, offers, segments of an offer, ...) redeemed of what the
steps before expected of them, pulled to 1 by how much of the cells' spread is noise (gamma-Poisson shrinkage of
relative risks, by moments: Clayton and Kaldor, Biometrics 1987). A cell's plain mean rests on a handful of redemptions;
pulled to the offer's mean it is too low for those who buy often, and the choice looks for just that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.data import Floats

Ints = NDArray[np.int64]
# True ratios of cells are never taken to spread less than this share of their noise: nobody knows that all are alike.
_LEAST_SPREAD = 0.1
# A segment's chance to buy counts as if so many more people had behaved like all.
PRIOR_ROWS = 50.0


@dataclass(frozen=True)
class Kin:
    """Offers that are like an offer.

    Attributes:
        template: its people redeem alike.
        family: offers that differ by depth alone: their redemptions' costs are in proportion to `depth`.
        depth: share taken off; None = the cost of a redemption is its own.
    """

    template: str
    family: str
    depth: float | None


@dataclass(frozen=True)
class Counts:
    """(offers, segments) people who got an offer, how many redeemed it and what that cost; (segments) share of buyers.

    The share of buyers is that of all people in the segment: what offers add is small beside what segments differ.
    """

    people: Floats
    redeemed: Floats
    spent: Floats
    buyers: Floats

    @classmethod
    def of(cls, offer: Ints, segment: Ints, size: tuple[int, int], values: tuple[Floats, Floats, Floats]) -> Self:
        """Count rows.

        Args:
            offer, segment: numbers per row; an offer of -1 is none.
            size: number of offers and segments.
            values: per row: whether it redeemed, what that cost, whether it bought.
        """
        redeemed, spent, bought = values
        got = offer >= 0
        cell = offer[got] * size[1] + segment[got]

        def grid(values: Floats) -> Floats:
            sums = np.bincount(cell, values[got], size[0] * size[1])
            return np.asarray(sums.reshape(size), dtype=np.float64)

        rows = np.bincount(segment, minlength=size[1])
        buyers = (np.bincount(segment, bought, size[1]) + PRIOR_ROWS * bought.mean()) / (rows + PRIOR_ROWS)
        return cls(grid(np.ones(len(offer))), grid(redeemed), grid(spent), buyers)


@dataclass(frozen=True)
class SegmentCosts:
    """(offers, segments) chance to redeem and cost of a redemption, and people as they were counted."""

    chance: Floats
    amount: Floats
    people: Floats

    @property
    def cost(self) -> Floats:
        """Return (offers, segments) expected costs."""
        return self.chance * self.amount

    def overall(self, values: Floats) -> Floats:
        """Return (offers) the mean of (offers, segments) values over the people who got the offer."""
        return np.asarray((values * self.people).sum(axis=1) / self.people.sum(axis=1), dtype=np.float64)


def estimate(counts: Counts, kin: Sequence[Kin]) -> SegmentCosts:
    """Return what offers cost per segment; `kin` has one entry per offer, each of which somebody got."""
    size = counts.people.shape
    offer, segment = (np.broadcast_to(each, size) for each in np.ogrid[: size[0], : size[1]])
    template = np.broadcast_to(_numbers([each.template for each in kin])[:, None], size)
    chance = np.tile(counts.buyers, (size[0], 1))
    chance = chance * _ratio(counts.redeemed, counts.people * chance, np.zeros(size, dtype=np.int64), is_pulled=False)
    cells_of = (template, offer, template * size[1] + segment, offer * size[1] + segment)
    for cells in cells_of[:2] if size[1] == 1 else cells_of:
        chance = chance * _ratio(counts.redeemed, counts.people * chance, cells)
    amount = _amounts(counts, kin)
    for cells in (offer, segment):
        amount = amount * _ratio(counts.spent / np.maximum(amount, 1e-9), counts.redeemed, cells)
    return SegmentCosts(np.minimum(chance, 1.0), amount, counts.people)


def _amounts(counts: Counts, kin: Sequence[Kin]) -> Floats:
    """Return (offers, segments) cost of a redemption: in proportion to depth within a family, else the offer's mean.

    Where a family has no redemptions yet, the mean of all stands for it.
    """
    size = counts.people.shape
    family = np.broadcast_to(_numbers([each.family for each in kin])[:, None], size)
    depth = np.tile(np.array([each.depth or 1.0 for each in kin])[:, None], size[1])
    known = np.bincount(family.ravel(), counts.redeemed.ravel())[family] > 0
    mean = float(counts.spent.sum()) / max(float(counts.redeemed.sum()), 1.0)
    own = depth * _ratio(counts.spent, counts.redeemed * depth, family, is_pulled=False)
    return np.asarray(np.where(known, own, mean), dtype=np.float64)


def _numbers(names: Sequence[str]) -> Ints:
    return np.asarray(np.unique(np.array(names), return_inverse=True)[1], dtype=np.int64)


def _ratio(found: Floats, expected: Floats, cells: Ints, *, is_pulled: bool = True) -> Floats:
    """Return, for every place of a grid, what its cell found of what was expected of it; 1 where nothing was.

    Both are redemptions or count as such. Pulled ratios lean on as many redemptions as expected as the cells' spread
    beyond Poisson noise says, which is never taken for less than a share of the noise.
    """
    seen, due = (np.bincount(cells.ravel(), values.ravel()) for values in (found, expected))
    known = due > 0
    noise = float(known.sum())
    spread = max(float(((seen - due)[known] ** 2 / due[known]).sum()) - noise, _LEAST_SPREAD * noise)
    prior = float(due.sum()) / spread if is_pulled and spread > 0 else 0.0
    ratio = np.divide(seen + prior, due + prior, out=np.ones_like(due), where=due + prior > 0)
    return np.asarray(ratio[cells], dtype=np.float64)


def kin_of(offers: Sequence[str], known: Mapping[str, Kin]) -> list[Kin]:
    """Return the kin of offers; one that is not known is like no other."""
    return [known.get(offer, Kin(offer, offer, None)) for offer in offers]
