"""Intervals that hold at every look: somebody who looks each day, and stops when they like, is still right.

An interval for one look misses the truth more often the more often one looks. A confidence sequence covers it on all
days together. This is the asymptotic one of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (Time-uniform central limit
theory and asymptotic confidence sequences, Annals of Statistics 52, 2024; arXiv 2103.06476), a Gaussian mixture after
Robbins (1970) as in Howard, Ramdas, McAuliffe and Sekhon (Annals of Statistics 49, 2021). It is asymptotic: it begins
once both arms have START people.
"""

from math import log, sqrt

from scipy.stats import norm

from models.skewed_mean import Interval

# People in either arm from which on it is shown: sums of fewer are no Gaussian walk yet.
START = 100
# Rows at which it is shortest, unless a shop says otherwise.
TIGHTEST = 2_000.0


def widening(rows: float, tightest: float, level: float) -> float:
    """Return how many standard errors the sequence reaches to each side with so many rows.

    Args:
        rows: seen so far.
        tightest: rows at which the sequence shall be shortest, fixed before the first look.
        level: such as 0.95.
    """
    alpha = 1 - level
    squared = (-2 * log(alpha) + log(-2 * log(alpha)) + 1) / tightest
    grown = rows * squared + 1
    return sqrt(grown / (rows * squared) * log(grown / alpha**2))


def interval(found: Interval, rows: int, tightest: float) -> tuple[float, float]:
    """Return the ends that hold at every look; heavy tails lengthen them as much as those of the single look.

    Args:
        found: the interval of one look.
        rows: on which it rests.
        tightest: see `widening`.
    """
    times = widening(rows, tightest, found.level) / float(norm.ppf((1 + found.level) / 2))
    return found.mean - times * (found.mean - found.low), found.mean + times * (found.high - found.mean)
