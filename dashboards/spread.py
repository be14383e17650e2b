"""How sure the estimates of a night are: intervals of what offers will cost, and of what they will bring.

The cost's interval comes from the model behind the chance to overspend (offers/risk.py): chance moves every offer, a
wrong redemption rate moves all of them together, and a gamma distribution has that mean and variance. The margin's
comes from what the uplift model's choices brought on random draws that it had not learned from.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from scipy.special import gammaincinv

from dashboards.context import Context
from dashboards.queries import Row

_LEVEL = 0.95
_SET_ASIDE = "pilot"
Interval = tuple[float, float]


def of_cost(rows: Iterable[Row]) -> Interval | None:
    """Return the interval of the sum of expected costs, minor units; None where nothing is uncertain or known.

    What a pilot costs at worst is set aside for it: no estimate, and certain.
    """
    every = list(rows)
    found = [row for row in every if row["group_name"] != _SET_ASIDE]
    certain = sum(row["cost_minor"] for row in every) - sum(row["cost_minor"] for row in found)
    mean = sum(row["cost_minor"] for row in found)
    error = sum(row["rate_error_minor"] for row in found)
    variance = sum(row["chance_variance"] for row in found) + error**2
    if mean <= 0 or variance <= 0:
        return None
    shape, scale = mean * mean / variance, variance / mean
    low, high = (float(gammaincinv(shape, share) * scale) for share in ((1 - _LEVEL) / 2, (1 + _LEVEL) / 2))
    return certain + low, certain + high


def cost(ctx: Context, **of: str) -> Interval | None:
    """Return the interval of the expected cost of what agrees in `of`: business_date, offer_id, group_name."""
    return of_cost(row for row in ctx.spread if all(str(row[name]) == own for name, own in of.items()))


def margin(ctx: Context, value_minor: float) -> Interval | None:
    """Return the interval of the expected extra margin of tonight's choice; None without a judged model."""
    curve = ctx.cards.get("uplift", {}).get("card", {}).get("cost_curve") or []
    points = [point for point in curve if _is_known(point)]
    if not points or ctx.choice_share is None or value_minor <= 0:
        return None
    share = ctx.choice_share
    nearest: Mapping[str, Any] = min(points, key=lambda point: abs(point["treated_share"] - share))
    low, high = (value_minor * nearest["gain"][end] / nearest["predicted_minor"] for end in ("low", "high"))
    return low, high


def _is_known(point: Mapping[str, Any]) -> bool:
    return point["predicted_minor"] > 0 and point["gain"]["low"] is not None


def said(ctx: Context, found: Interval | None) -> str:
    """Return an interval of money in words; a dash where there is none."""
    if found is None:
        return ctx.formats.money(None)
    return ctx.span(*(ctx.formats.money(round(end)) for end in found))


def under(ctx: Context, found: Interval | None) -> str:
    """Return what stands under a card's figure."""
    # A line must not end between a minus and its amount.
    return f"{ctx.t['layout']['interval']}: {said(ctx, found)}".replace("-", "\u2011") if found else ""
