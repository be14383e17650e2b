"""How many people a pilot needs, what it can see with the people it has, and how long that takes.

Every arm is compared with one control arm. Normal approximation of a difference of means; the error over all arms is
held by Sidak's correction (JASA 62, 1967; for arms looked at several times by Royen's inequality, 2014); the control
arm is sqrt(arms) times an arm, which makes the whole smallest (Dunnett, JASA 50, 1955); what people bought before
explains r2 of the variance away (CUPED: Deng, Xu, Kohavi and Walker, WSDM 2013); looks before the end cost a few
percent more people (offers.sequential).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil, sqrt

from offers import sequential

# A normal approximation of a mean of skewed money is nothing worth below this many people.
FEWEST_PER_ARM = 50
# What takes longer than a year to fill is no pilot.
MOST_NIGHTS = 366


@dataclass(frozen=True)
class Spread:
    """Variance of the outcome per person in an arm and in the control arm (squared units of the effect)."""

    arm: float
    control: float

    @classmethod
    def of_money(cls, variance: float, r2: float = 0.0) -> "Spread":
        """Return the spread of money per person, less the share of its variance that earlier money explains."""
        return cls(variance * (1 - r2), variance * (1 - r2))

    @classmethod
    def of_chance(cls, baseline: float, effect: float) -> "Spread":
        """Return the spread of a yes or no that is `baseline` in the control arm and `baseline + effect` in the arm."""
        changed = baseline + effect
        return cls(changed * (1 - changed), baseline * (1 - baseline))


@dataclass(frozen=True)
class Design:
    """What a pilot promises about its errors.

    Attributes:
        arms: offers compared with the control arm.
        alpha: chance that any arm without effect, at any look, is declared to have one (both sides together).
        power: chance that an arm with the wanted effect is found by the last look.
        fractions: share of the people whose outcome is complete at each look; (1.0,) is one look at the end.
    """

    arms: int
    alpha: float = 0.05
    power: float = 0.8
    fractions: Sequence[float] = field(default=(1.0,))

    @property
    def control_ratio(self) -> float:
        """Return how many times an arm the control arm is."""
        return sqrt(self.arms)

    @cached_property
    def limits(self) -> tuple[float, ...]:
        """Return the bound of |difference / standard error| at each look, for every arm."""
        return sequential.bounds(self.fractions, sidak(self.alpha, self.arms))

    @cached_property
    def drift(self) -> float:
        """Return how many final standard errors the wanted effect must be."""
        return sequential.drift_for(self.power, self.fractions, self.limits)


def sidak(alpha: float, comparisons: int) -> float:
    """Return the error of each comparison so that all of them together err with chance alpha at most."""
    return float(1 - (1 - alpha) ** (1 / comparisons))


@dataclass(frozen=True)
class Cohort:
    """People per arm and in the control arm."""

    arm: int
    control: int
    arms: int

    @property
    def total(self) -> int:
        """Return all people of the pilot."""
        return self.arm * self.arms + self.control


def needed(design: Design, spread: Spread, effect: float, *, ratio: float) -> int:
    """Return the fewest people of an arm that find `effect` with the design's power beside `ratio` times as many.

    n = drift^2 (variance of the arm + variance of control / ratio) / effect^2; the drift without looks and for one
    arm is z(1 - alpha / 2) + z(power).
    """
    return ceil(design.drift**2 * (spread.arm + spread.control / ratio) / effect**2)


def cohort(design: Design, spread: Spread, effect: float) -> Cohort:
    """Return the smallest cohort that finds `effect` with the design's power, all arms open to everybody."""
    ratio = design.control_ratio
    people = max(needed(design, spread, effect, ratio=ratio), FEWEST_PER_ARM)
    return Cohort(people, ceil(people * ratio), design.arms)


def standard_error(spread: Spread, people: Cohort) -> float:
    """Return the standard error of the difference between an arm and the control arm when all outcomes are in."""
    return sqrt(spread.arm / people.arm + spread.control / people.control)


def interval_width(design: Design, spread: Spread, people: Cohort) -> float:
    """Return the expected width (upper less lower bound) of an arm's interval at the last look."""
    return 2 * design.limits[-1] * standard_error(spread, people)


def detectable(design: Design, spread: Spread, people: Cohort) -> float:
    """Return the smallest effect that the cohort finds with the design's power."""
    return design.drift * standard_error(spread, people)


def power_of(design: Design, spread: Spread, people: Cohort, effect: float) -> float:
    """Return the chance that an arm with `effect` is found by the last look."""
    drift = abs(effect) / standard_error(spread, people)
    return sequential.chance_above(drift, design.fractions, design.limits)


def nights_needed(people: int, *, standing: int, joining: float, per_night: int) -> int | None:
    """Return how many nights it takes to draw `people`, or None when it takes longer than MOST_NIGHTS.

    Args:
        standing: people who could be drawn on the first night.
        joining: people who become so each night after it.
        per_night: most people a night may draw.
    """
    drawn = 0
    for night in range(MOST_NIGHTS):
        drawn += max(min(per_night, standing + int(joining * night) - drawn), 0)
        if drawn >= people:
            return night + 1
    return None
