"""The basket of an order: one model for all arms, on the log scale so that few huge baskets do not rule."""

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
# An extra order's basket is about as large as the others', give or take this share, and within these shares.
_EXTRA_SPREAD, _EXTRA_LEAST, _EXTRA_MOST = 0.2, 0.5, 1.5


def fit(rows: Matrix, sales: Floats, orders: Floats, seed: int, threads: int = 1) -> tuple[str, float]:
    """Return the text of a model of log sales per order, and the factor that makes their sum fit (Duan 1983)."""
    data = lgb.Dataset(rows, label=np.log(sales / orders), weight=orders)
    text = text_of(lgb.train(_PARAMETERS | {"seed": seed, "num_threads": threads}, data, _ROUNDS))
    return text, float(sales.sum() / (orders * predict(text, 1.0, rows, threads)).sum())


def predict(text: str, factor: float, rows: Matrix, threads: int = 1) -> Floats:
    """Return the mean basket of every row given that the person orders."""
    guess = lgb.Booster(model_str=text).predict(rows, num_threads=threads)
    return np.asarray(factor * np.exp(guess), dtype=np.float64)


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
