"""The basket of an order: one model for all arms, on the log scale so that few huge baskets do not rule."""

import lightgbm as lgb
import numpy as np

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


def fit(rows: Matrix, sales: Floats, orders: Floats, seed: int, threads: int = 1) -> tuple[str, float]:
    """Return the text of a model of log sales per order, and the factor that makes their sum fit (Duan 1983)."""
    data = lgb.Dataset(rows, label=np.log(sales / orders), weight=orders)
    text = text_of(lgb.train(_PARAMETERS | {"seed": seed, "num_threads": threads}, data, _ROUNDS))
    return text, float(sales.sum() / (orders * predict(text, 1.0, rows, threads)).sum())


def predict(text: str, factor: float, rows: Matrix, threads: int = 1) -> Floats:
    """Return the mean basket of every row given that the person orders."""
    guess = lgb.Booster(model_str=text).predict(rows, num_threads=threads)
    return np.asarray(factor * np.exp(guess), dtype=np.float64)
