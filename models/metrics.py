"""How good predictions are: ranking, calibration, lift, and paired comparison with a rule."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from models.data import Floats

BINS = 10
# Enough for the 5 % point of a mean; rows are first summed into at most this many groups, so that size does not matter.
_DRAWS = 1000
_GROUPS = 1000

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Comparison:
    """Mean gain of a model over a rule on the same rows, with the ends of a 90 % bootstrap interval."""

    gain: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """Return the figures rounded to 8 digits."""
        return {name: round(getattr(self, name), 8) for name in ("gain", "low", "high")}


def _tenths(chance: Floats) -> list[NDArray[np.int64]]:
    """Return row numbers in BINS groups of equal size by rising chance, ties in the order of the rows."""
    parts = np.array_split(np.argsort(chance, kind="stable"), BINS)
    return [part for part in parts if len(part)]


def _groups(chance: Floats) -> list[NDArray[np.int64]]:
    """Return row numbers in up to BINS groups of about equal size by rising chance; equal chances stay together."""
    edges = np.quantile(chance, np.arange(1, BINS) / BINS, method="lower")
    group = np.searchsorted(np.unique(edges), chance, side="left")
    return [np.flatnonzero(group == number) for number in np.unique(group)]


def calibration_curve(chance: Floats, bought: Flags) -> list[dict[str, Any]]:
    """Return mean prediction, observed rate and rows of about ten groups by prediction."""
    return [
        {"predicted": round(float(chance[part].mean()), 6), "observed": round(float(bought[part].mean()), 6),
         "row_count": len(part)}
        for part in _groups(chance)
    ]  # fmt: skip


def expected_calibration_error(chance: Floats, bought: Flags) -> float:
    """Return the mean distance of prediction and observed rate over about ten groups, weighted by rows."""
    distances = [abs(chance[part].mean() - bought[part].mean()) * len(part) for part in _groups(chance)]
    return float(sum(distances) / len(chance))


def lift_by_decile(chance: Floats, bought: Flags) -> list[dict[str, Any]]:
    """Return response rate and its ratio to the mean per tenth, the likeliest first."""
    mean = float(bought.mean())
    return [
        {"decile": number, "row_count": len(part), "response_share": round(float(bought[part].mean()), 6),
         "lift": round(float(bought[part].mean()) / mean, 4)}
        for number, part in enumerate(reversed(_tenths(chance)), start=1)
    ]  # fmt: skip


def of_chances(chance: Floats, bought: Flags) -> dict[str, float]:
    """Return AUC, log-loss, Brier score and expected calibration error, rounded to 6 digits."""
    figures = {
        "auc": roc_auc_score(bought, chance),
        "log_loss": log_loss(bought, chance, labels=[False, True]),
        "brier": brier_score_loss(bought, chance),
        "ece": expected_calibration_error(chance, bought),
    }
    return {name: round(float(value), 6) for name, value in figures.items()}


def row_log_loss(chance: Floats, bought: Flags) -> Floats:
    """Return the log-loss of every row."""
    return np.asarray(-np.log(np.where(bought, chance, 1 - chance)), dtype=np.float64)


def compare(rule_loss: Floats, model_loss: Floats, seed: int) -> Comparison:
    """Return how much smaller the model's loss is on the same rows, by paired bootstrap."""
    gain = rule_loss - model_loss
    group = np.arange(len(gain)) % min(_GROUPS, len(gain))
    sums, rows = np.bincount(group, gain), np.bincount(group)
    drawn = np.random.default_rng(seed).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), _DRAWS)
    means = drawn @ sums / (drawn @ rows)
    low, high = np.quantile(means, [0.05, 0.95])
    return Comparison(float(gain.mean()), float(low), float(high))


def amount_curve(guess: Floats, amount: Floats) -> list[dict[str, Any]]:
    """Return mean prediction, mean observed amount and rows of about ten groups by prediction, in minor units."""
    return [
        {"predicted_minor": round(float(guess[part].mean()), 2), "observed_minor": round(float(amount[part].mean()), 2),
         "row_count": len(part)}
        for part in _groups(guess)
    ]  # fmt: skip
