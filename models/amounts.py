"""From estimates to integer minor units: the one place where a model's float becomes money."""

import numpy as np
from numpy.typing import NDArray


def to_minor(estimates: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return each estimate as the nearest integer, a half away from zero, as `offermill.money` rounds.

    Raises:
        ValueError: an estimate is not finite.
    """
    if not np.isfinite(estimates).all():
        raise ValueError("an estimate is not finite, so it is no amount of money")
    whole = np.trunc(estimates)
    away = np.where(np.abs(estimates - whole) >= 0.5, np.sign(estimates), 0.0)
    return (whole + away).astype(np.int64)
