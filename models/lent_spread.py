"""What rows of other arms say of the spread of a policy's scores.

A policy far from the log's rests on the few rows that were given its arm by chance, each with a large weight, and one
large order among them makes most of the spread. The log holds many more rows, drawn by chance as well: had one of them
been given another arm, its outcome would have been about so much larger or rarer as that arm's outcomes are. So every
row is asked what its score had been under every arm that it could have been given, weighted by that arm's propensity.
That is the law of the score, averaged over the lots instead of read off the one that fell (Rao-Blackwell).

It leans on arms changing how often and how much, not the shape of how much. Where that fails the two spreads contradict
each other, and `skewed_mean` stops listening. The estimate itself never leans on it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data import Floats
from models.skewed_mean import Lent

# An arm's share of buyers counts as if so many more rows had bought like everybody.
_PRIOR_ROWS = 20.0
# Variance between arms of the logarithm of their outcomes' size: two thirds of arms are within 40 % of the mean.
_BETWEEN_ARMS = 0.15
_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class Scores:
    """Scores that are linear in the outcome: base + slope x outcome, for every arm a row might have been given.

    Args:
        base, slope: (n, k); of any value where the propensity is 0.
    """

    base: Floats
    slope: Floats

    def of(self, action: NDArray[np.int64], outcome: Floats) -> Floats:
        """Return (n,) the scores of what was given."""
        at = np.arange(len(action))
        return np.asarray(self.base[at, action] + self.slope[at, action] * outcome, dtype=np.float64)

    def __sub__(self, other: "Scores") -> "Scores":
        return Scores(self.base - other.base, self.slope - other.slope)


@dataclass(frozen=True)
class _Habits:
    """Per arm: share of rows with an outcome other than 0, and their size as a multiple of all arms'."""

    share: Floats
    size: Floats


def lent(scores: Scores, action: NDArray[np.int64], outcome: Floats, propensity: Floats) -> Lent | None:
    """Return the spread of a score by all rows under all arms; None where no row tells.

    Args:
        scores: n rows, k arms.
        action: (n,) what was given.
        outcome: (n,).
        propensity: (n, k).
    """
    habits = _habits(action, outcome, propensity.shape[1])
    told = [_as_if(scores, arm, action, outcome, propensity, habits) for arm in range(propensity.shape[1])]
    mass = sum(float(weight.sum()) for weight, _ in told)
    mean = sum(float(weight @ score) for weight, score in told) / mass
    pull, square, cube, fourth = np.zeros(len(outcome)), np.zeros(len(outcome)), 0.0, 0.0
    for weight, score in told:
        centred = score - mean
        part = weight * centred
        pull += part
        part = part * centred
        square += part
        part = part * centred
        cube += float(part.sum())
        fourth += float(part @ centred)
    variance = float(square.sum()) / mass
    if variance <= 0:
        return None
    return Lent(
        variance, cube / mass, float(pull @ square) / mass,
        degrees=_degrees(float(square @ square) / mass, variance, len(outcome)),
        plain_degrees=_degrees(fourth / mass, variance, len(outcome)),
    )  # fmt: skip


def _degrees(fourth: float, variance: float, rows: int) -> float:
    """Return the degrees of freedom of a mean of squares of which this is the mean square."""
    return 2 * rows / max(fourth / variance**2 - 1, 2.0)


def _as_if(
    scores: Scores, arm: int, action: NDArray[np.int64], outcome: Floats, propensity: Floats, habits: _Habits
) -> tuple[Floats, Floats]:
    """Return (n,) weights and (n,) scores of all rows had they been given `arm`."""
    bought = outcome != 0
    likely = np.where(bought, habits.share[arm], 1 - habits.share[arm])
    was = np.where(bought, habits.share[action], 1 - habits.share[action])
    grown = outcome * habits.size[arm] / habits.size[action]
    could = propensity[:, arm] > 0
    score = np.where(could, scores.base[:, arm] + scores.slope[:, arm] * grown, 0.0)
    return np.where(could, propensity[:, arm] * likely / was, 0.0), score


def _habits(action: NDArray[np.int64], outcome: Floats, arms: int) -> _Habits:
    bought = outcome != 0
    rows = np.bincount(action, minlength=arms)
    buyers = np.bincount(action[bought], minlength=arms)
    if not bought.any():
        return _Habits(np.zeros(arms), np.ones(arms))
    share = (buyers + _PRIOR_ROWS * bought.mean()) / (rows + _PRIOR_ROWS)
    size = np.log(np.abs(outcome[bought]))
    apart = np.bincount(action[bought], size - size.mean(), minlength=arms)
    # The mean of a normal law under a normal prior; the smallest number keeps outcomes of one size at that size.
    return _Habits(share, np.exp(apart / (buyers + float(size.var()) / _BETWEEN_ARMS + _TINY)))
