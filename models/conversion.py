"""What a discount does to the chance to buy: a monotone model, averaged with a doubly robust one.

The monotone model sees depth as a feature that can only help (an S-learner with a shape). The doubly robust one
regresses cross-fitted pseudo-outcomes (Kennedy 2023, AIPW scores) on features and depth. Their errors differ, so
their mean is better than either; its slope is then set right out of fold.
"""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from models.boosting import text_of
from models.data import Floats

Matrix = NDArray[np.float32]

# Trees this small, leaves this large: the effect of a discount is faint beside the noise of buying.
_COMMON: dict[str, object] = {
    "learning_rate": 0.05,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
_CHANCE: dict[str, object] = {"objective": "binary", "num_leaves": 12, "lambda_l2": 20.0}
_EFFECT: dict[str, object] = {"objective": "regression", "num_leaves": 8, "lambda_l2": 50.0}
_CHANCE_ROUNDS, _EFFECT_ROUNDS = 250, 80
FOLDS = 3


@dataclass(frozen=True)
class Trial:
    """A randomised trial of depths: rows of features, arm number (0 = control), outcome, and propensities.

    Attributes:
        rows: features, (n, k).
        arm: 0 for control, else 1 + the place in `depths`.
        bought: 1.0 or 0.0.
        propensity: (n, arms), the probability of each arm for each row; 0 where it could not be drawn.
        depths: of the offer arms, rising; the control's depth is 0.
    """

    rows: Matrix
    arm: NDArray[np.int64]
    bought: Floats
    propensity: Floats
    depths: tuple[float, ...]

    def part(self, keep: NDArray[np.bool_]) -> "Trial":
        """Return the rows to keep."""
        return Trial(self.rows[keep], self.arm[keep], self.bought[keep], self.propensity[keep], self.depths)


def _with_depth(rows: Matrix, depth: float | Floats) -> Matrix:
    column = np.broadcast_to(np.asarray(depth, dtype=np.float32), len(rows))
    return np.column_stack([rows, column])


def _train(parameters: dict[str, object], rows: Matrix, label: Floats, rounds: int, seed: int) -> str:
    """Return the text of a model whose last column may only raise the prediction."""
    shape = {"monotone_constraints": [0] * (rows.shape[1] - 1) + [1]}
    seeded = _COMMON | parameters | shape | {"seed": seed, "num_threads": 1}
    return text_of(lgb.train(seeded, lgb.Dataset(rows, label=label), rounds))


def predict(text: str, rows: Matrix, depths: tuple[float, ...]) -> Floats:
    """Return (n, depths) predictions of a model of `fit_chance` or `fit_effect`."""
    booster = lgb.Booster(model_str=text)
    columns = [booster.predict(_with_depth(rows, depth), num_threads=1) for depth in depths]
    return np.column_stack(columns).astype(np.float64)


def fit_chance(trial: Trial, seed: int) -> str:
    """Return the text of the monotone model of the chance to buy."""
    depth = np.array([0.0, *trial.depths])[trial.arm]
    leaf = {"min_data_in_leaf": min(200, len(trial.arm) // 40) + len(trial.arm) // 2000}
    return _train(_CHANCE | leaf, _with_depth(trial.rows, depth), trial.bought, _CHANCE_ROUNDS, seed)


def fit_effect(trial: Trial, effects: Floats, seed: int) -> str:
    """Return the text of the regression of pseudo-effects (n, arms; NaN = unknown) on features and depth."""
    known = [~np.isnan(effects[:, place]) for place in range(len(trial.depths))]
    pieces = [_with_depth(trial.rows[keep], depth) for keep, depth in zip(known, trial.depths, strict=True)]
    label = np.concatenate([effects[keep, place] for place, keep in enumerate(known)])
    leaf = {"min_data_in_leaf": max(100, len(label) // 100)}
    return _train(_EFFECT | leaf, np.concatenate(pieces), label, _EFFECT_ROUNDS, seed)


def folds(rows: int) -> NDArray[np.int64]:
    """Return the fold of every row; callers sort their rows, so the folds are the same every time."""
    return np.asarray(np.arange(rows) % FOLDS, dtype=np.int64)


def left_out_chances(trial: Trial, seed: int) -> tuple[Floats, list[str]]:
    """Return (n, arms) chances to buy from models that never saw the row, and the model of each fold."""
    fold, chances, texts = folds(len(trial.arm)), np.empty(trial.propensity.shape), []
    for number in range(FOLDS):
        texts.append(fit_chance(trial.part(fold != number), seed))
        chances[fold == number] = predict(texts[-1], trial.rows[fold == number], (0.0, *trial.depths))
    return chances, texts


def pseudo_effects(trial: Trial, chances: Floats) -> Floats:
    """Return (n, offer arms) AIPW scores of the effect on the chance to buy; NaN where an arm could not be drawn."""
    every = np.arange(len(trial.arm))
    scores = chances.copy()
    drawn = trial.propensity[every, trial.arm]
    scores[every, trial.arm] += (trial.bought - chances[every, trial.arm]) / drawn
    scores[trial.propensity <= 0] = np.nan
    return np.asarray(scores[:, 1:] - scores[:, :1], dtype=np.float64)


def blended(chance_text: str, effect_text: str, rows: Matrix, depths: tuple[float, ...]) -> Floats:
    """Return (n, depths) the mean of both estimates of the effect on the chance to buy."""
    chances = predict(chance_text, rows, (0.0, *depths))
    return (chances[:, 1:] - chances[:, :1] + predict(effect_text, rows, depths)) / 2


def left_out_effects(trial: Trial, effects: Floats, chance_texts: list[str], seed: int) -> Floats:
    """Return (n, depths) blended effects from models that never saw the row."""
    fold, guess = folds(len(trial.arm)), np.empty(effects.shape)
    for number, chance_text in enumerate(chance_texts):
        seen = fold != number
        effect_text = fit_effect(trial.part(seen), effects[seen], seed)
        guess[~seen] = blended(chance_text, effect_text, trial.rows[~seen], trial.depths)
    return guess
