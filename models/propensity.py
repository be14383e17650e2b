"""Purchase propensity: the chance that a customer buys within the horizon, whatever we do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from models import baseline, boosting, calibration, cards, data, metrics, registry, scoring
from models.data import Floats, Sample
from offermill.run import Run
from offermill.warehouse import Warehouse

NAME = "propensity"
TABLE = "models.propensity_score"
_COLUMN = ("purchase_propensity", pa.float64())
_PART = "model.txt"
_LIMITS = ("A high chance is no reason for a discount: it finds those who buy anyway.",)


@dataclass(frozen=True)
class Propensity:
    """A boosted model and the calibration that goes on top of it."""

    text: str
    calibration: calibration.Calibration
    thread_count: int = 1

    def predict(self, rows: pa.Table) -> Floats:
        """Return the calibrated chance to buy of every row."""
        return self.calibration.apply(boosting.Model(self.text, self.thread_count).predict(rows))


@dataclass(frozen=True)
class Parts:
    """The three parts of the snapshots, each later than the one before."""

    split: data.Split
    train: Sample
    calibrate: Sample
    test: Sample


def parts(warehouse: Warehouse, run: Run, features: Mapping[str, str]) -> Parts:
    """Return the rows to train, calibrate and test.

    Raises:
        TooLittleData: too few snapshots, rows, or buyers.
    """
    split = data.time_split(data.snapshot_dates(warehouse, run), run.settings.models.horizon_days)
    days = {"train": split.train, "calibrate": (split.calibrate,), "test": (split.test,)}
    rows = {part: data.require_rows(data.sample(warehouse, features, of), run, part) for part, of in days.items()}
    return Parts(split, **rows)


def learn(train: Sample, calibrate: Sample, how: boosting.Reproducible) -> Propensity:
    """Return the model learned from `train`, stopped and calibrated on later rows."""
    later = (calibrate.features, calibrate.bought)
    text = boosting.fit("binary", train.features, train.bought, later=later, how=how)
    raw = boosting.Model(text, how.thread_count).predict(calibrate.features)
    return Propensity(text, calibration.fit(raw, calibrate.bought), how.thread_count)


def evaluate(model: Propensity, rule: baseline.RfmBaseline, test: Sample, seed: int) -> dict[str, Any]:
    """Return metrics of model and rule on the test rows, their comparison, and the model's curves."""
    chance, usual = model.predict(test.features), rule.predict_chance(test.rfm)
    losses = (metrics.row_log_loss(usual, test.bought), metrics.row_log_loss(chance, test.bought))
    return {
        "metrics": metrics.of_chances(chance, test.bought),
        "baseline": {"rule": baseline.SOURCE, **metrics.of_chances(usual, test.bought)},
        "comparison": metrics.compare(*losses, seed),
        "calibration": metrics.calibration_curve(chance, test.bought),
        "lift": metrics.lift_by_decile(chance, test.bought),
    }


def train(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Train on older snapshots, calibrate on the next, test on the latest, and store model and card."""
    features = data.feature_columns(warehouse.columns(data.SNAPSHOT))
    try:
        rows = parts(warehouse, run, features)
    except data.TooLittleData as problem:
        return {"verdict": cards.NONE, "message": str(problem)}
    how = boosting.Reproducible(run.settings.models.seed, run.settings.models.thread_count)
    model = learn(rows.train, rows.calibrate, how)
    rule = baseline.fit(rows.train.rfm, rows.train.bought, rows.train.margin_minor)
    figures = evaluate(model, rule, rows.test, how.seed)
    return _store(run, features, rows, model, figures)


def _store(
    run: Run, features: Mapping[str, str], rows: Parts, model: Propensity, figures: dict[str, Any]
) -> dict[str, object]:
    decided = cards.verdict(figures["comparison"], "log-loss")
    card = cards.card(
        title="Purchase propensity",
        purpose="The chance that a customer buys within the horizon, whatever we do.",
        horizon_days=run.settings.models.horizon_days,
        data=cards.parts(rows.split, rows.train, rows.calibrate, rows.test),
        features=features,
        importances=boosting.Model(model.text).importances(),
        figures=figures | {"comparison": {"measure": "log-loss", **figures["comparison"].to_json()}},
        decided=decided,
        limits=_LIMITS,
    )
    stored = registry.save(
        run.shop.models,
        NAME,
        run.business_date,
        verdict=decided[0],
        features=features,
        parts={_PART: model.text},
        settings={"calibration": model.calibration.to_json()},
        card=card,
    )
    return {"model_id": stored, "verdict": decided[0], "message": decided[1], **figures["metrics"]}


def restored(stored: registry.StoredModel, thread_count: int) -> Propensity:
    """Return the model of a stored one."""
    kept = calibration.Calibration.from_json(stored.settings["calibration"])
    return Propensity(stored.parts[_PART], kept, thread_count)


def score(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Write models.propensity_score for tonight's customers, by the newest sound model or else by the RFM rule."""
    return scoring.score(warehouse, run, NAME, TABLE, _COLUMN, (_by_model, _by_rule))


def _by_model(warehouse: Warehouse, run: Run, stored: registry.StoredModel) -> scoring.Pieces:
    model = restored(stored, run.settings.models.thread_count)
    for customers, rows in data.batches(warehouse, stored.features):
        yield customers, pa.array(model.predict(rows))


def _by_rule(rule: baseline.RfmBaseline, rfm: Floats) -> pa.Array:
    return pa.array(rule.predict_chance(rfm))
