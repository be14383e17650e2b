"""Learn from a trial what its arms change: one curve of depth times a sensitivity per person, and arms without a price.

line of the outcome = line without an offer + sensitivity(x) x curve(depth)        for discounts
line of the outcome = line without an offer + effect of the arm(x)                 for other offers
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models import conversion, qualifying, response, sensitivity, shrinkage
from models.conversion import Scale, Shape, Trial
from models.crossfit import Problem
from models.data import Floats
from models.learned import Learned
from models.sensitivity import Sensitivity
from models.shrinkage import ArmEffect

_STEPS = 12
# With fewer depths nobody can tell early from late.
_DEPTHS_TO_TURN = 3
# Effects may be the same on the line, the same change of the mean, or beyond, and those who hardly ever buy or always
# do may answer less. Before seeing the trial an offer is thought to add orders rather than to multiply those that come
# anyway: what is wrong about that pays for habit.
_POWERS = {0.0: 0.1, 0.5: 0.3, 1.0: 0.45, 1.5: 0.15}
_HUMPS = {0.0: 0.6, 0.15: 0.25, 0.3: 0.15}
# L2 on leaves: of relative changes of a sensitivity, and of effects on the line, which are smaller.
_HOLD, _HOLD_PLAIN = 10.0, 50.0
# What a mail changes is often a sum over features, which trees of one split say with less noise than larger ones.
_SUMS = (2,)
# The curve after people's sensitivities are known: about the one before them, give or take half.
_AGAIN = (1.0, 0.5)


def learn(
    trial: Trial,
    arms: Sequence[str],
    depths: tuple[float, ...],
    seed: int,
    threads: int,
    sizes: Floats | None = None,
) -> tuple[Learned, list[ArmEffect], Floats]:
    """Return what the trial tells, the mean effect of each arm, and everybody's left-out outcome by arm.

    Args:
        trial: arm numbers 1... are `arms`: first those with a depth, then the others.
        arms: names.
        depths: of the first arms, rising.
        seed: of the boosters.
        threads: of the boosters.
        sizes: of the arms' take-up, if known (models.appeal).
    """
    base, line = conversion.fit_base(trial, seed, threads)
    shares = conversion.fit_shares(trial, seed, threads)
    effects = _Effects.flat(trial, line, depths, sizes)
    scale = effects.scale
    priced, curve, error = _priced(trial, effects, depths, seed, threads)
    turn = _turn(trial, effects, depths, np.array(curve), seed, threads)
    others = tuple(
        _other(trial, effects, arm, seed, threads) for arm in range(len(depths) + 1, trial.propensity.shape[1])
    )
    intercept = effects.intercept()
    learned = Learned(
        trial.outcome,
        intercept,
        base,
        scale,
        shares,
        depths,
        curve,
        error,
        priced,
        turn,
        others,
        tuple(effects.other_errors),
    )
    means = trial.outcome.mean(effects.without(intercept)[:, None] + effects.by_arm)
    return learned, _means(trial, arms, means), means


class _Effects:
    """Effects per person and arm on the line as learned so far, every one by models that never saw the person."""

    def __init__(self, trial: Trial, line: Floats, scale: Scale) -> None:
        self.trial, self.line, self.scale = trial, line, scale
        self.factor = scale.of(trial.outcome, line)
        self.by_arm = np.zeros(trial.propensity.shape)
        self.levels = np.zeros(trial.propensity.shape[1])
        self.other_errors: list[float] = []

    @classmethod
    def flat(cls, trial: Trial, line: Floats, depths: tuple[float, ...], sizes: Floats | None) -> "_Effects":
        """Return one effect per arm for everybody, pulled to zero by its noise."""
        typical = float(trial.outcome.spread(trial.outcome.mean(line)).mean())
        arms = range(1, trial.propensity.shape[1])
        shapes = [Shape(power, hump, share * part) for power, share in _POWERS.items() for hump, part in _HUMPS.items()]
        tried = [cls(trial, line, Scale((replace(shape, chance=1.0),), typical)) for shape in shapes]
        losses = np.array([each.multipliers(each.factor, arms)[2] for each in tried])
        chances = np.array([shape.chance for shape in shapes]) * np.exp(losses.min() - losses)
        chances /= chances.sum()
        likely = [replace(shape, chance=float(chance)) for shape, chance in zip(shapes, chances, strict=True)]
        effects = cls(trial, line, Scale(tuple(likely), typical))
        found, covariance, _ = effects.multipliers(effects.factor, arms)
        count = len(depths)
        errors = np.sqrt(np.diag(covariance))
        if count:
            curve = response.curve(depths, found[:count], covariance[:count, :count], None)
            curve *= shrinkage.kept(curve[-1], errors[count - 1])
            effects.by_arm[:, 1 : count + 1] = effects.factor[:, None] * curve
            effects.levels[1 : count + 1] = curve
        if count < len(found):
            found, errors = effects.sharpened(found, errors)
            effects.set_others(count, found, errors, sizes)
        return effects

    def set_others(self, count: int, found: Floats, errors: Floats, sizes: Floats | None) -> None:
        """Take the effects of the arms without a price, those after `count`, from multipliers (arms,) and errors.

        Where the size of every arm's take-up is known, the arms with a price help to tell what goes with it.
        """
        if sizes is None:
            values, others = shrinkage.pooled(found[count:], errors[count:])
        else:
            values, others = (each[count:] for each in shrinkage.pooled(found, errors, sizes))
        self.levels[count + 1 :] = values
        self.by_arm[:, count + 1 :] = self.factor[:, None] * values
        self.other_errors = others.tolist()

    def sharpened(self, found: Floats, errors: Floats) -> tuple[Floats, Floats]:
        """Return multipliers (arms,) and errors, those of arms on a target by its own orders (models.qualifying)."""
        trial, usual = self.trial, self.trial.outcome.mean(self.line)
        if trial.qualifying is None:
            return found, errors
        parts: dict[int, tuple[qualifying.Estimate, qualifying.Estimate]] = {}
        for arm in np.flatnonzero(~np.isnan(trial.qualifying).any(axis=0)).tolist():
            drawn, chances = (trial.arm == arm, trial.arm == 0), (trial.propensity[:, arm], trial.propensity[:, 0])
            orders = trial.qualifying[:, arm]
            own, beside = (qualifying.effect(drawn, chances, seen, usual) for seen in (orders, trial.seen - orders))
            parts[arm] = own, beside
        found, errors = found.copy(), errors.copy()
        turn = trial.outcome.spread(usual) * self.factor
        for arm, (value, error) in qualifying.whole(parts).items():
            each = float(turn[(trial.propensity[:, [0, arm]] > 0).all(axis=1)].mean())
            found[arm - 1], errors[arm - 1] = value / each, error / each
        return found, errors

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

    def multipliers(self, scale: Floats, arms: Sequence[int] | range) -> tuple[Floats, Floats, float]:
        """Return per arm what `scale` (n) must be multiplied with to be the effect, their covariance, and the loss."""
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
        loss = trial.outcome.loss(start + design @ found, trial.seen)
        return found[1:], (bread @ (score.T @ score) @ bread)[1:, 1:], loss


def _priced(
    trial: Trial, effects: _Effects, depths: tuple[float, ...], seed: int, threads: int
) -> tuple[Sensitivity | None, tuple[float, ...], tuple[float, ...]]:
    """Return the sensitivity to discounts, the curve of depth, and its error per depth; fill in the effects."""
    if not depths:
        return None, (), ()
    columns = range(1, len(depths) + 1)
    flat = effects.levels[1 : len(depths) + 1]
    level = float(flat[-1])
    curve = flat / level if level > 0 else np.array(depths) / depths[-1]
    dose = np.zeros(trial.propensity.shape[1])
    dose[1 : len(depths) + 1] = curve
    weight = effects.weights()
    centred = effects.factor * (dose[trial.arm] - weight @ dose)
    rest = effects.by_arm.copy()
    rest[:, list(columns)] = 0.0
    middle = effects.line + effects.intercept() + ((trial.drawn() - weight) * rest).sum(axis=1)
    problem = Problem(trial.rows, trial.seen, middle, centred, level, "positive", trial.outcome)
    learned, values = sensitivity.fit(problem, _HOLD, seed + 100, threads)
    if level <= 0:
        return learned, tuple(curve.tolist()), tuple([0.0] * len(depths))
    values = values * effects.factor
    effects.by_arm[:, list(columns)] = values[:, None] * curve
    found, covariance, _ = effects.multipliers(values, columns)
    curve = response.curve(depths, found, covariance, _AGAIN)
    effects.by_arm[:, list(columns)] = values[:, None] * curve
    return learned, tuple(curve.tolist()), tuple(np.sqrt(np.diag(covariance)).tolist())


def _turn(
    trial: Trial, effects: _Effects, depths: tuple[float, ...], curve: Floats, seed: int, threads: int
) -> Sensitivity | None:
    """Return who waits for deep discounts more or less than others; fill in what that makes of the effects."""
    columns = np.arange(1, len(depths) + 1)
    if len(depths) < _DEPTHS_TO_TURN or curve[-1] <= 0 or not effects.levels[1 : len(depths) + 1].any():
        return None
    bend, weight = response.bend(depths, curve), effects.weights()
    values = effects.by_arm[:, len(depths)] / curve[-1]
    dose = np.zeros(trial.propensity.shape[1])
    dose[columns] = bend
    centred = values * (dose[trial.arm] - weight @ dose)
    middle = effects.line + effects.intercept() + ((trial.drawn() - weight) * effects.by_arm).sum(axis=1)
    problem = Problem(trial.rows, trial.seen, middle, centred, 0.0, "plain", trial.outcome)
    learned, turn = sensitivity.fit(problem, _HOLD, seed + 50, threads)
    effects.by_arm[:, columns] = values[:, None] * response.bent(curve, bend, turn)
    return learned


def _other(trial: Trial, effects: _Effects, arm: int, seed: int, threads: int) -> Sensitivity:
    """Return the effect of an arm without a price, from its people and the control arm; fill it in."""
    both = np.isin(trial.arm, [0, arm]) & (trial.propensity[:, [0, arm]] > 0).all(axis=1)
    level, factor = float(effects.levels[arm]), effects.factor[both]
    two = trial.propensity[np.flatnonzero(both)[:, None], [0, arm]]
    two = two / two.sum(axis=1, keepdims=True)
    without = effects.without(effects.intercept())[both]
    mean = trial.outcome.mean(np.column_stack([without, without + level * factor]))
    spread = two * trial.outcome.spread(mean)
    weight = spread[:, 1] / spread.sum(axis=1)
    dose = factor * ((trial.arm[both] == arm) - weight)
    middle = without + level * factor * weight
    problem = Problem(trial.rows[both], trial.seen[both], middle, dose, level, "plain", trial.outcome)
    learned, values = sensitivity.fit(problem, _HOLD_PLAIN, seed + 100 * (arm + 1), threads, simpler=_SUMS)
    effects.by_arm[both, arm] = values * factor
    if not both.all():
        others = learned.of(trial.rows[~both], threads).mean(axis=0)
        effects.by_arm[~both, arm] = others * effects.factor[~both]
    return learned


def _means(trial: Trial, arms: Sequence[str], means: Floats) -> list[ArmEffect]:
    scores = shrinkage.aipw(trial.arm, trial.seen, trial.propensity, means)
    rows = np.bincount(trial.arm, minlength=len(arms) + 1)[1:]
    believed = (means[:, 1:] - means[:, :1]).mean(axis=0)
    return [
        shrinkage.arm_effect(arm, scores[:, place], int(rows[place]), float(believed[place]))
        for place, arm in enumerate(arms)
    ]
