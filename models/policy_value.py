"""What a policy would have earned, told from logged random choices: AIPW, IPS and self-normalised IPS with intervals.

A policy's value is the mean outcome per row had the policy chosen. Where the log cannot say, the answer is that it
cannot be answered, with the reason, and no number.

Sources: Robins, Rotnitzky, Zhao 1994 (AIPW); Swaminathan, Joachims 2015 (self-normalised IPS); Kish 1965 (effective
sample size); models.skewed_mean and models.lent_spread name those of the interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from models import lent_spread, skewed_mean
from models.data import Floats
from models.lent_spread import Scores
from offermill.remark import Remark

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
# The logarithm of how many times fewer or more rows is asked for at most.
_LOG_TIMES = 40.0


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


def joined(logs: Sequence[Log]) -> Log:
    """Return the rows of several logs with the same arms, one after the other."""

    def column(name: str) -> Any:
        parts = [getattr(log, name) for log in logs]
        return None if any(part is None for part in parts) else np.concatenate(parts)

    return Log(*(column(name) for name in ("action", "outcome", "propensity", "predicted", "person")))


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
            said = "no overlap: {share:.1%} of the choices had a propensity of 0 or below {floor:g} in the log"
            return Remark("no_overlap", said, share=share, floor=FLOOR)
        if self.matching_count < MATCHING_AT_LEAST:
            said = "too few matching rows: {count}, at least {least} are needed"
            return Remark("few_matching", said, count=self.matching_count, least=MATCHING_AT_LEAST)
        if self.effective_rows < EFFECTIVE_AT_LEAST:
            rows = "{count} matching rows weigh no more than {worth:.1f} equal ones"
            said = f"too uneven weights: {rows}, at least {{least:g}} are needed"
            counts = {"count": self.matching_count, "worth": self.effective_rows, "least": EFFECTIVE_AT_LEAST}
            return Remark("uneven_weights", said, **counts)
        return ""


@dataclass(frozen=True)
class Answer:
    """A policy's value per row, or the difference of two, with its interval; or why there is none.

    Attributes:
        estimate, error, low, high: None when the question cannot be answered.
        row_count: rows asked about.
        overlap: how well the log covers the question.
        problem: why it cannot be answered; empty when it can.
        interval: what the numbers stand on; None for a number that needs no interval.
    """

    estimate: float | None
    error: float | None
    low: float | None
    high: float | None
    row_count: int
    overlap: Overlap
    level: float
    problem: str = ""
    interval: skewed_mean.Interval | None = None

    @property
    def is_answered(self) -> bool:
        """Tell whether there is a number."""
        return not self.problem

    @property
    def warning(self) -> str:
        """Return why the interval may be too short; empty if nothing speaks against it."""
        if self.interval is None or self.interval.spread is None or not self.interval.spread.is_contradicted:
            return ""
        return (
            "the interval may be too short: rows of other arms are far more uneven than those that got these, of which "
            f"{skewed_mean.TOP} carry {self.interval.top_share:.0%} of the spread"
        )

    def rows_for(self, half_width: float) -> int | None:
        """Return how many rows like these an interval of +- `half_width` needs; None without a number.

        An interval that rests on few large rows shrinks faster than with the square root of rows: more of them come.
        """
        if self.interval is None or half_width <= 0 or not np.isfinite(self.interval.error):
            return None
        if self.interval.spread is None:
            return 0
        return ceil(self.row_count * _times_for(self.interval, half_width))

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
            "problem_parts": self.problem.parts if isinstance(self.problem, Remark) else None,
            "warning": self.warning,
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
    return _answer(log, _linear_scores(log, chances, method), overlap, level)


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
    return _answer(log, _linear_scores(log, one, method) - _linear_scores(log, two, method), overlap, level)


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
    guess = _predicted(log)
    rest = log.outcome - guess[np.arange(len(log)), log.action]
    return np.asarray((chances * guess).sum(axis=1) + _weights(log, chances) * rest, dtype=np.float64)


def _predicted(log: Log) -> Floats:
    if log.predicted is None:
        raise ValueError("AIPW needs predictions of the outcome for every arm (Log.predicted); use snips without them")
    return log.predicted


def _weights(log: Log, chances: Floats) -> Floats:
    return np.asarray(chances[np.arange(len(log)), log.action] / log.logged_propensity, dtype=np.float64)


def _linear_scores(log: Log, chances: Floats, method: Method) -> Scores:
    """Return scores whose mean is the estimate and whose spread gives its error."""
    weight = np.divide(chances, log.propensity, out=np.zeros_like(chances), where=log.propensity > 0)
    if method == "aipw":
        guess = _predicted(log)
        return Scores((chances * guess).sum(axis=1)[:, None] - weight * guess, weight)
    if method == "ips":
        return Scores(np.zeros_like(weight), weight)
    # The ratio's linear part: its spread is that of the ratio for many rows (delta method).
    given = _weights(log, chances)
    ratio = float((given * log.outcome).sum() / given.sum())
    weight /= given.mean()
    return Scores(ratio - weight * ratio, weight)


def _answer(log: Log, scores: Scores, overlap: Overlap, level: float) -> Answer:
    found = skewed_mean.interval(
        scores.of(log.action, log.outcome), log.person, level,
        lambda: lent_spread.lent(scores, log.action, log.outcome, log.propensity),
    )  # fmt: skip
    return Answer(found.mean, found.error, found.low, found.high, len(log), overlap, level, interval=found)


def _times_for(interval: skewed_mean.Interval, half_width: float) -> float:
    """Return how many times its rows an interval of +- `half_width` needs: its half-width falls as rows grow."""
    found = optimize.brentq(lambda times: interval.half_width(np.exp(times)) - half_width, -_LOG_TIMES, _LOG_TIMES)
    return float(np.exp(found))


def _unanswered(log: Log, overlap: Overlap, problem: str, level: float) -> Answer:
    return Answer(None, None, None, None, len(log), overlap, level, problem)
