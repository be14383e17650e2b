"""How well predicted effects rank and how true they are: Qini, AUUC, calibration by tenth, gain against cost.

Qini and AUUC are normalised as scikit-uplift does it: the area above the straight line of a random order, as a share
of that of the best order (Radcliffe 2007; Gutierrez and Gerardy 2017). They compare two arms and a yes-no outcome and
do not know propensities; money and several arms are the matter of models.policy_value.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models import policy_value
from models.data import Floats
from models.policy_value import Answer, Log

GROUPS = 10
# Shares of what the policy would spend without a limit, at which gain and cost are shown.
BUDGET_SHARES = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Curve:
    """Rows taken (from 0 to all, in the order of the score) and what they bring beyond the control arm."""

    rows: Floats
    gain: Floats

    @property
    def area(self) -> float:
        """Return the area under the curve (trapezoids)."""
        return float(np.trapezoid(self.gain, self.rows))

    @property
    def area_of_random(self) -> float:
        """Return the area under the straight line from the start to the end."""
        return float(self.rows[-1] * self.gain[-1] / 2)


def qini_curve(outcome: ArrayLike, score: ArrayLike, treated: ArrayLike, *, weight: ArrayLike | None = None) -> Curve:
    """Return the Qini curve: treated outcomes less control outcomes scaled to the number of treated.

    Args:
        outcome: (n,) numbers, 0/1 for responses.
        score: (n,) predicted effect; equal scores are taken together.
        treated: (n,) whether the row is in the treated arm.
        weight: (n,) how many rows each stands for; None = one.

    Raises:
        ValueError: shapes differ, or an arm is empty.
    """
    return _curve(_sums(outcome, score, treated, weight), _qini)


def uplift_curve(outcome: ArrayLike, score: ArrayLike, treated: ArrayLike, *, weight: ArrayLike | None = None) -> Curve:
    """Return the uplift curve: difference of the arms' means, times the rows taken. Arguments as in `qini_curve`."""
    return _curve(_sums(outcome, score, treated, weight), _difference_of_means)


def qini_auc(bought: ArrayLike, score: ArrayLike, treated: ArrayLike, *, weight: ArrayLike | None = None) -> float:
    """Return the Qini coefficient: 0 = as good as a random order, 1 = the best order there is."""
    outcome, arm = np.asarray(bought, dtype=np.float64), np.asarray(treated, dtype=np.float64)
    best = qini_curve(outcome, outcome * (2 * arm - 1), treated, weight=weight)
    return _share(qini_curve(outcome, score, treated, weight=weight), best)


def uplift_auc(bought: ArrayLike, score: ArrayLike, treated: ArrayLike, *, weight: ArrayLike | None = None) -> float:
    """Return the area under the uplift curve (AUUC), normalised as the Qini coefficient is."""
    outcome, arm = np.asarray(bought, dtype=bool), np.asarray(treated, dtype=bool)
    each = np.ones(len(outcome)) if weight is None else np.asarray(weight, dtype=np.float64)
    # Control buyers must come last if they outnumber the treated who did not buy; else those.
    control_buyers, treated_others = each[outcome & ~arm].sum(), each[~outcome & arm].sum()
    order = 2.0 * (outcome == arm) + (outcome if control_buyers > treated_others else arm)
    best = uplift_curve(outcome, order, treated, weight=weight)
    return _share(uplift_curve(outcome, score, treated, weight=weight), best)


def _share(curve: Curve, best: Curve) -> float:
    above = best.area - best.area_of_random
    return (curve.area - curve.area_of_random) / above if above else 0.0


@dataclass(frozen=True)
class _Sums:
    """Cumulated rows and outcomes of both arms at every distinct score, the highest first."""

    treated_rows: Floats
    treated: Floats
    control_rows: Floats
    control: Floats


def _sums(outcome: ArrayLike, score: ArrayLike, treated: ArrayLike, weight: ArrayLike | None) -> _Sums:
    values, ranks, arm = (np.asarray(given, dtype=np.float64) for given in (outcome, score, treated))
    each = np.ones(len(ranks)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not values.shape == ranks.shape == arm.shape == each.shape or not len(ranks):
        raise ValueError(
            f"outcome {values.shape}, score {ranks.shape}, treated {arm.shape}, weight {each.shape} differ"
        )
    if not 0 < arm.sum() < len(arm):
        raise ValueError(f"{arm.sum():.0f} of {len(arm)} rows are treated; both arms are needed")
    order = np.argsort(-ranks, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(ranks[order])), len(ranks) - 1)

    def summed(parts: Floats) -> Floats:
        return np.asarray(np.cumsum(parts[order])[ends], dtype=np.float64)

    return _Sums(
        summed(each * arm), summed(each * arm * values), summed(each * (1 - arm)), summed(each * (1 - arm) * values)
    )


def _curve(sums: _Sums, gain: Callable[[_Sums], Floats]) -> Curve:
    rows = sums.treated_rows + sums.control_rows
    return Curve(np.append(0.0, rows), np.append(0.0, gain(sums)))


def _qini(sums: _Sums) -> Floats:
    return sums.treated - sums.control * _divided(sums.treated_rows, sums.control_rows)


def _difference_of_means(sums: _Sums) -> Floats:
    means = _divided(sums.treated, sums.treated_rows) - _divided(sums.control, sums.control_rows)
    return means * (sums.treated_rows + sums.control_rows)


def _divided(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)


def choice(effect: Floats, cost: Floats, price: float, possible: Flags | None = None) -> NDArray[np.int64]:
    """Return (n,) arms: 0 = nothing, else 1 + the offer of the largest effect - price x cost if that is above 0.

    Args:
        effect, cost: (n, offers).
        price: what a unit of cost is worth elsewhere (the budget's shadow price).
        possible: (n, offers) which offers the row could get; None = all.
    """
    score = effect - price * cost
    if possible is not None:
        score = np.where(possible, score, -np.inf)
    best = score.argmax(axis=1)
    return np.where(score[np.arange(len(score)), best] > 0, best + 1, 0)


def cost_of(chosen: NDArray[np.int64], cost: Floats) -> float:
    """Return the sum of the predicted cost of what was chosen."""
    rows = np.flatnonzero(chosen)
    return float(cost[rows, chosen[rows] - 1].sum())


def price_for(effect: Floats, cost: Floats, share: float, possible: Flags | None = None) -> float:
    """Return the lowest price (to 2^-30 of the highest ratio) at which the choice costs `share` of its cost at 0."""
    wanted = share * cost_of(choice(effect, cost, 0.0, possible), cost)
    ratio = np.divide(effect, cost, out=np.zeros_like(effect), where=cost > 0)
    low, high = 0.0, float(ratio.max(initial=0.0))
    if share >= 1:
        return 0.0
    for _ in range(30):
        middle = (low + high) / 2
        spends_more = cost_of(choice(effect, cost, middle, possible), cost) > wanted
        low, high = (middle, high) if spends_more else (low, middle)
    return high


@dataclass(frozen=True)
class CostPoint:
    """One point of the cost curve: what a policy that spends `budget_share` of its unlimited cost brings per row."""

    budget_share: float
    price: float
    treated_share: float
    predicted: float
    gain: Answer
    cost: Answer


def cost_curve(
    log: Log, spent: Floats, effect: Floats, cost: Floats, shares: Sequence[float] = BUDGET_SHARES
) -> list[CostPoint]:
    """Return gain against cost as measured on the log, at rising budgets.

    Args:
        log: arm 0 is the control, arm j + 1 the offer of column j of `effect`; with predictions.
        spent: (n,) what each row's offer really cost, in the unit of the outcome.
        effect, cost: (n, offers) predicted, from a model that did not see the rows.
        shares: of the cost without a limit.
    """
    possible = log.propensity[:, 1:] > 0
    nothing = np.zeros(len(log), dtype=np.int64)
    # The control costs nothing, so an offer's mean cost is its own guess.
    costs = Log(log.action, spent, log.propensity, np.column_stack([np.zeros(len(log)), cost]), log.person)
    points = []
    for share in shares:
        price = price_for(effect, cost, share, possible)
        chosen = choice(effect, cost, price, possible)
        rows = np.flatnonzero(chosen)
        predicted = float(effect[rows, chosen[rows] - 1].sum()) / max(len(log), 1)
        gain = policy_value.difference(log, chosen, nothing)
        paid = policy_value.difference(costs, chosen, nothing)
        points.append(CostPoint(share, price, len(rows) / max(len(log), 1), predicted, gain, paid))
    return points


@dataclass(frozen=True)
class Tenth:
    """Rows of similar predicted effect: the mean prediction and what the log says it was."""

    predicted: float
    observed: Answer


def calibration(log: Log, predicted: Floats, chosen: NDArray[np.int64], groups: int = GROUPS) -> list[Tenth]:
    """Return about ten groups by rising predicted effect of `chosen` over nothing, beside what was observed (AIPW).

    Args:
        log: with predictions; arm 0 is the control.
        predicted: (n,) predicted effect of the chosen arm.
        chosen: (n,) the arm whose effect is predicted, not 0.
        groups: how many, at most; equal predictions stay together.
    """
    edges = np.unique(np.quantile(predicted, np.arange(1, groups) / groups, method="lower"))
    place = np.searchsorted(edges, predicted, side="left")
    found = []
    for number in np.unique(place):
        rows = np.flatnonzero(place == number)
        part = log.part(rows)
        observed = policy_value.difference(part, chosen[rows], np.zeros(len(rows), dtype=np.int64))
        found.append(Tenth(float(predicted[rows].mean()), observed))
    return found


def to_json(points: Sequence[CostPoint], tenths: Sequence[Tenth]) -> dict[str, Any]:
    """Return cost curve and calibration as a card holds them."""
    return {
        "cost_curve": [
            {
                "budget_share": point.budget_share,
                "price": round(point.price, 6),
                "treated_share": round(point.treated_share, 6),
                "predicted_minor": round(point.predicted, 2),
                "gain": point.gain.to_json(),
                "cost": point.cost.to_json(),
            }
            for point in points
        ],
        "effect_calibration": [
            {"predicted_minor": round(tenth.predicted, 2), **tenth.observed.to_json()} for tenth in tenths
        ],
    }
