"""The lots of a pilot whose arms are not open to everybody: which make the whole smallest, and how large arms become.

Everybody's lot is among the control arm and the arms open to them. An arm that few can get has more lots, so that one
cohort shows every arm's effect with the same certainty; it is compared with the controls who could have got it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from offers.people import Floats
from offers.power import FEWEST_PER_ARM, Cohort, Design, Spread, needed

# An offer that everybody may get has so many lots; others have up to so many times as many.
USUAL, MOST_TIMES = 100, 10.0
# Times the square root of the arms that are open to a person on average (Dunnett), the control arm is tried with.
_CONTROLS = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
_ROUNDS = 60


@dataclass(frozen=True)
class OpenSet:
    """So many people may get just these arms (positions among all)."""

    arms: tuple[int, ...]
    people: int


@dataclass(frozen=True)
class Shared:
    """People by arm, as expected: how many in each, and how many of the control arm could have got it."""

    arms: tuple[int, ...]
    controls: tuple[int, ...]
    control: int

    @property
    def total(self) -> int:
        """Return all people of the pilot."""
        return sum(self.arms) + self.control

    def each(self) -> tuple[Cohort, ...]:
        """Return what every arm is compared by."""
        return tuple(Cohort(arm, own, len(self.arms)) for arm, own in zip(self.arms, self.controls, strict=True))


@dataclass(frozen=True)
class Lots:
    """How likely the arms are beside each other.

    Attributes:
        arms, control: lots of every arm and of control, among those open to a person.
        shares: expected share of the people drawn that is in each arm.
        controls: expected share that is in control and could have got each arm.
    """

    arms: tuple[int, ...]
    control: int
    shares: tuple[float, ...]
    controls: tuple[float, ...]

    def shared(self, people: int) -> Shared:
        """Return how so many people are shared among the arms."""
        arms = tuple(round(people * share) for share in self.shares)
        return Shared(arms, tuple(round(people * share) for share in self.controls), people - sum(arms))

    def wanted(self, design: Design, spread: Spread, effect: float) -> int:
        """Return the fewest people with whom every arm finds `effect` with the design's power."""
        each = list(zip(self.shares, self.controls, strict=True))
        enough = max(needed(design, spread, effect, ratio=own / share) / share for share, own in each)
        return ceil(max(enough, FEWEST_PER_ARM / min(*self.shares, *self.controls)) - 1e-9)


def possible(open_sets: Sequence[OpenSet], arms: int, spread: Spread) -> list[Lots]:
    """Return lots with control arms of several sizes, each with the lots of arms that make the whole smallest."""
    is_open = np.zeros((len(open_sets), arms))
    for place, one in enumerate(open_sets):
        is_open[place, list(one.arms)] = 1.0
    share = np.array([one.people for one in open_sets]) / sum(one.people for one in open_sets)
    usual = sqrt(float(share @ is_open.sum(axis=1)))
    return [_lots(_even(times * usual, is_open, share, spread), times * usual, is_open, share) for times in _CONTROLS]


def _shares(weights: Floats, control: float, is_open: NDArray[np.float64], share: Floats) -> tuple[Floats, Floats]:
    each = share / (control + is_open @ weights)
    return weights * (each @ is_open), control * (each @ is_open)


def _even(control: float, is_open: NDArray[np.float64], share: Floats, spread: Spread) -> Floats:
    """Return the lots with which the arm that needs most people needs fewest."""
    weights, best, least = np.ones(is_open.shape[1]), np.ones(is_open.shape[1]), np.inf
    for _ in range(_ROUNDS):
        arms, controls = _shares(weights, control, is_open, share)
        need = spread.arm / arms + spread.control / controls
        if need.max() < least:
            best, least = weights, float(need.max())
        weights = weights * np.sqrt(need / need.max())
        weights = np.minimum(weights / weights.min(), MOST_TIMES)
    return best


def _lots(weights: Floats, control: float, is_open: NDArray[np.float64], share: Floats) -> Lots:
    arms, own = np.rint(USUAL * weights).astype(np.int64), max(round(USUAL * control), 1)
    shares, controls = _shares(arms.astype(np.float64), own, is_open, share)
    return Lots(tuple(arms.tolist()), own, tuple(shares.tolist()), tuple(controls.tolist()))
