"""Noise is not believed, signal is."""

import numpy as np
import pytest

from models import shrinkage
from models.calibration import to_chance


def effect(estimate: float, error: float) -> shrinkage.ArmEffect:
    return shrinkage.ArmEffect("a", 100, estimate, error, estimate)


def test_a_mean_is_pulled_to_zero_by_its_noise() -> None:
    scores = np.array([1.0, 3.0, np.nan])
    found = shrinkage.arm_effect("a", scores, 2)
    # Mean 2, standard deviation sqrt(2), error 1: believed is 2 x (1 - 1/4).
    assert (found.estimate, found.error, found.believed) == pytest.approx((2.0, 1.0, 1.5))
    assert shrinkage.arm_effect("a", np.array([-1.0, 1.5]), 2).believed == 0.0


def test_effects_of_rising_depths_never_fall_and_never_hurt() -> None:
    line = shrinkage.rising([effect(-0.01, 0.01), effect(0.04, 0.01), effect(0.02, 0.01)])
    assert line == pytest.approx([0.0, 0.03, 0.03])


def test_the_surer_effect_weighs_more() -> None:
    # Weights 1/1 and 1/4 of error squared: (4 x 0.05 + 1 x 0.02) / 5.
    line = shrinkage.rising([effect(0.05, 0.01), effect(0.02, 0.02)])
    assert line == pytest.approx([0.044, 0.044])


def test_the_slope_of_true_guesses_is_one_and_of_noise_nought() -> None:
    rng = np.random.default_rng(1)
    guess = rng.normal(0, 1, (20_000, 2))
    for truth in (1.0, 0.5, 0.0):
        believed, error = shrinkage.slope(guess, truth * guess + rng.normal(0, 1, guess.shape))
        assert believed == pytest.approx(truth, abs=0.03)
        assert error == pytest.approx(1 / np.sqrt(40_000), rel=0.1)


def test_a_thin_trial_keeps_the_slope_near_what_was_expected() -> None:
    rng = np.random.default_rng(2)
    guess = rng.normal(0, 0.02, (200, 1))
    believed, error = shrinkage.slope(guess, rng.normal(0, 1, (200, 1)))
    assert error > 2
    assert 0.5 < believed < 1.5


def test_guesses_that_are_all_equal_have_no_slope() -> None:
    assert shrinkage.slope(np.ones((50, 1)), np.random.default_rng(3).normal(0, 1, (50, 1))) == (0.0, float("inf"))


def test_the_shift_changes_the_mean_by_what_was_asked() -> None:
    chance = np.random.default_rng(4).uniform(0.05, 0.6, 5_000)
    for change in (-0.02, 0.0, 0.05):
        odds = np.log(chance / (1 - chance)) + shrinkage.shift_for(chance, change)
        assert to_chance(odds).mean() - chance.mean() == pytest.approx(change, abs=1e-6)
