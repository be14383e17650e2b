"""How much of an estimated effect to believe: means by arm, and the slope of differences between people."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from models.calibration import log_odds, to_chance
from models.data import Floats

# Before seeing the trial, the slope of held-out effects is taken to be about 1, give or take this much.
_SLOPE_SPREAD = 0.5
_SLOPE_AT_MOST = 1.5
_INTERVAL = 1.96


@dataclass(frozen=True)
class ArmEffect:
    """Change of the chance to buy by one arm, on average: estimate, standard error, and the part believed."""

    arm: str
    row_count: int
    estimate: float
    error: float
    believed: float

    def to_json(self) -> dict[str, object]:
        """Return the figures with the ends of a 95 % interval."""
        half = _INTERVAL * self.error
        figures = {"estimate": self.estimate, "low": self.estimate - half, "high": self.estimate + half}
        rounded = {name: round(value, 6) for name, value in (figures | {"believed": self.believed}).items()}
        return {"arm": self.arm, "row_count": self.row_count, **rounded}


def arm_effect(arm: str, scores: Floats, row_count: int) -> ArmEffect:
    """Return the mean of AIPW scores (NaN = unknown), pulled to zero by its noise (positive-part James-Stein)."""
    known = scores[~np.isnan(scores)]
    estimate, error = float(known.mean()), float(known.std(ddof=1) / np.sqrt(len(known)))
    kept = max(0.0, 1 - (error / estimate) ** 2) if estimate else 0.0
    return ArmEffect(arm, row_count, estimate, error, kept * estimate)


def rising(effects: list[ArmEffect]) -> Floats:
    """Return the believed effects of rising depths as a line that starts at zero or above and never falls."""
    weights = [1 / max(effect.error, 1e-9) ** 2 for effect in effects]
    fitted = IsotonicRegression(y_min=0.0).fit_transform(
        np.arange(len(effects)), [effect.believed for effect in effects], sample_weight=weights
    )
    return np.asarray(fitted, dtype=np.float64)


def slope(guess: Floats, scores: Floats) -> tuple[float, float]:
    """Return (believed slope, standard error) of AIPW scores on held-out guesses, both (n, arms), within arms.

    One means that people differ as much as guessed, zero that the differences are noise (best linear predictor,
    Chernozhukov et al. 2018). The estimate is weighed against the expectation of about one.
    """
    centred = np.where(np.isnan(scores), 0.0, guess - _column_means(guess, scores))
    away = np.nan_to_num(scores - np.nanmean(scores, axis=0))
    spread = float((centred**2).sum())
    if spread <= 0:
        return 0.0, float("inf")
    found = float((centred * away).sum()) / spread
    error = float(np.sqrt(((centred * (away - found * centred)).sum(axis=1) ** 2).sum()) / spread)
    precision = 1 / error**2, 1 / _SLOPE_SPREAD**2
    believed = (precision[0] * found + precision[1]) / sum(precision)
    return float(np.clip(believed, 0.0, _SLOPE_AT_MOST)), error


def _column_means(guess: Floats, scores: Floats) -> Floats:
    return np.asarray(np.nanmean(np.where(np.isnan(scores), np.nan, guess), axis=0), dtype=np.float64)


def shift_for(chance: Floats, change: float) -> float:
    """Return the shift of the log-odds that changes the mean of `chance` by `change`."""
    low, high, odds = -8.0, 8.0, log_odds(chance)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _mean_change(odds, middle, chance) < change else (low, middle)
    return (low + high) / 2


def _mean_change(odds: NDArray[np.float64], shift: float, chance: Floats) -> float:
    return float(to_chance(odds + shift).mean() - chance.mean())
