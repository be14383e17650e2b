"""A night with a plan of a pilot: its arms, its size, its money, and the explanation of each draw."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from offers import explain, policy
from offers.people import NOTHING, PILOT
from offers.policy import Cohort
from tests.offers.pilots import PLAN, hand_over
from tests.offers.small_shop import NIGHT, people, run_of, shop
from tests.offers.test_decide import ALL_CHOOSE, effects, night
from tests.offers.test_policy import RULES, budget, by_lot, uneven


def test_a_plan_s_nights_draw_its_people_until_it_has_them_all(tmp_path: Path) -> None:
    # 40 people in all, 10 a night; basket-20 has an effect and is no arm.
    rows = {**people(200), "models.offer_effect": effects(200, evidence={"basket-20": (-1, 100)})}
    drawn = []
    with shop(rows) as warehouse:
        for days in range(5):
            night(warehouse, hand_over(run_of(tmp_path, night=NIGHT + timedelta(days=days), **ALL_CHOOSE)))
            drawn.append(warehouse.value("select count(*) from offers.decision where group_name = 'pilot'"))
        arms = {
            arm
            for (arm,) in warehouse.rows(
                "select distinct coalesce(offer_id, 'control') from offers.decision_history where group_name = 'pilot'"
            )
        }
        costs = warehouse.rows(
            "select distinct offer_id, cost_minor, worst_cost_minor from offers.decision_history "
            "where group_name = 'pilot' and offer_id is not null order by all"
        )

    # The plan ends on 3 July: the fifth night draws nobody.
    assert drawn == [10, 10, 10, 10, 0]
    assert arms == {"control", "basket-10", "points-500"}
    assert costs == [("basket-10", 100, 2_000), ("points-500", 250, 500)]


def test_a_plan_s_money_ends_it(tmp_path: Path) -> None:
    short = PLAN.replace(
        'expected: "42.00", worst: "300.00", at_most: "63.00"', 'expected: "5.00", worst: "9.00", at_most: "7.60"'
    )
    with shop(people(60)) as warehouse:
        night(warehouse, hand_over(run_of(tmp_path, **ALL_CHOOSE), short))
        drawn = warehouse.value("select count(*) from offers.decision where group_name = 'pilot'")

    # 7.60 less twice the dearest arm's 2.50 pay for 2 or 3 people at the mean of 12 / 40 x (1.00 + 2.50) = 1.05.
    assert drawn == 3


def test_draws_of_a_plan_are_explained(tmp_path: Path) -> None:
    with shop(people(60)) as warehouse:
        night(warehouse, hand_over(run_of(tmp_path, **ALL_CHOOSE)))
        log = warehouse.arrow("select * from offers.decision_log").to_pylist()
        drawn = [id for (id,) in warehouse.rows("select customer_id from offers.decision where group_name = 'pilot'")]
        kept = warehouse.rows(
            "select offer_id, count(*), min(propensity), max(propensity) from offers.propensity_history "
            "group by all order by all"
        )

    found = [explain.explain(log, customer_id) for customer_id in drawn]

    assert len(found) == 10
    assert all(one.is_same for one in found)
    # 10 of 60 are drawn; 12 of 40 lots name each offer.
    chance = 10 / 60 * 12 / 40
    assert [(offer, count) for offer, count, _, _ in kept] == [("basket-10", 60), ("points-500", 60)]
    assert all(abs(low - chance) < 1e-12 and abs(high - chance) < 1e-12 for _, _, low, high in kept)


def test_a_plan_changed_after_its_first_night_is_not_followed(tmp_path: Path) -> None:
    faster = PLAN.replace("people_per_night: 10", "people_per_night: 12").replace("people: 16", "people: 160")
    drawn = []
    with shop(people(200)) as warehouse:
        for days, text in enumerate((PLAN, faster)):
            night(warehouse, hand_over(run_of(tmp_path, night=NIGHT + timedelta(days=days), **ALL_CHOOSE), text))
            drawn.append(warehouse.value("select count(*) from offers.decision where group_name = 'pilot'"))

    assert drawn == [10, 10]


def test_while_a_plan_waits_nobody_is_drawn_without_a_plan(tmp_path: Path) -> None:
    # A cold shop: without the plan the whole night would be a pilot.
    with shop(people(60)) as warehouse:
        night(warehouse, hand_over(run_of(tmp_path, night=NIGHT + timedelta(days=10), **ALL_CHOOSE)))
        waiting = warehouse.value("select count(*) from offers.decision where group_name = 'pilot'")
        night(warehouse, hand_over(run_of(tmp_path, night=NIGHT + timedelta(days=40), **ALL_CHOOSE)))
        after = warehouse.value("select count(*) from offers.decision where group_name = 'pilot'")

    assert (waiting, after) == (0, 5)


def test_the_chance_of_the_control_arm_is_the_true_frequency_over_the_lots() -> None:
    # Two arms of 3 lots each, 4 lots for the control arm; the third offer has evidence. Half the people lack an arm.
    candidates = uneven(14)
    weights = np.where(np.isin(candidates.offer, [0, 2]), 3, 0)
    planned = Cohort(size=5, weights=weights, control=4)
    rng, nights = np.random.default_rng(11), 300
    got, logged, variance = (np.zeros(14) for _ in range(3))
    for number in range(nights):
        folk, held = by_lot(14, RULES, candidates, 2, rng)
        rules = replace(RULES, lot=(f"salt {number}", "2026-06-30"))
        plan = policy.decide(folk, held, budget(100_000), rules, planned)
        got[(plan.group == PILOT) & (plan.chosen == NOTHING)] += 1
        logged += plan.pilot_control
        variance += plan.pilot_control * (1 - plan.pilot_control)

    stands = logged > 0
    assert 5 <= stands.sum() < 14
    assert (got[~stands] == 0).all()
    assert np.abs((got - logged)[stands] / np.sqrt(variance[stands])).max() < 4
