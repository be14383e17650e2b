"""Expected contribution margin within the horizon: chance x margin given purchase, or directly, whichever errs less."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from models import amounts, baseline, boosting, cards, data, metrics, propensity, registry, scoring
from models.calibration import Calibration
from models.data import Floats, Sample
from models.propensity import Parts
from offermill.run import Run
from offermill.warehouse import Warehouse

NAME = "value"
TABLE = "models.value_score"
_COLUMN = ("expected_margin_minor", pa.int64())
# Margins are cut here before training, so that a few huge baskets do not bend every tree; the scale is set right
# again on later rows, so that the sum of all expectations fits.
_CUT = (0.002, 0.998)
_LIMITS = (
    "It is the margin expected if nothing changes, before service cost; it is not what an offer would add.",
    "Single customers scatter widely around it; use it for sums and for ranking.",
)


@dataclass(frozen=True)
class Value:
    """One way to expect margin.

    Attributes:
        method: `two_part` (chance x margin given purchase) or `direct`.
        texts: LightGBM texts, `margin.txt` and for two parts `chance.txt`.
        scale: what predictions are multiplied by so that their sum fits on later rows.
        calibration: of the chance; JSON knots.
    """

    method: str
    texts: Mapping[str, str]
    scale: float
    calibration: Mapping[str, Any] | None
    thread_count: int = 1

    def predict(self, rows: pa.Table) -> Floats:
        """Return the expected margin of every row in minor units, not rounded."""
        margin = boosting.Model(self.texts["margin.txt"], self.thread_count).predict(rows) * self.scale
        return margin * self._chance(rows) if self.calibration is not None else margin

    def _chance(self, rows: pa.Table) -> Floats:
        kept = Calibration.from_json(dict(self.calibration or {}))
        return propensity.Propensity(self.texts["chance.txt"], kept, self.thread_count).predict(rows)


def _cut(margin: Floats) -> Floats:
    return np.clip(margin, *np.quantile(margin, _CUT))


def _fit_margin(train: Sample, later: Sample, keep: tuple[Any, Any], how: boosting.Reproducible) -> str:
    """Return a regression on the kept rows of both parts."""
    return boosting.fit(
        "regression",
        train.features.filter(pa.array(keep[0])),
        _cut(train.margin_minor[keep[0]]),
        later=(later.features.filter(pa.array(keep[1])), _cut(later.margin_minor[keep[1]])),
        how=how,
    )


def _fitted_scale(guess: Floats, margin: Floats) -> float:
    whole = float(guess.sum())
    return float(margin.sum()) / whole if whole > 0 and margin.sum() > 0 else 1.0


def direct(train: Sample, later: Sample, how: boosting.Reproducible) -> Value:
    """Return a regression of the margin on everybody, buyers or not."""
    everybody = (np.ones(len(train), dtype=bool), np.ones(len(later), dtype=bool))
    text = _fit_margin(train, later, everybody, how)
    guess = boosting.Model(text, how.thread_count).predict(later.features)
    return Value("direct", {"margin.txt": text}, _fitted_scale(guess, later.margin_minor), None, how.thread_count)


def two_part(train: Sample, later: Sample, how: boosting.Reproducible) -> Value:
    """Return the chance to buy times a regression of the margin on buyers only."""
    chance = propensity.learn(train, later, how)
    text = _fit_margin(train, later, (train.bought, later.bought), how)
    guess = boosting.Model(text, how.thread_count).predict(later.features) * chance.predict(later.features)
    texts = {"chance.txt": chance.text, "margin.txt": text}
    scale = _fitted_scale(guess, later.margin_minor)
    return Value("two_part", texts, scale, chance.calibration.to_json(), how.thread_count)


def squared_error(guess: Floats, margin: Floats) -> Floats:
    """Return the squared error per row in currency units squared, margins cut as in training."""
    return np.asarray(((guess - _cut(margin)) / 100.0) ** 2, dtype=np.float64)


def learn(train: Sample, later: Sample, how: boosting.Reproducible) -> tuple[Value, dict[str, float]]:
    """Return the way with the smaller squared error on later rows, and both errors."""
    ways = [two_part(train, later, how), direct(train, later, how)]
    errors = {way.method: _root(squared_error(way.predict(later.features), later.margin_minor)) for way in ways}
    return min(ways, key=lambda way: errors[way.method]), errors


def _root(squares: Floats) -> float:
    return round(float(np.sqrt(squares.mean())), 6)


def evaluate(model: Value, rule: baseline.RfmBaseline, test: Sample, seed: int) -> dict[str, Any]:
    """Return errors of model and rule on the test rows, their comparison, and margin by tenth of the prediction."""
    guess, usual = model.predict(test.features), rule.predict_margin(test.rfm)
    losses = squared_error(usual, test.margin_minor), squared_error(guess, test.margin_minor)
    return {
        "metrics": _figures(guess, losses[1], test),
        "baseline": {"rule": baseline.SOURCE, **_figures(usual, losses[0], test)},
        "comparison": metrics.compare(*losses, seed),
        "calibration": metrics.amount_curve(guess, test.margin_minor),
    }


def _figures(guess: Floats, squares: Floats, test: Sample) -> dict[str, float]:
    return {
        "rmse": _root(squares),
        "mean_predicted_minor": round(float(guess.mean()), 2),
        "mean_observed_minor": round(float(test.margin_minor.mean()), 2),
    }


def train(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Train on older snapshots, choose and scale on the next, test on the latest, and store model and card."""
    features = data.feature_columns(warehouse.columns(data.SNAPSHOT))
    try:
        rows = propensity.parts(warehouse, run, features)
    except data.TooLittleData as problem:
        return {"verdict": cards.NONE, "message": str(problem)}
    how = boosting.Reproducible(run.settings.models.seed, run.settings.models.thread_count)
    model, errors = learn(rows.train, rows.calibrate, how)
    rule = baseline.fit(rows.train.rfm, rows.train.bought, rows.train.margin_minor)
    figures = evaluate(model, rule, rows.test, how.seed) | {"methods": {"chosen": model.method, "rmse": errors}}
    return _store(run, features, rows, model, figures)


def _store(
    run: Run, features: Mapping[str, str], rows: Parts, model: Value, figures: dict[str, Any]
) -> dict[str, object]:
    decided = cards.verdict(figures["comparison"], "mean squared error")
    card = cards.card(
        title="Expected margin",
        purpose="The contribution margin expected from a customer within the horizon if nothing changes.",
        horizon_days=run.settings.models.horizon_days,
        data=cards.parts(rows.split, rows.train, rows.calibrate, rows.test),
        features=features,
        importances=boosting.Model(model.texts["margin.txt"]).importances(),
        figures=figures | {"comparison": {"measure": "mean squared error", **figures["comparison"].to_json()}},
        decided=decided,
        limits=_LIMITS,
    )
    stored = registry.save(
        run.shop.models,
        NAME,
        run.business_date,
        verdict=decided[0],
        features=features,
        parts=model.texts,
        settings={"method": model.method, "scale": model.scale, "calibration": model.calibration},
        card=card,
    )
    return {"model_id": stored, "verdict": decided[0], "message": decided[1], **figures["metrics"]}


def restored(stored: registry.StoredModel, thread_count: int) -> Value:
    """Return the model of a stored one."""
    kept = stored.settings
    return Value(kept["method"], stored.parts, kept["scale"], kept["calibration"], thread_count)


def score(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Write models.value_score for tonight's customers, by the newest sound model or else by the RFM rule."""
    return scoring.score(warehouse, run, NAME, TABLE, _COLUMN, (_by_model, _by_rule))


def _by_model(warehouse: Warehouse, run: Run, stored: registry.StoredModel) -> scoring.Pieces:
    model = restored(stored, run.settings.models.thread_count)
    for customers, rows in data.batches(warehouse, stored.features):
        yield customers, pa.array(amounts.to_minor(model.predict(rows)))


def _by_rule(rule: baseline.RfmBaseline, rfm: Floats) -> pa.Array:
    return pa.array(amounts.to_minor(rule.predict_margin(rfm)))
