"""The uplift steps: learn what offers change from randomised waves, and tell it for tonight's customers and offers."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from models import amounts, cards, data, registry, scoring, uplift_evidence
from models.evidence import NoEvidence
from models.uplift import UpliftModel
from models.uplift_evidence import Evidence
from offermill.run import Run
from offermill.warehouse import Warehouse

NAME = "uplift"
TABLE = "models.offer_effect"
SCHEMA = pa.schema([
    ("customer_id", pa.string()), ("offer_id", pa.string()), ("effect_minor", pa.int64()), ("cost_minor", pa.int64()),
    ("baseline_chance", pa.float64()), ("evidence", pa.string()), ("model_id", pa.string()),
])  # fmt: skip
_TITLE = "Incremental margin of offers"
_PURPOSE = "How much margin each tested offer adds for a customer within the horizon, net of what it gives away."
_LIMITS = (
    "It speaks only of offers that were drawn at random before; another depth, target or season is a new question.",
    "Effects of single customers are uncertain; it is made to choose among many, not to judge one.",
    "It counts the whole basket within the horizon; purchases brought forward from later are not subtracted.",
)
_NO_DEPTH = " No depth is known (no catalogue, or no percent offer in it): every offer counts as one without a price."
# What a person's margin share is taken from; missing columns leave the shop's share.
_NET, _MARGIN = "net_minor_365_days", "margin_minor_365_days"


def train(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Learn from every randomised wave whose horizon is complete; without evidence store a card that says so."""
    features = data.feature_columns(warehouse.columns(data.SNAPSHOT))
    try:
        seen = uplift_evidence.collect(warehouse, run, features)
        model = fit(seen, run.settings.models.seed)
    except NoEvidence as problem:
        return _store(run, features, {}, {}, _empty_card(run, str(problem)), cards.NONE)
    card = _card(run, features, seen, model)
    settings = model.settings() | {"margin_share": seen.margin_share}
    return _store(run, features, model.parts(), settings, card, cards.ACCEPTED)


def fit(seen: Evidence, seed: int) -> UpliftModel:
    """Return the model of the evidence.

    Raises:
        NoEvidence: too few people in the control arm or in every other arm.
    """
    model = UpliftModel(seen.depths, random_state=seed, costs=seen.costs_per_buyer())
    return model.fit(
        matrix(seen.features),
        arm=seen.arm,
        bought=seen.rows["bought"].to_numpy(),
        sales=seen.sales,
        margin_share=seen.margin_share,
        propensity=seen.propensity,
        discount=seen.rows["discount_minor"].to_numpy(),
    )


def matrix(features: pa.Table) -> pd.DataFrame:
    """Return features as a frame of 32-bit floats, which is what trees need."""
    columns = {name: features[name].to_numpy().astype(np.float32) for name in features.column_names}
    return pd.DataFrame(columns)


def _store(
    run: Run,
    features: Mapping[str, str],
    parts: Mapping[str, str],
    settings: Mapping[str, Any],
    card: dict[str, Any],
    verdict: str,
) -> dict[str, object]:
    stored = registry.save(
        run.shop.models,
        NAME,
        run.business_date,
        verdict=verdict,
        features=features if parts else {},
        parts=parts,
        settings=settings,
        card=card,
    )
    return {"model_id": stored, "verdict": verdict, "message": card["verdict"]["message"]}


def _empty_card(run: Run, message: str) -> dict[str, Any]:
    return cards.card(
        title=_TITLE,
        purpose=_PURPOSE,
        horizon_days=run.settings.models.horizon_days,
        data={"row_count": 0},
        features={},
        importances=(),
        figures={"arms": []},
        decided=(cards.NONE, message),
        limits=_LIMITS,
    )


def _card(run: Run, features: Mapping[str, str], seen: Evidence, model: UpliftModel) -> dict[str, Any]:
    waves = [
        {"wave_id": wave, "row_count": int(rows)}
        for wave, rows in seen.rows["wave_id"].value_counts().sort_index().items()
    ]
    return cards.card(
        title=_TITLE,
        purpose=_PURPOSE,
        horizon_days=run.settings.models.horizon_days,
        data={"row_count": len(seen.rows), "waves": waves, "margin_share": round(seen.margin_share, 6)},
        features=features,
        importances=model.importances(),
        figures={"arms": _arms(model), "slope": _slope(model)},
        decided=(cards.ACCEPTED, _sentence(seen, model)),
        limits=_LIMITS,
    )


def _arms(model: UpliftModel) -> list[dict[str, Any]]:
    """Return per arm its mean effect on the chance to buy and what it gives away per buyer."""
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


def score(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Write models.offer_effect for tonight's customers and those offers of the catalogue that were tested."""
    found = registry.newest(run.shop.models, NAME, run.business_date, scoring.available(warehouse))
    stored = found.usable
    wanted, _ = uplift_evidence.offers(warehouse)
    tested = [arm for arm in stored.settings["arms"] if arm in wanted] if stored else []
    pieces = _pieces(warehouse, stored, sorted(tested)) if stored and tested else iter(())
    rows = scoring.write(warehouse, TABLE, SCHEMA, pieces)
    model_id = stored.model_id if stored else None
    return {"row_count": rows, "model_id": model_id, "offers": sorted(tested), "message": _message(found, tested)}


def _message(found: registry.Found, tested: list[str]) -> str:
    reasons = list(found.problems)
    if found.model is None:
        reasons.append("No uplift model: no offer has evidence.")
    elif found.usable is None:
        reasons.append(found.model.card["verdict"]["message"])
    elif not tested:
        reasons.append("No offer of the catalogue was tested at random: no offer has evidence.")
    return " ".join(reasons)


def _pieces(warehouse: Warehouse, stored: registry.StoredModel, tested: list[str]) -> Iterator[pa.Table]:
    model = UpliftModel.restored(stored.parts, stored.settings)
    for customers, features in data.batches(warehouse, stored.features):
        rows = matrix(features)
        share = _margin_share(features, float(stored.settings["margin_share"]))
        yield _long(customers, model.predictions(rows, margin_share=share), tested, stored.model_id)


def _margin_share(features: pa.Table, shop_share: float) -> float | data.Floats:
    if not {_NET, _MARGIN} <= set(features.column_names):
        return shop_share
    net, margin = (features[name].to_numpy() for name in (_NET, _MARGIN))
    return uplift_evidence.person_margin_share(net, margin, shop_share)


def _long(
    customers: pa.Array, predicted: tuple[pd.DataFrame, pd.DataFrame, pd.Series], tested: list[str], model_id: str
) -> pa.Table:
    """Return one row per customer and offer, by customer, then offer."""
    effect, cost, before = predicted
    times = len(tested)
    people = pa.array(np.repeat(np.arange(len(customers)), times))
    size = len(people)
    return pa.table({
        "customer_id": customers.take(people),
        "offer_id": pa.array(np.tile(np.array(tested, dtype=object), len(customers)), pa.string()),
        "effect_minor": amounts.to_minor(effect[tested].to_numpy().ravel()),
        "cost_minor": amounts.to_minor(cost[tested].to_numpy().ravel()),
        "baseline_chance": np.repeat(before.to_numpy(), times),
        "evidence": pa.array(np.full(size, "model")),
        "model_id": pa.array(np.full(size, model_id)),
    })  # fmt: skip
