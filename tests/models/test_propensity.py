"""Propensity from snapshots to scores: accepted where it knows more than the rule, refused where it does not."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from models import baseline, metrics, propensity
from offermill.warehouse import Warehouse
from tests.models import shops

SCORES = "select customer_id, purchase_propensity, source, model_id from models.propensity_score order by customer_id"


def card_of(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "models/propensity/2026-06-30/card.json").read_text())
    return found


def test_a_model_that_knows_more_than_the_rule_is_accepted_and_scores(tmp_path: Path) -> None:
    run = shops.run_of(tmp_path)
    with Warehouse.open() as warehouse:
        shops.with_snapshots(warehouse)
        shops.with_customers(warehouse)
        trained = propensity.train(warehouse, run)
        scored = propensity.score(warehouse, run)
        rows = warehouse.rows(SCORES)
        told = np.array(
            [tells for (tells,) in warehouse.rows("select tells from features.customer order by customer_id")]
        )
    assert trained["verdict"] == "accepted"
    assert str(trained["message"]).startswith("Better than the RFM rule on later customers: log-loss 0.")
    assert scored == {"row_count": 300, "source": "model", "model_id": trained["model_id"], "message": ""}
    assert {(source, model) for _, _, source, model in rows} == {("model", trained["model_id"])}
    truth = shops.chance_of(told, 2.0)
    assert np.mean(np.abs(np.array([chance for _, chance, _, _ in rows]) - truth)) < 0.06


def test_where_nothing_tells_the_model_is_refused_and_the_rule_scores(tmp_path: Path) -> None:
    run = shops.run_of(tmp_path)
    with Warehouse.open() as warehouse:
        shops.with_snapshots(warehouse, strength=0.0)
        shops.with_customers(warehouse)
        trained = propensity.train(warehouse, run)
        scored = propensity.score(warehouse, run)
        rows = warehouse.rows(SCORES)
        rule = baseline.from_history(warehouse, run)
        rfm = warehouse.arrow("select * from features.customer order by customer_id")
    assert trained["verdict"] == "refused"
    assert str(trained["message"]).endswith("The night uses the rule.")
    assert scored == {
        "row_count": 300, "source": "rfm", "model_id": "rfm-2026-06-30", "message": trained["message"],
    }  # fmt: skip
    assert rule is not None
    expected = rule.predict_chance(
        np.column_stack([rfm[name].to_numpy() for name in propensity.data.RFM]).astype(float)
    )
    assert [chance for _, chance, _, _ in rows] == expected.tolist()
    assert card_of(tmp_path)["verdict"] == {"status": "refused", "message": trained["message"]}


def test_before_any_training_the_rule_scores_and_says_so(tmp_path: Path) -> None:
    with Warehouse.open() as warehouse:
        shops.with_customers(warehouse)
        scored = propensity.score(warehouse, shops.run_of(tmp_path))
    assert scored == {
        "row_count": 300, "source": "rfm", "model_id": "rfm-2026-06-30",
        "message": "No model was trained yet; the RFM rule scored.",
    }  # fmt: skip


def test_a_damaged_model_is_passed_over_and_named(tmp_path: Path) -> None:
    run = shops.run_of(tmp_path)
    with Warehouse.open() as warehouse:
        shops.with_snapshots(warehouse)
        shops.with_customers(warehouse)
        propensity.train(warehouse, run)
        path = tmp_path / "models/propensity/2026-06-30/model.txt"
        path.write_bytes(path.read_bytes()[:-500])
        scored = propensity.score(warehouse, run)
    assert scored["source"] == "rfm"
    assert str(scored["message"]).startswith("models/propensity/2026-06-30/model.txt: ")
    assert str(scored["message"]).endswith("The model was not loaded; train again, or restore its folder.")


def test_a_model_trained_on_other_features_is_passed_over(tmp_path: Path) -> None:
    run = shops.run_of(tmp_path)
    with Warehouse.open() as warehouse:
        shops.with_snapshots(warehouse)
        shops.with_customers(warehouse)
        propensity.train(warehouse, run)
        warehouse.execute("alter table features.customer rename column tells to told")
        scored = propensity.score(warehouse, run)
    assert scored["source"] == "rfm"
    assert "1 of 5 differ; first: tells was double, is missing." in str(scored["message"])


def test_no_customers_give_an_empty_table_and_a_message(tmp_path: Path) -> None:
    with Warehouse.open() as warehouse:
        shops.with_customers(warehouse)
        warehouse.execute("delete from features.customer")
        scored = propensity.score(warehouse, shops.run_of(tmp_path))
        columns = warehouse.columns("models.propensity_score")
    assert scored["row_count"] == 0
    assert scored["message"] == "No customer was scored: there are none, or no history, as of 2026-06-30."
    assert columns == {
        "customer_id": "varchar", "purchase_propensity": "double", "source": "varchar", "model_id": "varchar",
    }  # fmt: skip


def test_too_little_history_trains_nothing_and_says_what_is_missing(tmp_path: Path) -> None:
    with Warehouse.open() as warehouse:
        shops.with_snapshots(warehouse, rows=20)
        trained = propensity.train(warehouse, shops.run_of(tmp_path))
    assert trained == {
        "verdict": "none",
        "message": "models.training_snapshot: 80 rows to train, at least 200 are needed (models.minimum_rows).",
    }
    assert not (tmp_path / "models").exists()


def test_the_order_of_rows_and_the_thread_count_change_no_byte(tmp_path: Path) -> None:
    stored = []
    for name, order in (("first", "customer_id"), ("second", "md5(customer_id)")):
        with Warehouse.open() as warehouse:
            shops.with_snapshots(warehouse)
            warehouse.execute(
                f"create or replace table models.training_snapshot as from models.training_snapshot order by {order}"
            )
            propensity.train(warehouse, shops.run_of(tmp_path / name, threads=1 if name == "first" else 2))
        folder = tmp_path / name / "models/propensity/2026-06-30"
        stored.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert stored[0] == stored[1]


def test_scoring_in_batches_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, scores = shops.run_of(tmp_path), []
    with Warehouse.open() as warehouse:
        shops.with_snapshots(warehouse)
        shops.with_customers(warehouse)
        propensity.train(warehouse, run)
        for size in (1_000, 37):
            monkeypatch.setattr(propensity.data, "BATCH_ROWS", size)
            propensity.score(warehouse, run)
            scores.append(warehouse.rows("select * from models.propensity_score"))
    assert scores[0] == scores[1]


def test_the_card_tells_data_figures_and_limits(tmp_path: Path) -> None:
    with Warehouse.open() as warehouse:
        shops.with_snapshots(warehouse)
        propensity.train(warehouse, shops.run_of(tmp_path))
    card = card_of(tmp_path)
    assert sorted(card) == [
        "baseline", "calibration", "comparison", "data", "features", "horizon_days", "lift", "limits", "metrics",
        "purpose", "title", "verdict",
    ]  # fmt: skip
    data = card["data"]
    assert isinstance(data, dict)
    assert {part: (facts["snapshots"], facts["row_count"]) for part, facts in data.items()} == {
        "train": (["2026-01-13", "2026-02-10", "2026-03-10", "2026-04-07"], 2_800),
        "calibrate": (["2026-05-05"], 700),
        "test": (["2026-06-02"], 700),
    }
    features = card["features"]
    assert isinstance(features, list)
    assert max(features, key=lambda feature: feature["importance_share"])["name"] == "tells"
    assert sum(feature["importance_share"] for feature in features) == pytest.approx(1, abs=1e-5)


def test_the_figures_on_the_card_are_those_of_the_test_snapshot(tmp_path: Path) -> None:
    run = shops.run_of(tmp_path)
    with Warehouse.open() as warehouse:
        shops.with_snapshots(warehouse)
        propensity.train(warehouse, run)
        found = propensity.registry.newest(tmp_path / "models", "propensity", run.business_date)
    assert found.model is not None
    test = shops.people(700, 0, 2.0)
    rows = pa.table({name: test[name].cast(pa.float64()) for name in found.model.features})
    chance = propensity.restored(found.model, 1).predict(rows)
    assert found.model.card["metrics"] == metrics.of_chances(chance, test["bought"].to_numpy(zero_copy_only=False))
