"""The parts of an uplift model: priced arms, arms without a price, and what an offer gives away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models import conversion, shrinkage
from models.calibration import log_odds, to_chance
from models.conversion import Matrix, Trial
from models.data import Floats
from models.shrinkage import ArmEffect


@dataclass(frozen=True)
class Priced:
    """The effect of depths on the chance to buy.

    Attributes:
        depths: of the arms, rising.
        chance_text, effect_text: LightGBM texts; the second is empty without any priced arm.
        means: mean blended effect per arm on the trial's people.
        levels: mean effect believed per arm.
        slope: share of the differences between people that is believed.
        slope_error: standard error of the slope before it was weighed.
    """

    depths: tuple[float, ...]
    chance_text: str
    effect_text: str
    means: tuple[float, ...]
    levels: tuple[float, ...]
    slope: float
    slope_error: float

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return what `dataclasses.asdict` and JSON made of it, with its texts."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
        }
        return cls(**values)

    def before(self, rows: Matrix) -> Floats:
        """Return the chance to buy without an offer."""
        return conversion.predict(self.chance_text, rows, (0.0,))[:, 0]

    def after(self, rows: Matrix, before: Floats) -> Floats:
        """Return (n, arms) the chance to buy with each arm: never below `before`, never falling with depth."""
        if not self.depths:
            return np.empty((len(rows), 0))
        guess = conversion.blended(self.chance_text, self.effect_text, rows, self.depths)
        effect = np.array(self.levels) + self.slope * (guess - np.array(self.means))
        rising = np.maximum.accumulate(np.maximum(effect, 0.0), axis=1)
        return np.minimum(before[:, None] + rising, 1.0)


def learn_priced(trial: Trial, arms: Sequence[str], seed: int) -> tuple[Priced, Floats, list[ArmEffect]]:
    """Return the effect of the trial's depths, everybody's left-out chance without an offer, and means by arm."""
    chance_text = conversion.fit_chance(trial, seed)
    left_out, texts = conversion.left_out_chances(trial, seed)
    if not trial.depths:
        return Priced((), chance_text, "", (), (), 0.0, 0.0), left_out[:, 0], []
    scores = conversion.pseudo_effects(trial, left_out)
    effect_text = conversion.fit_effect(trial, scores, seed)
    guess = conversion.left_out_effects(trial, scores, texts, seed)
    slope, error = shrinkage.slope(guess, scores)
    rows = np.bincount(trial.arm, minlength=len(arms) + 1)[1:]
    effects = [shrinkage.arm_effect(arm, scores[:, place], int(rows[place])) for place, arm in enumerate(arms)]
    means = conversion.blended(chance_text, effect_text, trial.rows, trial.depths).mean(axis=0)
    levels = shrinkage.rising(effects)
    learned = Priced(trial.depths, chance_text, effect_text, tuple(means), tuple(levels), slope, error)
    return learned, left_out[:, 0], effects


def learn_shift(
    arm: str, drawn: NDArray[np.bool_], control: NDArray[np.bool_], bought: Floats, before: Floats, chances: Floats
) -> tuple[float, ArmEffect]:
    """Return the shift of the log-odds by an arm without a price, and its mean effect.

    Args:
        arm: its name.
        drawn: who was in the arm; control: who was in the control arm.
        bought: outcome.
        before: chance to buy without an offer, from models that did not see the person.
        chances: (n, 2) propensities of control and the arm.
    """
    rest = bought - before
    weights = np.where(chances > 0, chances, np.nan)
    scores = np.where(drawn, rest, 0.0) / weights[:, 1] - np.where(control, rest, 0.0) / weights[:, 0]
    effect = shrinkage.arm_effect(arm, scores, int(drawn.sum()))
    return shrinkage.shift_for(before, effect.believed), effect


def shifted(before: Floats, shift: float) -> Floats:
    """Return chances whose log-odds moved by `shift`."""
    return to_chance(log_odds(before) + shift)


@dataclass(frozen=True)
class Give:
    """What an offer gives away when its person buys: a share of the basket and an amount."""

    share: float
    amount: float

    def of(self, baskets: Floats) -> Floats:
        """Return the expected give-away of each basket."""
        return self.share * baskets + self.amount


def gives(
    arms: Mapping[str, float | None], costs: Mapping[str, float], given: Mapping[str, tuple[float, float, int]] | None
) -> dict[str, Give]:
    """Return what each arm gives.

    Args:
        arms: arm -> depth or None.
        costs: arm without a price -> cost per buyer.
        given: arm -> (sum of discounts, sum of sales, buyers) as measured in the trial; None = not measured.
    """
    measured = given or {}
    return {arm: _give(depth, costs.get(arm), measured.get(arm)) for arm, depth in arms.items()}


def _give(depth: float | None, cost: float | None, measured: tuple[float, float, int] | None) -> Give:
    discount, sales, buyers = measured or (0.0, 0.0, 0)
    if depth is not None:
        # Not every basket takes the whole depth: some redeem nothing, some goods are excluded.
        return Give(discount / sales if sales > 0 else depth, 0.0)
    if cost is not None:
        return Give(0.0, cost)
    return Give(0.0, discount / buyers if buyers else 0.0)
