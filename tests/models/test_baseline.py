"""The RFM rule: means of cells, pulled to coarser cells where there are few rows."""

import json
from pathlib import Path

import numpy as np
import pytest

from models import baseline
from offermill.warehouse import Warehouse
from tests.models import shops


def rows(seed: int, size: int = 20_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Customers who buy with 60 % if they ordered in the last 30 days, else 10 %, and never with no order yet."""
    rng = np.random.default_rng(seed)
    recency = rng.integers(0, 100, size).astype(float)
    recency[: size // 10] = np.nan
    rfm = np.column_stack([recency, rng.integers(1, 20, size), rng.integers(0, 10_000, size)])
    chance = np.where(np.isnan(recency), 0.0, np.where(recency <= 30, 0.6, 0.1))
    bought = rng.random(size) < chance
    return rfm, bought, 1_000.0 * bought


def test_the_rule_finds_what_recency_tells() -> None:
    rule = baseline.fit(*rows(1))
    asked = np.array([[5.0, 5, 500], [80.0, 5, 500], [np.nan, 0, 0]])
    assert rule.predict_chance(asked) == pytest.approx([0.6, 0.1, 0.0], abs=0.04)
    assert rule.predict_margin(asked) == pytest.approx([600, 100, 0], abs=40)


def test_a_thin_cell_is_pulled_to_the_coarser_one() -> None:
    # Two recency classes of 1 and 3 rows, one class otherwise; the mean of all is 1/4.
    sums = baseline._Sums.of(np.array([1.0, 0.0, 0.0, 0.0]), np.array([0, 1, 1, 1]), (2, 1, 1))
    first, second = (1 + 20 / 4) / (1 + 20), (0 + 20 / 4) / (3 + 20)
    # Recency x frequency is the same rows again, with a prior of 100; the cell itself too, with 500.
    first, second = (1 + 100 * first) / 101, (0 + 100 * second) / 103
    first, second = (1 + 500 * first) / 501, (0 + 500 * second) / 503
    assert sums.means((20.0, 100.0, 500.0)).ravel() == pytest.approx([first, second])


def test_the_left_out_error_is_that_of_the_rows() -> None:
    rng = np.random.default_rng(9)
    outcome, cell, means = rng.random(50), rng.integers(0, 4, 50), rng.random((2, 2, 1))
    slow = sum((value - means.ravel()[place]) ** 2 for value, place in zip(outcome, cell, strict=True))
    sums = baseline._Sums.of(outcome, cell, (2, 2, 1))
    assert sums.squared_error(means) + (outcome**2).sum() == pytest.approx(slow)


def test_where_nothing_tells_the_rule_says_the_mean_of_all() -> None:
    rng = np.random.default_rng(2)
    rfm = np.column_stack([rng.integers(0, 100, 3_000), rng.integers(1, 20, 3_000), rng.integers(0, 10_000, 3_000)])
    bought = rng.random(3_000) < 0.3
    rule = baseline.fit(rfm.astype(float), bought, 1_000.0 * bought)
    assert np.abs(rule.predict_chance(rfm.astype(float)) - bought.mean()).max() < 0.05


def test_values_beyond_the_seen_fall_into_the_outer_classes() -> None:
    rule = baseline.fit(*rows(3))
    ends = np.array([[-5.0, -1, -1e9], [0.0, 1, 0], [1e6, 1e6, 1e12], [99.0, 19, 9_999]])
    cells = rule.cells(ends).tolist()
    assert cells[0] == cells[1]
    assert cells[2] == cells[3]


def test_the_rule_is_plain_json() -> None:
    kept = baseline.fit(*rows(4)).to_json()
    assert json.loads(json.dumps(kept)) == kept
    assert sorted(kept) == ["chance", "edges", "margin_minor"]


def test_the_rule_learns_from_the_last_complete_horizon(tmp_path: Path) -> None:
    with Warehouse.open() as warehouse:
        shops.with_customers(warehouse)
        rule = baseline.from_history(warehouse, shops.run_of(tmp_path))
    assert rule is not None
    # Everybody ordered 100 days ago, so 72 days before the horizon; every second one ordered within it, for 10.00.
    assert rule.predict_chance(np.array([[72.0, 1, 1_000]])) == pytest.approx([1 / 2])
    assert rule.predict_margin(np.array([[72.0, 1, 1_000]])) == pytest.approx([1_000 / 2])


def test_without_customers_there_is_no_rule(tmp_path: Path) -> None:
    with Warehouse.open() as warehouse:
        shops.with_customers(warehouse)
        warehouse.execute("delete from core.customer")
        assert baseline.from_history(warehouse, shops.run_of(tmp_path)) is None
