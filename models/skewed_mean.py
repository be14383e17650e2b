"""The interval of a mean whose rows are skewed: money with a few large orders, weights with a few large ones.

Student's interval trusts the spread of the very rows that make the mean. Where a few rows carry most of that spread,
mean and spread are small together whenever those few did not come, and the interval ends below the truth. Three
remedies, each from the data at hand:

1. Moderated t (Smyth 2004): where other rows tell the spread too (`Lent`), the two variances are averaged, each with
   the degrees of freedom that its own fluctuation leaves it (Satterthwaite 1946).
2. Hall's transformation (1992) takes the skewness out of the studentised mean. What has to go is smaller the more of
   the spread is told by rows that do not move with the mean.
3. Skewness is estimated badly from heavy tails, so each end is the farther one of Student's and Hall's; and what is
   lent rests on a supposition, so no end is nearer than that of Student's interval by the rows alone.

Sources: G. K. Smyth, Linear models and empirical Bayes methods, 2004; F. E. Satterthwaite, An approximate distribution
of estimates of variance components, 1946; P. Hall, On the removal of skewness by transformation, 1992.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from models.data import Floats

# So many draws are called a few.
TOP = 5
# With so many degrees of freedom the error is known to 3 %: nobody needs to be asked for more.
_KNOWN_ENOUGH = 500.0
# Two variances may differ by so many standard errors (of their logarithms) before one is doubted for it.
_AGREEING = 3.0
# A lent variance that keeps less than this of its degrees contradicts the rows' own.
_HALF_BELIEVED = 0.5


@dataclass(frozen=True)
class Lent:
    """What other rows say of the spread of a score, per row of the log.

    Attributes:
        variance: of one score.
        third: third central moment of one score.
        covariance: of one row's share in the mean and in `variance`; where the rows are the same, the third moment.
        degrees: of freedom of `variance`.
        plain_degrees: those that the scores' own variance has if this is their law.
    """

    variance: float
    third: float
    covariance: float
    degrees: float
    plain_degrees: float


@dataclass(frozen=True)
class Spread:
    """What a studentised mean of `draws` stands on: moments of a draw, and degrees of freedom of its variance.

    Attributes:
        is_contradicted: other rows tell of a larger spread than the scores could have by chance. Either their law is
            another, or the large rows did not come: the interval may be too short.
    """

    variance: float
    third: float
    covariance: float
    degrees: float
    draws: float
    is_contradicted: bool = False

    def reach(self, level: float, times: float = 1.0) -> tuple[float, float]:
        """Return how many standard errors an interval reaches below and above, with so many times the draws."""
        far = float(stats.t.ppf((1 + level) / 2, self.degrees * times))
        skew = _studentised_skew(self, float(stats.norm.ppf((1 + level) / 2)))
        draws = self.draws * times
        return max(far, _untransformed(far, skew, draws)), -min(-far, _untransformed(-far, skew, draws))


@dataclass(frozen=True)
class Interval:
    """A mean, its standard error, and the ends of its interval.

    Attributes:
        plain_error: standard error by the scores' own spread alone.
        top_share: what the largest few draws (`TOP`) contribute to the scores' own variance.
        spread: what the error stands on; None when there is no spread, or a single draw.
    """

    mean: float
    error: float
    low: float
    high: float
    level: float
    plain_error: float
    top_share: float = 0.0
    spread: Spread | None = None

    def half_width(self, times: float) -> float:
        """Return half the length that the interval would have with so many times the rows."""
        if self.spread is None:
            return (self.high - self.low) / 2
        return sum(_ends(self.spread, self.error, self.plain_error, self.level, times)) / 2


def _ends(spread: Spread, error: float, plain: float, level: float, times: float) -> tuple[float, float]:
    """Return how far an interval goes below and above its mean: what is lent may lengthen Student's, not shorten it."""
    student = plain * float(stats.t.ppf((1 + level) / 2, max(spread.draws * times - 1, 1.0)))
    below, above = (max(error * reach, student) / np.sqrt(times) for reach in spread.reach(level, times))
    return float(below), float(above)


def interval(
    scores: Floats, group: NDArray[Any] | None, level: float, lend: Callable[[], Lent | None] = lambda: None
) -> Interval:
    """Return the interval of the mean of (n,) scores; rows with the same `group` count as one draw.

    A single draw has no spread: its error is infinite.

    Args:
        scores: (n,).
        group: (n,) key, or None when every row is a draw.
        level: of the interval, such as 0.95.
        lend: asked only when the scores alone leave the spread in doubt.
    """
    mean = float(scores.mean())
    sums = _sums(scores - mean, group)
    draws = len(sums)
    if draws < 2:
        return Interval(mean, float("inf"), float("-inf"), float("inf"), level, float("inf"))
    own = _own(sums)
    if own.variance <= 0:
        return Interval(mean, 0.0, mean, mean, level, 0.0)
    lent = lend() if own.degrees < _KNOWN_ENOUGH else None
    found = own if lent is None else _moderated(own, _of_draws(lent, scores, sums))
    # Sums of a draw, per row: with one row a draw this is spread / sqrt(n).
    error, plain = (float(np.sqrt(each.variance * draws)) / len(scores) for each in (found, own))
    below, above = _ends(found, error, plain, level, 1.0)
    return Interval(mean, error, mean - below, mean + above, level, plain, _top_share(sums), found)


def _top_share(sums: Floats) -> float:
    squares = sums * sums
    return float(np.partition(squares, max(len(sums) - TOP, 0))[-TOP:].sum() / squares.sum())


def _sums(centred: Floats, group: NDArray[Any] | None) -> Floats:
    if group is None:
        return centred
    _, place = np.unique(group, return_inverse=True)
    return np.bincount(place, centred).astype(np.float64)


def _own(sums: Floats) -> Spread:
    """Return what centred sums say of their own spread: its relative variance is (kurtosis - 1) / n."""
    draws, squares = len(sums), sums * sums
    total = float(squares.sum())
    if total <= 0:
        return Spread(0.0, 0.0, 0.0, draws - 1.0, draws)
    doubt = max(float(squares @ squares) / total**2 - 1 / draws, 2 / draws)
    third = float(squares @ sums) / draws
    return Spread(total / (draws - 1), third, third, min(2 / doubt, draws - 1.0), draws)


def _of_draws(lent: Lent, scores: Floats, sums: Floats) -> Lent:
    """Return the spread of draws rather than rows: as many times a row's as the scores say, from as many draws."""
    size, share = float(sums @ sums) / len(sums) / float(scores.var()), len(sums) / len(scores)
    return Lent(
        lent.variance * size, lent.third * size**1.5, lent.covariance * size**1.5,
        lent.degrees * share, lent.plain_degrees * share,
    )  # fmt: skip


def _moderated(own: Spread, lent: Lent) -> Spread:
    """Return the average of two spreads, weighted by their degrees of freedom."""
    here, there = _trusted(own, lent)
    share = here / (here + there)
    return Spread(
        share * own.variance + (1 - share) * lent.variance,
        share * own.third + (1 - share) * lent.third,
        share * own.covariance + (1 - share) * lent.covariance,
        here + there,
        own.draws,
        is_contradicted=lent.variance > own.variance and there < _HALF_BELIEVED * lent.degrees,
    )


def _trusted(own: Spread, lent: Lent) -> tuple[float, float]:
    """Return the degrees of freedom left to the own and to the lent variance, each doubted by the other.

    Scores whose large rows did not come look well behaved: where the lent law knows of such rows, the own degrees are
    the geometric mean of both opinions. A lent variance that contradicts the own one even so is of another law: it
    loses degrees, and its doubts count as much less.
    """
    ratio = min(lent.plain_degrees / own.degrees, 1.0)
    apart = float(np.log(lent.variance / own.variance)) ** 2
    fluctuation = 2 / (own.degrees * ratio**0.5) + 2 / lent.degrees
    there = 2 / (2 / lent.degrees + max(apart - _AGREEING**2 * fluctuation, 0.0))
    return own.degrees * ratio ** (0.5 * there / lent.degrees), there


def _studentised_skew(spread: Spread, z: float) -> float:
    """Return the skewness for which Hall's correction at `z` is the one due to mean and spread (Edgeworth).

    The quantile of the studentised mean is z + (third (z^2 - 1) / 6 - covariance z^2 / 2) / sqrt n in units of the
    spread; with covariance = third, as in a plain t, that is Hall's -third (2 z^2 + 1) / 6.
    """
    due = spread.covariance * z**2 / 2 - spread.third * (z**2 - 1) / 6
    return float(due * 6 / (2 * z**2 + 1) / spread.variance**1.5)


def _untransformed(t: float, skew: float, draws: float) -> float:
    """Return the studentised mean whose transform is `t`.

    Hall's g(T) = T + aT^2 + a^2 T^3 / 3 + b with a = skew / (3 sqrt n), b = skew / (6 sqrt n) is a cube, so it can be
    turned round: T = ((1 + 3a(t - b))^(1/3) - 1) / a.
    """
    a, b = skew / (3 * np.sqrt(draws)), skew / (6 * np.sqrt(draws))
    if abs(a) < 1e-6:
        return t
    return float((np.cbrt(1 + 3 * a * (t - b)) - 1) / a)
