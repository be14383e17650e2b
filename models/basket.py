"""The basket of those who buy: one model for all arms, on the log scale so that few huge baskets do not rule."""

import lightgbm as lgb
import numpy as np

from models.boosting import text_of
from models.conversion import Matrix
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
    "num_threads": 1,
}
_ROUNDS = 150


def fit(rows: Matrix, sales: Floats, seed: int) -> tuple[str, float]:
    """Return the text of a model of log sales (all > 0) and the factor that makes its sum fit (Duan 1983)."""
    text = text_of(lgb.train(_PARAMETERS | {"seed": seed}, lgb.Dataset(rows, label=np.log(sales)), _ROUNDS))
    return text, float(sales.sum() / predict(text, 1.0, rows).sum())


def predict(text: str, factor: float, rows: Matrix) -> Floats:
    """Return the mean basket of every row given that the person buys."""
    guess = lgb.Booster(model_str=text).predict(rows, num_threads=1)
    return np.asarray(factor * np.exp(guess), dtype=np.float64)
