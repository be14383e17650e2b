"""What a person does in the horizon, as a yes or a number of orders, and the line it is modelled on.

A chance is modelled on its log-odds, a number of orders on the log of its mean. Either is called the line here.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.data import Floats

# Means further out do not occur in shops; the exponential stays finite.
_FURTHEST = 12.0


@dataclass(frozen=True)
class Outcome:
    """Whether somebody buys (`chance`) or how many orders he places (`count`)."""

    kind: Literal["chance", "count"]

    def mean(self, line: Floats) -> Floats:
        """Return the expected outcome."""
        kept = np.clip(line, -_FURTHEST, _FURTHEST)
        return np.asarray(1 / (1 + np.exp(-kept)) if self.kind == "chance" else np.exp(kept), dtype=np.float64)

    def spread(self, mean: Floats) -> Floats:
        """Return how much the mean changes with the line, which is also the variance: p(1 - p), or the mean."""
        return mean * (1 - mean) if self.kind == "chance" else mean

    def loss(self, line: Floats, seen: Floats) -> float:
        """Return minus the log-likelihood, up to a constant."""
        kept = np.clip(line, -_FURTHEST, _FURTHEST)
        normal = np.logaddexp(0.0, kept) if self.kind == "chance" else np.exp(kept)
        return float(np.sum(normal - seen * kept))

    def line(self, mean: float) -> float:
        """Return the line of a mean."""
        if self.kind == "chance":
            kept = min(max(mean, 1e-6), 1 - 1e-6)
            return float(np.log(kept / (1 - kept)))
        return float(np.log(max(mean, 1e-6)))


CHANCE, COUNT = Outcome("chance"), Outcome("count")
