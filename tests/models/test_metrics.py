"""Figures on cards equal slow sums by hand."""

import numpy as np
import pytest

from models import metrics

CHANCE = np.array([0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95] * 2)
BOUGHT = np.array([False] * 5 + [True] * 5 + [False] * 4 + [True] * 6)


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    rng = np.random.default_rng(1)
    chance, bought = rng.random(80).round(1), rng.random(80) < 0.4
    pairs = [(a > b) + 0.5 * (a == b) for a in chance[bought] for b in chance[~bought]]
    assert metrics.of_chances(np.clip(chance, 0.01, 0.99), bought)["auc"] == pytest.approx(
        sum(pairs) / len(pairs), abs=1e-6
    )


def test_calibration_error_is_the_mean_distance_over_ten_groups() -> None:
    # Groups of two equal chances. Bought: 0 0 0 0 and half in the fifth, then 1 1 1 1 1.
    distances = [0.05, 0.15, 0.25, 0.35, 0.50 - 0.45, 0.45, 0.35, 0.25, 0.15, 0.05]
    assert metrics.expected_calibration_error(CHANCE, BOUGHT) == pytest.approx(sum(distances) / 10)
    assert metrics.calibration_curve(CHANCE, BOUGHT)[4] == {"predicted": 0.45, "observed": 0.5, "row_count": 2}


def test_lift_is_the_rate_of_a_tenth_over_the_mean() -> None:
    lifts = metrics.lift_by_decile(CHANCE, BOUGHT)
    mean = 11 / 20
    assert lifts[0] == {"decile": 1, "row_count": 2, "response_share": 1.0, "lift": round(1 / mean, 4)}
    assert lifts[5] == {"decile": 6, "row_count": 2, "response_share": 0.5, "lift": round(0.5 / mean, 4)}
    assert lifts[9] == {"decile": 10, "row_count": 2, "response_share": 0.0, "lift": 0.0}


def test_brier_and_log_loss_of_a_coin() -> None:
    figures = metrics.of_chances(np.full(4, 0.5), np.array([True, False, True, False]))
    assert figures == {"auc": 0.5, "log_loss": round(np.log(2), 6), "brier": 0.25, "ece": 0.0}


def test_row_losses_sum_to_the_log_loss() -> None:
    losses = metrics.row_log_loss(CHANCE, BOUGHT)
    assert losses.mean() == pytest.approx(metrics.of_chances(CHANCE, BOUGHT)["log_loss"], abs=1e-6)


def test_a_gain_of_the_same_size_everywhere_is_certain() -> None:
    found = metrics.compare(np.full(500, 0.7), np.full(500, 0.6), seed=1)
    assert (found.gain, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))


def test_the_interval_is_that_of_the_normal_law_for_many_rows() -> None:
    gain = np.random.default_rng(2).normal(0.02, 0.5, 40_000)
    found = metrics.compare(gain, np.zeros(40_000), seed=3)
    half = 1.645 * gain.std() / np.sqrt(40_000)
    assert found.low == pytest.approx(gain.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(gain.mean() + half, abs=0.1 * half)


def test_a_rule_as_good_as_the_model_is_beaten_in_about_one_of_twenty() -> None:
    rng = np.random.default_rng(4)
    wins = sum(metrics.compare(rng.normal(0, 1, 100), np.zeros(100), seed).low > 0 for seed in range(200))
    assert 2 <= wins <= 20


def test_amounts_are_grouped_by_prediction() -> None:
    guess = np.arange(20.0)
    curve = metrics.amount_curve(guess, 2 * guess)
    assert curve[0] == {"predicted_minor": 0.5, "observed_minor": 1.0, "row_count": 2}
    assert curve[9] == {"predicted_minor": 18.5, "observed_minor": 37.0, "row_count": 2}
