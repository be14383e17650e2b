"""Noise is not believed, signal is."""

import numpy as np
import pytest

from models import shrinkage


def test_an_estimate_is_pulled_to_zero_by_its_noise() -> None:
    assert shrinkage.kept(2.0, 1.0) == pytest.approx(1 - 1 / 4)
    assert shrinkage.kept(-2.0, 1.0) == pytest.approx(1 - 1 / 4)
    assert shrinkage.kept(1.0, 1.5) == 0.0
    assert shrinkage.kept(0.0, 0.0) == 0.0


def test_aipw_scores_weigh_what_the_models_did_not_foresee() -> None:
    arm, seen = np.array([0, 1, 1]), np.array([1.0, 0.0, 1.0])
    propensity = np.array([[0.5, 0.5], [0.8, 0.2], [0.5, 0.5]])
    means = np.array([[0.2, 0.3], [0.1, 0.4], [0.2, 0.6]])
    scores = shrinkage.aipw(arm, seen, propensity, means)
    # (0.3 - (0.2 + 0.8 / 0.5)), (0.4 - 0.4 / 0.2 - 0.1), (0.6 + 0.4 / 0.5 - 0.2)
    assert scores[:, 0] == pytest.approx([-1.5, -1.7, 1.2])


def test_where_an_arm_could_not_be_drawn_nothing_is_known() -> None:
    scores = shrinkage.aipw(
        np.array([0, 0]), np.array([1.0, 0.0]), np.array([[1.0, 0.0], [0.5, 0.5]]), np.zeros((2, 2))
    )
    assert np.isnan(scores[:, 0]).tolist() == [True, False]


def test_the_mean_of_an_arm_leaves_out_what_is_unknown() -> None:
    found = shrinkage.arm_effect("a", np.array([1.0, 3.0, np.nan]), 2, 1.5)
    # Mean 2, standard deviation sqrt(2), so an error of 1.
    assert (found.estimate, found.error, found.believed) == pytest.approx((2.0, 1.0, 1.5))


def test_like_things_are_pulled_to_their_common_mean_and_that_to_zero() -> None:
    # Alike: nothing sets them apart, so all get the mean, less what its own noise leaves of it.
    values, errors = shrinkage.pooled(np.array([10.0, 10.0, 10.0]), np.array([2.0, 2.0, 2.0]))
    assert values == pytest.approx([9.867] * 3, abs=1e-3)
    assert errors == pytest.approx([1.783] * 3, abs=1e-3)
    # One stands out by more than noise: it keeps most of that, and the others come a little nearer.
    values, errors = shrinkage.pooled(np.array([10.0, 12.0, 30.0]), np.array([4.0, 4.0, 4.0]))
    assert values == pytest.approx([10.659, 12.396, 28.022], abs=1e-3)
    assert errors == pytest.approx([3.82] * 3, abs=1e-2)
    # Alone it is pulled to zero.
    assert shrinkage.pooled(np.array([10.0]), np.array([5.0]))[0] == pytest.approx([7.5])


def test_the_luckiest_of_many_like_offers_is_not_believed() -> None:
    rng, misses = np.random.default_rng(5), []
    for _ in range(200):
        true = rng.normal(20, 3, 8)
        seen = true + rng.normal(0, 15, 8)
        values, _ = shrinkage.pooled(seen, np.full(8, 15.0))
        misses.append((seen.max() - true[seen.argmax()], values[seen.argmax()] - true[seen.argmax()]))
    raw, pulled = np.mean(misses, axis=0)
    assert raw > 15
    assert abs(pulled) < 5


def test_effects_that_go_with_sizes_are_compared_after_taking_these_out() -> None:
    estimates, errors, sizes = np.array([12.0, 16.0, 45.0, 77.0]), np.full(4, 10.0), np.array([1.0, 2.0, 4.0, 8.0])
    alike, _ = shrinkage.pooled(estimates, errors)
    values, _ = shrinkage.pooled(estimates, errors, sizes)
    # One mean of all would push the smallest up; ten for each unit of size is what they nearly are.
    assert alike == pytest.approx([14.1, 17.7, 43.5, 72.0], abs=0.05)
    assert values == pytest.approx([12.2, 19.5, 42.5, 75.4], abs=0.05)


@pytest.mark.parametrize(("power", "at_most"), [(0.0, 1.25), (0.5, 0.8), (1.0, 0.6)])
def test_sizes_help_where_effects_go_with_them_and_hardly_hurt_where_not(power: float, at_most: float) -> None:
    rng, sizes, noise = np.random.default_rng(7), np.geomspace(1, 10, 8), np.full(8, 15.0)
    misses = []
    for _ in range(300):
        true = 20 * sizes**power / np.mean(sizes**power) * rng.normal(1, 0.3, 8)
        seen = true + rng.normal(0, noise)
        misses.append([((shrinkage.pooled(seen, noise, given)[0] - true) ** 2).mean() for given in (None, sizes)])
    without, with_sizes = np.mean(misses, axis=0)
    assert with_sizes < at_most * without
