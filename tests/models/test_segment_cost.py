"""Costs per segment: those of who buys often are high, those of who hardly buys low, however few were asked."""

import numpy as np
import pytest

from models import segment_cost
from models.segment_cost import Counts, Kin


def grid(*rows: list[float]) -> np.ndarray:
    return np.array(rows, dtype=float)


def test_with_many_redemptions_a_cell_tells_its_own() -> None:
    # 20,000 of 100,000 buyers of the first segment redeem, 40,000 of as many of the second; each costs 300.
    people, redeemed = grid([200_000, 200_000]), grid([20_000, 40_000])
    found = segment_cost.estimate(Counts(people, redeemed, 300 * redeemed, np.array([0.5, 0.5])), [Kin("a", "a", None)])
    assert found.chance.tolist() == [[pytest.approx(0.1, rel=1e-3), pytest.approx(0.2, rel=1e-3)]]
    assert found.cost.tolist() == [[pytest.approx(30, rel=1e-3), pytest.approx(60, rel=1e-3)]]
    assert found.overall(found.chance).tolist() == [pytest.approx(0.15, rel=1e-3)]


def test_with_few_redemptions_the_segment_s_chance_to_buy_tells() -> None:
    # All 10 redemptions are as expected of 10 / (50 x 0.30 + 50 x 0.10) = a half of the buyers: nothing is pulled.
    found = segment_cost.estimate(
        Counts(grid([50, 50]), grid([7.5, 2.5]), grid([750, 250]), np.array([0.3, 0.1])), [Kin("a", "a", None)]
    )
    assert found.chance.tolist() == [[pytest.approx(0.15), pytest.approx(0.05)]]
    assert found.amount.tolist() == [[pytest.approx(100), pytest.approx(100)]]


def test_depths_of_one_family_share_their_redemptions_costs() -> None:
    # 20 redemptions of 10 % and 1 of 20 % cost 2,000 + 400: 2,400 / (20 x .1 + 1 x .2) = 1,090.9 per whole basket.
    counts = Counts(grid([100], [100]), grid([20], [1]), grid([2_000], [400]), np.array([0.4]))
    kin = [Kin("percent", "percent", 0.1), Kin("percent", "percent", 0.2)]
    ten, twenty = (float(row[0]) for row in segment_cost.estimate(counts, kin).amount)
    # What the two found beyond that, 18.3 of 20 and 1.8 of 1, is no more than noise of 2 redemptions: pulled by
    # 21 / (0.1 x 2) = 105 redemptions.
    whole = 2_400 / 2.2
    assert ten == pytest.approx(0.1 * whole * (2_000 / (0.1 * whole) + 105) / (20 + 105), rel=1e-2)
    assert twenty == pytest.approx(0.2 * whole * (400 / (0.2 * whole) + 105) / (1 + 105), rel=1e-2)


def test_an_offer_nobody_redeemed_costs_what_its_template_s_others_lead_to_expect() -> None:
    counts = Counts(grid([100], [20]), grid([40], [0]), grid([4_000], [0]), np.array([0.5]))
    kin = [Kin("percent", "percent", 0.1), Kin("percent", "percent", 0.2)]
    found = segment_cost.estimate(counts, kin)
    assert 0.1 < found.chance[1, 0] < found.chance[0, 0]
    assert found.amount[1, 0] == pytest.approx(2 * found.amount[0, 0], rel=1e-6)
    nobody = segment_cost.estimate(Counts(grid([20]), grid([0]), grid([0]), np.array([0.5])), [Kin("a", "a", None)])
    assert nobody.cost.tolist() == [[0.0]]


def test_the_choice_finds_no_segment_whose_cost_is_too_low() -> None:
    # Half of the buyers redeem; a pilot asks 35 people per segment and offer. Of every offer the segment is chosen that
    # seems cheapest for what it costs the shop to reach a buyer, 200 pilots over.
    rng, buyers = np.random.default_rng(8), np.array([0.06, 0.15, 0.2, 0.25, 0.3, 0.4])
    people, kin = np.full((4, 6), 35.0), [Kin("percent", "percent", depth) for depth in (0.05, 0.1, 0.15, 0.2)]
    worth = rng.uniform(0.9, 1.1, (200, 4, 6)) * buyers
    planned = spent = 0.0
    for each in worth:
        true = np.outer([150, 300, 450, 600], buyers / 2)
        redeemed = rng.binomial(35, np.broadcast_to(buyers / 2, (4, 6))).astype(float)
        amount = true / (buyers / 2)
        cost = segment_cost.estimate(Counts(people, redeemed, redeemed * amount, buyers), kin).cost
        place = np.arange(4), (each / cost).argmax(axis=1)
        planned, spent = planned + cost[place].sum(), spent + true[place].sum()
    assert spent / planned == pytest.approx(1, abs=0.1)
