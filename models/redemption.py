"""What offers cost, learned from who redeemed them: chance to redeem x cost of a redemption.

    line of the chance = line of the offer's mean + h(orders without an offer) + lean x log(affinity) + f(x)

h, lean and f are the same for all offers. Affinity is how much a person buys what the offer is on, beside the usual
person (models.affinity): who buys coffee every week redeems an offer on coffee for what he would have bought anyway.

Cost in proportion to expected orders is wrong from both ends: an order that an offer brings about redeems it, one that
would have come anyway often does not, and one promise is redeemed once however many orders follow. Those who hardly buy
then look far too cheap, and a choice by gain per cost takes just them. Redemptions are seen, so nothing is assumed of
them: h, how the chance rises with the orders that come anyway, is a parabola in their logarithm, and trees tell the
rest. How many trees f has is chosen by the likelihood of people left out (models.crossfit).

A percentage without a threshold is redeemed by every order that it brings about, so nobody can be moved by it more
often than he redeems it. Where what was learned of the two contradicts that, both are meant to be the same, and
neither is surer of that person than the other: they meet half way (`agreed`). A choice by gain per cost looks for just
those people.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models import crossfit, segment_cost
from models.crossfit import Boosters, Matrix, Problem, Size
from models.data import Floats
from models.give import Give
from models.outcome import COUNT
from models.segment_cost import Counts, Kin

# Fewer redemptions tell nothing of people, and little of offers.
_REDEMPTIONS_AT_LEAST = 50
# An offer nobody redeemed counts as if half a person had.
_LEAST = 0.5
_NAME = "redemption"
# Slope, bend and lean before seeing any redemption: who buys more redeems more, but less than in proportion.
_EXPECTED, _SPREAD = (0.4, 0.0, 0.5), 0.4
# Levels of the arms are free but for this precision.
_FREE = 1e-6
_STEPS = 25
# Fewer expected orders are counted as so many; beyond so many widths the parabola ends.
_RAREST, _FURTHEST = 1e-4, 2.5
# Logarithms that spread less than this are all the same.
_SAME = 1e-6


@dataclass(frozen=True)
class Habit:
    """h: what expected orders say of redeeming, 0 for a typical person.

    Attributes:
        centre, width: mean and standard deviation of the logarithm of expected orders among those who got an offer.
        slope, bend: of the parabola in that unit.
        lean: power of the affinity.
    """

    centre: float
    width: float
    slope: float
    bend: float
    lean: float

    def of(self, before: Floats) -> Floats:
        """Return h (n) of orders expected without an offer (n)."""
        return np.asarray(self.terms(before) @ np.array([self.slope, self.bend]), dtype=np.float64)

    def terms(self, before: Floats) -> Floats:
        """Return (n, 2) what slope and bend are multiplied with."""
        away = (np.log(np.maximum(before, _RAREST)) - self.centre) / self.width
        away = np.clip(away, -_FURTHEST, _FURTHEST)
        return np.column_stack([away, away**2 - 1])


@dataclass(frozen=True)
class Redemption:
    """Who redeems which offer.

    Attributes:
        habit: h.
        boosters: f, by fold.
        arms: names, in the order of all that follows.
        shares: chance of every arm where h and f are 0.
        gives: what one redemption of every arm costs.
    """

    habit: Habit
    boosters: Boosters
    arms: tuple[str, ...]
    shares: tuple[float, ...]
    gives: tuple[Give, ...]

    def chance(self, rows: Matrix, before: Floats, affinity: Floats, threads: int = 1) -> Floats:
        """Return (n, arms) chances to redeem.

        Args:
            rows: features (n, k).
            before: orders expected without an offer (n).
            affinity: (n, arms), 1 = usual.
            threads: of the boosters.
        """
        factor = np.exp(self.habit.of(before) + self.boosters.values(rows, threads).mean(axis=0))
        found = factor[:, None] * np.array(self.shares) * affinity**self.habit.lean
        return np.asarray(np.minimum(found, 1.0), dtype=np.float64)

    def cost(self, chance: Floats, baskets: Floats) -> Floats:
        """Return (n, arms) expected costs of chances to redeem (n, arms); `baskets` (n) are those of one order."""
        return chance * np.column_stack([give.of(baskets) for give in self.gives])

    def parts(self) -> dict[str, str]:
        """Return LightGBM texts by file name."""
        return {f"{_NAME}-{number}.txt": text for number, text in enumerate(self.boosters.texts)}

    def settings(self) -> dict[str, Any]:
        """Return everything else as plain JSON."""
        gives = [asdict(give) for give in self.gives]
        return {"habit": asdict(self.habit), "arms": list(self.arms), "shares": list(self.shares), "gives": gives}

    @classmethod
    def restored(cls, parts: Mapping[str, str], stored: Mapping[str, Any]) -> Self:
        """Return what `parts` and `settings` came from."""
        count = sum(file.startswith(f"{_NAME}-") for file in parts)
        boosters = Boosters(tuple(parts[f"{_NAME}-{number}.txt"] for number in range(count)), 0.0, "plain")
        gives = tuple(Give(**give) for give in stored["gives"])
        return cls(Habit(**stored["habit"]), boosters, tuple(stored["arms"]), tuple(stored["shares"]), gives)


def agreed(added: Floats, chance: Floats, is_whole: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return orders that offers add and chances to redeem them, (n, arms) both, with none added beyond the redeemed.

    Args:
        added: expected orders that each arm adds, (n, arms).
        chance: to redeem, (n, arms).
        is_whole: whether every order that the arm brings about redeems it, (arms).
    """
    half = np.where(is_whole, np.maximum(added - chance, 0.0) / 2, 0.0)
    return added - half, chance + half


@dataclass(frozen=True)
class Promises:
    """People who got an offer, one row each.

    Attributes:
        rows: features (n, k).
        arm: place of the offer among the arms, (n).
        spent: what it cost, 0 where it was not redeemed, (n).
        before: orders expected without an offer, (n).
        affinity: to what the offer is on, 1 = usual, (n).
        baskets: expected basket of one order, (n).
    """

    rows: Matrix
    arm: np.ndarray[Any, np.dtype[np.int64]]
    spent: Floats
    before: Floats
    affinity: Floats
    baskets: Floats


def learn(
    seen: Promises, depths: Mapping[str, float | None], kin: Mapping[str, Kin], seed: int, threads: int = 1
) -> Redemption | None:
    """Return who redeems what; None with too few redemptions to tell.

    Args:
        seen: promises and what came of them.
        depths: arm -> depth; with one, a redemption's cost is in proportion to the basket.
        kin: every arm, by place -> arms whose redemptions tell something of its own.
        seed, threads: of the boosters.
    """
    used = (seen.spent > 0).astype(np.float64)
    if used.sum() < _REDEMPTIONS_AT_LEAST:
        return None
    arms = tuple(kin)
    people = np.bincount(seen.arm, minlength=len(arms))
    shares = np.maximum(np.bincount(seen.arm, used, len(arms)), _LEAST) / np.maximum(people, 1)
    rows = len(used)
    size = Size(8, 0.05, 20.0, max(50, min(500, rows // 50)), 400)
    habit = _habit(seen, used, shares)
    own = habit.of(seen.before) + habit.lean * np.log(seen.affinity)
    middle = np.log(shares[seen.arm]) + own
    problem = Problem(seen.rows, used, middle, np.ones(rows), 0.0, "plain", COUNT)
    boosters, left_out = crossfit.fit(problem, size, seed, threads)
    # Levels are what people did of what boosters that never saw them expected of them, whatever their offer.
    due = np.bincount(seen.arm, np.exp(own + left_out), len(arms)).astype(np.float64)
    return Redemption(habit, boosters, arms, *_by_arm(seen, depths, kin, due))


def _habit(seen: Promises, used: Floats, shares: Floats) -> Habit:
    """Return h by the likelihood of redemptions as counts (Newton), weighed against what is expected of it."""
    orders = np.log(np.maximum(seen.before, _RAREST))
    width = float(orders.std())
    flat = Habit(float(orders.mean()), width if width > _SAME else 1.0, 0.0, 0.0, 0.0)
    drawn = np.eye(len(shares))[seen.arm]
    design = np.column_stack([flat.terms(seen.before), np.log(seen.affinity), drawn])
    expected = np.concatenate([_EXPECTED, np.zeros(len(shares))])
    precision = np.diag([1 / _SPREAD**2] * len(_EXPECTED) + [_FREE] * len(shares))
    start, found = np.log(shares[seen.arm]), expected.copy()
    for _ in range(_STEPS):
        mean = np.exp(np.minimum(start + design @ found, 0.0))
        fisher = (design * mean[:, None]).T @ design
        step = np.linalg.solve(fisher + precision, design.T @ (used - mean) - precision @ (found - expected))
        found = found + np.clip(step, -0.5, 0.5)
    return Habit(flat.centre, flat.width, *found[: len(_EXPECTED)].tolist())


def _by_arm(
    seen: Promises, depths: Mapping[str, float | None], kin: Mapping[str, Kin], due: Floats
) -> tuple[tuple[float, ...], tuple[Give, ...]]:
    """Return each arm's level of the chance and cost of a redemption; what is thin leans on kin.

    Args:
        seen, depths, kin: as in `learn`.
        due: redemptions of each arm's people that its level is multiplied with, (arms).
    """
    used, count = seen.spent > 0, len(kin)
    redeemed, spent, baskets = (
        np.bincount(seen.arm[used], values[used], count).astype(np.float64)
        for values in (np.ones(len(used)), seen.spent, seen.baskets)
    )
    priced = np.array([depths[arm] is not None for arm in kin])
    usual = float(seen.baskets[used].mean())
    # A share of the basket is counted at the usual basket, beside amounts.
    spent = np.where(priced, spent * redeemed / np.maximum(baskets, 1e-9) * usual, spent)
    counts = Counts(due[:, None], redeemed[:, None], spent[:, None], np.ones(1))
    found = segment_cost.estimate(counts, [*kin.values()])
    each = zip(kin, found.amount[:, 0].tolist(), strict=True)
    gives = tuple(Give(0.0, cost) if depths[arm] is None else Give(cost / usual, 0.0) for arm, cost in each)
    return tuple(found.chance[:, 0].tolist()), gives
