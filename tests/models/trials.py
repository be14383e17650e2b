"""Randomised trials whose truth is known: who reacts to a discount is told by one feature."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.calibration import to_chance

DEPTHS: dict[str, float | None] = {"d10": 0.10, "d20": 0.20, "mail": None}
SHARES = {"control": 0.4, "d10": 0.2, "d20": 0.2, "mail": 0.2}
MARGIN = 0.4


@dataclass(frozen=True)
class Trial:
    """What is known of a trial, and the true chance to buy and mean basket per person."""

    features: pd.DataFrame
    arm: np.ndarray
    bought: np.ndarray
    sales: np.ndarray
    chance: pd.DataFrame
    basket: np.ndarray

    @property
    def known(self) -> dict[str, object]:
        return {
            "arm": self.arm, "bought": self.bought, "sales": self.sales, "margin_share": MARGIN, "propensity": SHARES,
        }  # fmt: skip

    def gain(self, arm: str, depth: float) -> np.ndarray:
        """The true incremental margin of an arm, net of the discount."""
        with_it = self.chance[arm].to_numpy() * (MARGIN - depth)
        return np.asarray((with_it - self.chance["control"].to_numpy() * MARGIN) * self.basket)


def drawn(rows: int, seed: int, *, strength: float = 1.0) -> Trial:
    """People with x0 > 0 react to depth (log-odds + 1.8 x strength at 20 %), others never; mail adds 0.3 x strength."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, 6))
    base = -1.5 + 0.8 * x[:, 1]
    reacts = strength * (x[:, 0] > 0)
    lift = {"control": 0.0, "d10": 1.2 * reacts, "d20": 1.8 * reacts, "mail": 0.3 * strength}
    chance = pd.DataFrame({arm: to_chance(base + effect) for arm, effect in lift.items()})
    arm = rng.choice(list(SHARES), size=rows, p=list(SHARES.values()))
    bought = rng.random(rows) < chance.to_numpy()[np.arange(rows), [list(SHARES).index(each) for each in arm]]
    basket = 20 * np.exp(0.3 * x[:, 2])
    sales = np.where(bought, basket * np.exp(0.4 * rng.standard_normal(rows) - 0.08), 0.0)
    return Trial(pd.DataFrame(x, columns=[f"x{i}" for i in range(6)]), arm, bought, sales, chance, basket)
