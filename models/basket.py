"""The basket of an order: one model for all arms, on the log scale so that few huge baskets do not rule."""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from models import shrinkage
from models.boosting import text_of
from models.crossfit import Matrix
from models.data import Floats

_PARAMETERS: dict[str, object] = {
    "objective": "regression",
    "learning_rate": 0.05,
    "num_leaves": 8,
    "min_data_in_leaf": 50,
    "lambda_l2": 10.0,
    "feature_fraction": 0.6,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
_ROUNDS = 150
# The slope is set on people left out, weighed against the expectation of 1; fewer people say nothing of it.
_FOLDS, _LEAST_ROWS, _STEPS = 5, 150, 25
_SLOPE_SPREAD, _SLOPE_AT_MOST = 0.3, 1.5
# An extra order's basket is about as large as the others', give or take this share, and within these shares.
_EXTRA_SPREAD, _EXTRA_LEAST, _EXTRA_MOST = 0.2, 0.5, 1.5


@dataclass(frozen=True)
class Basket:
    """The basket of an order, from features.

    Attributes:
        text: LightGBM text; it predicts g, the log of the basket.
        centre: mean of g among those it was learned from.
        slope: how much of a difference in g is seen in baskets of people left out.
        level: log of the mean basket at `centre`.
    """

    text: str
    centre: float
    slope: float
    level: float

    def of(self, rows: Matrix, threads: int = 1) -> Floats:
        """Return the mean basket of every row given that the person orders."""
        guess = lgb.Booster(model_str=self.text).predict(rows, num_threads=threads)
        return np.asarray(np.exp(self.level + self.slope * (guess - self.centre)), dtype=np.float64)

    def settings(self) -> dict[str, float]:
        """Return everything but the text as plain JSON."""
        return {"centre": self.centre, "slope": self.slope, "level": self.level}


def fit(rows: Matrix, sales: Floats, orders: Floats, seed: int, threads: int = 1) -> Basket:
    """Return the basket as learned from people who ordered.

    Trees find differences that are not there, and a choice takes those whose basket, and so whose discount, looks
    small: the slope is set on people whom the trees did not see.

    Args:
        rows: features (n, k) of people who ordered.
        sales, orders: (n), above 0.
        seed, threads: of the boosters.
    """
    parameters = _PARAMETERS | {"seed": seed, "num_threads": threads}
    each = np.log(sales / orders)

    def learned(part: NDArray[np.bool_]) -> lgb.Booster:
        return lgb.train(parameters, lgb.Dataset(rows[part], label=each[part], weight=orders[part]), _ROUNDS)

    whole = learned(np.ones(len(rows), dtype=np.bool_))
    centre = float(np.average(whole.predict(rows, num_threads=threads), weights=orders))
    fold = np.random.default_rng(seed).permutation(len(rows)) % _FOLDS
    left_out = np.full(len(rows), centre)
    for number in range(_FOLDS if len(rows) >= _LEAST_ROWS else 0):
        left_out[fold == number] = learned(fold != number).predict(rows[fold == number], num_threads=threads)
    level, slope = _calibrated(left_out - centre, sales, orders)
    return Basket(text_of(whole), centre, slope, level)


def _calibrated(away: Floats, sales: Floats, orders: Floats) -> tuple[float, float]:
    """Return (level, slope) of the log of the mean basket, by gamma likelihood (Newton); then sums are made to fit."""
    design = np.column_stack([np.ones(len(away)), away])
    precision = np.diag([0.0, 1 / _SLOPE_SPREAD**2])
    start = np.array([np.log(sales.sum() / orders.sum()), 1.0])
    found = start.copy()
    for _ in range(_STEPS):
        ratio = sales / (orders * np.exp(design @ found))
        fisher = (design * (orders * ratio)[:, None]).T @ design + precision
        step = np.linalg.solve(fisher, design.T @ (orders * (ratio - 1)) - precision @ (found - start))
        found = np.clip(found + np.clip(step, -0.5, 0.5), [-np.inf, 0.0], [np.inf, _SLOPE_AT_MOST])
    fitted = float((orders * np.exp(design @ found)).sum())
    return float(found[0] + np.log(sales.sum() / fitted)), float(found[1])


def extra_share(
    arm: NDArray[np.int64], sales: Floats, orders: Floats, *, propensity: Floats, means: Floats, baskets: Floats
) -> float:
    """Return how large the basket of an order that an offer brings about is, as a share of a usual one.

    What an arm's sales exceed orders x basket by (weighted by propensity, less the same of the control arm) is held
    against the sales its extra orders should bring, over all arms. A share that the trial cannot tell from 1 is 1
    (positive-part James-Stein), and what it leaves open is filled with the expectation of 1.

    Args:
        arm: number of the arm drawn, 0 = control, (n).
        sales: before the offer's discount, (n).
        orders: number of orders that `sales` come from, (n).
        propensity, means: probability and expected orders of every arm, (n, arms with control).
        baskets: expected basket of an order, (n).
    """
    excess = shrinkage.aipw(arm, sales - orders * baskets, propensity, np.zeros_like(means))
    gained = np.where(np.isnan(excess), 0.0, (means[:, 1:] - means[:, :1]) * baskets[:, None]).mean(axis=0)
    if not (gained**2).sum() > 0:
        return 1.0
    each = np.nan_to_num(excess) @ gained / (gained**2).sum()
    away, error = float(each.mean()), float(each.std() / np.sqrt(len(each)))
    trust = shrinkage.kept(away, error) * _EXTRA_SPREAD**2 / (_EXTRA_SPREAD**2 + error**2)
    return float(np.clip(1 + trust * away, _EXTRA_LEAST, _EXTRA_MOST))
