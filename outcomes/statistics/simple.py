"""Intervals of a share, a count and a mean: what needs no comparison."""

from math import sqrt

import numpy as np
from scipy.stats import chi2, norm

from models import skewed_mean
from models.data import Floats
from outcomes.statistics.comparison import LEVEL

Ends = tuple[float, float]


def share(hits: int, base: int, level: float = LEVEL) -> Ends:
    """Return Wilson's (1927) interval of hits / base; 0 to 1 without a base."""
    if not base:
        return 0.0, 1.0
    z, p = float(norm.ppf((1 + level) / 2)), hits / base
    middle = (p + z**2 / (2 * base)) / (1 + z**2 / base)
    half = z / (1 + z**2 / base) * sqrt(p * (1 - p) / base + z**2 / (4 * base**2))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def count(events: int, level: float = LEVEL) -> Ends:
    """Return Garwood's (1936) exact interval of what a period would bring on average, from the events of one."""
    low = float(chi2.ppf((1 - level) / 2, 2 * events)) / 2 if events else 0.0
    return low, float(chi2.ppf((1 + level) / 2, 2 * events + 2)) / 2


def ratio(upper: Floats, lower: Floats, level: float = LEVEL) -> tuple[float, float, float]:
    """Return sum(upper) / sum(lower) over (n,) people, and its interval by the delta method.

    Raises:
        ValueError: nothing below the line.
    """
    if not lower.sum() > 0:
        raise ValueError("nothing to divide by")
    value = float(upper.sum() / lower.sum())
    found = skewed_mean.interval(value + (upper - value * lower) / lower.mean(), None, level)
    return value, found.low, found.high


def mean(values: Floats, level: float = LEVEL) -> tuple[float, float, float]:
    """Return the mean of (n,) values and its interval."""
    return ratio(values, np.ones(len(values)), level)
