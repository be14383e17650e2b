"""How far a person's estimated effect may be off: a standard error per person and arm.

Three parts, added as variances: the boosters (jackknife over the folds, each of which left a fifth of the people
out), the level of each arm, and the slope of the differences between people.
"""

from dataclasses import replace

import numpy as np

from models.crossfit import FOLDS, Matrix
from models.data import Floats
from models.learned import Learned, Lines


def standard_error(learned: Learned, rows: Matrix, margin: Floats, gives: Floats, *, threads: int) -> Floats:
    """Return the standard error of the incremental margin net of the give-away, (n, arms).

    Args:
        learned: the effect on the outcome.
        rows: features (n, k).
        margin: margin of an order that each arm brings about before the give-away, (n, arms).
        gives: give-away of one order, (n, arms).
        threads: of the boosters.
    """
    lines = learned.lines(rows, threads)
    each = np.array([_net(learned.means(fold), margin, gives) for fold in lines])
    boosters = (FOLDS - 1) / FOLDS * ((each - each.mean(axis=0)) ** 2).sum(axis=0)
    middle = learned.averaged(lines)
    at = _net(learned.means(middle), margin, gives)
    variance = boosters.copy()
    for arm in range(at.shape[1]):
        variance[:, arm] += (_net(learned.means(_moved(middle, arm, learned)), margin, gives) - at)[:, arm] ** 2
    return np.asarray(np.sqrt(variance), dtype=np.float64)


def _net(means: Floats, margin: Floats, gives: Floats) -> Floats:
    return np.asarray((means[:, 1:] - means[:, :1]) * margin - means[:, 1:] * gives, dtype=np.float64)


def _moved(lines: Lines, arm: int, learned: Learned) -> Lines:
    """Return the lines with an arm's effect higher by its level's and its slope's standard errors."""
    effects = lines.effects.copy()
    effects[:, arm + 1] += learned.level_error(lines, arm)
    return replace(lines, effects=effects)
