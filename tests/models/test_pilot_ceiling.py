"""What an ideal learner may believe after a pilot (benchmarks/pilot_ceiling.py, benchmarks/pilot_signals.py)."""

import numpy as np
import pytest

from benchmarks import pilot_ceiling, pilot_signals
from benchmarks.pilot_signals import Chances

MEANS = np.array([10.0, 20.0, 30.0])  # their variance is 100


def test_an_exact_pilot_tells_the_means() -> None:
    found = pilot_ceiling.believed(MEANS, np.eye(3) * 1e-12, np.ones(3))
    assert found == pytest.approx(MEANS, abs=1e-4)


def test_a_pilot_of_nobody_leaves_what_was_known_of_all_offers() -> None:
    assert pilot_ceiling.believed(MEANS, np.eye(3) * 1e12, np.zeros(3)) == pytest.approx([20, 20, 20], abs=1e-4)


def test_errors_as_large_as_the_spread_count_half() -> None:
    # The first offer's estimate is 10 + 1 x 10 = 20, the second's 20, the third's 30 - 10 = 20 + 0.
    assert pilot_ceiling.believed(MEANS, np.eye(3) * 100, np.array([1.0, 0.0, 0.0])) == pytest.approx([20, 20, 25])


def test_a_lean_that_all_offers_share_is_known_as_one() -> None:
    alone, shared = np.eye(3) * 101, np.eye(3) + 100
    draw = np.linalg.solve(np.linalg.cholesky(shared), np.full(3, 10.0))
    # All three are told 10 too high. Who knows that errors come together puts half of it down to them: 300 / 401.
    found = pilot_ceiling.believed(MEANS, shared, draw)
    assert found.mean() == pytest.approx(20 + 10 * 100 / (100 + 1 + 300))
    assert np.diff(found) == pytest.approx(np.full(2, 10 * 100 / 101))
    assert np.diff(pilot_ceiling.believed(MEANS, alone, np.zeros(3))) == pytest.approx(np.full(2, 10 * 100 / 201))


def chances(people: int, buys: float, redeems: float, worth: float) -> Chances:
    one = np.ones((people, 1))
    return Chances(buys * one, redeems * one, worth * one, one)


def error(known: Chances, mean: float, *, redeemed: bool) -> float:
    people = len(known.buys)
    margin = np.full((people, 1), mean)
    found = pilot_signals.of_chances(known, np.zeros(people, np.int64), margin, np.array([mean]), redeemed=redeemed)
    return float(found[0, 0]) ** 0.5


def test_who_bought_tells_as_much_as_a_share_of_people_can() -> None:
    # 100 of 1,000 minor units persuade a tenth: 0.2 + 0.8 x 0.1 = 0.28 buy. The error of that share of 400 people is
    # sqrt(0.28 x 0.72 / 400), and a share that is higher by 0.8 means a margin that is higher by 1,000.
    known = chances(400, buys=0.2, redeems=0.1, worth=1_000.0)
    assert error(known, 100.0, redeemed=False) == pytest.approx((0.28 * 0.72 / 400) ** 0.5 / 0.8 * 1_000)


def test_who_redeemed_tells_more() -> None:
    known = chances(400, buys=0.2, redeems=0.1, worth=1_000.0)
    assert error(known, 100.0, redeemed=True) < 0.95 * error(known, 100.0, redeemed=False)


def test_four_times_the_people_halve_the_error() -> None:
    few, many = (chances(people, buys=0.2, redeems=0.1, worth=1_000.0) for people in (400, 1_600))
    assert error(many, 100.0, redeemed=True) == pytest.approx(error(few, 100.0, redeemed=True) / 2)
