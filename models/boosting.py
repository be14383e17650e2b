"""LightGBM so that the same rows give the same text: sorted input, fixed seed, pinned threads in the text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.data import Floats

# Small trees, slow learning, half of the features per tree: held-out loss moved little around these values.
_PARAMETERS: dict[str, object] = {
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
ROUNDS_AT_MOST = 400
# Stop when this many rounds brought no gain on later data.
PATIENCE = 30
_THREADS = re.compile(r"^\[num_threads: \d+\]$", re.MULTILINE)


@dataclass(frozen=True)
class Reproducible:
    """What makes a training repeatable: seed and thread count (which changes speed, never the trees)."""

    seed: int
    thread_count: int = 1


def fit(
    objective: str,
    rows: pa.Table,
    label: Floats | NDArray[np.bool_],
    *,
    later: tuple[pa.Table, Floats | NDArray[np.bool_]],
    how: Reproducible,
    changes: Mapping[str, object] | None = None,
) -> str:
    """Return the text of a boosted model, stopped where the loss on `later` rows was least."""
    parameters = _PARAMETERS | {"objective": objective, "seed": how.seed, "num_threads": how.thread_count}
    train = lgb.Dataset(rows, label=np.asarray(label, dtype=np.float64))
    valid = lgb.Dataset(later[0], label=np.asarray(later[1], dtype=np.float64), reference=train)
    stop = lgb.early_stopping(PATIENCE, verbose=False)
    booster = lgb.train(parameters | dict(changes or {}), train, ROUNDS_AT_MOST, valid_sets=[valid], callbacks=[stop])
    return text_of(booster)


def text_of(booster: lgb.Booster) -> str:
    """Return the model's text with the thread count pinned, so that bytes depend on the data alone."""
    best = booster.best_iteration if booster.best_iteration > 0 else None
    return _THREADS.sub("[num_threads: 1]", booster.model_to_string(num_iteration=best))


class Model:
    """A booster read from a checked text."""

    def __init__(self, text: str, thread_count: int = 1) -> None:
        self._booster = lgb.Booster(model_str=text)
        self._threads = thread_count

    def predict(self, rows: pa.Table) -> Floats:
        """Return one prediction per row: a chance for a binary objective, else the value itself."""
        return np.asarray(self._booster.predict(rows, num_threads=self._threads), dtype=np.float64)

    def importances(self) -> list[tuple[str, float]]:
        """Return features by share of the total gain, largest first, ties by name."""
        gains = self._booster.feature_importance("gain")
        return importance_shares(self._booster.feature_name(), gains)


def importance_shares(names: Sequence[str], gains: Sequence[float] | Floats) -> list[tuple[str, float]]:
    """Return (name, share of all gain) by falling share, then by name."""
    whole = float(np.sum(gains)) or 1.0
    shares = [(name, round(float(gain) / whole, 6)) for name, gain in zip(names, gains, strict=True)]
    return sorted(shares, key=lambda pair: (-pair[1], pair[0]))
