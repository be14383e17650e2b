"""Costs learned from who redeemed: true for the cheap ones, who are the ones that a choice by gain per cost takes."""

import json

import numpy as np
import pandas as pd
import pytest

from models import redemption
from models.give import Give
from models.redemption import Promises
from models.segment_cost import Kin
from models.uplift import UpliftModel

ONE = np.array([0.3])  # orders expected of one person
USUAL = np.ones((1, 2))
DEPTHS = {"ten": 0.1, "gift": None}
KIN = {arm: Kin(arm, arm, depth) for arm, depth in DEPTHS.items()}


def promises(arm: list[int], spent: list[float]) -> Promises:
    # Every other person is 1: that tells nothing.
    rows = (np.arange(len(arm), dtype=np.float32) % 2)[:, None]
    usual = np.ones(len(arm))
    return Promises(rows, np.array(arm), np.array(spent), 0.3 * usual, usual, 2_000.0 * usual)


def test_without_differences_an_offer_costs_what_its_people_cost() -> None:
    # 60 of 200 redeemed 10 % at 180 each, which is 0.09 of their baskets of 2,000; 40 of 400 the gift at 240.
    seen = promises([0] * 200 + [1] * 400, [180] * 60 + [0] * 140 + [240] * 40 + [0] * 360)
    found = redemption.learn(seen, DEPTHS, KIN, seed=1)
    assert found is not None
    assert found.gives == (Give(pytest.approx(0.09), 0.0), Give(0.0, 240.0))
    # Each leans a little on the other.
    ten, gift = found.chance(seen.rows[:1], ONE, USUAL)[0].tolist()
    assert 0.28 < ten < 60 / 200
    assert 40 / 400 < gift < 0.11
    # Twice the basket costs twice as much of 10 %, and the same gift.
    assert found.cost(np.array([[ten, gift]]), np.array([4_000.0]))[0] == pytest.approx([360 * ten, 240 * gift])


def test_a_few_dear_redemptions_lean_on_those_of_other_depths() -> None:
    # 100 redeemed 10 % at 200 of 2,000 each; 4 the 20 %, of which one took 1,600 more than its depth.
    seen = promises([0] * 400 + [1] * 20, [200] * 100 + [0] * 300 + [400, 400, 400, 2_000] + [0] * 16)
    kin = {"ten": Kin("basket", "basket", 0.1), "twenty": Kin("basket", "basket", 0.2)}
    found = redemption.learn(seen, {"ten": 0.1, "twenty": 0.2}, kin, seed=1)
    assert found is not None
    ten, twenty = (give.share for give in found.gives)
    assert 0.1 <= ten < 0.11
    assert 0.2 < twenty < 0.25  # alone it would be 3,200 / 4 / 2,000 = 0.4
    assert found.shares == (pytest.approx(0.25, rel=0.05), pytest.approx(0.25, rel=0.05))


def test_an_offer_nobody_redeemed_is_not_free() -> None:
    found = redemption.learn(promises([0] * 100 + [1] * 100, [180] * 60 + [0] * 140), DEPTHS, KIN, seed=1)
    assert found is not None
    assert 0.002 < found.chance(np.zeros((1, 1), dtype=np.float32), ONE, USUAL)[0, 1] < 0.02
    assert found.gives[1] == Give(0.0, 180.0)


def test_a_few_redemptions_tell_nothing() -> None:
    assert redemption.learn(promises([0] * 100, [180] * 49 + [0] * 51), DEPTHS, KIN, seed=1) is None


def test_who_buys_what_an_offer_is_on_anyway_redeems_it_more_often() -> None:
    # Half lean to it four times as much as the others and redeem it twice as often: the square root, near enough.
    rng = np.random.default_rng(1)
    affinity = np.where(np.arange(8_000) % 2 == 0, 2.0, 0.5)
    spent = np.where(rng.random(8_000) < 0.1 * np.sqrt(affinity), 100.0, 0.0)
    rows, usual = rng.normal(size=(8_000, 1)).astype(np.float32), np.ones(8_000)
    seen = Promises(rows, np.zeros(8_000, dtype=np.int64), spent, 0.3 * usual, affinity, 2_000.0 * usual)
    found = redemption.learn(seen, {"coffee": None}, {"coffee": Kin("coffee", "coffee", None)}, seed=1)
    assert found is not None
    assert found.habit.lean == pytest.approx(0.5, abs=0.1)
    often, seldom = (found.chance(rows[:1], ONE, np.full((1, 1), lean))[0, 0] for lean in (2.0, 0.5))
    assert often / seldom == pytest.approx(2.0, abs=0.3)


def test_an_affinity_of_nothing_is_refused(model: UpliftModel) -> None:
    people = shop(2, 5)[0]
    with pytest.raises(ValueError, match=r"affinity holds 0, expected more than 0 \(1 = usual\)"):
        model.cost(people, affinity={"gift": [1.0, 0.0]})


def shop(rows: int, seed: int) -> tuple[pd.DataFrame, np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """People with 0.02 to 2 orders in the horizon; a fifth of those who come anyway redeem, and all who come for it."""
    rng = np.random.default_rng(seed)
    rhythm = np.exp(rng.uniform(np.log(0.02), np.log(2), rows))
    arm = rng.choice(["control", "gift"], rows)
    own, extra = rng.poisson(rhythm), (rng.random(rows) < 0.06) & (arm == "gift")
    redeemed = (extra | ((own > 0) & (rng.random(rows) < 0.2))) & (arm == "gift")
    orders = own + extra
    basket = np.exp(rng.normal(7.5, 0.4, rows))
    features = pd.DataFrame({"rhythm": rhythm, "noise": rng.normal(0, 1, rows)})
    true = 300 * (1 - (1 - 0.06) * (1 - 0.2 * (1 - np.exp(-rhythm))))
    seen = {"bought": orders > 0, "sales": orders * basket, "orders": orders, "spent": 300.0 * redeemed}
    return features, arm, seen, true


@pytest.fixture(scope="module")
def model() -> UpliftModel:
    features, arm, seen, _ = shop(5_000, 3)
    return UpliftModel({"gift": None}).fit(
        features, arm=arm, margin_share=0.5, propensity={"control": 0.5, "gift": 0.5}, discount=seen["spent"], **seen
    )


def test_the_people_a_small_budget_picks_cost_what_was_planned(model: UpliftModel) -> None:
    others, _, _, true = shop(6_000, 4)
    effect, cost = (frame["gift"].to_numpy() for frame in (model.effect(others, margin_share=0.5), model.cost(others)))
    picked = np.argsort(-effect / cost)[:1_500]
    assert true[picked].sum() / cost[picked].sum() == pytest.approx(1, abs=0.1)
    # In proportion to expected orders, as without `spent`, their cost is planned far too low.
    settings = model.settings() | {"redemption": None}
    by_orders = UpliftModel.restored(model.parts(), settings).cost(others)["gift"].to_numpy()
    assert true[picked].sum() / by_orders[picked].sum() > 1.5


def test_what_was_learned_is_restored_from_its_json(model: UpliftModel) -> None:
    people, _, _, _ = shop(50, 5)
    again = UpliftModel.restored(model.parts(), json.loads(json.dumps(model.settings(), sort_keys=True)))
    assert again.cost(people).equals(model.cost(people))
    assert again.added_orders(people).equals(model.added_orders(people))
    told, kept = again.redeem_chance(people), model.redeem_chance(people)
    assert told is not None
    assert told.equals(kept)


def test_nobody_is_moved_more_often_than_he_redeems() -> None:
    # The first offer is redeemed by every order it brings; the second asks for a sum, which some of them do not reach.
    added = np.array([[0.08, 0.08], [0.03, 0.03], [-0.02, -0.02]])
    chance = np.full((3, 2), 0.04)

    orders, redeemed = redemption.agreed(added, chance, np.array([True, False]))

    assert orders.tolist() == [[0.06, 0.08], [0.03, 0.03], [-0.02, -0.02]]
    assert redeemed.tolist() == [[0.06, 0.04], [0.04, 0.04], [0.04, 0.04]]
