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


# Offers are never taken to be more alike than to differ by this share of their common effect.
_ALIKE = 0.3
# Powers of their sizes that true values may go with: 0 = all alike, 1 = in proportion.
_POWERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def pooled(estimates: Floats, errors: Floats, sizes: Floats | None = None) -> tuple[Floats, Floats]:
    """Return estimates (k) of like things pulled to their common mean, each by its noise, and their errors.

    The mean itself is pulled to zero by its noise. Empirical Bayes (Morris 1983) with the spread of DerSimonian and
    Laird (1986); a single estimate is pulled to zero.

    Args:
        estimates, errors: with standard errors (k).
        sizes: if given, positive: the mean goes with a power of them. Powers are tried and weighed by how likely they
            make the estimates (Bayesian model averaging, Hoeting and others 1999).
    """
    if len(estimates) == 1:
        share = kept(float(estimates[0]), float(errors[0]))
        return share * estimates, np.array(errors)
    if sizes is None:
        return _pooled(estimates, errors)[:2]
    logs = np.log(sizes) - np.log(sizes).mean()
    scales = [np.exp(power * logs) for power in _POWERS]
    tried = [_pooled(estimates / scale, errors / scale) for scale in scales]
    likely = np.array([each[2] for each in tried])
    weight = np.exp(likely - likely.max())
    weight /= weight.sum()
    values, own = (
        np.array([each[place] * scale for each, scale in zip(tried, scales, strict=True)]) for place in (0, 1)
    )
    mean = weight @ values
    return mean, np.sqrt(weight @ (own**2 + (values - mean) ** 2))


def _pooled(estimates: Floats, errors: Floats) -> tuple[Floats, Floats, float]:
    """Return estimates pulled to one mean, their errors, and the logarithm of how likely that mean makes them."""
    noise = np.maximum(errors**2, 1e-18)
    weight = 1 / noise
    mean = float(weight @ estimates / weight.sum())
    excess = float(weight @ (estimates - mean) ** 2) - (len(estimates) - 1)
    found = max(excess / float(weight.sum() - (weight**2).sum() / weight.sum()), 0.0)
    spread = max(found, (_ALIKE * mean) ** 2)
    weight = 1 / (noise + spread)
    mean, mean_error = float(weight @ estimates / weight.sum()), float(weight.sum() ** -0.5)
    likely = -0.5 * float((weight * (estimates - mean) ** 2 - np.log(weight)).sum())
    mean *= kept(mean, mean_error)
    own = spread / (spread + noise)
    values = mean + own * (estimates - mean)
    return values, np.sqrt(own * noise + ((1 - own) * mean_error) ** 2), likely
