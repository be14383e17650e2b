"""What offers cost, learned from who redeemed them: chance to redeem x cost of a redemption.

    line of the chance = line of the offer's mean + f(x), one f for all offers

Cost in proportion to expected orders is wrong from both ends: an order that an offer brings about redeems it, one that
would have come anyway often does not, and one promise is redeemed once however many orders follow. Those who hardly buy
then look far too cheap, and a choice by gain per cost takes just them. Redemptions are seen, so nothing is assumed of
them. How many trees f has is chosen by the likelihood of people left out (models.crossfit).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from models import crossfit
from models.crossfit import Boosters, Matrix, Problem, Size
from models.data import Floats
from models.give import Give
from models.outcome import COUNT

# Fewer redemptions tell nothing of people, and little of offers.
_REDEMPTIONS_AT_LEAST = 50
# An offer nobody redeemed counts as if half a person had.
_LEAST = 0.5
_NAME = "redemption"


@dataclass(frozen=True)
class Redemption:
    """Who redeems which offer.

    Attributes:
        boosters: f, by fold.
        arms: names, in the order of all that follows.
        shares: chance of every arm where f is 0.
        gives: what one redemption of every arm costs.
    """

    boosters: Boosters
    arms: tuple[str, ...]
    shares: tuple[float, ...]
    gives: tuple[Give, ...]

    def chance(self, rows: Matrix, threads: int = 1) -> Floats:
        """Return (n, arms) chances to redeem."""
        factor = np.exp(self.boosters.values(rows, threads).mean(axis=0))
        return np.asarray(np.minimum(factor[:, None] * np.array(self.shares), 1.0), dtype=np.float64)

    def cost(self, rows: Matrix, baskets: Floats, threads: int = 1) -> Floats:
        """Return (n, arms) expected costs; `baskets` (n) are of one order."""
        each = np.column_stack([give.of(baskets) for give in self.gives])
        return self.chance(rows, threads) * each

    def parts(self) -> dict[str, str]:
        """Return LightGBM texts by file name."""
        return {f"{_NAME}-{number}.txt": text for number, text in enumerate(self.boosters.texts)}

    def settings(self) -> dict[str, Any]:
        """Return everything else as plain JSON."""
        gives = [asdict(give) for give in self.gives]
        return {"arms": list(self.arms), "shares": list(self.shares), "gives": gives}

    @classmethod
    def restored(cls, parts: Mapping[str, str], stored: Mapping[str, Any]) -> Self:
        """Return what `parts` and `settings` came from."""
        count = sum(file.startswith(f"{_NAME}-") for file in parts)
        boosters = Boosters(tuple(parts[f"{_NAME}-{number}.txt"] for number in range(count)), 0.0, "plain")
        gives = tuple(Give(**give) for give in stored["gives"])
        return cls(boosters, tuple(stored["arms"]), tuple(stored["shares"]), gives)


@dataclass(frozen=True)
class Promises:
    """People who got an offer, one row each.

    Attributes:
        rows: features (n, k).
        arm: place of the offer among the arms, (n).
        spent: what it cost, 0 where it was not redeemed, (n).
        baskets: expected basket of one order, (n).
    """

    rows: Matrix
    arm: np.ndarray[Any, np.dtype[np.int64]]
    spent: Floats
    baskets: Floats


def learn(
    seen: Promises, arms: Sequence[str], depths: Mapping[str, float | None], seed: int, threads: int = 1
) -> Redemption | None:
    """Return who redeems what; None with too few redemptions to tell.

    Args:
        seen: promises and what came of them.
        arms: names by place.
        depths: arm -> depth; with one, a redemption's cost is in proportion to the basket.
        seed, threads: of the boosters.
    """
    used = (seen.spent > 0).astype(np.float64)
    if used.sum() < _REDEMPTIONS_AT_LEAST:
        return None
    people = np.bincount(seen.arm, minlength=len(arms))
    shares = np.maximum(np.bincount(seen.arm, used, len(arms)), _LEAST) / np.maximum(people, 1)
    rows = len(used)
    size = Size(8, 0.05, 20.0, max(50, min(500, rows // 50)), 400)
    middle = np.log(shares[seen.arm])
    problem = Problem(seen.rows, used, middle, np.ones(rows), 0.0, "plain", COUNT)
    boosters, left_out = crossfit.fit(problem, size, seed, threads)
    # What each offer's people were expected to redeem by boosters that never saw them is set right to what they did.
    expected = np.bincount(seen.arm, np.exp(middle + left_out), len(arms))
    level = shares * np.divide(shares * people, expected, out=np.ones(len(arms)), where=expected > 0)
    return Redemption(boosters, tuple(arms), tuple(level.tolist()), _gives(seen, arms, depths))


def _gives(seen: Promises, arms: Sequence[str], depths: Mapping[str, float | None]) -> tuple[Give, ...]:
    """Return what one redemption of each arm costs; the mean of all where an arm has none."""
    used = seen.spent > 0
    found = []
    for place, arm in enumerate(arms):
        mine = used & (seen.arm == place)
        spent, depth = float(seen.spent[mine].sum()), depths[arm]
        if depth is not None:
            found.append(Give(spent / float(seen.baskets[mine].sum()) if mine.any() else depth, 0.0))
        else:
            found.append(Give(0.0, float(seen.spent[mine if mine.any() else used].mean())))
    return tuple(found)
