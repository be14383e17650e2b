"""A template reaches more people stage by stage, falls back when a guardrail fails, and says why."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from offermill import sqlfiles
from offermill.run import Run
from offermill.settings import RampSettings
from offermill.warehouse import Warehouse
from offers import catalogue, ramp, ramp_watch
from offers.ramp import Rules, State
from offers.ramp_watch import Watch, Worth
from tests.offers.small_shop import NIGHT, fill, run_of, shop

STAGES = RampSettings(stages=(0.01, 0.05, 0.25, 1.0), nights_per_stage=7, people_per_stage=50)
WELL = Watch(
    people=60,
    expected_minor=6_000,
    actual_minor=5_000,
    ended=60,
    expected_redemptions=15.0,
    redemptions=12,
    refused=(0, 60),
    complained=(0, 60),
    control_refused=(0, 500),
    control_complained=(0, 500),
)
START = State(0.01, NIGHT, NIGHT, "reaches 0.01 of the people for now")


def after(nights: int, chosen: RampSettings = STAGES) -> Rules:
    return Rules(chosen, NIGHT + timedelta(days=nights))


def test_a_new_template_begins_with_the_first_stage() -> None:
    assert ramp.begun(after(0), was_given=False) == START


def test_one_that_everybody_could_get_before_stays_with_everybody() -> None:
    assert ramp.begun(after(0), was_given=True).stage_share == 1.0
    assert ramp.begun(after(0, RampSettings()), was_given=False).reason == "no ramp: reaches everybody"


def test_stages_follow_one_another_when_nothing_fails() -> None:
    state, shares = START, []
    for night in range(1, 30):
        state = ramp.following(state, WELL, after(night))
        shares.append((night, state.stage_share, (state.since - NIGHT).days))

    assert [found for found in shares if found[0] == found[2]] == [(7, 0.05, 7), (14, 0.25, 14), (21, 1.0, 21)]
    assert state.reason == "reaches everybody: every stage was passed"
    assert state.watched_since == NIGHT


def test_a_stage_waits_for_enough_people() -> None:
    assert ramp.following(START, replace(WELL, people=49), after(30)) == START


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (
            {"actual_minor": 9_001},
            "its offers cost 1.50 times the estimate so far, at most 1.5 is allowed",
        ),
        (
            {"redemptions": 4},
            "4 of 60 ended offers were used, 15.0 were expected, at least 0.3 of that is asked for",
        ),
        (
            {"refused": (6, 60)},
            "10.00% opted out against 0.00% in the control groups, more than 1.00% above them and beyond chance",
        ),
        (
            {"complained": (2, 60)},
            "3.33% complained against 0.00% in the control groups, more than 0.50% above them and beyond chance",
        ),
    ],
)
def test_each_guardrail_falls_back_one_stage_and_says_which(broken: Mapping[str, object], said: str) -> None:
    third = replace(START, stage_share=0.25)

    found = ramp.following(third, replace(WELL, **broken), after(3))  # type: ignore[arg-type]

    night = NIGHT + timedelta(days=3)
    assert found == State(0.05, night, night, f"fell back from 0.25 to 0.05 of the people on 2026-07-03: {said}")


def test_a_training_that_finds_the_choices_worthless_counts_once() -> None:
    second, judged = replace(START, stage_share=0.25), NIGHT + timedelta(days=2)
    bad = replace(WELL, worth=Worth(judged, -60.0))

    fell = ramp.following(second, bad, after(3))

    assert fell.reason == (
        "fell back from 0.25 to 0.05 of the people on 2026-07-03: by the training of 2026-07-02 the choices earn -0.60 "
        "per person at the lower end, more than -0.50 is asked for"
    )
    assert ramp.following(fell, bad, after(4)) == fell
    assert ramp.following(second, replace(WELL, worth=Worth(judged, -40.0)), after(3)) == second


def test_the_newest_judgement_up_to_the_night_is_read(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    for day, leads in (("2026-06-28", [("single_offer", -9.0), ("nothing", 12.5)]), ("2026-07-05", [("nothing", 1.0)])):
        card = {"figures": {"judged": {"budgets": [{"leads": [{"against": a, "low": low} for a, low in leads]}]}}}
        path = run.shop.models / "uplift" / day / "card.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(card), encoding="utf-8")

    assert ramp_watch.worth(run) == Worth(date(2026, 6, 28), 12.5)
    assert ramp_watch.worth(replace(run, business_date=date(2026, 6, 1))) is None


def test_the_first_stage_falls_back_to_nobody_and_stays_there() -> None:
    bad = replace(WELL, actual_minor=60_000)
    stopped = ramp.following(START, bad, after(3))

    assert (stopped.stage_share, stopped.reason.split(":")[0]) == (
        0.0,
        "fell back from 0.01 to 0 of the people on 2026-07-03",
    )
    assert ramp.following(stopped, WELL, after(90)) == stopped


def test_few_offers_prove_nothing_against_a_template() -> None:
    few = replace(WELL, people=10, ended=10, actual_minor=60_000, redemptions=0)

    assert ramp.following(START, few, after(3)) == START


def test_switching_the_ramp_off_reaches_everybody() -> None:
    assert ramp.following(START, WELL, after(3, RampSettings())).stage_share == 1.0


def given(warehouse: Warehouse, night: date, count: int, *, redeem: int = 0, discount: int = 100) -> None:
    """Write down that a night gave people 10 % off at an estimated 1.00, and how many used it."""
    rows = [
        {
            "business_date": night,
            "customer_id": f"c{number:03d}",
            "group_name": "choose",
            "offer_id": "basket-10",
            "cost_minor": 100,
            "redeem_chance": 0.5,
            "valid_from": night + timedelta(days=1),
            "valid_until": night + timedelta(days=28),
        }
        for number in range(count)
    ]
    controls = [{"business_date": night, "customer_id": f"d{n:03d}", "group_name": "control"} for n in range(100)]
    used = [
        {
            "redemption_id": f"r{number}",
            "offer_id": "basket-10",
            "customer_id": f"c{number:03d}",
            "redeemed_at": datetime(night.year, night.month, night.day) + timedelta(days=2),
            "redeemed_on": night + timedelta(days=2),
            "arrived_on": night + timedelta(days=2),
            "discount_minor": discount,
        }
        for number in range(redeem)
    ]
    fill(warehouse, "offers.decision_history", [*rows, *controls])
    fill(warehouse, "core.redemption", used)


def ramping(folder: Path, night: date, **chosen: object) -> Run:
    """Return a run with stages of 10 % and everybody."""
    run = run_of(folder, night=night)
    settings = run.settings.model_copy(
        update={"ramp": RampSettings(stages=(0.1, 1.0), nights_per_stage=7, people_per_stage=50)}
    )
    return replace(run, settings=settings)


def step(warehouse: Warehouse, run: Run) -> dict[str, tuple[float, str]]:
    catalogue.load_catalogue(warehouse, run)
    ramp.advance(warehouse, run)
    rows = warehouse.rows("select template_id, stage_share, reason from offers.ramp order by all")
    return {name: (share, reason) for name, share, reason in rows}


KNOWN = [{"customer_id": "c000", "offer_id": "basket-10", "effect_minor": 300, "cost_minor": 100, "evidence": "model"}]


def test_what_became_of_the_offers_is_counted(tmp_path: Path) -> None:
    refusal = {
        "customer_id": "c001",
        "channel": "email",
        "purpose": "offers",
        "is_granted": False,
        "recorded_at": datetime(2026, 7, 3),
        "arrived_on": date(2026, 7, 3),
    }
    run = ramping(tmp_path, NIGHT + timedelta(days=28))
    with shop({"models.offer_effect": KNOWN, "core.consent": [refusal]}) as warehouse:
        given(warehouse, NIGHT, 60, redeem=20, discount=150)
        catalogue.load_catalogue(warehouse, run)
        found = ramp_watch.read(warehouse, run, {"basket": NIGHT, "points": NIGHT})

    nothing = Watch(0, 0, 0, 0, 0.0, 0, (0, 0), (0, 0), (0, 100), (0, 100))
    assert found == {
        "basket": Watch(60, 6_000, 3_000, 60, 30.0, 20, (1, 60), (0, 60), (0, 100), (0, 100)),
        "points": nothing,
    }


def test_a_template_begins_when_something_is_known_and_the_same_night_says_the_same(tmp_path: Path) -> None:
    with shop({}) as warehouse:
        cold = step(warehouse, ramping(tmp_path, NIGHT))
        fill(warehouse, "models.offer_effect", KNOWN)
        first = step(warehouse, ramping(tmp_path, NIGHT + timedelta(days=1)))
        given(warehouse, NIGHT + timedelta(days=1), 60)
        later = step(warehouse, ramping(tmp_path, NIGHT + timedelta(days=8)))
        again = step(warehouse, ramping(tmp_path, NIGHT + timedelta(days=1)))
        later_again = step(warehouse, ramping(tmp_path, NIGHT + timedelta(days=8)))
        history = warehouse.rows(
            "select business_date, template_id, stage_share from offers.ramp_history order by business_date"
        )

    assert cold["basket"] == (1.0, "nothing is known of it: only a pilot can give it")
    assert first["basket"] == (0.1, "reaches 0.1 of the people for now")
    assert later["basket"] == (1.0, "reaches everybody: every stage was passed")
    assert (again, later_again) == (first, later)
    assert first["points"][0] == 1.0
    assert history == [
        (NIGHT + timedelta(days=1), "basket", 0.1),
        (NIGHT + timedelta(days=8), "basket", 1.0),
    ]


def test_whoever_is_in_a_small_stage_is_in_every_larger_one(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    reached = {}
    with Warehouse.open() as warehouse:
        fill(warehouse, "offers.eligible_customer", [{"customer_id": f"c{number:04d}"} for number in range(2_000)])
        fill(warehouse, "offers.catalogue", [{"offer_id": "new-1", "template_id": "new"}])
        for share in (0.01, 0.05, 0.25):
            fill(warehouse, "offers.ramp", [{"template_id": "new", "stage_share": share, "reason": "new"}])
            address = "offers.exclusion_by_ramp"
            warehouse.replace_table(address, sqlfiles.read(address).text, run.parameters)
            outside = {who for (who,) in warehouse.rows(f"select customer_id from {address}")}
            reached[share] = {f"c{number:04d}" for number in range(2_000)} - outside

    assert reached[0.01] < reached[0.05] < reached[0.25]
    # Binomial of 2,000 with these shares, four standard deviations.
    for share, people in reached.items():
        assert len(people) == pytest.approx(2_000 * share, abs=4 * (2_000 * share * (1 - share)) ** 0.5)
