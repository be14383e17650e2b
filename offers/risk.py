"""Money at risk: how likely the offers of a plan cost more than a cap, and what a plan may cost to avoid that.

What a plan really costs is a sum of independent bounded costs (each offer: nothing, or its discount), few of them
large: skewed to the right. Its mean and variance are matched by a gamma distribution, which tends to the normal for
many offers and has the heavier upper tail for few: a compound Poisson sum with jumps d has skewness
E[d^3]E[d]/E[d^2]^2 times sd/mean (1 for equal jumps, 1.5 for exponential ones), the gamma 2 times sd/mean. Where fewer
than ten redemptions are expected no shape is trusted, and the bounds of Markov and Cantelli, true for every
distribution, stand instead. See docs/explanation/money.md for the check against simulation.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

Floats = NDArray[np.float64]

# Expected redemptions (mean^2 / variance) below which only bounds are used: at 1.5 the gamma overspends 26 % where it
# says 20 %, at 5 still 21 %.
_FEW = 10.0
# Halvings of [0, cap] until neighbouring minor units are told apart: 2^60 exceeds every cap.
_HALVINGS = 60


def spend_variance(cost: Floats, second_moment_ratio: Floats) -> Floats:
    """Return the variance of what each offer will really cost, in squared minor units; never below 0.

    An offer costs d > 0 with some chance and else nothing, so E[x^2] = E[x] E[d^2]/E[d]. Where no redemption of the
    offer is known yet, the most one redemption can cost stands for the ratio: that is Bhatia and Davis' bound
    (2000, "A better bound on the variance"), (worst - mean) mean.

    Args:
        cost: expected cost of each offer, minor units.
        second_moment_ratio: E[d^2]/E[d] of its redemptions' costs, or the worst case; minor units.
    """
    return np.asarray(np.maximum(cost * second_moment_ratio - cost * cost, 0.0), dtype=np.float64)


def rate_variance(mean: float, relative_error: float) -> float:
    """Return the variance that an uncertain redemption rate adds: it moves all offers together."""
    return (mean * relative_error) ** 2


def overspend_chance(mean: float, variance: float, cap: int, worst: int | None = None) -> float:
    """Return a probability, on the safe side, that offers of this expected cost and variance cost more than `cap`.

    Args:
        mean: expected cost of all of them, minor units.
        variance: of their cost, squared minor units, the rate's uncertainty included.
        worst: cost when every offer is redeemed to its limit; a cap that holds it cannot be overspent.
    """
    likely = likely_overspend(mean, variance, cap, worst)
    is_few = 0 < likely < 1 and mean * mean / variance < _FEW
    return max(likely, _bound(mean, variance, cap)) if is_few else likely


def likely_overspend(mean: float, variance: float, cap: int, worst: int | None = None) -> float:
    """Return the probability of more than `cap` by the gamma distribution alone: an estimate, for people to read."""
    if mean <= 0 or (worst is not None and worst <= cap):
        return 0.0
    if variance <= 0:
        return float(mean > cap)
    return float(gammaincc(mean * mean / variance, max(cap, 0) * mean / variance))


def _bound(mean: float, variance: float, cap: int) -> float:
    """Return the smaller of Markov's and Cantelli's bounds on the chance of more than `cap`."""
    if cap <= mean:
        return 1.0
    return min(mean / cap, variance / (variance + (cap - mean) ** 2))


def tightened(cap: int, mean: float, variance: float, chance: float) -> int:
    """Return what a plan may cost by expectation so that it stays within `cap` with probability `chance` or more.

    The variance is taken to grow in proportion to the mean, as when offers of the same mix are added.

    Args:
        cap: most that may be spent, minor units.
        mean, variance: of the plan at hand, which is too large or too small; a mean of 0 allows the whole cap.
        chance: from 0.5 to below 1.
    """
    if mean <= 0 or variance <= 0 or cap <= 0:
        return max(cap, 0)
    spread = variance / mean
    low, high = 0.0, float(cap)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fits = overspend_chance(middle, spread * middle, cap) <= 1 - chance
        low, high = (middle, high) if fits else (low, middle)
    return math.floor(low)
