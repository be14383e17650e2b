"""A randomised trial of offers, and what its people do without any: the line that every effect is added to.

The line of the mean outcome over all arms, m(x), is learned from everybody without looking at arms. With effects
t_a(x) the line without an offer is m(x) - sum_a w_a t_a(x), where the weights w_a (propensity times spread of the
outcome) make errors of m cancel out of the effects (the residuals of Robinson 1988 and of the R-learner, Nie & Wager
2021, on the scale of the outcome's line).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from models import crossfit
from models.boosting import text_of
from models.crossfit import Boosters, Matrix, Problem, Size
from models.data import Floats
from models.outcome import Outcome

# Propensities that differ less than this between people are the same for all.
_SAME = 1e-6
_SHARES: dict[str, object] = {
    "objective": "regression",
    "num_leaves": 16,
    "learning_rate": 0.1,
    "min_data_in_leaf": 50,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
_SHARE_ROUNDS = 60
# An effect is scaled by this factor at most.
_SCALE_MOST = 6.0


@dataclass(frozen=True)
class Trial:
    """A randomised trial.

    Attributes:
        rows: features (n, k).
        arm: 0 for control, else the number of the arm.
        seen: outcome (n).
        propensity: (n, arms with control), 0 where an arm could not be drawn.
        outcome: a chance or a count.
        qualifying: (n, arms with control) orders that hold what an arm is on, NaN where it is on everything; None
            where nothing is known of it.
    """

    rows: Matrix
    arm: NDArray[np.int64]
    seen: Floats
    propensity: Floats
    outcome: Outcome
    qualifying: Floats | None = None

    def drawn(self) -> Floats:
        """Return (n, arms with control) 1.0 for the arm drawn."""
        return np.asarray(self.arm[:, None] == np.arange(self.propensity.shape[1]), dtype=np.float64)


def fit_base(trial: Trial, seed: int, threads: int) -> tuple[Boosters, Floats]:
    """Return the boosters of m(x), and everybody's line by the one that never saw him."""
    size = len(trial.seen)
    start = trial.outcome.line(float(trial.seen.mean()))
    problem = Problem(trial.rows, trial.seen, np.zeros(size), np.ones(size), start, "plain", trial.outcome)
    shape = Size(12, 0.05, 20.0, min(200, size // 40) + size // 2000, 400)
    return crossfit.fit(problem, shape, seed, threads)


def weights(outcome: Outcome, line: Floats, effects: Floats, propensity: Floats) -> Floats:
    """Return (n, arms with control) weights that sum to 1.

    Args:
        outcome: a chance or a count.
        line: m(x), (n).
        effects: t_a(x), (n, arms with control), 0 for control.
        propensity: (n, arms with control).
    """
    mean = outcome.mean((line - (propensity * effects).sum(axis=1))[:, None] + effects)
    weight = propensity * outcome.spread(mean)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True), dtype=np.float64)


@dataclass(frozen=True)
class Shape:
    """One guess at how an effect shows on the lines of people who buy more or less anyway.

    Attributes:
        power: 0 = the same on the line (log-odds, or log of the count), 1 = the same change of the mean outcome.
        hump: how much less is answered by those who hardly ever buy and by those who always do.
        chance: that this is how it is.
    """

    power: float
    hump: float
    chance: float


@dataclass(frozen=True)
class Scale:
    """How one and the same effect shows on the lines of people who buy more or less anyway: a mean of guesses.

    Attributes:
        shapes: the guesses; their chances add up to 1.
        typical: spread of the outcome at which all say the same.
    """

    shapes: tuple[Shape, ...]
    typical: float

    def of(self, outcome: Outcome, line: Floats) -> Floats:
        """Return the factor (n) of effects at lines (n)."""
        away = np.log(np.maximum(outcome.spread(outcome.mean(line)), 1e-9) / self.typical)
        factor = np.zeros(len(line))
        for shape in self.shapes:
            bent = np.exp(-shape.power * away - shape.hump * away**2)
            factor += shape.chance * np.clip(bent, 1 / _SCALE_MOST, _SCALE_MOST)
        return factor

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> Self:
        """Return what `dataclasses.asdict` made of a scale."""
        return cls(tuple(Shape(**shape) for shape in stored["shapes"]), stored["typical"])


@dataclass(frozen=True)
class Shares:
    """The propensities of new people: the same for all, or learned from features where they differed.

    Attributes:
        constant: mean propensity per arm with control.
        texts: LightGBM text per arm with control; empty where everybody's were equal.
    """

    constant: tuple[float, ...]
    texts: tuple[str, ...]

    def of(self, rows: Matrix, threads: int) -> Floats:
        """Return (n, arms with control) propensities."""
        if not self.texts:
            return np.tile(np.array(self.constant), (len(rows), 1))
        columns = [lgb.Booster(model_str=text).predict(rows, num_threads=threads) for text in self.texts]
        kept = np.maximum(np.column_stack(columns), 1e-4)
        return np.asarray(kept / kept.sum(axis=1, keepdims=True), dtype=np.float64)


def fit_shares(trial: Trial, seed: int, threads: int) -> Shares:
    """Return what the trial's propensities say about new people."""
    constant = tuple(trial.propensity.mean(axis=0).tolist())
    if float(np.ptp(trial.propensity, axis=0).max()) < _SAME:
        return Shares(constant, ())
    setting = _SHARES | {"seed": seed, "num_threads": threads}
    columns = (lgb.Dataset(trial.rows, label=column) for column in trial.propensity.T)
    return Shares(constant, tuple(text_of(lgb.train(setting, column, _SHARE_ROUNDS)) for column in columns))
