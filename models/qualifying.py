"""Sharper mean effects of offers on a category or product: most of what they change is in the orders that hold it.

    effect on orders = effect on qualifying orders + effect on other orders

Both are measured. Qualifying orders are a fraction of all, so their own noise is a fraction, too; what an offer adds
to other orders or takes from them (trips that would have been made anyway) is small, and offers are pulled to their
common mean of it. The sum is a surer figure of the same whole effect than all orders give. Leaving out what a
treatment cannot have moved is the triggered analysis of Deng and Hu (2015), here without the belief that the rest
stays still.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models import shrinkage
from models.data import Floats

Estimate = tuple[float, float]
Arm = TypeVar("Arm", bound=Hashable)


def whole(parts: Mapping[Arm, tuple[Estimate, Estimate]]) -> dict[Arm, Estimate]:
    """Return the whole effect of every offer and its standard error.

    Args:
        parts: offer -> (effect, error) on qualifying orders, and on other orders.
    """
    if not parts:
        return {}
    beside = np.array([other for _, other in parts.values()])
    values, errors = shrinkage.pooled(beside[:, 0], beside[:, 1])
    return {
        offer: (own[0] + value, float(np.hypot(own[1], error)))
        for (offer, (own, _)), value, error in zip(parts.items(), values.tolist(), errors.tolist(), strict=True)
    }


def effect(
    drawn: tuple[NDArray[np.bool_], NDArray[np.bool_]], chances: tuple[Floats, Floats], seen: Floats, usual: Floats
) -> Estimate:
    """Return the AIPW effect of an offer on a number of orders, and its error, among those it was open to.

    Args:
        drawn: (n,) who got the offer, who was a control.
        chances: (n,) of either; rows where one is 0 do not count.
        seen: (n,) orders.
        usual: (n,) in proportion to what each person orders anyway, from models that did not see the person.
    """
    is_open = (chances[0] > 0) & (chances[1] > 0)
    expected = usual * (seen[is_open].sum() / max(float(usual[is_open].sum()), 1e-12))
    weight = np.zeros(len(seen))
    for sign, (got, chance) in zip((1.0, -1.0), zip(drawn, chances, strict=True), strict=True):
        weight[is_open & got] = sign / chance[is_open & got]
    scores = (weight * (seen - expected))[is_open]
    return float(scores.mean()), float(scores.std(ddof=1) / np.sqrt(len(scores)))


def columns(given: Mapping[str, Floats], arms: Sequence[str], keep: NDArray[np.bool_]) -> Floats:
    """Return (kept rows, arms with control) qualifying orders; NaN for arms that are on everything."""
    table = np.full((int(keep.sum()), len(arms) + 1), np.nan)
    for place, arm in enumerate(arms, start=1):
        if arm in given:
            table[:, place] = given[arm][keep]
    return table
