"""Learn from a trial what its arms change: one curve of depth times a sensitivity per person, and arms without a price.

line of the outcome = line without an offer + sensitivity(x) x curve(depth)        for discounts
line of the outcome = line without an offer + effect of the arm(x)                 for other offers
"""

from collections.abc import Sequence

import numpy as np

from models import conversion, response, sensitivity, shrinkage
from models.conversion import Trial
from models.crossfit import Problem
from models.data import Floats
from models.learned import Learned
from models.sensitivity import Sensitivity
from models.shrinkage import ArmEffect

_STEPS = 12
# The curve after people's sensitivities are known: about the one before them, give or take half.
_AGAIN = (1.0, 0.5)


def learn(
    trial: Trial, arms: Sequence[str], depths: tuple[float, ...], seed: int, threads: int
) -> tuple[Learned, list[ArmEffect], Floats]:
    """Return what the trial tells, the mean effect of each arm, and everybody's left-out outcome without an offer.

    Args:
        trial: arm numbers 1... are `arms`: first those with a depth, then the others.
        arms: names.
        depths: of the first arms, rising.
        seed: of the boosters.
        threads: of the boosters.
    """
    base, line = conversion.fit_base(trial, seed, threads)
    shares = conversion.fit_shares(trial, seed, threads)
    effects = _Effects.flat(trial, line, depths)
    priced, curve, error = _priced(trial, effects, depths, seed, threads)
    others = tuple(
        _other(trial, effects, arm, seed, threads) for arm in range(len(depths) + 1, trial.propensity.shape[1])
    )
    intercept = effects.intercept()
    learned = Learned(
        trial.outcome, intercept, base, shares, depths, curve, error, priced, others, tuple(effects.other_errors)
    )
    means = trial.outcome.mean(effects.without(intercept)[:, None] + effects.by_arm)
    return learned, _means(trial, arms, means), means[:, 0]


class _Effects:
    """Effects per person and arm on the line as learned so far, every one by models that never saw the person."""

    def __init__(self, trial: Trial, line: Floats, by_arm: Floats) -> None:
        self.trial, self.line, self.by_arm = trial, line, by_arm
        self.other_errors: list[float] = []

    @classmethod
    def flat(cls, trial: Trial, line: Floats, depths: tuple[float, ...]) -> "_Effects":
        """Return one effect per arm for everybody, pulled to zero by its noise."""
        effects = cls(trial, line, np.zeros(trial.propensity.shape))
        found, covariance = effects.multipliers(np.ones(len(line)), range(1, trial.propensity.shape[1]))
        count = len(depths)
        errors = np.sqrt(np.diag(covariance))
        if count:
            curve = response.curve(depths, found[:count], covariance[:count, :count], None)
            effects.by_arm[:, 1 : count + 1] = curve * shrinkage.kept(curve[-1], errors[count - 1])
        for place in range(count, len(found)):
            effects.by_arm[:, place + 1] = found[place] * shrinkage.kept(found[place], errors[place])
        effects.other_errors = errors[count:].tolist()
        return effects

    def weights(self) -> Floats:
        """Return the weights that take the effects out of the line of the mean outcome."""
        return conversion.weights(self.trial.outcome, self.line, self.by_arm, self.trial.propensity)

    def without(self, intercept: float) -> Floats:
        """Return everybody's line without an offer."""
        return np.asarray(self.line + intercept - (self.weights() * self.by_arm).sum(axis=1), dtype=np.float64)

    def intercept(self) -> float:
        """Return what must be added to every line so that the mean outcome fits."""
        trial, found = self.trial, 0.0
        line = self.without(0.0) + self.by_arm[np.arange(len(trial.arm)), trial.arm]
        for _ in range(_STEPS):
            mean = trial.outcome.mean(line + found)
            found += float((trial.seen - mean).sum() / trial.outcome.spread(mean).sum())
        return found

    def multipliers(self, scale: Floats, arms: Sequence[int] | range) -> tuple[Floats, Floats]:
        """Return per arm what `scale` (n) must be multiplied with to be the effect, and the covariance (Newton)."""
        trial, rest = self.trial, self.by_arm.copy()
        rest[:, list(arms)] = 0.0
        weight, drawn = self.weights(), trial.drawn()
        start = self.line + ((drawn - weight) * rest).sum(axis=1)
        design = np.column_stack([np.ones(len(scale)), scale[:, None] * (drawn - weight)[:, list(arms)]])
        found = np.zeros(design.shape[1])
        for _ in range(_STEPS):
            mean = trial.outcome.mean(start + design @ found)
            fisher = (design * trial.outcome.spread(mean)[:, None]).T @ design + np.eye(len(found)) * 1e-9
            found += np.clip(np.linalg.solve(fisher, design.T @ (trial.seen - mean)), -1.0, 1.0)
        score = design * (trial.seen - mean)[:, None]
        bread = np.linalg.inv(fisher)
        return found[1:], (bread @ (score.T @ score) @ bread)[1:, 1:]


def _priced(
    trial: Trial, effects: _Effects, depths: tuple[float, ...], seed: int, threads: int
) -> tuple[Sensitivity | None, tuple[float, ...], tuple[float, ...]]:
    """Return the sensitivity to discounts, the curve of depth, and its error per depth; fill in the effects."""
    if not depths:
        return None, (), ()
    columns = range(1, len(depths) + 1)
    flat = effects.by_arm[0, 1 : len(depths) + 1].copy()
    level = float(flat[-1])
    curve = flat / level if level > 0 else np.array(depths) / depths[-1]
    dose = np.zeros(trial.propensity.shape[1])
    dose[1 : len(depths) + 1] = curve
    weight = effects.weights()
    centred = dose[trial.arm] - weight @ dose
    rest = effects.by_arm.copy()
    rest[:, list(columns)] = 0.0
    middle = effects.line + effects.intercept() + ((trial.drawn() - weight) * rest).sum(axis=1)
    problem = Problem(trial.rows, trial.seen, middle, centred, level, "positive", trial.outcome)
    learned, values = sensitivity.fit(problem, seed + 100, threads)
    if level <= 0:
        return learned, tuple(curve.tolist()), tuple([0.0] * len(depths))
    effects.by_arm[:, list(columns)] = values[:, None] * curve
    found, covariance = effects.multipliers(values, columns)
    curve = response.curve(depths, found, covariance, _AGAIN)
    effects.by_arm[:, list(columns)] = values[:, None] * curve
    return learned, tuple(curve.tolist()), tuple(np.sqrt(np.diag(covariance)).tolist())


def _other(trial: Trial, effects: _Effects, arm: int, seed: int, threads: int) -> Sensitivity:
    """Return the effect of an arm without a price, from its people and the control arm; fill it in."""
    both = np.isin(trial.arm, [0, arm]) & (trial.propensity[:, [0, arm]] > 0).all(axis=1)
    level = float(effects.by_arm[0, arm])
    two = trial.propensity[np.flatnonzero(both)[:, None], [0, arm]]
    two = two / two.sum(axis=1, keepdims=True)
    without = effects.without(effects.intercept())[both]
    mean = trial.outcome.mean(np.column_stack([without, without + level]))
    spread = two * trial.outcome.spread(mean)
    weight = spread[:, 1] / spread.sum(axis=1)
    dose = (trial.arm[both] == arm) - weight
    problem = Problem(trial.rows[both], trial.seen[both], without + level * weight, dose, level, "plain", trial.outcome)
    learned, values = sensitivity.fit(problem, seed + 100 * (arm + 1), threads)
    effects.by_arm[both, arm] = values
    if not both.all():
        effects.by_arm[~both, arm] = learned.of(trial.rows[~both], threads).mean(axis=0)
    return learned


def _means(trial: Trial, arms: Sequence[str], means: Floats) -> list[ArmEffect]:
    scores = shrinkage.aipw(trial.arm, trial.seen, trial.propensity, means)
    rows = np.bincount(trial.arm, minlength=len(arms) + 1)[1:]
    believed = (means[:, 1:] - means[:, :1]).mean(axis=0)
    return [
        shrinkage.arm_effect(arm, scores[:, place], int(rows[place]), float(believed[place]))
        for place, arm in enumerate(arms)
    ]
