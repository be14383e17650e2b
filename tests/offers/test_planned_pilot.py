"""A night with a plan of a pilot: its arms, its size, its money, and the explanation of each draw."""

from datetime import timedelta
from pathlib import Path

from offers import explain
from tests.offers.pilots import PLAN, hand_over
from tests.offers.small_shop import NIGHT, people, run_of, shop
from tests.offers.test_decide import ALL_CHOOSE, effects, night


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

    # 7.60 pay for 3 people at the dearest arm's 2.50, whatever the lots name.
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
