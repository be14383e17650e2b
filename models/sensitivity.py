"""How strongly each person answers an offer, and how much of the differences between people is believed."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np

from models import crossfit
from models.crossfit import Boosters, Matrix, Problem, Size
from models.data import Floats

# Before seeing the trial: people differ about as much as learned, give or take half; the level is about right, too.
_SPREAD = 0.5
_SLOPE_AT_MOST = 2.0
_STEPS = 25
_SMALLEST = 1e-9
_LEAVES = (4, 10)
# In a smaller trial nothing speaks for the larger trees.
_ROWS_FOR_LARGE = 20_000


@dataclass(frozen=True)
class Sensitivity:
    """A sensitivity per person, learned by boosters and set right on people they never saw.

    Attributes:
        boosters: of the raw values.
        shift: of the level: log factor of positive values; 0 for plain ones.
        slope: how much of the differences between people is believed (1 = as learned).
        slope_error: standard error of the slope before it was weighed against the expectation of 1; None where
            nobody was found to differ.
        spread: standard deviation of the believed values of the trial's people.
    """

    boosters: Boosters
    shift: float
    slope: float
    slope_error: float | None
    spread: float

    def believed(self, values: Floats) -> Floats:
        """Return raw values set right."""
        level = self.boosters.level
        if self.boosters.link == "plain" or level <= 0:
            return level + self.slope * (values - level)
        return np.asarray(level * np.exp(self.shift + self.slope * _distance(values, level)), dtype=np.float64)

    def of(self, rows: Matrix, threads: int) -> Floats:
        """Return (folds, n) believed sensitivities."""
        return self.believed(self.boosters.values(rows, threads))

    def settings(self) -> dict[str, Any]:
        """Return everything but the texts as plain JSON."""
        kept = asdict(self) | asdict(self.boosters)
        return {name: kept[name] for name in ("level", "link", "shift", "slope", "slope_error", "spread")}

    @classmethod
    def restored(cls, texts: tuple[str, ...], stored: dict[str, Any]) -> Self:
        """Return what `settings` and the texts came from."""
        boosters = Boosters(texts, stored["level"], stored["link"])
        return cls(boosters, stored["shift"], stored["slope"], stored["slope_error"], stored["spread"])


def fit(
    problem: Problem, hold: float, seed: int, threads: int, *, simpler: tuple[int, ...] = ()
) -> tuple[Sensitivity, Floats]:
    """Return the sensitivity, and everybody's believed one from boosters that never saw him.

    In a large trial trees of several sizes are tried; those that tell left-out people best are kept.

    Args:
        problem: what is learned.
        hold: L2 on leaves, in the unit of f.
        seed, threads: of the boosters.
        simpler: leaves of trees that a large trial tries before the usual ones.
    """
    if problem.link == "positive" and problem.level <= 0:
        none = Sensitivity(Boosters((), 0.0, problem.link), 0.0, 0.0, None, 0.0)
        return none, np.zeros(len(problem.seen))
    tried = [crossfit.fit(problem, size, seed, threads) for size in _sizes(problem, hold, simpler)]
    boosters, left_out = min(tried, key=lambda found: problem.loss_at(found[1]))
    shift, slope, error = _calibrated(problem, left_out) if boosters.texts else (0.0, 0.0, None)
    learned = Sensitivity(boosters, shift, slope, error, 0.0)
    values = learned.believed(left_out)
    return replace(learned, spread=float(values.std())), values


def _sizes(problem: Problem, hold: float, simpler: tuple[int, ...]) -> list[Size]:
    """Small trees: who answers an offer is faint beside who buys."""
    rows = len(problem.seen)
    leaf = max(50, min(500, rows // 50))
    leaves = (*simpler, *_LEAVES) if rows >= _ROWS_FOR_LARGE else _LEAVES[:1]
    return [Size(each, 0.1, hold, leaf, 400) for each in leaves]


def _distance(values: Floats, level: float) -> Floats:
    return np.asarray(np.log(np.maximum(values, _SMALLEST) / level), dtype=np.float64)


def _calibrated(problem: Problem, left_out: Floats) -> tuple[float, float, float | None]:
    """Return (shift, slope, slope's error) that fit people the boosters never saw (Newton, weighed against 0 and 1)."""
    expected, precision = np.array([0.0, 1.0]), np.diag([1 / _SPREAD**2] * 2)
    if problem.link == "plain":
        precision[0, 0] = 1e12  # The level of an arm without a price was believed before.
    found = expected.copy()
    for _ in range(_STEPS):
        line, turn = _turned(problem, left_out, found)
        mean = problem.outcome.mean(line)
        fisher = (turn * problem.outcome.spread(mean)[:, None]).T @ turn
        step = np.linalg.solve(fisher + precision, turn.T @ (problem.seen - mean) - precision @ (found - expected))
        found = np.clip(found + np.clip(step, -0.5, 0.5), [-2.0, 0.0], [2.0, _SLOPE_AT_MOST])
    spread = float(np.linalg.pinv(fisher)[1, 1])
    return float(found[0]), float(found[1]), float(np.sqrt(spread)) if spread > 0 else None


def _turned(problem: Problem, left_out: Floats, found: Floats) -> tuple[Floats, Floats]:
    """Return the line at (shift, slope) and its derivatives by both, (n, 2)."""
    level = problem.level
    if problem.link == "plain":
        away = left_out - level
        line = problem.middle + problem.dose * (level + found[1] * away)
        return line, np.column_stack([problem.dose, problem.dose * away])
    away = _distance(left_out, level)
    part = problem.dose * level * np.exp(found[0] + found[1] * away)
    return problem.middle + part, np.column_stack([part, part * away])
