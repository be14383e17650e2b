"""Extra orders may have smaller baskets; what a trial cannot tell from the usual ones counts as usual."""

from dataclasses import replace

import numpy as np
import pytest

from models import basket

ROWS = 20_000


def share(extra_basket: float, noise: float, rows: int = ROWS, seed: int = 3) -> float:
    """The share found where half the people get an offer that brings a second order of `extra_basket` to 3 in 10."""
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, 2, rows)
    extra = (arm == 1) & (rng.random(rows) < 0.3)
    orders = 1.0 + extra
    sales = 20.0 + np.where(extra, extra_basket, 0.0) + noise * rng.standard_normal(rows)
    return basket.extra_share(
        arm,
        sales,
        orders,
        propensity=np.full((rows, 2), 0.5),
        means=np.tile([1.0, 1.3], (rows, 1)),
        baskets=np.full(rows, 20.0),
    )


def people(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, of which the first tells a little of the basket, 40 give or take 6; the rest is noise of 20."""
    rng = np.random.default_rng(seed)
    rows_ = rng.normal(0, 1, (rows, 12)).astype(np.float32)
    true = 40 * np.exp(0.15 * rows_[:, 0])
    return rows_, true * np.exp(rng.normal(-0.125, 0.5, rows)), true


def test_baskets_that_look_small_are_as_small_as_they_look() -> None:
    rows, sales, _ = people(1_500, 1)
    found = basket.fit(rows, sales, np.ones(1_500), seed=1)
    others, later, _ = people(20_000, 2)
    believed, raw = found.of(others), replace(found, slope=1.0).of(others)
    smallest = believed < np.quantile(believed, 0.1)
    assert believed[smallest].mean() == pytest.approx(later[smallest].mean(), rel=0.05)
    assert raw[smallest].mean() < 0.9 * later[smallest].mean()


def test_sums_fit_the_orders_of_those_it_was_learned_from() -> None:
    rows, each, _ = people(1_500, 3)
    orders = np.tile([1.0, 2.0, 3.0], 500)
    found = basket.fit(rows, each * orders, orders, seed=1)
    assert (orders * found.of(rows)).sum() == pytest.approx((each * orders).sum(), rel=0.02)


def test_with_few_orders_the_trees_are_taken_at_their_word() -> None:
    rows, sales, _ = people(100, 4)
    assert basket.fit(rows, sales, np.ones(100), seed=1).slope == 1.0


def test_a_share_that_the_trial_shows_is_believed() -> None:
    assert share(14.0, noise=4.0) == pytest.approx(14 / 20, abs=0.03)
    assert share(26.0, noise=4.0) == pytest.approx(26 / 20, abs=0.03)


def test_a_share_that_the_trial_cannot_tell_from_one_is_one() -> None:
    found = [share(20.0, noise=20.0, seed=seed) for seed in range(60)]
    # Two thirds of estimates lie within one error of the truth; the error is 2 x 20 / sqrt(20,000) / (0.3 x 20) = 0.05.
    assert found.count(1.0) > 30
    assert np.abs(np.array(found) - 1).max() < 3 * 0.05


def test_a_small_trial_says_less() -> None:
    # Of 600 people the error is 0.27, more than the spread that is expected: less than half of 0.3 is believed.
    found = [share(14.0, noise=20.0, rows=600, seed=seed) for seed in range(60)]
    assert 1 - 0.3 / 2 < np.mean(found) < 1 - 0.3 / 10


def test_without_an_effect_on_orders_there_is_no_share_to_tell() -> None:
    arm = np.tile([0, 1], 100)
    assert basket.extra_share(
        arm, 20.0 + arm, np.ones(200), propensity=np.full((200, 2), 0.5), means=np.ones((200, 2)),
        baskets=np.full(200, 20.0),
    ) == 1.0  # fmt: skip


def test_where_the_control_could_not_be_drawn_nothing_is_read_off() -> None:
    rng = np.random.default_rng(4)
    arm = rng.integers(0, 2, 4_000)
    is_open = np.arange(4_000) < 2_000
    arm[~is_open] = 1
    propensity = np.where(is_open[:, None], 0.5, np.array([0.0, 1.0]))
    orders = 1.0 + ((arm == 1) & (rng.random(4_000) < 0.3))
    # Baskets of those who all got the offer are ten times as large, which says nothing about the offer.
    sales = 20 * orders * np.where(is_open, 1.0, 10.0)
    found = basket.extra_share(
        arm, sales, orders, propensity=propensity, means=np.tile([1.0, 1.3], (4_000, 1)), baskets=np.full(4_000, 20.0)
    )
    assert found == 1.0
