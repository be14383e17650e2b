"""Mean effects by arm from AIPW scores, and how much of an estimate its noise leaves to believe."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data import Floats

_INTERVAL = 1.96


@dataclass(frozen=True)
class ArmEffect:
    """Change of the mean outcome by one arm: AIPW estimate, its standard error, and what the model believes."""

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


def aipw(arm: NDArray[np.int64], seen: Floats, propensity: Floats, means: Floats) -> Floats:
    """Return (n, offer arms) AIPW scores of the effect; NaN where the arm or the control could not be drawn.

    Args:
        arm: number of the arm drawn, 0 = control, (n).
        seen: outcome, (n).
        propensity, means: probability and expected outcome of every arm, (n, arms with control); the means must
            come from models that never saw the person.
    """
    every, scores = np.arange(len(arm)), means.copy()
    scores[every, arm] += (seen - means[every, arm]) / propensity[every, arm]
    scores[propensity <= 0] = np.nan
    return np.asarray(scores[:, 1:] - scores[:, :1], dtype=np.float64)


def arm_effect(arm: str, scores: Floats, row_count: int, believed: float) -> ArmEffect:
    """Return the mean of AIPW scores (NaN = unknown) and its standard error."""
    known = scores[~np.isnan(scores)]
    return ArmEffect(arm, row_count, float(known.mean()), float(known.std(ddof=1) / np.sqrt(len(known))), believed)


def kept(estimate: float, error: float) -> float:
    """Return the share of an estimate that is believed: none below its error (positive-part James-Stein)."""
    return max(0.0, 1 - (error / estimate) ** 2) if estimate else 0.0
