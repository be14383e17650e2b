"""How the effect of a discount grows with its depth: one rising curve for everybody, scaled by each one's sensitivity.

The curve is a mean over Weibull-shaped curves 1 - exp(-(depth / scale)^shape), weighted by how well they fit the arms'
effects; a curve of three arms' noise is worth less than one of two parameters. Where the arms disagree with all of
these curves, they are believed instead, the more the surer the disagreement (James-Stein).
"""

import numpy as np
from sklearn.isotonic import IsotonicRegression

from models.data import Floats

# Diminishing returns (shape 1) are the rule; a threshold (shape 2) is possible.
_SHAPES = ((1.0, 0.8), (2.0, 0.2))
# Scales as multiples of the deepest discount: from "the first step is all" to "a straight line".
# A late answer rises with this power of the depth.
_LATE = 3.0
_SCALES = np.geomspace(0.1, 5.0, 30)


def curve(depths: tuple[float, ...], effects: Floats, covariance: Floats, prior: tuple[float, float] | None) -> Floats:
    """Return the effects (arms,) of rising depths, smoothed; never below 0, never falling.

    Args:
        depths: of the arms, rising, > 0.
        effects: as estimated, one per arm.
        covariance: of the estimates, (arms, arms).
        prior: mean and standard deviation expected of the deepest effect; None = nothing expected.
    """
    weight = np.linalg.pinv(covariance)
    found: list[tuple[float, Floats]] = []
    pull = (0.0, 0.0) if prior is None else (prior[0] / prior[1] ** 2, 1 / prior[1] ** 2)
    for shape, share in _family(np.array(depths)):
        level = float((shape @ weight @ effects + pull[0]) / (shape @ weight @ shape + pull[1]))
        line = np.asarray(max(level, 0.0) * shape, dtype=np.float64)
        rest = effects - line
        found.append((float(np.log(share) - rest @ weight @ rest / 2), line))
    chances = np.exp(np.array([fit for fit, _ in found]) - max(fit for fit, _ in found))
    smooth = np.asarray(chances @ np.array([line for _, line in found]) / chances.sum(), dtype=np.float64)
    rest = effects - smooth
    misfit, free = float(rest @ weight @ rest), max(len(depths) - 2, 1)
    bent = smooth + (max(0.0, 1 - free / misfit) if misfit > 0 and len(depths) > 1 else 0.0) * rest
    rising = IsotonicRegression(y_min=0.0).fit_transform(np.arange(len(bent)), bent, sample_weight=np.diag(weight))
    return np.asarray(rising, dtype=np.float64)


def bend(depths: tuple[float, ...], line: Floats) -> Floats:
    """Return (arms,) how a curve changes for people who wait for deep discounts; minus it for those who do not.

    It is late where the curve is early, and of the curve's own direction there is nothing in it.
    """
    late = (np.array(depths) / depths[-1]) ** _LATE
    away = late - line * float(late @ line) / max(float(line @ line), 1e-12)
    return np.asarray(away / max(float(np.abs(away).max()), 1e-12) / 2, dtype=np.float64)


def bent(curve_: Floats, bend_: Floats, turn: Floats) -> Floats:
    """Return (..., arms) curves of people who turn (...) to deep discounts: never below 0, never falling."""
    rising = np.maximum.accumulate(np.maximum(curve_ + turn[..., None] * bend_, 0.0), axis=-1)
    return np.asarray(rising, dtype=np.float64)


def _family(depths: Floats) -> list[tuple[Floats, float]]:
    """Return (curve that is 1 at the deepest arm, prior weight) of each member."""
    members = []
    for power, share in _SHAPES:
        for scale in _SCALES * depths[-1]:
            line = 1 - np.exp(-((depths / scale) ** power))
            members.append((line / line[-1], share))
    return members
