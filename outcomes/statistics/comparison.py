"""The difference between people with an offer and people whom a lot left without one, with its interval.

Every figure is a mean of scores, one per row (its linear part: the delta method), so that one way of making intervals
serves differences of means, ratios and returns. The scores of each arm have a spread of their own: the interval
is Welch's (1947) with Satterthwaite's degrees, by the kurtosis that the scores have, and longer where their tails are
heavy (`models.skewed_mean`, `models.lent_spread`).

Where people had different chances, those without an offer are weighted by the odds that they would have had it: the
figure is the effect on those who got it (Hirano, Imbens and Ridder, Econometrica 71, 2003), which times their number is
what their offers brought. With one chance for all it is the plain difference of means.
"""

from dataclasses import dataclass, replace
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from models import lent_spread, skewed_mean
from models.data import Floats
from models.skewed_mean import Interval
from offermill.remark import Remark

LEVEL = 0.95
# With fewer people in an arm, or weights that leave fewer people's worth, nothing is said.
LEAST = 30
_FEW = "too few people {who} an offer: worth {{count}}, at least {{least}} are needed"
# More than a million times the rows are not asked for: an effect so small cannot be told.
_LOG_TIMES = 14.0


@dataclass(frozen=True)
class Sample:
    """n rows of people who got an offer or were left without one by lot.

    Args:
        treated: (n,) whether the lot gave the offer.
        chance: (n,) the chance of the offer, given that the lot gave it or nothing; above 0 and below 1.
        person: (n,) key; rows of one person count as one draw. None: every row is a person.

    Raises:
        ValueError: shapes differ, or a chance is not between 0 and 1.
    """

    treated: NDArray[np.bool_]
    chance: Floats
    person: NDArray[Any] | None = None

    def __post_init__(self) -> None:
        for name in ("chance", "person"):
            given = getattr(self, name)
            if given is not None and given.shape != self.treated.shape:
                raise ValueError(f"{name} has shape {given.shape}, expected {self.treated.shape} as treated has")
        if not ((self.chance > 0) & (self.chance < 1)).all():
            raise ValueError("chance holds a number that is not above 0 and below 1: such a row has no counterpart")

    def __len__(self) -> int:
        return len(self.treated)

    @property
    def odds(self) -> Floats:
        """Return (n,) how many people with the offer one like this without it stands for."""
        return self.chance / (1 - self.chance)

    @property
    def treated_count(self) -> int:
        """Return how many rows got the offer."""
        return int(self.treated.sum())

    @property
    def control_count(self) -> int:
        """Return how many rows were left without it."""
        return len(self) - self.treated_count

    @property
    def control_worth(self) -> float:
        """Return so many equally weighted controls would say as much (Kish 1965)."""
        weight = self.odds[~self.treated]
        return float(weight.sum()) ** 2 / float(weight @ weight) if len(weight) else 0.0

    @property
    def problem(self) -> str:
        """Return why nothing can be told; empty if something can."""
        if self.treated_count < LEAST:
            return Remark("few_with", _FEW.format(who="with"), count=self.treated_count, least=LEAST)
        if self.control_worth < LEAST:
            return Remark("few_without", _FEW.format(who="without"), count=floor(self.control_worth), least=LEAST)
        return ""

    @property
    def rows_to_begin(self) -> int:
        """Return how many rows, in these proportions, give both arms the least that is needed."""
        smaller = min(float(self.treated_count), self.control_worth)
        return int(np.ceil(len(self) * LEAST / max(smaller, 1.0)))


@dataclass(frozen=True)
class Contrast:
    """A figure as the mean of scores that are linear in an outcome, for both arms (0: without, 1: with the offer).

    Attributes:
        outcome: (n,) what the scores are linear in.
        lines: base and slope, (n, 2) each.
        explained: share of the scores' variance that earlier behaviour took away (`cuped`).
    """

    sample: Sample
    outcome: Floats
    lines: lent_spread.Scores
    explained: float = 0.0

    @property
    def scores(self) -> Floats:
        """Return (n,) scores; their mean is the figure."""
        return self.lines.of(self.sample.treated.astype(np.int64), self.outcome)

    def plus(self, factor: float, other: "Contrast") -> "Contrast":
        """Return this figure plus `factor` times another of the same people, whose scores are taken as they are."""
        base = self.lines.base + factor * other.scores[:, None]
        return replace(self, lines=lent_spread.Scores(base, self.lines.slope))

    def interval(self, level: float = LEVEL) -> Interval:
        """Return the figure with its interval."""
        sample, chance = self.sample, self.sample.chance
        return skewed_mean.interval(
            self.scores, sample.person, level,
            lambda: lent_spread.lent(
                self.lines, sample.treated.astype(np.int64), self.outcome, np.stack([1 - chance, chance], axis=1)
            ),
        )  # fmt: skip


def difference(sample: Sample, outcome: Floats) -> Contrast:
    """Return the mean outcome with the offer less the mean without it, per person with the offer.

    Args:
        sample: n rows.
        outcome: (n,) in any unit.
    """
    pull = _pulls(sample)
    means = _means(sample, outcome)
    return _contrast(sample, outcome, pull, pull * means, float(means[1] - means[0]))


def ratio_difference(sample: Sample, upper: Floats, lower: Floats) -> Contrast:
    """Return sum(upper) / sum(lower) with the offer less the same without it, such as the average basket.

    Delta method (Deng, Knoblich and Lu, KDD 2018): a ratio R moves with (upper - R lower) / mean(lower).

    Args:
        sample: n rows.
        upper, lower: (n,) such as net sales and orders of each person.

    Raises:
        ValueError: an arm has nothing below the line.
    """
    tops, bottoms = _means(sample, upper), _means(sample, lower)
    if (bottoms <= 0).any():
        raise ValueError("an arm has nothing to divide by")
    ratios = tops / bottoms
    rest = upper - ratios[sample.treated.astype(np.int64)] * lower
    pull = _pulls(sample) / bottoms
    return _contrast(sample, rest, pull, np.zeros_like(pull), float(ratios[1] - ratios[0]))


def mean_of_treated(sample: Sample, outcome: Floats) -> Contrast:
    """Return the mean over people with the offer alone, such as what it cost; controls say nothing of it."""
    pull = _pulls(sample)
    pull[:, 0] = 0.0
    mean = _means(sample, outcome)[1]
    return _contrast(sample, outcome, pull, pull * mean, float(mean))


def _contrast(sample: Sample, outcome: Floats, pull: Floats, centre: Floats, figure: float) -> Contrast:
    # n - 1 rather than n below the sum of squares of each arm, as in a variance.
    worth = np.array([sample.control_worth, sample.treated_count])
    wide = np.sqrt(worth / np.maximum(worth - 1, 1e-9))
    return Contrast(sample, outcome, lent_spread.Scores(figure - centre * wide, pull * wide))


def _pulls(sample: Sample) -> Floats:
    """Return (n, 2) how far one unit of a row's outcome moves the difference, times n, under either arm."""
    odds = sample.odds
    control = float(odds[~sample.treated].sum())
    with_it = np.full(len(sample), len(sample) / max(sample.treated_count, 1))
    return np.stack([-len(sample) * odds / max(control, 1e-300), with_it], axis=1)


def _means(sample: Sample, outcome: Floats) -> Floats:
    """Return the weighted mean without and the mean with the offer."""
    held, odds = ~sample.treated, sample.odds
    return np.array([np.average(outcome[held], weights=odds[held]), outcome[sample.treated].mean()])


def rows_for(interval: Interval, rows: int, half_width: float) -> int | None:
    """Return how many rows like these an interval of +- `half_width` needs; None where no number of rows gives it."""
    if interval.spread is None or not half_width > 0:
        return None
    try:
        times = brentq(lambda log: interval.half_width(np.exp(log)) - half_width, -_LOG_TIMES, _LOG_TIMES)
    except ValueError:
        return None
    return int(np.ceil(rows * np.exp(times)))
