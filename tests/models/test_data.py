"""What models learn from ends before what they are tested on begins."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from models import data
from offermill.warehouse import Warehouse
from tests.models import shops

DAY = date(2026, 6, 30)


def days_before(*counts: int) -> list[date]:
    return [DAY - timedelta(days=count) for count in counts]


def test_the_newest_snapshot_tests_the_next_calibrates_older_ones_train() -> None:
    split = data.time_split(days_before(28, 56, 84, 112, 140, 168), 28)
    assert split == data.Split(tuple(days_before(168, 140, 112, 84)), *days_before(56, 28))


def test_snapshots_whose_outcomes_reach_into_the_next_part_are_left_out() -> None:
    # Every two weeks: outcomes of 42 days before end at 14 days before, so they would overlap the test's.
    split = data.time_split(days_before(28, 42, 56, 70, 84, 98), 28)
    assert split == data.Split(tuple(days_before(98, 84)), *days_before(56, 28))


@pytest.mark.parametrize("step", [5, 7, 14, 20, 28, 40])
@pytest.mark.parametrize("horizon", [7, 28])
def test_no_outcome_of_a_part_lies_in_the_next_parts_time(step: int, horizon: int) -> None:
    split = data.time_split(days_before(*range(horizon, horizon + 12 * step + 1, step)), horizon)
    ends = timedelta(days=horizon)
    assert max(split.train) + ends <= split.calibrate
    assert split.calibrate + ends <= split.test
    assert split.test + ends <= DAY


def test_too_few_snapshots_are_named() -> None:
    with pytest.raises(data.TooLittleData) as refused:
        data.time_split(days_before(28, 56), 28)
    assert str(refused.value) == (
        "models.training_snapshot: 2 snapshot dates, of which no three are 28 days apart; train, calibrate and test "
        "need one each. Wait for more history, or shorten models.horizon_days."
    )


def test_without_any_snapshot_there_is_too_little(tmp_path: Path) -> None:
    with Warehouse.open() as warehouse:
        assert data.snapshot_dates(warehouse, shops.run_of(tmp_path)) == []
    with pytest.raises(data.TooLittleData, match="0 snapshot dates"):
        data.time_split([], 28)


def test_snapshots_whose_horizon_is_not_over_do_not_count(tmp_path: Path) -> None:
    with Warehouse.open() as warehouse:
        shops.with_snapshots(warehouse, rows=5)
        night, earlier = (shops.run_of(tmp_path, day) for day in (DAY, DAY - timedelta(days=1)))
        assert max(data.snapshot_dates(warehouse, night)) == DAY - timedelta(days=28)
        assert max(data.snapshot_dates(warehouse, earlier)) == DAY - timedelta(days=56)


def test_outcomes_keys_and_text_are_no_features() -> None:
    columns = {
        "snapshot_on": "date", "purpose": "varchar", "customer_id": "varchar", "order_count": "bigint",
        "share": "double", "money": "decimal(18,2)", "is_new": "boolean", "last_at": "timestamp", "bought": "boolean",
        "order_count_next": "bigint", "discount_minor_next": "bigint",
    }  # fmt: skip
    assert list(data.feature_columns(columns)) == ["order_count", "share", "money", "is_new"]


def test_a_sample_is_sorted_and_holds_only_the_days_asked_for() -> None:
    with Warehouse.open() as warehouse:
        shops.with_snapshots(warehouse, rows=40)
        warehouse.execute("update models.training_snapshot set purpose = 'wave' where customer_id < 'C00010'")
        features = data.feature_columns(warehouse.columns(data.SNAPSHOT))
        rows = data.sample(warehouse, features, [shops.SNAPSHOTS[0], shops.SNAPSHOTS[2]])
    wanted = [shops.people(40, number, 2.0).slice(10) for number in (2, 0)]
    expected = pa.concat_tables([part.append_column("at", pa.array([at] * 30)) for at, part in enumerate(wanted)])
    expected = expected.sort_by([("customer_id", "ascending"), ("at", "ascending")])
    assert rows.features["tells"].to_pylist() == expected["tells"].to_pylist()
    assert rows.bought.tolist() == expected["bought"].to_pylist()
    assert rows.margin_minor.tolist() == expected["margin_minor_next"].to_pylist()
    assert rows.features.column_names == ["days_since_order", "order_count", "margin_minor", "tells", "noise"]


def test_many_rows_are_thinned_to_the_same_ones_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "ROWS_AT_MOST", 500)
    with Warehouse.open() as warehouse:
        shops.with_snapshots(warehouse, rows=1_000)
        features = {"tells": "double", **dict.fromkeys(data.RFM, "bigint")}
        first, again = (data.sample(warehouse, features, shops.SNAPSHOTS) for _ in range(2))
    assert 400 < len(first) < 600
    assert first.features.equals(again.features)


def test_batches_hold_every_customer_once_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "BATCH_ROWS", 7)
    with Warehouse.open() as warehouse:
        shops.with_customers(warehouse, rows=30)
        warehouse.execute("create or replace table features.customer as from features.customer order by noise")
        pieces = list(data.batches(warehouse, {"tells": "double"}))
        expected = warehouse.rows("select customer_id, tells from features.customer order by customer_id")
    assert [len(customers) for customers, _ in pieces] == [7, 7, 7, 7, 2]
    got = [
        pair
        for customers, rows in pieces
        for pair in zip(customers.to_pylist(), rows["tells"].to_pylist(), strict=True)
    ]
    assert got == expected


def test_no_customers_no_batches() -> None:
    with Warehouse.open() as warehouse:
        shops.with_customers(warehouse, rows=3)
        warehouse.execute("delete from features.customer")
        assert list(data.batches(warehouse, {"tells": "double"})) == []


def test_a_part_in_which_nobody_bought_teaches_nothing(tmp_path: Path) -> None:
    rows = data.Sample(pa.table({"x": [1.0, 2.0]}), np.zeros((2, 3)), np.array([False, False]), np.zeros(2))
    with pytest.raises(data.TooLittleData, match="nobody bought in the rows to train; there is nothing to tell apart"):
        data.require_rows(rows, shops.run_of(tmp_path, minimum_rows=2), "train")
    with pytest.raises(data.TooLittleData, match=r"2 rows to test, at least 3 are needed \(models.minimum_rows\)"):
        data.require_rows(rows, shops.run_of(tmp_path, minimum_rows=3), "test")
