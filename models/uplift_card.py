"""The uplift model's card: what it learned from, what its choices would earn beside others, and how true it is."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models import cards, policy_value, segment_prior, uplift_metrics
from models.judging import NOTHING, Bench, Guess, Round, Verdict
from models.picked import Picked
from models.segment_prior import Prior, Segments
from models.uplift import UpliftModel
from models.uplift_evidence import Evidence
from offermill.run import Run

_TITLE = "Incremental margin of offers"
_PURPOSE = "How much margin each tested offer adds for a customer within the horizon, net of what it gives away."
_LIMITS = (
    "It speaks only of offers that were drawn at random before; another depth, target or season is a new question.",
    "Effects of single customers are uncertain; it is made to choose among many, not to judge one.",
    "It counts the whole basket within the horizon; purchases brought forward from later are not subtracted.",
)
_NO_DEPTH = " No depth is known (no catalogue, or no percent offer in it): every offer counts as one without a price."


def empty(run: Run, message: str) -> dict[str, Any]:
    """Return the card of a training that had nothing to learn from."""
    return _card(run, {"row_count": 0}, {}, (), {"arms": []}, (cards.NONE, message))


def card(
    run: Run,
    features: Mapping[str, str],
    seen: Evidence,
    model: UpliftModel,
    verdict: Verdict,
    figures: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the card of a trained and judged model."""
    waves = [
        {"wave_id": wave, "row_count": int(rows)}
        for wave, rows in seen.rows["wave_id"].value_counts().sort_index().items()
    ]
    learned = {"row_count": len(seen.rows), "waves": waves, "margin_share": round(seen.margin_share, 6)}
    status = cards.ACCEPTED if verdict.is_accepted else cards.REFUSED
    decided = (status, f"{_sentence(seen, model)} {verdict.message}")
    told = {"arms": _arms(model), "slope": _slope(model)} | dict(figures)
    return _card(run, learned, features, model.importances(), told, decided)


def of_prior(run: Run, prior: Prior, costs: Picked) -> dict[str, Any]:
    """Return the card of the segments' effects, and of the check of their costs."""
    offers = [
        {
            "offer_id": offer,
            "row_count": one.row_count,
            "effect_minor": round(one.effect, 2),
            "error_minor": round(one.error, 2),
        }
        for offer, one in ((offer, known[segment_prior.ALL]) for offer, known in sorted(prior.offers.items()))
    ]
    message = f"Mean effects of {len(offers)} offers per segment, pulled to their offer's mean, and that to zero."
    verdict = {"status": cards.ACCEPTED, "message": message}
    return {"title": "Effects per segment", "offers": offers, "picked": costs.to_json(), "verdict": verdict}


def _card(
    run: Run,
    learned: Mapping[str, Any],
    features: Mapping[str, str],
    importances: Sequence[tuple[str, float]],
    figures: Mapping[str, Any],
    decided: tuple[str, str],
) -> dict[str, Any]:
    return cards.card(
        title=_TITLE,
        purpose=_PURPOSE,
        horizon_days=run.settings.models.horizon_days,
        data=learned,
        features=features,
        importances=importances,
        figures=figures,
        decided=decided,
        limits=_LIMITS,
    )


def _arms(model: UpliftModel) -> list[dict[str, Any]]:
    """Return per arm its mean effect on the chance to buy (or orders) and what it gives away per order."""
    return [
        effect.to_json()
        | {
            "give_share": round(model.gives_[effect.arm].share, 6),
            "give_minor": round(model.gives_[effect.arm].amount, 2),
        }
        for effect in model.arm_effects_
    ]


def _slope(model: UpliftModel) -> dict[str, float | None]:
    found = next(iter(model.learned_.sensitivities()))
    error = None if found.slope_error is None else round(found.slope_error, 6)
    return {"believed": round(found.slope, 6), "error": error}


def _sentence(seen: Evidence, model: UpliftModel) -> str:
    left_out = sorted(set(seen.depths) - set(model.arms_))
    missing = f" Too few people to say anything of: {', '.join(left_out)}." if left_out else ""
    if all(depth is None for depth in seen.depths.values()):
        missing += _NO_DEPTH
    return (
        f"Learned from {len(seen.rows):,} random assignments to {len(model.arms_)} offers and a control arm.{missing}"
    )


def judged(bench: Bench, part: Evidence, new: Guess, found: list[Round], epsilon: int) -> dict[str, Any]:
    """Return what the judging found on the held-out rows, as the card holds it."""
    lead = found[0].leads[NOTHING]
    best = _best(bench, new)
    rows = np.flatnonzero(best > 0)
    log = bench.log.part(rows)
    predicted = new.effect[rows, best[rows] - 1]
    tenths = uplift_metrics.calibration(log, predicted, best[rows]) if len(rows) else []
    points = uplift_metrics.cost_curve(bench.log, bench.spent, new.effect, new.cost)
    return {
        "judged": {
            "row_count": len(bench.log),
            "epsilon_minor": epsilon,
            "rows_for_epsilon": lead.rows_for(float(epsilon)),
            "budgets": [each.to_json() for each in found],
        },
        "ranking": _ranking(bench, part, new),
        "segments": _segments(bench, part, new),
        **uplift_metrics.to_json(points, tenths),
    }


def _best(bench: Bench, new: Guess) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return each row's offer of the largest predicted effect, above zero or not; 0 where it could get none."""
    effect = np.where(bench.possible, new.effect, -np.inf)
    best = effect.argmax(axis=1)
    return np.where(np.isfinite(effect[np.arange(len(best)), best]), best + 1, 0)


def _ranking(bench: Bench, part: Evidence, new: Guess) -> list[dict[str, Any]]:
    """Return Qini and AUUC of every offer's predicted effect against the control arm, who bought being the outcome."""
    bought = part.rows["bought"].to_numpy(dtype=np.float64)
    found = []
    for place, arm in enumerate(bench.arms, start=1):
        rows = np.flatnonzero(((bench.log.action == place) | (bench.log.action == 0)) & bench.possible[:, place - 1])
        treated = bench.log.action[rows] == place
        score = new.effect[rows, place - 1]
        if min(treated.sum(), (~treated).sum()) < policy_value.MATCHING_AT_LEAST or not np.isfinite(score).all():
            continue
        case = (bought[rows], score, treated)
        found.append({
            "arm": arm, "row_count": len(rows), "qini": round(uplift_metrics.qini_auc(*case), 6),
            "auuc": round(uplift_metrics.uplift_auc(*case), 6),
        })  # fmt: skip
    return found


def _segments(bench: Bench, part: Evidence, new: Guess) -> list[dict[str, Any]]:
    """Return what the unlimited choice adds per segment, beside what the model says it adds."""
    chosen = new.choose(0.0, bench.possible)
    names = Segments.learn(part.features).of(part.features)
    nothing = np.zeros(len(chosen), dtype=np.int64)
    gains = policy_value.by_segment(bench.log, chosen, names, other=nothing)
    effect = np.where(chosen > 0, new.effect[np.arange(len(chosen)), np.maximum(chosen, 1) - 1], 0.0)
    return [
        {"segment": name, "predicted_minor": round(float(effect[names == name].mean()), 2), **gain.to_json()}
        for name, gain in gains.items()
    ]
