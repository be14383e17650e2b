"""What the people that a budget picks cost, beside what was planned for them.

Whoever is chosen because an estimate makes him look cheap is dearer than estimated, on average: the optimiser's curse
(Smith and Winkler, Management Science 2006). So a model's costs are checked on just those it would choose: among people
it did not learn from, at the price of a tight budget. Those who got by lot what would have been chosen for them tell
what it costs, weighted by 1 / propensity. The ratio, drawn to 1 by its own noise, sets the model's costs right.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.data import Floats
from models.judging import Bench, Guess

# How far costs of the chosen are off before it is seen: a model's were set right offer by offer on people left out, ...
_PRIOR_ERROR = 0.15
# ... those of segments were not.
SEGMENTS_PRIOR_ERROR = 0.30
# A ratio of fewer redemptions has no error that can be believed.
_REDEMPTIONS_AT_LEAST = 10


@dataclass(frozen=True)
class Picked:
    """Costs of those a tight budget picks.

    Attributes:
        row_count: people who got by lot what was picked for them.
        redemption_count: of them.
        planned, spent: mean cost per picked person, in minor units.
        error: standard error of spent / planned.
        prior_error: how far the costs are off, as a share, before anything is seen.
    """

    row_count: int
    redemption_count: int
    planned: float
    spent: float
    error: float
    prior_error: float = _PRIOR_ERROR

    @property
    def factor(self) -> float:
        """Return what costs are multiplied by; 1 where too few redeemed."""
        if self.redemption_count < _REDEMPTIONS_AT_LEAST or self.planned <= 0:
            return 1.0
        trust = self.prior_error**2 / (self.prior_error**2 + self.error**2)
        return 1 + trust * (self.spent / self.planned - 1)

    def to_json(self) -> dict[str, Any]:
        """Return the figures as a card holds them."""
        return {
            "row_count": self.row_count,
            "redemption_count": self.redemption_count,
            "planned_minor": round(self.planned, 2),
            "spent_minor": round(self.spent, 2),
            "ratio_error": round(self.error, 4),
            "factor": round(self.factor, 6),
        }


def picked(bench: Bench, new: Guess, price: float) -> Picked:
    """Return what the choice at a price costs on the bench's rows."""
    chosen = new.choose(price, bench.possible)
    rows = np.flatnonzero((chosen > 0) & (chosen == bench.log.action))
    arm = chosen[rows]
    weight = 1 / bench.log.propensity[rows, arm]
    planned, spent = new.cost[rows, arm - 1], bench.spent[rows]
    count, due = len(rows), float(weight @ planned)
    if due <= 0:
        return Picked(count, 0, 0.0, 0.0, 0.0)
    ratio = float(weight @ spent) / due
    error = float(np.sqrt(((weight * (spent - ratio * planned)) ** 2).sum())) / due
    whole = float(weight.sum())
    return Picked(count, int((spent > 0).sum()), due / whole, ratio * due / whole, error)


def corrected(factor: float | Floats, effect: Floats, cost: Floats) -> tuple[Floats, Floats]:
    """Return effects net of cost, and costs, with costs multiplied by a factor, or by one for every column."""
    return effect - (factor - 1) * cost, factor * cost
