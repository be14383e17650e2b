"""Model cards: what a model learned from, how good it is beside the rule, and what it must not be used for."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.data import Sample, Split
from models.metrics import Comparison

ACCEPTED, REFUSED, NONE = "accepted", "refused", "none"

# Holds for every model here, so every card says it.
_LIMITS = (
    "It ranks and counts customers of this shop; it says nothing about why somebody buys.",
    "It learned from the past: after a change of prices, range or opening hours, train again before trusting it.",
    "It must not decide credit, prices for one person, or anything else that harms somebody who is scored low.",
)


def parts(split: Split, train: Sample, calibrate: Sample, test: Sample) -> dict[str, Any]:
    """Return snapshot dates, rows and buyers of every part."""
    return {
        "train": _part(split.train, train),
        "calibrate": _part((split.calibrate,), calibrate),
        "test": _part((split.test,), test),
    }


def _part(days: Sequence[Any], rows: Sample) -> dict[str, Any]:
    return {
        "snapshots": [day.isoformat() for day in days],
        "row_count": len(rows),
        "buyer_count": int(rows.bought.sum()),
    }


def verdict(compared: Comparison, measure: str) -> tuple[str, str]:
    """Return the verdict and one sentence for it: a model must be better than the rule beyond chance.

    Better means that the lower end of the 90 % interval of the paired gain is above zero.
    """
    figures = f"{measure} {_short(compared.gain)} lower ({_short(compared.low)} to {_short(compared.high)})"
    if compared.low > 0:
        return ACCEPTED, f"Better than the RFM rule on later customers: {figures}."
    if compared.gain > 0:
        return REFUSED, f"Not shown to be better than the RFM rule: {figures}. The night uses the rule."
    return REFUSED, f"Worse than the RFM rule: {measure} {_short(-compared.gain)} higher. The night uses the rule."


def _short(figure: float) -> str:
    return f"{figure:.4g}"


def card(
    *,
    title: str,
    purpose: str,
    horizon_days: int,
    data: Mapping[str, Any],
    features: Mapping[str, str],
    importances: Sequence[tuple[str, float]],
    figures: Mapping[str, Any],
    decided: tuple[str, str],
    limits: Sequence[str],
) -> dict[str, Any]:
    """Return a model card as plain JSON; `figures` holds metrics, baseline, comparison and curves."""
    share = dict(importances)
    return {
        "title": title,
        "purpose": purpose,
        "horizon_days": horizon_days,
        "data": dict(data),
        "features": [
            {"name": name, "type": kind, "importance_share": share.get(name, 0.0)} for name, kind in features.items()
        ],
        **figures,
        "verdict": {"status": decided[0], "message": decided[1]},
        "limits": [*limits, *_LIMITS],
    }
