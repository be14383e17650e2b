"""The step models.train_uplift: learn what offers change from random draws, and replace the old model if it may."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from models import (
    cards,
    data,
    judging,
    outcome_guess,
    picked,
    prior_step,
    registry,
    season,
    uplift_card,
    uplift_evidence,
)
from models.data import Floats
from models.evidence import CONTROL, NoEvidence
from models.judging import Bench, Fold, Guess
from models.prior_step import Parts
from models.uplift import UpliftModel
from models.uplift_evidence import Evidence
from offermill import money
from offermill.run import Run
from offermill.warehouse import Warehouse

NAME = "uplift"
# Everybody is judged once, by a model of the others; the model that is used learns from all. Few people are divided
# into many parts, so that nearly all of them teach; with many, two halves are enough.
_FOLDS, _FOLDS_OF_MANY, _MANY = 5, 2, 50_000
_HELD = "held-{}-"
# What a person's margin share is taken from; missing columns leave the shop's share.
_NET, _MARGIN = "net_minor_365_days", "margin_minor_365_days"


def train(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Learn from every randomised wave whose horizon is complete; without evidence store a card that says so."""
    features = data.feature_columns(warehouse.columns(data.SNAPSHOT))
    try:
        seen = uplift_evidence.collect(warehouse, run, features)
        guess = _outcome_guess(seen, seen.margin, run.settings.models.seed)
        levels = season.levels(warehouse, seen.rows)
        _store_prior(run, seen, levels)
        model = fit(seen, run.settings.models.seed, run.settings.models.thread_count)
    except NoEvidence as problem:
        return _store(run, {}, {}, {}, uplift_card.empty(run, str(problem)), cards.NONE)
    judged = _judge(run, seen, guess)
    card = uplift_card.card(run, features, seen, model, judged.verdict, judged.figures)
    if not judged.verdict.is_accepted:
        return _store(run, {}, {}, {}, card, cards.REFUSED)
    checked = {"held": list(judged.settings), "cost_factor": judged.cost_factor, "season": levels}
    settings = model.settings() | _facts(seen, model) | checked
    return _store(run, features, model.parts() | dict(judged.parts), settings, card, cards.ACCEPTED)


def fit(seen: Evidence, seed: int, threads: int = 1) -> UpliftModel:
    """Return the model of the evidence.

    Raises:
        NoEvidence: too few people in the control arm or in every other arm.
    """
    model = UpliftModel(
        seen.depths,
        random_state=seed,
        costs=seen.costs_per_order(),
        order_worths=seen.order_worths,
        kin=seen.kin,
        always_redeemed=seen.always_redeemed,
        thread_count=threads,
    )
    return model.fit(
        matrix(seen.features),
        arm=seen.arm,
        bought=seen.rows["bought"].to_numpy(),
        sales=seen.sales,
        margin_share=seen.margin_share,
        propensity=seen.propensity,
        discount=seen.rows["discount_minor"].to_numpy(),
        orders=seen.rows["order_count"].to_numpy(),
        spent=seen.spent,
        qualifying=columns(seen.qualifying),
        affinity=columns(seen.affinity),
    )


def columns(table: pd.DataFrame) -> dict[str, Floats]:
    """Return a table's columns by name."""
    return {name: table[name].to_numpy(np.float64) for name in table.columns}


def matrix(features: pa.Table) -> pd.DataFrame:
    """Return features as a frame of 32-bit floats, which is what trees need."""
    columns = {name: features[name].to_numpy().astype(np.float32) for name in features.column_names}
    return pd.DataFrame(columns)


def margin_share(features: pa.Table, shop_share: float) -> float | Floats:
    """Return each person's margin share, or the shop's where the features do not tell it."""
    if not {_NET, _MARGIN} <= set(features.column_names):
        return shop_share
    net, margin = (features[name].to_numpy() for name in (_NET, _MARGIN))
    return uplift_evidence.person_margin_share(net, margin, shop_share)


def folds_of(people: NDArray[Any], seed: int, count: int) -> NDArray[np.int64]:
    """Return which of `count` folds each person is in: by a hash, the same at every training."""
    names, place = np.unique(people.astype(str), return_inverse=True)
    drawn = [int(hashlib.sha256(f"{seed}|held|{name}".encode()).hexdigest()[:13], 16) / 16**13 for name in names]
    return np.asarray((np.array(drawn)[place] * count).astype(np.int64))


def _parts(seen: Evidence, seed: int) -> Parts:
    """Return the parts of the people that are judged together."""
    count = _FOLDS if len(seen.rows) < _MANY else _FOLDS_OF_MANY
    return Parts(folds_of(seen.rows["customer_id"].to_numpy(dtype=str), seed, count), count)


def _outcome_guess(seen: Evidence, outcome: Floats, seed: int) -> Floats:
    """Return (rows, arms) of the expected outcome, the control first, from models that did not see the row."""
    names = [CONTROL, *seen.depths]
    action = np.array([names.index(arm) for arm in seen.arm.tolist()], dtype=np.int64)
    people = seen.rows["customer_id"].to_numpy(dtype=str)
    rows = matrix(seen.features).to_numpy()
    return outcome_guess.cross_fitted(rows, action, outcome, len(names), person=people, seed=seed)


def _store_prior(run: Run, seen: Evidence, levels: Mapping[str, float]) -> None:
    """Store what is known per segment, checked on the same parts of the people as the model."""
    seed = run.settings.models.seed
    prior_step.store(run, seen, _outcome_guess(seen, seen.valued_orders, seed), _parts(seen, seed), levels)


def _facts(seen: Evidence, model: UpliftModel) -> dict[str, Any]:
    """Return what scoring needs besides the model: shares of margin and of redeemers, the mean chance to buy."""
    return {
        "margin_share": seen.margin_share,
        "redeemed": {arm: seen.redeemed_share(arm) for arm in model.arms_},
        "baseline_mean": float(model.baseline(matrix(seen.features)).mean()),
    }


@dataclass(frozen=True)
class _Judged:
    verdict: judging.Verdict
    figures: dict[str, Any]
    parts: Mapping[str, str]
    settings: Sequence[Mapping[str, Any]]
    cost_factor: float = 1.0


def _judge(run: Run, seen: Evidence, guess: Floats) -> _Judged:
    """Value the choices for people whom the model did not see, beside the present model's and simple rules'."""
    divided = _parts(seen, run.settings.models.seed)
    place, count = divided.place, divided.count
    try:
        fitted = [
            fit(seen.part(place != fold), run.settings.models.seed, run.settings.models.thread_count)
            for fold in range(count)
        ]
    except NoEvidence as problem:
        message = f"Too little evidence to judge it on people it did not learn from. {problem} No model is used yet."
        return _Judged(judging.Verdict(False, message), {}, {}, ())
    folds = [_fold(run, seen, guess, (place == fold, model)) for fold, model in enumerate(fitted)]
    found, (bench, new) = judging.rounds(folds), judging.joined(folds)
    verdict = judging.verdict(found, float(run.settings.models.replacement_epsilon_minor), partial(_said, run))
    part = seen.part(np.concatenate([np.flatnonzero(place == fold) for fold in range(count)]))
    figures = uplift_card.judged(bench, part, new, found, run.settings.models.replacement_epsilon_minor)
    costs = picked.picked(bench, new, found[-1].price)
    figures["picked"] = costs.to_json()
    settings = [model.settings() | {"margin_share": seen.margin_share} for model in fitted]
    parts = {
        _HELD.format(fold) + file: text for fold, model in enumerate(fitted) for file, text in model.parts().items()
    }
    return _Judged(verdict, figures, parts, settings, figures["picked"]["factor"])


def _fold(run: Run, seen: Evidence, guess: Floats, judged: tuple[NDArray[np.bool_], UpliftModel]) -> Fold:
    held, model = judged
    bench, part = judging.bench(seen, guess, held), seen.part(held)
    return Fold(bench, guess_of(model, part, seen.margin_share, bench.arms), _old_guess(run, part, bench))


def _said(run: Run, amount: float) -> str:
    return f"{money.to_text(round(amount), run.settings.shop.currency_digits)} {run.settings.shop.currency}"


def guess_of(model: UpliftModel, part: Evidence, shop_share: float, arms: tuple[str, ...]) -> Guess:
    """Return what a model says of the evidence's people, for every arm of a bench."""
    share = margin_share(part.features, shop_share)
    effect, cost, _ = model.predictions(matrix(part.features), margin_share=share, affinity=columns(part.affinity))
    return Guess(
        effect.reindex(columns=arms).fillna(-np.inf).to_numpy(), cost.reindex(columns=arms).fillna(0.0).to_numpy()
    )


def _old_guess(run: Run, part: Evidence, bench: Bench) -> Guess | None:
    """Return what the present model says of people: its fits that did not see them either."""
    before = run.business_date - timedelta(days=1)
    old = registry.newest_accepted(run.shop.models, NAME, before).usable
    if old is None or not set(old.features) <= set(part.features.column_names):
        return None
    narrowed = replace(part, features=part.features.select([*old.features]))
    held = old.settings["held"]
    place = folds_of(part.rows["customer_id"].to_numpy(dtype=str), run.settings.models.seed, len(held))
    effect, cost = (np.zeros((len(part.rows), len(bench.arms))) for _ in range(2))
    for fold, settings in enumerate(held):
        prefix = _HELD.format(fold)
        parts = {file.removeprefix(prefix): text for file, text in old.parts.items() if file.startswith(prefix)}
        rows = place == fold
        if rows.any():
            model = UpliftModel.restored(parts, settings)
            said = guess_of(model, narrowed.part(rows), float(settings["margin_share"]), bench.arms)
            effect[rows], cost[rows] = said.effect, said.cost
    return Guess(effect, cost)


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
        features=features,
        parts=parts,
        settings=settings,
        card=card,
    )
    return {"model_id": stored, "verdict": verdict, "message": card["verdict"]["message"]}
