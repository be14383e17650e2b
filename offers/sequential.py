"""Several looks at one comparison: how wide the interval must be at each, so that all of them together hold.

The error is spent by the O'Brien-Fleming-like function of Lan and DeMets (Biometrika 70, 1983), each side by itself:
early looks spend next to nothing, the last one nearly all. The bounds follow from the chance to leave them first at
each look, integrated step by step (Armitage, McPherson and Rowe, JRSS A 132, 1969). An interval of estimate +- bound x
standard error at every look holds at all of them together (repeated intervals: Jennison and Turnbull, JRSS B 51, 1989).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]

# Beyond this no error is worth spending: P(|Z| > 8) is 1e-15.
_FARTHEST = 8.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(160)


def spent(fraction: float, alpha: float) -> float:
    """Return the share of error (both sides together) that may be used once `fraction` of the evidence is in."""
    if fraction >= 1:
        return alpha
    return float(4 - 4 * ndtr(ndtri(1 - alpha / 4) / np.sqrt(fraction)))


def bounds(fractions: Sequence[float], alpha: float) -> tuple[float, ...]:
    """Return the bound of |estimate / standard error| at each look.

    Args:
        fractions: share of the planned evidence that is in at each look, rising; the last look spends what is left of
            alpha, whether or not it reaches 1.
        alpha: chance that any of the looks leaves the bounds without an effect, both sides together.
    """
    share = np.asarray(fractions, dtype=np.float64)
    cumulative = [spent(one, alpha) for one in share[:-1]] + [alpha]
    time = share / share[-1]
    found: list[float] = []
    walk = _Walk()
    for now, wanted, before in zip(time, cumulative, [0.0, *cumulative[:-1]], strict=True):
        found.append(walk.bound(float(now), wanted - before))
        walk = walk.after(float(now), found[-1])
    return tuple(found)


def chance_above(drift: float, fractions: Sequence[float], limits: Sequence[float]) -> float:
    """Return the chance to leave the bounds upwards at some look when the effect is `drift` final standard errors."""
    walk, total = _Walk(drift), 0.0
    for now, limit in zip(np.asarray(fractions) / fractions[-1], limits, strict=True):
        total += walk.leaves(float(now), limit)[1]
        walk = walk.after(float(now), limit)
    return total


def drift_for(power: float, fractions: Sequence[float], limits: Sequence[float]) -> float:
    """Return how many final standard errors an effect must be to be found with chance `power`."""
    return float(brentq(lambda drift: chance_above(drift, fractions, limits) - power, 0.0, 20.0, xtol=1e-10))


class _Walk:
    """Brownian motion with drift, kept inside the bounds so far: its density at the last look."""

    def __init__(self, drift: float = 0.0, time: float = 0.0, at: Floats | None = None, mass: Floats | None = None):
        self._drift, self._time = drift, time
        self._at = np.zeros(1) if at is None else at
        self._mass = np.ones(1) if mass is None else mass

    def leaves(self, time: float, limit: float) -> tuple[float, float]:
        """Return the chances to be below and above the bounds at the next look."""
        edge, mean, step = limit * np.sqrt(time), self._mean(time), np.sqrt(time - self._time)
        below, above = ndtr((-edge - mean) / step), ndtr((mean - edge) / step)
        return float(self._mass @ below), float(self._mass @ above)

    def bound(self, time: float, error: float) -> float:
        """Return the bound that leaves with chance `error` at the next look."""
        if sum(self.leaves(time, _FARTHEST)) >= error:
            return _FARTHEST
        return float(brentq(lambda limit: sum(self.leaves(time, limit)) - error, 0.0, _FARTHEST, xtol=1e-10))

    def after(self, time: float, limit: float) -> "_Walk":
        """Return the walk that stayed inside the bounds at the next look."""
        edge, step = limit * np.sqrt(time), np.sqrt(time - self._time)
        at = edge * _NODES
        apart = (at[:, None] - self._mean(time)[None, :]) / step
        density = np.exp(-(apart**2) / 2) / (step * np.sqrt(2 * np.pi)) @ self._mass
        return _Walk(self._drift, time, at, density * _WEIGHTS * edge)

    def _mean(self, time: float) -> Floats:
        return np.asarray(self._at + self._drift * (time - self._time), dtype=np.float64)
