"""Calibrated chances are what happens, also to people the calibration never saw."""

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from models import calibration, metrics
from models.calibration import Calibration


def drawn(seed: int, rows: int = 6_000) -> tuple[np.ndarray, np.ndarray]:
    """Overconfident chances (log-odds twice too steep, shifted) and what happened by the true ones."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-1.0, 1.0, rows)
    bought = rng.random(rows) < calibration.to_chance(odds)
    return calibration.to_chance(2 * odds + 0.7), bought


@pytest.mark.parametrize("fit", [calibration.fit, calibration.fit_platt, calibration.fit_isotonic])
def test_the_calibration_error_of_later_people_falls_below_three_points(fit: object) -> None:
    line = fit(*drawn(1))  # type: ignore[operator]
    chance, bought = drawn(2)
    before = metrics.expected_calibration_error(chance, bought)
    after = metrics.expected_calibration_error(line.apply(chance), bought)
    assert before > 0.07
    assert after < 0.03


def test_platts_line_undoes_a_line() -> None:
    line = calibration.fit_platt(*drawn(3, 200_000))
    odds = np.array([-2.0, 0.0, 2.0])
    undone = calibration.log_odds(line.apply(calibration.to_chance(odds)))
    assert undone == pytest.approx((odds - 0.7) / 2, abs=0.05)


def test_platts_line_equals_logistic_regression_on_log_odds() -> None:
    chance, bought = drawn(4)
    oracle = LogisticRegression(C=1e6).fit(calibration.log_odds(chance)[:, None], bought)
    expected = oracle.predict_proba(calibration.log_odds(chance)[:, None])[:, 1]
    assert calibration.fit_platt(chance, bought).apply(chance) == pytest.approx(expected, abs=1e-9)


def test_isotonic_knots_are_centres_and_means_of_blocks() -> None:
    # Blocks of isotonic regression: {0}, {1, 0} pooled, {1}; overall mean 1/2 weighs as one row in each.
    line = calibration.fit_isotonic(np.array([0.1, 0.2, 0.4, 0.9]), np.array([False, True, False, True]))
    assert line.method == "isotonic"
    assert line.x == pytest.approx((0.1, (0.2 + 0.4) / 2, 0.9))
    assert line.y == pytest.approx(((0 + 0.5) / 2, (1 + 0.5) / 3, (1 + 0.5) / 2))


def test_calibration_keeps_the_ranking() -> None:
    chance, bought = drawn(5)
    for fit in (calibration.fit_platt, calibration.fit_isotonic):
        assert (np.diff(fit(chance, bought).apply(np.linspace(0, 1, 500))) >= 0).all()


def test_knots_survive_json() -> None:
    chance, bought = drawn(6)
    for fit in (calibration.fit_platt, calibration.fit_isotonic):
        line = fit(chance, bought)
        again = Calibration.from_json(json.loads(json.dumps(line.to_json())))
        assert again == line
        assert (again.apply(chance) == line.apply(chance)).all()


def test_the_method_with_the_smaller_left_out_loss_is_taken() -> None:
    straight = [calibration.fit(*drawn(seed, 500)).method for seed in range(20)]
    rng = np.random.default_rng(8)
    chance = rng.random(20_000)
    steps = calibration.fit(chance, rng.random(20_000) < np.where(chance < 0.8, 0.1, 0.6))
    assert straight.count("platt") >= 15
    assert steps.method == "isotonic"


def test_a_chance_never_becomes_nought_or_one() -> None:
    line = calibration.fit_isotonic(np.array([0.0, 1.0]), np.array([False, True]))
    ends = Calibration("isotonic", (0.0, 1.0), (0.0, 1.0)).apply(np.array([0.0, 1.0]))
    assert ends.tolist() == [1e-6, 1 - 1e-6]
    assert ((line.apply(np.array([-1.0, 2.0])) > 0) & (line.apply(np.array([-1.0, 2.0])) < 1)).all()
