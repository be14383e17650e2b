"""Effects, lots, goals and key figures from literal people."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.settings import RandomisationSettings, Settings, ShopSettings
from offermill.settings_goals import AverageCheckGoal, GoalSettings, NewCustomersGoal, RepeatPurchaseGoal
from offermill.warehouse import Warehouse
from outcomes import draws, effect, goals, kpis
from tests.literal_tables import Row, make

DAY = date(2026, 6, 30)
GOALS = GoalSettings(
    repeat_purchase=RepeatPurchaseGoal(target=0.5, days=30),
    new_customers=NewCustomersGoal(target=3, days=30),
    average_check=AverageCheckGoal(target_minor=1000, days=30),
)


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with Warehouse.open() as opened:
        yield opened


def run_with(wanted: GoalSettings = GOALS) -> Run:
    settings = Settings(
        shop=ShopSettings(id="test", name="Test", time_zone="Europe/Riga"),
        randomisation=RandomisationSettings(salt="a salt for tests", global_control_share=0.5),
        sources={},
        goals=wanted,
    )
    return Run(DAY, datetime(2026, 6, 30, 21), ShopPaths(Path("nowhere")), settings, "0" * 64)


def person(number: int, **facts: Any) -> Row:
    """Somebody of wave w1: even numbers got `ten`, odd ones nothing; who has an offer brings 60 more and costs 20."""
    has_offer = number % 2 == 0
    return {
        "customer_id": f"c{number:04}",
        "wave_id": "w1",
        "campaign_id": "spring",
        "source": "elsewhere",
        "assigned_on": date(2026, 5, 4),
        "arm": "ten" if has_offer else "control",
        "offer_id": "ten" if has_offer else None,
        "channel": "email",
        "propensity": 0.5,
        "control_chance": 0.5,
        "is_complete": True,
        "order_count": 1,
        "net_minor": 1000 + 200 * has_offer + number // 2 % 3,
        "margin_minor": 300 + 60 * has_offer + number // 2 % 3,
        "redemption_count": int(has_offer),
        "cost_minor": 20 * has_offer,
        "before_minor": number // 2 % 3,
        "days_since_order": 5,
        "segments": {"lifecycle": "due"},
        **facts,
    }


def drawn(warehouse: Warehouse, people: list[Row]) -> None:
    """Make the tables that are measured."""
    units = [{name: value for name, value in each.items() if name != "segments"} for each in people]
    make(warehouse, "outcomes.unit", units)
    one = {"wave_id": "w1"}
    segments = [
        {**one, "customer_id": each["customer_id"], "family": family, "segment": segment}
        for each in people
        for family, segment in each["segments"].items()
    ]
    make(warehouse, "outcomes.unit_segment", segments)
    arms = (("ten", "w1", "spring"), ("control", None, None))
    make(
        warehouse,
        "outcomes.chance",
        [
            {"customer_id": one["customer_id"], "wave_id": "w1", "arm": arm, "arm_wave_id": wave,
             "campaign_id": campaign, "chance": 0.5}
            for one in people
            for arm, wave, campaign in arms
        ],
    )  # fmt: skip


def measured(warehouse: Warehouse, people: list[Row]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the effects by level and metric."""
    drawn(warehouse, people)
    effect.measure(warehouse, run_with())
    rows = warehouse.arrow("select * from outcomes.effect").to_pylist()
    return {(row["level"], row["metric"]): row for row in rows}


def test_every_level_gives_the_difference_of_the_same_people(warehouse: Warehouse) -> None:
    found = measured(warehouse, [person(number) for number in range(200)])
    assert {(level, round(found[level, "margin"]["effect"], 6)) for level, _ in found} == {
        (level, 60.0) for level in ("all", "cumulated", "campaign", "wave", "segment", "offer", "channel")
    }
    one = found["all", "margin"]
    assert (one["treated_count"], one["control_count"], one["is_told"], one["problem"]) == (100, 100, True, None)
    # What was so before explains all that varies: nothing is left to be unsure about.
    assert one["explained_share"] == pytest.approx(1.0)
    assert (one["cuped_low"], one["total"]) == (pytest.approx(60.0, abs=0.01), pytest.approx(60 * 100, abs=1))
    assert found["all", "basket"]["effect"] == pytest.approx(200.0)
    assert found["all", "orders"]["effect"] == 0.0
    assert found["all", "basket"]["total"] is None


def test_every_family_of_segments_is_measured_and_who_was_in_none_is_told_apart(warehouse: Warehouse) -> None:
    def families(number: int) -> dict[str, str]:
        in_rfm = {"rfm": "loyal" if number % 4 < 2 else "champions"}
        return {} if number >= 160 else {"lifecycle": "due"} | (in_rfm if number < 120 else {})

    drawn(warehouse, [person(number, segments=families(number)) for number in range(240)])
    effect.measure(warehouse, run_with())
    rows = warehouse.rows(
        "select name, treated_count, control_count, round(effect, 6), cuped_low is not null from outcomes.effect "
        "where level = 'segment' and metric = 'margin' order by name"
    )
    assert rows == [
        ("lifecycle:due", 80, 80, 60.0, True),
        ("rfm:champions", 30, 30, 60.0, True),
        ("rfm:loyal", 30, 30, 60.0, True),
        ("unknown", 40, 40, 60.0, True),
    ]
    returns = warehouse.rows("select name, roi from outcomes.roi where level = 'segment' order by name")
    assert [(name, round(roi, 6)) for name, roi in returns] == [(name, 3.0) for name, *_ in rows]


def test_the_return_counts_the_margin_before_the_cost(warehouse: Warehouse) -> None:
    measured(warehouse, [person(number) for number in range(200)])
    (row,) = warehouse.rows(
        "select incremental_margin_minor, cost_minor, roi from outcomes.roi where level = 'all'"
    )  # fmt: skip
    # 60 were left after a cost of 20: (80 - 20) / 20.
    assert row == ((60 + 20) * 100, 20 * 100, pytest.approx(60 / 20))


def test_open_horizons_wait_and_too_few_people_say_how_many_are_needed(warehouse: Warehouse) -> None:
    people = [person(number, is_complete=number < 40) for number in range(100)]
    one = measured(warehouse, people)["all", "margin"]
    assert (one["treated_count"], one["open_count"], one["effect"]) == (20, 60, None)
    assert one["problem"] == "too few people with an offer: worth 20, at least 30 are needed"
    assert one["rows_needed"] == 40 * 30 // 20


def test_an_effect_that_chance_may_have_made_says_how_many_would_tell(warehouse: Warehouse) -> None:
    people = [person(number, margin_minor=(number * 7919 % 1000) + number % 2, before_minor=0) for number in range(200)]
    one = measured(warehouse, people)["all", "margin"]
    assert one["low"] < 0 < one["high"]
    assert not one["is_told"]
    assert one["rows_needed"] > 200


def test_controls_who_got_an_offer_after_all_stay_controls_and_are_counted(warehouse: Warehouse) -> None:
    people = [person(number, contamination="offer_in_horizon" if number in (1, 3) else None) for number in range(200)]
    assert measured(warehouse, people)["wave", "margin"]["contaminated_count"] == 2


def lots_of(warehouse: Warehouse, people: list[Row]) -> Mapping[str, Any]:
    drawn(warehouse, people)
    make(warehouse, "models.evidence_draw", [{"customer_id": "c1", "wave_id": "w1", "problem": "two_arms"}])
    draws.check(warehouse, run_with())
    (row,) = warehouse.arrow("select * from outcomes.lot").to_pylist()
    return row  # type: ignore[no-any-return]


def test_lots_that_fell_evenly(warehouse: Warehouse) -> None:
    row = lots_of(warehouse, [person(number) for number in range(200)])
    assert row == {
        "wave_id": "w1", "starts_on": date(2026, 5, 4), "treated_count": 100, "control_count": 100,
        "control_expected": 100.0, "ratio_chance": 1.0, "arm_chance": 1.0, "is_uneven": False, "offered_count": 0,
        "shared_address_count": 0, "is_contaminated": False, "two_arms_count": 1, "no_propensity_count": 0,
    }  # fmt: skip


def test_lost_controls_are_an_alarm_and_no_effect_is_told(warehouse: Warehouse) -> None:
    people = [person(number) for number in range(300) if number % 2 == 0 or number < 120]
    row = lots_of(warehouse, people)
    assert (row["control_count"], row["control_expected"], row["is_uneven"]) == (60, 105.0, True)
    effect.measure(warehouse, run_with())
    told = warehouse.rows("select distinct problem from outcomes.effect where level = 'wave'")
    assert told == [("arms are uneven beyond chance: 60 without an offer, 105 were due; see outcomes.lot",)]


def test_controls_who_were_not_left_alone_are_an_alarm(warehouse: Warehouse) -> None:
    touched = {1: "offer_in_horizon", 3: "shared_address", 5: "shared_address", 7: "shared_address"}
    few = [person(number, contamination=touched.get(number)) for number in range(160)]
    row = lots_of(warehouse, few)
    assert (row["offered_count"], row["shared_address_count"], row["is_contaminated"]) == (1, 3, False)
    more = [person(number, contamination=touched.get(number)) for number in range(158)]
    assert lots_of(warehouse, more)["is_contaminated"]


def order(customer: str | None, days_ago: int, net: int = 900) -> Row:
    on = DAY - timedelta(days=days_ago)
    return {
        "order_id": f"{customer}-{days_ago}", "customer_id": customer, "ordered_on": on, "arrived_on": on,
        "ordered_at": datetime.combine(on, datetime.min.time()), "net_minor": net, "is_return": False,
    }  # fmt: skip


def test_goals_say_where_the_shop_stands_and_stood(warehouse: Warehouse) -> None:
    # Before the last 30 days: a, b, c, d ordered; a and b again. New in them: e; new before: c and d.
    rows = [order(who, 70) for who in "ab"] + [order(who, 45) for who in "abcd"] + [order(who, 10) for who in "ab"]
    make(warehouse, "core.purchase", [*rows, order("e", 29, 1500), order(None, 3, 700), order("f", 91)])
    goals.measure(warehouse, run_with())
    found = {row["goal"]: row for row in warehouse.arrow("select * from outcomes.goal").to_pylist()}
    repeat, new, check = (found[name] for name in ("repeat_purchase", "new_customers", "average_check"))
    assert (repeat["value"], repeat["base_count"], repeat["value_before"], repeat["is_reached"]) == (
        2 / 4,
        4,
        1.0,
        True,
    )
    # Wilson, 2 of 4: 1/2 -+ 1.96 / (1 + 1.96^2 / 4) x sqrt(1/16 + 1.96^2 / 64).
    assert (repeat["low"], repeat["high"]) == (pytest.approx(0.15004, abs=1e-4), pytest.approx(0.84996, abs=1e-4))
    assert (new["value"], new["value_before"], new["is_reached"], new["is_told"]) == (1.0, 2.0, False, False)
    # Garwood, 1 event: 0.0253 to 5.572.
    assert (new["low"], new["high"]) == (pytest.approx(0.02532, abs=1e-4), pytest.approx(5.5716, abs=1e-3))
    assert (check["value"], check["base_count"], check["is_reached"]) == ((900 + 900 + 1500 + 700) / 4, 4, True)


def test_a_shop_without_goals_has_none(warehouse: Warehouse) -> None:
    assert goals.measure(warehouse, run_with(GoalSettings())) == {"goals": 0, "reached": 0}


def answer(number: int, score: int) -> Row:
    at = datetime(2026, 6, 1, 8)
    return {
        "answer_id": f"a{number}", "customer_id": f"c{number}", "question": "nps", "score": score,
        "answered_at": at, "answered_on": at.date(), "arrived_on": at.date(),
    }  # fmt: skip


def figures(warehouse: Warehouse, answers: list[Row]) -> dict[tuple[str, str], Mapping[str, Any]]:
    make(warehouse, "outcomes.kpi_share", [
        {"kpi": "breakage", "group_name": "all", "hit_count": 0, "base_count": 0},
        {"kpi": "inert_share", "group_name": "all", "hit_count": 1, "base_count": 4},
    ])  # fmt: skip
    make(warehouse, "outcomes.roi", [])
    make(warehouse, "offers.trial_balance", [
        {"limit_name": "budget", "closing_reserved": 500, "closing_posted": 200, "closing_overrun": 0},
        {"limit_name": "budget", "closing_reserved": 40, "closing_posted": 100, "closing_overrun": 3},
        {"limit_name": "sms", "closing_reserved": 9, "closing_posted": 0, "closing_overrun": 0},
    ])  # fmt: skip
    make(warehouse, "offers.budget", [{"limit_name": "budget", "left_minor": 77}])
    make(warehouse, "offers.contact", [
        {"customer_id": "c1", "contact_id": "a", "contact_on": date(2026, 6, 20), "valid_until": date(2026, 7, 5)},
        {"customer_id": "c2", "contact_id": "b", "contact_on": date(2026, 6, 26), "valid_until": date(2026, 7, 5)},
        {"customer_id": "c2", "contact_id": "c", "contact_on": date(2026, 6, 1), "valid_until": date(2026, 6, 30)},
    ])  # fmt: skip
    make(warehouse, "core.survey_answer", answers)
    groups = [{"customer_id": f"c{n}", "group_name": "global_control" if n % 2 else "choose"} for n in range(200)]
    make(warehouse, "offers.assignment_group", groups)
    kpis.measure(warehouse, run_with())
    rows = warehouse.arrow("select * from outcomes.kpi").to_pylist()
    return {(row["kpi"], row["group_name"]): row for row in rows}


def test_key_figures(warehouse: Warehouse) -> None:
    found = figures(warehouse, [])
    assert [found["budget", name]["value"] for name in ("reserved", "posted", "left")] == [540.0, 303.0, 77.0]
    assert found["freshness", "all"]["value"] == (10 + 4) / 2
    assert (found["inert_share", "all"]["value"], found["inert_share", "all"]["base_count"]) == (0.25, 4)
    assert found["breakage", "all"]["problem"] == "nothing to count yet"
    assert found["roi", "all"]["problem"] == "no offer was given by lot yet"
    assert found["nps", "difference"]["problem"] == "fewer than 30 answers in an arm"


def test_satisfaction_is_compared_between_people_with_offers_and_the_control_group(warehouse: Warehouse) -> None:
    # With offers 3 of 4 promote and 1 detracts; without, half do each.
    answers = [answer(n, 10 if (n // 2) % (4 if n % 2 == 0 else 2) else 3) for n in range(160)]
    found = figures(warehouse, answers)
    assert (found["nps", "offers"]["value"], found["nps", "control"]["value"]) == (50.0, 0.0)
    assert found["nps", "difference"]["value"] == pytest.approx(50.0)
    assert found["nps", "difference"]["low"] > 0
