"""Return on what offers cost: (incremental margin before that cost - cost) / cost.

Both are estimates from the same people. The interval is Fieller's (1954): every return r for which the margin less
(1 + r) times the cost is not told from 0. The delta method's is symmetric, and too short where the cost itself is
uncertain, as with few redemptions; Fieller's has then no end, which is the right answer. It is found by turning round
the interval of `comparison.Contrast`, so that heavy tails lengthen it as they do that of the margin.
"""

from collections.abc import Callable
from dataclasses import dataclass

from scipy.optimize import brentq

from offermill.remark import Remark
from outcomes.statistics.comparison import LEVEL, Contrast

# A return beyond so many times the cost is no return but a cost that cannot be told from 0.
FARTHEST = 1_000.0


@dataclass(frozen=True)
class Return:
    """A return as a share of the cost (0.5: every euro brought 1.50), with its interval; None where there is none."""

    estimate: float | None
    low: float | None
    high: float | None
    problem: str = ""


def of(margin: Contrast, cost: Contrast, level: float = LEVEL) -> Return:
    """Return what the cost brought.

    Args:
        margin: incremental margin per person with the offer, before the offer's cost.
        cost: what the offer cost per person with it.
    """
    spent = float(cost.scores.mean())
    if spent <= 0:
        return Return(None, None, None, Remark("nothing_spent", "nothing was spent"))
    best = float(margin.scores.mean()) / spent - 1
    low = _end(lambda r: margin.plus(-1 - r, cost).interval(level).low, best, -1.0)
    high = _end(lambda r: margin.plus(-1 - r, cost).interval(level).high, best, 1.0)
    if low is None or high is None:
        return Return(best, low, high, Remark("cost_near_0", "the cost cannot be told from 0"))
    return Return(best, low, high)


def _end(bound: Callable[[float], float], start: float, direction: float) -> float | None:
    """Return where the bound crosses 0 on one side of `start`; None if it does not before FARTHEST."""
    near, step = start, 0.25
    while step <= FARTHEST:
        far = start + direction * step
        if bound(near) * bound(far) <= 0:
            return float(brentq(bound, min(near, far), max(near, far), xtol=1e-4))
        near, step = far, step * 2
    return None
