"""What was learned of a trial's arms, ready to predict for other people."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from models import conversion, response
from models.conversion import Scale, Shares
from models.crossfit import FOLDS, Boosters, Matrix
from models.data import Floats
from models.outcome import Outcome
from models.sensitivity import Sensitivity

# People differ in more than features tell: by this share of the differences that were found. Chosen on one made-up
# world, where 95 % intervals then cover 95 to 97 %; elsewhere they cover 69 to 99 % (docs/explanation/uplift.md).
_UNSEEN = 0.6


@dataclass(frozen=True)
class Lines:
    """Predictions on the line of the outcome.

    Attributes:
        mean: of the outcome over the trial's arms, (n).
        effects: of each arm, 0 for control, (n, arms with control).
        propensity: (n, arms with control).
        factor: what the scale made of effects, (n).
    """

    mean: Floats
    effects: Floats
    propensity: Floats
    factor: Floats


@dataclass(frozen=True)
class Learned:
    """The effect of every arm on the outcome, per person.

    Attributes:
        outcome: a chance or a count.
        intercept: added to every line.
        base: boosters of the line of the mean outcome.
        scale: how effects go with that line.
        shares: propensities of new people.
        depths: of the arms with a price, rising.
        curve: effect of each depth at a sensitivity of 1.
        curve_error: standard errors of the curve before it was smoothed.
        priced: sensitivity to discounts; None without a priced arm.
        turn: who waits for deep discounts, as a share of the bend of the curve; None with fewer than three depths.
        others: effect of each arm without a price.
        other_errors: standard errors of their levels.
    """

    outcome: Outcome
    intercept: float
    base: Boosters
    scale: Scale
    shares: Shares
    depths: tuple[float, ...]
    curve: tuple[float, ...]
    curve_error: tuple[float, ...]
    priced: Sensitivity | None
    turn: Sensitivity | None
    others: tuple[Sensitivity, ...]
    other_errors: tuple[float, ...]

    def lines(self, rows: Matrix, threads: int) -> list[Lines]:
        """Return the predictions of each fold's boosters."""
        mean, shares = self.base.values(rows, threads), self.shares.of(rows, threads)
        effects = np.zeros((FOLDS, len(rows), 1 + len(self.depths) + len(self.others)))
        if self.priced is not None:
            effects[:, :, 1 : 1 + len(self.depths)] = self._priced(rows, self.priced, threads)
        for place, other in enumerate(self.others, start=1 + len(self.depths)):
            effects[:, :, place] = other.of(rows, threads)
        factor = [self.scale.of(self.outcome, line) for line in mean]
        return [Lines(mean[fold], effects[fold] * factor[fold][:, None], shares, factor[fold]) for fold in range(FOLDS)]

    def _priced(self, rows: Matrix, priced: Sensitivity, threads: int) -> Floats:
        """Return (folds, n, depths) effects of discounts before the scale."""
        line = np.array(self.curve)
        sensitivity = priced.of(rows, threads)[:, :, None]
        if self.turn is None:
            return np.asarray(sensitivity * line, dtype=np.float64)
        turned = response.bent(line, response.bend(self.depths, line), self.turn.of(rows, threads))
        return np.asarray(sensitivity * turned, dtype=np.float64)

    @staticmethod
    def averaged(lines: list[Lines]) -> Lines:
        """Return the mean of the folds' predictions."""
        mean, effects, factor = (
            np.mean([getattr(each, name) for each in lines], axis=0) for name in ("mean", "effects", "factor")
        )
        return Lines(mean, effects, lines[0].propensity, factor)

    def expected(self, rows: Matrix, threads: int) -> Floats:
        """Return the expected outcome (n, arms with control) by all folds together."""
        return self.means(self.averaged(self.lines(rows, threads)))

    def sensitivities(self) -> list[Sensitivity]:
        """Return those of the arms: the discounts' one first."""
        return [*([] if self.priced is None else [self.priced]), *self.others]

    def level_error(self, lines: Lines, arm: int) -> Floats:
        """Return the standard error (n) of an arm's effects on the line that its level and slope leave."""
        return lines.factor * self._level_error(lines.effects[:, arm + 1] / lines.factor, arm)

    def _level_error(self, effects: Floats, arm: int) -> Floats:
        place = arm - len(self.depths)
        if place >= 0:
            other = self.others[place]
            slope = (effects - other.boosters.level) / max(other.slope, 0.1) * _slope_error(other)
            known = np.hypot(self.other_errors[place], slope)
            return np.asarray(np.hypot(known, _UNSEEN * other.spread), dtype=np.float64)
        curve, priced = self.curve[arm], self.priced
        if priced is None or curve <= 0 or priced.boosters.level <= 0:
            return np.full(len(effects), self.curve_error[arm])
        away = np.log(np.maximum(effects / curve / priced.boosters.level, 1e-9)) - priced.shift
        slope = away / max(priced.slope, 0.1) * _slope_error(priced)
        known = effects * np.hypot(self.curve_error[arm] / curve, slope)
        return np.asarray(np.hypot(known, _UNSEEN * curve * priced.spread), dtype=np.float64)

    def means(self, lines: Lines) -> Floats:
        """Return the expected outcome (n, arms with control), the control arm's first."""
        weight = conversion.weights(self.outcome, lines.mean, lines.effects, lines.propensity)
        without = lines.mean + self.intercept - (weight * lines.effects).sum(axis=1)
        return self.outcome.mean(without[:, None] + lines.effects)

    def parts(self) -> dict[str, str]:
        """Return LightGBM texts by file name."""
        groups = {"base": self.base.texts, "share": self.shares.texts}
        if self.priced is not None:
            groups["priced"] = self.priced.boosters.texts
        if self.turn is not None:
            groups["turn"] = self.turn.boosters.texts
        groups |= {f"other-{place}": other.boosters.texts for place, other in enumerate(self.others)}
        return {f"{name}-{number}.txt": text for name, texts in groups.items() for number, text in enumerate(texts)}

    def settings(self) -> dict[str, Any]:
        """Return everything else as plain JSON."""
        return {
            "outcome": self.outcome.kind,
            "intercept": self.intercept,
            "base_level": self.base.level,
            "scale": asdict(self.scale),
            "shares": list(self.shares.constant),
            "depths": list(self.depths),
            "curve": list(self.curve),
            "curve_error": list(self.curve_error),
            "priced": None if self.priced is None else self.priced.settings(),
            "turn": None if self.turn is None else self.turn.settings(),
            "others": [other.settings() for other in self.others],
            "other_errors": list(self.other_errors),
        }

    @classmethod
    def restored(cls, parts: Mapping[str, str], stored: Mapping[str, Any]) -> Self:
        """Return what `parts` and `settings` came from."""
        priced, turn = stored["priced"], stored["turn"]
        return cls(
            Outcome(stored["outcome"]),
            stored["intercept"],
            Boosters(_texts(parts, "base"), stored["base_level"], "plain"),
            Scale.restored(stored["scale"]),
            Shares(tuple(stored["shares"]), _texts(parts, "share")),
            tuple(stored["depths"]),
            tuple(stored["curve"]),
            tuple(stored["curve_error"]),
            None if priced is None else Sensitivity.restored(_texts(parts, "priced"), priced),
            None if turn is None else Sensitivity.restored(_texts(parts, "turn"), turn),
            tuple(
                Sensitivity.restored(_texts(parts, f"other-{place}"), other)
                for place, other in enumerate(stored["others"])
            ),
            tuple(stored["other_errors"]),
        )


def _slope_error(found: Sensitivity) -> float:
    """Return the slope's error, which its expectation keeps below half."""
    return min(found.slope_error, 0.5) if found.slope_error is not None else 0.0


def _texts(parts: Mapping[str, str], name: str) -> tuple[str, ...]:
    count = sum(file.startswith(f"{name}-") and file[len(name) + 1 : -4].isdigit() for file in parts)
    return tuple(parts[f"{name}-{number}.txt"] for number in range(count))
