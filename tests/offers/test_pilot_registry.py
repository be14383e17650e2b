"""The plan as the first night read it stands: nights follow it, and a later change is named."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from offermill.errors import ConfigError
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import catalogue, pilot_registry
from tests.offers.pilots import PLAN, hand_over, history, plan_file
from tests.offers.small_shop import CATALOGUE, fill, run_of, shop

NIGHTS = [date(2026, 6, 30) + timedelta(days=days) for days in range(5)]


def register(warehouse: Warehouse, folder: Path, night: date, text: str = PLAN) -> dict[str, object]:
    run = hand_over(run_of(folder, night=night), text)
    catalogue.load_catalogue(warehouse, run)
    return pilot_registry.register(warehouse, run)


def draw(warehouse: Warehouse, night: date, *arms: str | None) -> None:
    """Write down that a night drew people: an offer each, or None for the control arm."""
    for number, arm in enumerate(arms):
        warehouse.execute(
            "insert into offers.decision_history by name select $night as business_date, $who as customer_id, "
            "'pilot' as group_name, $arm as offer_id",
            {"night": night, "who": f"{night}-{number}", "arm": arm},
        )


def test_a_night_is_told_what_is_left_to_draw(tmp_path: Path) -> None:
    with shop({}) as warehouse:
        first = register(warehouse, tmp_path, NIGHTS[0])
        draw(warehouse, NIGHTS[0], *[None] * 20, *["basket-10"] * 10, *["points-500"] * 5)
        second = register(warehouse, tmp_path, NIGHTS[1])
        arms = warehouse.rows("select arm, people, drawn_before, at_most_tonight from offers.pilot_arm order by arm")
        again = register(warehouse, tmp_path, NIGHTS[0])

    # 40 people in all, ten a night: 35 drawn before leave 5. The first night run again counts itself no more.
    assert first == {"pilot_id": "trial", "at_most": 10, "note": ""}
    assert second == {"pilot_id": "trial", "at_most": 5, "note": ""}
    assert arms == [("basket-10", 12, 10, 5), ("control", 16, 20, 5), ("points-500", 12, 5, 5)]
    assert again == first


def test_no_plan_draws_before_its_start_after_its_end_or_with_its_cohort_whole(tmp_path: Path) -> None:
    nothing, waiting = {"pilot_id": None, "at_most": 0}, {"pilot_id": "trial", "at_most": 0}
    with shop({}) as warehouse:
        assert register(warehouse, tmp_path, NIGHTS[0] - timedelta(days=1)) == nothing
        # Until its last look, on 31 July, the plan waits: nobody is drawn, by it or without a plan.
        assert register(warehouse, tmp_path, NIGHTS[4]) == waiting
        assert register(warehouse, tmp_path, date(2026, 7, 31)) == waiting
        assert register(warehouse, tmp_path, date(2026, 8, 1)) == nothing
        register(warehouse, tmp_path, NIGHTS[0])
        draw(warehouse, NIGHTS[0], *["basket-10"] * 40)
        assert register(warehouse, tmp_path, NIGHTS[1]) == waiting
        assert warehouse.count("offers.pilot_arm") == 0
        assert [row["business_date"] for row in history(warehouse)] == [NIGHTS[0]]


def test_a_plan_that_draws_comes_before_one_that_waits(tmp_path: Path) -> None:
    later = (
        PLAN.replace("id: trial", "id: another")
        .replace("starts_on: 2026-06-30", "starts_on: 2026-07-04")
        .replace("last_night_on: 2026-07-03", "last_night_on: 2026-07-07")
        .replace("[2026-07-29, 2026-07-31]", "[2026-08-02, 2026-08-04]")
    )
    with shop({}) as warehouse:
        register(warehouse, tmp_path, NIGHTS[0])
        run = hand_over(run_of(tmp_path, night=NIGHTS[4]))
        plan_file(run.snapshot, later, "another")
        catalogue.load_catalogue(warehouse, run)
        assert pilot_registry.register(warehouse, run)["pilot_id"] == "another"


def test_a_plan_changed_after_the_start_is_named_and_not_followed(tmp_path: Path) -> None:
    changed = PLAN.replace("people_per_night: 10", "people_per_night: 12").replace("alpha: 0.05", "alpha: 0.2")
    with shop({}) as warehouse:
        register(warehouse, tmp_path, NIGHTS[0])
        draw(warehouse, NIGHTS[0], "basket-10")
        found = register(warehouse, tmp_path, NIGHTS[1], changed)
        stands = pilot_registry.first_night(warehouse, "trial")
        noted = history(warehouse)

    assert stands is not None
    assert found == {
        "pilot_id": "trial",
        "at_most": 10,
        "note": (
            "The plan was changed after the start (2026-06-30): people_per_night was 10, is 12; test was alpha 0.05, "
            f"is 0.2. What stands is the plan of that night (SHA-256 {stands.sha256[:12]}); the change is not followed."
        ),
    }
    assert stands.plan.test.alpha == 0.05
    assert [row["plan_sha256"] for row in noted] == [pilot_registry.sha256(PLAN), pilot_registry.sha256(changed)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PLAN, ""),
        (PLAN + "# a comment\n", "The plan was changed after the start (2026-06-30): comments only."),
        ("id: [", "it cannot be read any more (trial.yml:1: not valid YAML"),
    ],
)
def test_what_has_changed_is_said(tmp_path: Path, text: str, said: str) -> None:
    with shop({}) as warehouse:
        register(warehouse, tmp_path, NIGHTS[0])
        stands = pilot_registry.first_night(warehouse, "trial")

    assert stands is not None
    found = pilot_registry.changed(stands, plan_file(tmp_path, text))
    assert said in found
    assert (found == "") == (said == "")


def test_a_plan_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    with shop({}) as warehouse:
        register(warehouse, tmp_path, NIGHTS[0])
        stands = pilot_registry.first_night(warehouse, "trial")

    assert stands is not None
    assert pilot_registry.changed(stands, tmp_path / "trial.yml") == "The plan's file pilots/trial.yml is gone."


def test_an_arm_that_left_the_catalogue_stops_the_night(tmp_path: Path) -> None:
    run: Run = hand_over(run_of(tmp_path, CATALOGUE.replace("id: points,", "id: bonus,")))
    with shop({}) as warehouse:
        catalogue.load_catalogue(warehouse, run)
        fill(warehouse, "offers.pilot_arm", [])

        with pytest.raises(ConfigError) as problem:
            pilot_registry.register(warehouse, run)

    assert str(problem.value) == (
        "pilots/trial.yml: arms: points-500 is no offer of tonight's catalogue; put its template back into offers.yml, "
        "or take the plan's file away to end the pilot."
    )
