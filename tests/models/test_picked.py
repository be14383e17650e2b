"""Whoever is picked because he looks cheap is dearer than planned; the check on held-out people says by how much."""

import numpy as np
import pytest

from models import picked
from models.judging import Bench, Guess
from models.picked import Picked
from models.policy_value import Log


def bench_of(action: np.ndarray, spent: np.ndarray) -> Bench:
    rows = len(action)
    log = Log(action, np.zeros(rows), np.full((rows, 2), 0.5), np.zeros((rows, 2)))
    return Bench(("ten",), log, log, spent, spent, None)


def test_the_figures_by_hand() -> None:
    # Of four people the first three are worth their price of 1; the lot gave the offer to the first, second and fourth.
    bench = bench_of(np.array([1, 1, 0, 1]), np.array([30.0, 0.0, 0.0, 50.0]))
    guess = Guess(np.full((4, 1), 20.0), np.array([[10.0], [10.0], [10.0], [25.0]]))
    found = picked.picked(bench, guess, price=1.0)
    assert (found.row_count, found.redemption_count, found.planned, found.spent) == (2, 1, 10.0, 15.0)
    # Both weigh 2: sqrt((2 x (30 - 15))^2 + (2 x (0 - 15))^2) / (2 x 20).
    assert found.error == pytest.approx(np.sqrt(30**2 + 30**2) / 40)


def test_a_ratio_is_drawn_to_one_by_its_noise() -> None:
    assert Picked(100, 40, 10.0, 15.0, error=0.0).factor == 1.5
    # As far from the truth as from 1: half of it is believed.
    assert Picked(100, 40, 10.0, 15.0, error=0.15).factor == pytest.approx(1.25)
    assert Picked(100, 9, 10.0, 15.0, error=0.15).factor == 1.0
    assert (
        picked.picked(bench_of(np.array([0, 0]), np.zeros(2)), Guess(np.ones((2, 1)), np.ones((2, 1))), 0.0).factor
        == 1.0
    )


def test_those_who_look_cheap_by_luck_are_found_out() -> None:
    # Everybody costs 30 and gains 20; the estimates of cost scatter by a factor, right on average.
    rng = np.random.default_rng(5)
    action = rng.integers(0, 2, 20_000)
    spent = np.where((rng.random(20_000) < 0.1) & (action == 1), 300.0, 0.0)
    cost = 30 * np.exp(rng.normal(-0.125, 0.5, (20_000, 1)))
    bench, guess = bench_of(action, spent), Guess(np.full((20_000, 1), 20.0), cost)
    everybody = Guess(np.full((20_000, 1), 20.0), np.full((20_000, 1), float(cost.mean())))
    assert picked.picked(bench, everybody, price=0.0).factor == pytest.approx(1, abs=0.1)
    found = picked.picked(bench, guess, price=1.0)
    assert found.spent == pytest.approx(30, abs=3)
    assert found.planned < 18
    # The plan was less than 18 / 30 = 0.6 of what came; corrected it is nearer, and what is gained before cost stays.
    effect, dear = picked.corrected(found.factor, guess.effect, cost)
    assert found.planned * found.factor / found.spent > 0.7
    assert effect + dear == pytest.approx(20 + cost)
