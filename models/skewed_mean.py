"""The interval of a mean whose rows are skewed: money with a few large orders, weights with a few large ones.

Student's interval of such a mean is too low: it misses the truth above far more often than below. Hall's
transformation (P. Hall, On the removal of skewness by transformation, 1992) takes the skewness of the mean out, but
the skewness itself is estimated badly from heavy tails. Each end is the farther one of the two: measured on simulated
waves, Student's covered 91-95 %, Hall's 91-95.5 % and the farther ends 94-97 % (benchmarks/policy_value.py).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from models.data import Floats


@dataclass(frozen=True)
class Interval:
    """A mean, its standard error, and the ends of its interval."""

    mean: float
    error: float
    low: float
    high: float


def interval(scores: Floats, group: NDArray[Any] | None, level: float) -> Interval:
    """Return the interval of the mean of (n,) scores; rows with the same `group` count as one draw.

    A single draw has no spread: its error is infinite.
    """
    mean = float(scores.mean())
    sums = _sums(scores - mean, group)
    draws = len(sums)
    if draws < 2:
        return Interval(mean, float("inf"), float("-inf"), float("inf"))
    spread = float(np.sqrt(sums @ sums / (draws - 1)))
    # Sums of a draw, per row: with one row a draw this is spread / sqrt(n).
    error = spread * np.sqrt(draws) / len(scores)
    if spread <= 0:
        return Interval(mean, 0.0, mean, mean)
    skew = float((sums**3).mean()) / spread**3
    far = float(stats.t.ppf((1 + level) / 2, draws - 1))
    low = mean - error * max(far, _untransformed(far, skew, draws))
    high = mean - error * min(-far, _untransformed(-far, skew, draws))
    return Interval(mean, float(error), float(low), float(high))


def _sums(centred: Floats, group: NDArray[Any] | None) -> Floats:
    if group is None:
        return centred
    _, place = np.unique(group, return_inverse=True)
    return np.bincount(place, centred).astype(np.float64)


def _untransformed(t: float, skew: float, draws: int) -> float:
    """Return the studentised mean whose transform is `t`.

    Hall's g(T) = T + aT^2 + a^2 T^3 / 3 + b with a = skew / (3 sqrt n), b = skew / (6 sqrt n) is a cube, so it can be
    turned round: T = ((1 + 3a(t - b))^(1/3) - 1) / a.
    """
    a, b = skew / (3 * np.sqrt(draws)), skew / (6 * np.sqrt(draws))
    if abs(a) < 1e-6:
        return t
    return float((np.cbrt(1 + 3 * a * (t - b)) - 1) / a)
