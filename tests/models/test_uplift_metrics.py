"""Qini and AUUC against scikit-uplift, weights against repeated rows, cost and calibration against a known truth."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklift.metrics import qini_auc_score, uplift_auc_score

from models import uplift_metrics
from models.policy_value import Log


def theirs(score: Callable[..., float], *case: np.ndarray) -> float:
    """scikit-uplift's score; it calls a function that scikit-learn will take away."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return float(score(*case))


def drawn(seed: int, rows: int, levels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcomes, scores with `levels` distinct values (ties) and arms."""
    rng = np.random.default_rng(seed)
    treated = (rng.random(rows) < 0.4).astype(int)
    score = rng.integers(0, levels, rows) / levels
    bought = (rng.random(rows) < 0.2 + 0.3 * treated * score).astype(int)
    return bought, score, treated


@pytest.mark.parametrize(("rows", "levels"), [(50, 3), (400, 7), (3_000, 10_000), (3_000, 2)])
def test_coefficients_are_those_of_scikit_uplift(rows: int, levels: int) -> None:
    for seed in range(5):
        case = drawn(seed, rows, levels)
        assert uplift_metrics.qini_auc(*case) == pytest.approx(theirs(qini_auc_score, *case), abs=1e-6)
        assert uplift_metrics.uplift_auc(*case) == pytest.approx(theirs(uplift_auc_score, *case), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(-3, 3), st.booleans()), min_size=8, max_size=40))
def test_coefficients_agree_on_any_small_case(rows: list[tuple[bool, int, bool]]) -> None:
    # Both arms, buyers and others in each: without them scikit-uplift divides by zero.
    whole = [*rows, (True, 0, True), (False, 1, True), (True, 1, False), (False, -1, False)]
    bought, score, treated = (np.array(column, dtype=int) for column in zip(*whole, strict=True))
    assert uplift_metrics.qini_auc(bought, score, treated) == pytest.approx(
        theirs(qini_auc_score, bought, score, treated), abs=1e-6
    )
    assert uplift_metrics.uplift_auc(bought, score, treated) == pytest.approx(
        theirs(uplift_auc_score, bought, score, treated), abs=1e-6
    )


def test_a_weight_is_a_number_of_equal_rows() -> None:
    bought, score, treated = drawn(3, 200, 20)
    weight = np.random.default_rng(4).integers(1, 5, 200)
    many = [np.repeat(column, weight) for column in (bought, score, treated)]
    for one, other in ((uplift_metrics.qini_auc, qini_auc_score), (uplift_metrics.uplift_auc, uplift_auc_score)):
        assert one(bought, score, treated, weight=weight) == pytest.approx(theirs(other, *many), abs=1e-6)


def test_a_curve_by_hand() -> None:
    # Scores 3: one treated buyer, one control; 1: one treated, one control buyer, taken together.
    curve = uplift_metrics.qini_curve([1, 0, 0, 1], [3, 3, 1, 1], [1, 0, 1, 0])
    assert curve.rows.tolist() == [0, 2, 4]
    assert curve.gain.tolist() == [0, 1, 1 - 1 * 2 / 2]
    assert (curve.area, curve.area_of_random) == (1 + 1, 0)


def test_one_arm_alone_has_no_curve() -> None:
    with pytest.raises(ValueError, match=r"^2 of 2 rows are treated; both arms are needed$"):
        uplift_metrics.qini_curve([1, 0], [1, 2], [1, 1])


EFFECT = np.array([[50.0, 80.0], [30.0, 20.0], [-5.0, -1.0], [8.0, 9.0]])
COST = np.array([[10.0, 40.0], [10.0, 40.0], [10.0, 40.0], [10.0, 40.0]])


def test_a_choice_weighs_cost_by_its_price() -> None:
    # At price 1 the second offer's 80 - 40 equals the first's 50 - 10: the first of equals is taken.
    assert uplift_metrics.choice(EFFECT, COST, 0.0).tolist() == [2, 1, 0, 2]
    assert uplift_metrics.choice(EFFECT, COST, 1.0).tolist() == [1, 1, 0, 0]
    barred = np.array([[False, True], [True, True], [True, True], [False, False]])
    assert uplift_metrics.choice(EFFECT, COST, 1.0, barred).tolist() == [2, 1, 0, 0]


def test_the_price_of_a_budget_is_the_lowest_that_keeps_it() -> None:
    # Unlimited: 40 + 10 + 40 = 90. A share of 2/9 is 20: the first offer to the first two, from 9/40 and 30/30 on.
    price = uplift_metrics.price_for(EFFECT, COST, 20 / 90)
    assert price == pytest.approx((80 - 50) / (40 - 10), abs=1e-6)
    assert uplift_metrics.cost_of(uplift_metrics.choice(EFFECT, COST, price), COST) == 20
    assert uplift_metrics.price_for(EFFECT, COST, 1.0) == 0.0


def trial(rows: int, seed: int) -> tuple[Log, np.ndarray, np.ndarray]:
    """Two offers that cost 5 and 20 when they are used (half the time); effects are known per row."""
    rng = np.random.default_rng(seed)
    effect = rng.normal(0, 30, (rows, 1)) + np.array([10.0, 15.0])
    action = rng.integers(0, 3, rows)
    spent = np.array([0.0, 10.0, 40.0])[action] * (rng.random(rows) < 0.5)
    gains = np.column_stack([np.zeros(rows), effect])
    outcome = 100 + gains[np.arange(rows), action] + rng.normal(0, 50, rows)
    log = Log(action, outcome, np.full((rows, 3), 1 / 3), 100 + np.zeros((rows, 3)))
    return log, spent, effect


def test_the_cost_curve_measures_what_the_policy_brings() -> None:
    log, spent, effect = trial(20_000, 5)
    cost = np.tile([5.0, 20.0], (20_000, 1))
    points = uplift_metrics.cost_curve(log, spent, effect, cost, shares=(0.25, 1.0))
    for point in points:
        assert (point.gain.low or 0.0) < point.predicted < (point.gain.high or 0.0)
    quarter, whole = points
    assert quarter.cost.estimate == pytest.approx(0.25 * (whole.cost.estimate or 0), rel=0.2)
    assert quarter.price > whole.price == 0.0
    assert (quarter.gain.estimate or 0.0) > 0.25 * (whole.gain.estimate or 0.0)


def test_calibration_sets_predictions_beside_what_was_observed() -> None:
    log, _, effect = trial(20_000, 6)
    chosen = 1 + effect.argmax(axis=1)
    true = uplift_metrics.calibration(log, effect.max(axis=1), chosen)
    assert len(true) == 10
    covered = [one.observed.low < one.predicted < one.observed.high for one in true]
    # Each interval holds with 95 %: more than two misses of ten happen once in 90.
    assert sum(covered) >= 8
    doubled = uplift_metrics.calibration(log, 2 * effect.max(axis=1), chosen)
    assert not doubled[-1].observed.low < doubled[-1].predicted < doubled[-1].observed.high


def test_equal_predictions_are_one_group() -> None:
    log, _, _ = trial(300, 7)
    found = uplift_metrics.calibration(log, np.zeros(300), np.ones(300, dtype=int))
    assert [(one.predicted, one.observed.row_count) for one in found] == [(0.0, 300)]
