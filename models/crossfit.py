"""Small boosters, one per fold, that grow together and stop together where people they never saw are told best.

Each learns f(x) in `line = middle + dose x value(f)` (a varying-coefficient model by gradient boosting). Their mean
predicts for new people; each alone predicts for its own fold, so every figure about them is out of fold.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from models.boosting import text_of
from models.data import Floats
from models.outcome import Outcome

Matrix = NDArray[np.float32]
Link = Literal["plain", "positive"]

FOLDS = 5
# Rounds without a gain on left-out people before the boosters stop.
_PATIENCE = 20
# A positive value stays within these factors of its level (in logs).
_LEAST, _MOST = -5.0, 3.0
_NO_ROWS = np.empty((0, 0), dtype=np.float32)
_COMMON: dict[str, object] = {
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "min_sum_hessian_in_leaf": 1e-3,
    "boost_from_average": False,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
    "metric": "None",
}


@dataclass(frozen=True)
class Size:
    """How large the trees are, how many at most, and how hard they are held back."""

    leaves: int
    rate: float
    hold: float
    leaf_rows: int
    rounds: int


@dataclass(frozen=True)
class Problem:
    """What is learned: f in line = middle + dose x value(f), for n people.

    Attributes:
        rows: features (n, k).
        seen: outcome (n).
        middle, dose: (n).
        level: the value where f is 0.
        link: plain (level + f) or positive (level x exp(f)).
        outcome: a chance or a count.
    """

    rows: Matrix
    seen: Floats
    middle: Floats
    dose: Floats
    level: float
    link: Link
    outcome: Outcome

    def part(self, keep: NDArray[np.bool_]) -> "Problem":
        """Return the problem of the people to keep, without their features."""
        return replace(self, rows=_NO_ROWS, seen=self.seen[keep], middle=self.middle[keep], dose=self.dose[keep])

    def loss(self, raw: Floats) -> float:
        """Return minus the log-likelihood at f = raw."""
        return self.loss_at(value(self.link, self.level, raw))

    def loss_at(self, values: Floats) -> float:
        """Return minus the log-likelihood at values of f."""
        return self.outcome.loss(self.middle + self.dose * values, self.seen)

    def gradient(self, raw: Floats, _: Any = None) -> tuple[Floats, Floats]:
        """Return the first two derivatives of the loss by f (the second one as expected, so never negative)."""
        now = value(self.link, self.level, raw)
        mean = self.outcome.mean(self.middle + self.dose * now)
        turn = self.dose * now if self.link == "positive" else self.dose
        return (mean - self.seen) * turn, np.maximum(self.outcome.spread(mean) * turn**2, 1e-9)


def value(link: Link, level: float, raw: Floats) -> Floats:
    """Return the value of f = raw."""
    if link == "positive":
        return np.asarray(level * np.exp(np.clip(raw, _LEAST, _MOST)), dtype=np.float64)
    return np.asarray(level + raw, dtype=np.float64)


def folds(rows: int) -> NDArray[np.int64]:
    """Return the fold of every row; callers sort their rows, so the folds are the same every time."""
    return np.asarray(np.arange(rows) % FOLDS, dtype=np.int64)


@dataclass(frozen=True)
class Boosters:
    """One LightGBM text per fold (none: f is 0 for everybody)."""

    texts: tuple[str, ...]
    level: float
    link: Link

    def values(self, rows: Matrix, threads: int = 1) -> Floats:
        """Return (folds, n) values."""
        if not self.texts:
            return np.full((FOLDS, len(rows)), self.level)
        raw = [lgb.Booster(model_str=text).predict(rows, raw_score=True, num_threads=threads) for text in self.texts]
        return value(self.link, self.level, np.asarray(raw, dtype=np.float64))


def fit(problem: Problem, size: Size, seed: int, threads: int = 1) -> tuple[Boosters, Floats]:
    """Return the boosters and the values of everybody by the booster that never saw them."""
    fold = folds(len(problem.seen))
    setting = _parameters(size, threads)
    binned = lgb.Dataset(problem.rows, label=problem.seen, params=setting)
    growing = [
        _Growing.start(problem, binned, fold == number, setting | {"seed": seed + number}) for number in range(FOLDS)
    ]
    rounds = _best_rounds(growing, size.rounds)
    texts = tuple(each.text(rounds) for each in growing) if rounds else ()
    boosters = Boosters(texts, problem.level, problem.link)
    left_out = np.full(len(problem.seen), problem.level)
    if rounds:
        for number, each in enumerate(growing):
            raw = each.booster.predict(problem.rows[fold == number], raw_score=True, num_iteration=rounds)
            left_out[fold == number] = value(problem.link, problem.level, np.asarray(raw, dtype=np.float64))
    return boosters, left_out


def _parameters(size: Size, threads: int) -> dict[str, object]:
    shape: dict[str, object] = {
        "num_leaves": size.leaves,
        "learning_rate": size.rate,
        "lambda_l2": size.hold,
        "min_data_in_leaf": size.leaf_rows,
    }
    return _COMMON | shape | {"objective": "none", "num_threads": threads}


def _best_rounds(growing: "list[_Growing]", at_most: int) -> int:
    """Grow all together; return the number of rounds with the least loss of all folds, 0 if none helps."""
    best, least = 0, sum(each.loss() for each in growing)
    for number in range(1, at_most + 1):
        loss = sum(each.grow() for each in growing)
        if loss < least:
            best, least = number, loss
        elif number - best >= _PATIENCE:
            break
    return best


@dataclass(frozen=True)
class _Growing:
    booster: lgb.Booster
    seen: Problem
    left_out: Problem

    @classmethod
    def start(
        cls, problem: Problem, binned: lgb.Dataset, is_left_out: NDArray[np.bool_], setting: dict[str, object]
    ) -> "_Growing":
        train = binned.subset(np.flatnonzero(~is_left_out))
        booster = lgb.Booster(setting, train)
        booster.add_valid(binned.subset(np.flatnonzero(is_left_out)), "left_out")
        return cls(booster, problem.part(~is_left_out), problem.part(is_left_out))

    def loss(self) -> float:
        return self.left_out.loss(np.zeros(len(self.left_out.seen)))

    def grow(self) -> float:
        """Add one tree; return the loss on the people left out."""
        self.booster.update(fobj=self.seen.gradient)
        measure: Callable[..., Any] = lambda raw, _: ("loss", self.left_out.loss(raw), False)  # noqa: E731
        return float(self.booster.eval_valid(measure)[0][2])

    def text(self, rounds: int) -> str:
        self.booster.best_iteration = rounds
        return text_of(self.booster)
