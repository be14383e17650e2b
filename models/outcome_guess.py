"""Guesses of the outcome with every arm by models that did not see the row: they make AIPW's interval short.

AIPW is right with any guess, since the propensities are known; a good one takes out the spread that features explain.
"""

from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from models.data import Floats

FOLDS = 2
# Few, small trees: money is mostly noise, and a guess that chases it lengthens the interval.
_PARAMETERS = {
    "objective": "regression", "learning_rate": 0.1, "num_leaves": 8, "min_data_in_leaf": 40, "lambda_l2": 10.0,
    "feature_fraction": 0.5, "deterministic": True, "force_row_wise": True, "verbosity": -1, "num_threads": 1,
}  # fmt: skip
_ROUNDS = 40
# An arm's mean counts as if so many more rows had shown no difference to the other arms.
_PRIOR_ROWS = 50.0


def folds_of(person: NDArray[Any], count: int, seed: int) -> NDArray[np.int64]:
    """Return (n,) fold numbers; all rows of a person are in one fold."""
    _, place = np.unique(person, return_inverse=True)
    drawn = np.random.default_rng(seed).permutation(int(place.max(initial=-1)) + 1) % count
    return np.asarray(drawn[place], dtype=np.int64)


def cross_fitted(
    rows: NDArray[Any], action: NDArray[np.int64], outcome: Floats, arm_count: int, *, person: NDArray[Any], seed: int
) -> Floats:
    """Return (n, arm_count) guesses; each row's come from the other folds' people.

    Args:
        rows: (n, features), NaN allowed, sorted by a key (their order changes the trees).
        action: (n,) arm given.
        outcome: (n,).
        arm_count: k.
        person: (n,) key.
        seed: of folds and trees.
    """
    fold = folds_of(person, FOLDS, seed)
    found = np.zeros((len(outcome), arm_count))
    for number in range(FOLDS):
        there, here = fold != number, fold == number
        if there.any() and here.any():
            found[here] = _guess(rows[there], action[there], outcome[there], rows[here], arm_count, seed)
    return found


def _guess(
    rows: NDArray[Any], action: NDArray[np.int64], outcome: Floats, asked: NDArray[Any], arm_count: int, seed: int
) -> Floats:
    """Return what a row's features say, plus what its arm adds on average."""
    data = lgb.Dataset(rows, label=outcome, params={"verbosity": -1})
    booster = lgb.train(_PARAMETERS | {"seed": seed}, data, _ROUNDS)
    rest = outcome - booster.predict(rows, num_threads=1)
    counts = np.bincount(action, minlength=arm_count)
    added = np.bincount(action, rest, minlength=arm_count) / (counts + _PRIOR_ROWS)
    guess = np.asarray(booster.predict(asked, num_threads=1))
    return np.asarray(guess[:, None] + added, dtype=np.float64)
