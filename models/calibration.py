"""Calibration of chances, kept as knots of a rising line: plain JSON, no pickle.

Platt's line lives on the log-odds scale (Platt 1999); isotonic regression is interpolated between the centres of
its blocks (centred isotonic regression, Oron & Flournoy 2017), so that it keeps the ranking.
"""

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from models.data import Floats

Scale = Literal["chance", "log_odds"]
# Log-odds beyond this do not occur in shops; Platt's line is stored by its two ends.
_END = 16.0
_FOLDS = 5
_SMALLEST = 1e-6


def log_odds(chance: Floats) -> Floats:
    """Return log(p / (1 - p)), with p kept away from 0 and 1."""
    kept = np.clip(chance, _SMALLEST, 1 - _SMALLEST)
    return np.asarray(np.log(kept / (1 - kept)), dtype=np.float64)


def to_chance(odds: Floats) -> Floats:
    """Return the chance of a log-odds value."""
    return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float64)


@dataclass(frozen=True)
class Calibration:
    """A rising line through knots, on the chances themselves or on their log-odds."""

    method: Literal["isotonic", "platt"]
    x: tuple[float, ...]
    y: tuple[float, ...]

    def apply(self, chance: Floats) -> Floats:
        """Return calibrated chances in [1e-6, 1 - 1e-6]."""
        if self.method == "platt":
            return to_chance(np.clip(np.interp(log_odds(chance), self.x, self.y), -_END, _END))
        return np.clip(np.interp(chance, self.x, self.y), _SMALLEST, 1 - _SMALLEST)

    def to_json(self) -> dict[str, Any]:
        """Return the calibration as plain JSON."""
        return {"method": self.method, "x": list(self.x), "y": list(self.y)}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Return the calibration that `to_json` wrote."""
        return cls(stored["method"], tuple(stored["x"]), tuple(stored["y"]))


def fit_platt(chance: Floats, bought: NDArray[np.bool_]) -> Calibration:
    """Return the logistic line on the log-odds; a falling line becomes the flat mean."""
    fitted = LogisticRegression(C=1e6).fit(log_odds(chance)[:, None], bought)
    slope, offset = max(float(fitted.coef_[0, 0]), 0.0), float(fitted.intercept_[0])
    return Calibration("platt", (-_END, _END), (offset - slope * _END, offset + slope * _END))


def fit_isotonic(chance: Floats, bought: NDArray[np.bool_]) -> Calibration:
    """Return the centred isotonic line; each block is pulled to the mean by the weight of one row."""
    level = IsotonicRegression().fit_transform(chance, bought.astype(np.float64))
    _, block, rows = np.unique(level, return_inverse=True, return_counts=True)
    centre = np.bincount(block, chance) / rows
    mean = (np.bincount(block, bought) + bought.mean()) / (rows + 1)
    return Calibration("isotonic", tuple(centre.tolist()), tuple(np.maximum.accumulate(mean).tolist()))


_METHODS = {"isotonic": fit_isotonic, "platt": fit_platt}


def _held_out_loss(method: str, chance: Floats, bought: NDArray[np.bool_]) -> float:
    fold = np.arange(len(chance)) % _FOLDS
    guess = np.empty(len(chance))
    for number in range(_FOLDS):
        inside, outside = fold != number, fold == number
        guess[outside] = _METHODS[method](chance[inside], bought[inside]).apply(chance[outside])
    return float(log_loss(bought, guess, labels=[False, True]))


def fit(chance: Floats, bought: NDArray[np.bool_]) -> Calibration:
    """Return the calibration with the smaller log-loss out of fold; Platt wins ties."""
    losses = {name: _held_out_loss(name, chance, bought) for name in ("platt", "isotonic")}
    return _METHODS[min(losses, key=lambda name: losses[name])](chance, bought)
