"""What a policy would have earned, told from logged random choices: AIPW, IPS and self-normalised IPS with intervals.

A policy's value is the mean outcome per row had the policy chosen. Where the log cannot say, the answer is that it
cannot be answered, with the reason, and no number.

Sources: Robins, Rotnitzky, Zhao 1994 (AIPW); Swaminathan, Joachims 2015 (self-normalised IPS); Kish 1965 (effective
sample size); Hall 1992 (interval of a skewed mean).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models import skewed_mean
from models.data import Floats

Method = Literal["aipw", "snips", "ips"]
# A value rests on rows whose logged arm is the policy's: fewer than this are an anecdote.
MATCHING_AT_LEAST = 30
# Weights that leave fewer rows' worth of information than this make an interval that is too short.
EFFECTIVE_AT_LEAST = 20.0
# A propensity below this makes one row speak for more than a thousand.
FLOOR = 0.001
# So much of a policy may choose what the log never could; the outcome model alone speaks for it.
UNCOVERED_AT_MOST = 0.01
LEVEL = 0.95


@dataclass(frozen=True)
class Log:
    """n logged rows with k arms.

    Args:
        action: (n,) which arm was given, 0..k-1.
        outcome: (n,) what followed, in any unit; values are in the same unit.
        propensity: (n, k) chance of every arm as it was when the lot fell; 0 = could not be drawn.
        predicted: (n, k) outcome expected with every arm, from models that did not see the row; needed for AIPW.
        person: (n,) key; rows of one person count as one draw. None = every row is a person.

    Raises:
        ValueError: shapes differ, an arm is unknown, a number is not finite, or a logged arm has propensity 0.
    """

    action: NDArray[np.int64]
    outcome: Floats
    propensity: Floats
    predicted: Floats | None = None
    person: NDArray[Any] | None = None

    def __post_init__(self) -> None:
        size, arms = np.shape(self.propensity)
        for name, wanted in (
            ("action", (size,)),
            ("outcome", (size,)),
            ("predicted", (size, arms)),
            ("person", (size,)),
        ):
            given = getattr(self, name)
            if given is not None and np.shape(given) != wanted:
                raise ValueError(
                    f"{name} has shape {np.shape(given)}, expected {wanted} as propensity has rows and arms"
                )
        if size and (self.action.min() < 0 or self.action.max() >= arms):
            raise ValueError(f"action holds {self.action.min()}..{self.action.max()}, expected 0..{arms - 1}")
        for name in ("outcome", "propensity", "predicted"):
            if getattr(self, name) is not None and not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"{name} holds a number that is not finite")
        impossible = np.flatnonzero(self.logged_propensity <= 0)
        if len(impossible):
            raise ValueError(f"row {impossible[0]} was given an arm of propensity 0: the log contradicts itself")

    def __len__(self) -> int:
        return len(self.action)

    @property
    def logged_propensity(self) -> Floats:
        """Return (n,) the chance of what was given."""
        return self.propensity[np.arange(len(self)), self.action]

    def chances(self, policy: ArrayLike) -> Floats:
        """Return a policy as (n, k) chances; (n,) arms become certainties.

        Raises:
            ValueError: neither shape, or chances that do not sum to one.
        """
        given = np.asarray(policy)
        if given.shape == (len(self),):
            return np.eye(self.propensity.shape[1])[given.astype(np.int64)]
        if given.shape != self.propensity.shape:
            raise ValueError(f"policy has shape {given.shape}, expected ({len(self)},) or {self.propensity.shape}")
        if (given < 0).any() or not np.allclose(given.sum(axis=1), 1.0):
            raise ValueError("policy holds chances that are below 0 or do not sum to 1 in every row")
        return given.astype(np.float64)

    def part(self, rows: NDArray[Any]) -> "Log":
        """Return some of the rows."""
        optional = (None if given is None else given[rows] for given in (self.predicted, self.person))
        return Log(self.action[rows], self.outcome[rows], self.propensity[rows], *optional)


@dataclass(frozen=True)
class Overlap:
    """How well the log covers a policy.

    Attributes:
        impossible_share: mass of the policy on arms that could not be drawn (propensity 0).
        rare_share: mass on arms that could, but with a propensity below FLOOR.
        largest_weight: policy's chance over the log's, at most.
        matching_count: logged rows whose arm the policy might choose.
        effective_rows: so many equally weighted rows would say as much (Kish).
    """

    impossible_share: float
    rare_share: float
    largest_weight: float
    matching_count: int
    effective_rows: float

    @property
    def problem(self) -> str:
        """Return why the question cannot be answered; empty if it can."""
        if self.impossible_share + self.rare_share > UNCOVERED_AT_MOST:
            share = self.impossible_share + self.rare_share
            return f"no overlap: {share:.1%} of the choices had a propensity of 0 or below {FLOOR:g} in the log"
        if self.matching_count < MATCHING_AT_LEAST:
            return f"too few matching rows: {self.matching_count}, at least {MATCHING_AT_LEAST} are needed"
        if self.effective_rows < EFFECTIVE_AT_LEAST:
            rows = f"{self.matching_count} matching rows weigh no more than {self.effective_rows:.1f} equal ones"
            return f"too uneven weights: {rows}, at least {EFFECTIVE_AT_LEAST:g} are needed"
        return ""


@dataclass(frozen=True)
class Answer:
    """A policy's value per row, or the difference of two, with its interval; or why there is none.

    Attributes:
        estimate, error, low, high: None when the question cannot be answered.
        row_count: rows asked about.
        overlap: how well the log covers the question.
        problem: why it cannot be answered; empty when it can.
    """

    estimate: float | None
    error: float | None
    low: float | None
    high: float | None
    row_count: int
    overlap: Overlap
    level: float
    problem: str = ""

    @property
    def is_answered(self) -> bool:
        """Tell whether there is a number."""
        return not self.problem

    def rows_for(self, half_width: float) -> int | None:
        """Return how many rows like these an interval of +- `half_width` needs; None without a number."""
        if self.low is None or self.high is None or half_width <= 0:
            return None
        return ceil(self.row_count * ((self.high - self.low) / 2 / half_width) ** 2)

    def to_json(self, digits: int = 2) -> dict[str, Any]:
        """Return the figures as plain JSON, rounded."""
        ends = {name: getattr(self, name) for name in ("estimate", "error", "low", "high")}
        return {
            **{name: None if value is None else round(value, digits) for name, value in ends.items()},
            "level": self.level,
            "row_count": self.row_count,
            "effective_rows": round(self.overlap.effective_rows, 1),
            "matching_count": self.overlap.matching_count,
            "largest_weight": round(self.overlap.largest_weight, 2),
            "uncovered_share": round(self.overlap.impossible_share + self.overlap.rare_share, 6),
            "problem": self.problem,
        }


def value(log: Log, policy: ArrayLike, *, method: Method = "aipw", level: float = LEVEL) -> Answer:
    """Return the mean outcome per row had `policy` chosen.

    Args:
        log: n rows, k arms.
        policy: (n,) arm per row, or (n, k) chances.
        method: aipw (doubly robust), snips (self-normalised) or ips.
        level: of the interval.

    Raises:
        ValueError: shapes do not fit, or AIPW without predictions.
    """
    chances = log.chances(policy)
    overlap = overlap_of(log, chances)
    if overlap.problem:
        return _unanswered(log, overlap, overlap.problem, level)
    return _answer(log, _scores(log, chances, method), overlap, level)


def difference(
    log: Log, policy: ArrayLike, other: ArrayLike, *, method: Method = "aipw", level: float = LEVEL
) -> Answer:
    """Return how much more per row `policy` earns than `other`, on the same rows.

    Rows where both choose the same say nothing and need no overlap: two policies that never differ differ by 0.
    """
    one, two = log.chances(policy), log.chances(other)
    apart = np.abs(one - two)
    overlap = overlap_of(log, apart / 2)
    if not apart.any():
        return Answer(0.0, 0.0, 0.0, 0.0, len(log), overlap, level)
    if overlap.problem:
        return _unanswered(log, overlap, overlap.problem, level)
    return _answer(log, _scores(log, one, method) - _scores(log, two, method), overlap, level)


def by_segment(
    log: Log, policy: ArrayLike, segment: Sequence[Any] | NDArray[Any], *, other: ArrayLike | None = None,
    level: float = LEVEL,
) -> dict[str, Answer]:  # fmt: skip
    """Return the AIPW value of a policy (or its difference to `other`) per segment, by name; (n,) segment per row."""
    names = np.asarray(segment).astype(str)
    found = {}
    for name in np.unique(names):
        rows = np.flatnonzero(names == name)
        part, chosen = log.part(rows), log.chances(policy)[rows]
        if other is None:
            found[str(name)] = value(part, chosen, level=level)
        else:
            found[str(name)] = difference(part, chosen, log.chances(other)[rows], level=level)
    return found


def overlap_of(log: Log, chances: Floats) -> Overlap:
    """Return how well the log covers (n, k) chances, which need not sum to one."""
    mass = float(chances.sum()) or 1.0
    weight = _weights(log, chances)
    squares = float((weight**2).sum())
    return Overlap(
        impossible_share=float(chances[log.propensity <= 0].sum()) / mass,
        rare_share=float(chances[(log.propensity > 0) & (log.propensity < FLOOR)].sum()) / mass,
        largest_weight=float(weight.max(initial=0.0)),
        matching_count=int((weight > 0).sum()),
        effective_rows=float(weight.sum()) ** 2 / squares if squares else 0.0,
    )


def aipw_scores(log: Log, chances: Floats) -> Floats:
    """Return (n,) scores whose mean is the AIPW value of (n, k) chances.

    Raises:
        ValueError: the log holds no predictions.
    """
    if log.predicted is None:
        raise ValueError("AIPW needs predictions of the outcome for every arm (Log.predicted); use snips without them")
    rest = log.outcome - log.predicted[np.arange(len(log)), log.action]
    return np.asarray((chances * log.predicted).sum(axis=1) + _weights(log, chances) * rest, dtype=np.float64)


def _weights(log: Log, chances: Floats) -> Floats:
    return np.asarray(chances[np.arange(len(log)), log.action] / log.logged_propensity, dtype=np.float64)


def _scores(log: Log, chances: Floats, method: Method) -> Floats:
    """Return (n,) scores whose mean is the estimate and whose spread gives its error."""
    if method == "aipw":
        return aipw_scores(log, chances)
    weight = _weights(log, chances)
    if method == "ips":
        return weight * log.outcome
    # The ratio's linear part: its spread is that of the ratio for many rows (delta method).
    ratio = float((weight * log.outcome).sum() / weight.sum())
    return np.asarray(ratio + weight * (log.outcome - ratio) / weight.mean(), dtype=np.float64)


def _answer(log: Log, scores: Floats, overlap: Overlap, level: float) -> Answer:
    found = skewed_mean.interval(scores, log.person, level)
    return Answer(found.mean, found.error, found.low, found.high, len(log), overlap, level)


def _unanswered(log: Log, overlap: Overlap, problem: str, level: float) -> Answer:
    return Answer(None, None, None, None, len(log), overlap, level, problem)
