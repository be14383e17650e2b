"""The curve of depth: smooth where the arms allow it, never falling, never below zero."""

import numpy as np
import pytest

from models import response

DEPTHS = (0.05, 0.10, 0.15, 0.20)


def test_arms_that_lie_on_a_saturating_curve_stay_there() -> None:
    truth = 1 - np.exp(-np.array(DEPTHS) / 0.10)
    assert response.curve(DEPTHS, truth, np.eye(4) * 0.01**2, None) == pytest.approx(truth, abs=0.01)


def test_noise_is_smoothed_into_a_rising_curve() -> None:
    truth = 1 - np.exp(-np.array(DEPTHS) / 0.10)
    rng, covariance = np.random.default_rng(1), np.eye(4) * 0.08**2
    raw, smooth = [], []
    for _ in range(60):
        seen = truth + rng.normal(0, 0.08, 4)
        found = response.curve(DEPTHS, seen, covariance, None)
        assert (np.diff(found) >= 0).all()
        assert found[0] >= 0
        raw.append(np.abs(seen - truth).mean())
        smooth.append(np.abs(found - truth).mean())
    assert np.mean(smooth) < 0.8 * np.mean(raw)


def test_a_sure_step_that_no_smooth_curve_has_is_believed() -> None:
    step = np.array([0.0, 0.0, 0.0, 1.0])
    assert response.curve(DEPTHS, step, np.eye(4) * 0.001**2, None) == pytest.approx(step, abs=0.05)


def test_harm_is_not_believed_of_a_discount() -> None:
    assert response.curve((0.1, 0.2), np.array([-0.2, -0.1]), np.eye(2) * 0.05**2, None) == pytest.approx([0.0, 0.0])


def test_what_was_expected_holds_where_the_arms_say_little() -> None:
    found = response.curve((0.1,), np.array([9.0]), np.eye(1) * 100.0, (1.0, 0.5))
    # Precision-weighted: (9 / 100 + 1 / 0.25) / (1 / 100 + 1 / 0.25).
    assert found == pytest.approx([(0.09 + 4) / 4.01])
