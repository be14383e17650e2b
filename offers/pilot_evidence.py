"""What a pilot's people say: differences to the control arm with intervals that hold at every look."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from scipy.stats import chi2

from offers import sequential
from offers.people import Floats
from offers.power import sidak

# "Beyond chance" for complaints and opt-outs: a one-sided test at 5 %, any night, so that annoyance stops early.
_BEYOND_CHANCE = 1.6449
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Difference:
    """An arm less the control arm, with its standard error and the bounds of the interval that holds at every look.

    `people` and `controls` are how many were compared.
    """

    estimate: float
    error: float
    lower: float
    upper: float
    people: int
    controls: int


@dataclass(frozen=True)
class Adjusted:
    """Outcomes after taking away what earlier money explains, and the share of variance that it explained."""

    values: Floats
    explained: float


def adjusted(values: Floats, before: Floats, arms: Sequence[str]) -> Adjusted:
    """Return outcomes adjusted by what was measured before the draw (CUPED), the slope pooled within the arms.

    The adjustment has mean 0 over everybody, so a difference stays that of the arms; what was measured before the draw
    cannot have been changed by it (Deng, Xu, Kohavi and Walker, WSDM 2013).
    """
    inside_values, inside_before = _within(values, arms), _within(before, arms)
    spread = float(inside_before @ inside_before)
    if spread <= 0:
        return Adjusted(values, 0.0)
    slope = float(inside_before @ inside_values) / spread
    total = float(inside_values @ inside_values)
    explained = (slope**2) * spread / total if total > 0 else 0.0
    return Adjusted(values - slope * (before - before.mean()), explained)


def _within(values: Floats, arms: Sequence[str]) -> Floats:
    """Return values less the mean of their arm."""
    names, place = np.unique(np.asarray(arms), return_inverse=True)
    means = np.bincount(place, values, len(names)) / np.maximum(np.bincount(place, minlength=len(names)), 1)
    return np.asarray(values - means[place], dtype=np.float64)


def difference(arm: Floats, control: Floats, limit: float) -> Difference | None:
    """Return an arm's mean less the control's, +- limit standard errors; None with fewer than two people in either."""
    if min(len(arm), len(control)) < 2:
        return None
    estimate = float(arm.mean() - control.mean())
    error = sqrt(float(arm.var(ddof=1)) / len(arm) + float(control.var(ddof=1)) / len(control))
    return Difference(estimate, error, estimate - limit * error, estimate + limit * error, len(arm), len(control))


def limit_at(complete: Sequence[int], people: int, *, alpha: float, arms: int, is_last: bool) -> float:
    """Return how many standard errors an interval is wide at the newest look.

    Args:
        complete: people whose horizon was complete at each look so far.
        people: size of the planned cohort.
        alpha, arms: error over all arms together, shared by Sidak's correction.
        is_last: the plan has no later look; the last one spends what is left of alpha.
    """
    fractions = [min(count / people, 1.0) for count in complete]
    rising = [one for one, before in zip(fractions, [0.0, *fractions[:-1]], strict=True) if one > before]
    each = sidak(alpha, arms)
    if is_last or rising[-1] >= 1:
        return sequential.bounds(rising, each)[-1]
    return sequential.bounds([*rising, 1.0], each)[len(rising) - 1]


def sample_ratio(arms: Sequence[str], chances: pd.DataFrame) -> float:
    """Return how likely lots with these chances make arms at least as uneven; 1 without people, 0 for the impossible.

    A chi-square test of the arms' sizes; with the same chances for everybody it is Pearson's. Lots that are drawn
    together (offers.even_draw) are more even than it believes: then it errs less often than it says.

    Args:
        arms: of n people.
        chances: (n, arms) what each person's lot could name.
    """
    share = chances.to_numpy(dtype=np.float64)
    drawn = np.asarray(arms)[:, None] == chances.columns.to_numpy(dtype=str)
    if not len(arms):
        return 1.0
    if (share[drawn] <= 0).any() or drawn.sum() < len(arms):
        return 0.0
    off = drawn.sum(axis=0) - share.sum(axis=0)
    spread = np.diag(share.sum(axis=0)) - share.T @ share
    # Sums of many chances are exact to far more than this, and never to the last bit.
    freedom = int(np.linalg.matrix_rank(spread, tol=_ROUNDING * float(np.trace(spread)), hermitian=True))
    inverse = np.linalg.pinv(spread, rcond=_ROUNDING, hermitian=True)
    return float(chi2.sf(off @ inverse @ off, freedom)) if freedom else 1.0


def is_beyond(arm: tuple[int, int], control: tuple[int, int], margin: float) -> bool:
    """Tell whether a share (count, people) exceeds the control's by more than `margin`, and beyond chance."""
    (hits, people), (control_hits, control_people) = arm, control
    if not people or not control_people:
        return False
    share, base = hits / people, control_hits / control_people
    pooled = (hits + control_hits) / (people + control_people)
    error = sqrt(pooled * (1 - pooled) * (1 / people + 1 / control_people))
    return share - base > margin and share - base > _BEYOND_CHANCE * error
