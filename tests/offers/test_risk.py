"""Money at risk: chances of overspending against simulation, bounds against exact cases."""

import math

import numpy as np
import pytest

from offers.risk import overspend_chance, rate_variance, spend_variance, tightened


def test_variance_of_one_offer_is_exact_for_a_fixed_cost() -> None:
    # 500 with chance 1/5: mean 100, variance 500^2 (1/5)(4/5)
    assert spend_variance(np.array([100.0]), np.array([500.0])).tolist() == [40000.0]


def test_an_offer_sure_to_cost_its_worst_case_has_no_variance() -> None:
    assert spend_variance(np.array([500.0, 600.0]), np.array([500.0, 500.0])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("mean", "variance", "cap", "worst", "chance"),
    [
        (0.0, 0.0, 0, None, 0.0),  # nothing is promised
        (100.0, 0.0, 99, None, 1.0),  # a sure cost above the cap
        (100.0, 0.0, 100, None, 0.0),
        (100.0, 2500.0, 500, 500, 0.0),  # the worst case fits
        (100.0, 2500.0, 0, None, 1.0),
        # A gamma of shape 10 waits for the tenth event of a Poisson process: P = Poisson(20) < 10.
        (1000.0, 100000.0, 2000, None, sum(math.exp(-20) * 20**k / math.factorial(k) for k in range(10))),
        (100.0, 10000.0, 300, None, 1 / 5),  # Cantelli: 10000 / (10000 + 200^2)
        (100.0, 90000.0, 200, None, 1 / 2),  # Markov: 100 / 200
    ],
)
def test_chances_that_are_known_exactly(
    mean: float, variance: float, cap: int, worst: int | None, chance: float
) -> None:
    assert overspend_chance(mean, variance, cap, worst) == pytest.approx(chance, abs=1e-12)


SIZES = {
    "fixed": np.array([500.0]),
    "two sizes": np.array([100.0, 2000.0]),
    "percent of baskets": np.minimum(np.exp(np.linspace(4, 8, 50)), 2000.0),
}


def _simulated(kind: str, count: int, redeem: float) -> tuple[np.ndarray, float, float]:
    """Return 20,000 simulated totals of `count` offers, with their exact mean and variance."""
    random, sizes = np.random.default_rng(20260630), SIZES[kind]
    each = np.full(len(sizes) + 1, redeem / len(sizes))
    each[-1] = 1 - redeem
    totals = random.multinomial(count, each, 20_000)[:, :-1] @ sizes
    cost, ratio = redeem * sizes.mean(), (sizes**2).mean() / sizes.mean()
    return totals, count * cost, count * float(spend_variance(np.array([cost]), np.array([ratio]))[0])


@pytest.mark.parametrize("kind", SIZES)
@pytest.mark.parametrize(("count", "redeem"), [(30, 0.05), (30, 0.3), (300, 0.1), (3000, 0.1)])
@pytest.mark.parametrize("chance", [0.8, 0.95, 0.99])
def test_a_plan_that_just_fits_overspends_no_more_often_than_allowed(
    kind: str, count: int, redeem: float, chance: float
) -> None:
    totals, mean, variance = _simulated(kind, count, redeem)
    caps = np.linspace(mean, mean + 12 * np.sqrt(variance), 1000).astype(int)
    cap = next(int(cap) for cap in caps if overspend_chance(mean, variance, int(cap)) <= 1 - chance)

    overspent = float((totals > cap).mean())

    assert overspent <= (1 - chance) + 0.009  # 3 standard errors of a share of 20,000


def test_a_tightened_plan_is_the_largest_that_fits() -> None:
    most = tightened(100_000, 120_000.0, 6e7, 0.95)

    def chance(mean: int) -> float:
        return overspend_chance(mean, 500.0 * mean, 100_000)

    assert (chance(most) <= 0.05, chance(most + 1) <= 0.05) == (True, False)


def test_a_tightened_plan_approaches_the_normal_quantile_for_many_offers() -> None:
    # 1.645 standard deviations of 100,000 below the cap at 95 %
    cap = 10_000_000
    assert tightened(cap, 1e7, 1e10, 0.95) == pytest.approx(cap - 1.645 * 1e5, rel=2e-4)


def test_a_cap_of_nothing_allows_nothing_and_an_empty_plan_everything() -> None:
    assert tightened(0, 100.0, 10.0, 0.95) == 0
    assert tightened(1000, 0.0, 0.0, 0.95) == 1000


def test_an_uncertain_rate_moves_all_offers_together() -> None:
    assert rate_variance(1000.0, 0.1) == pytest.approx(100.0**2)
