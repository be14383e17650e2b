"""A plan is strict: what cannot be meant is refused with its line."""

from datetime import date
from pathlib import Path

import pytest

from offermill.errors import ConfigError
from offermill.paths import ShopPaths
from offers import pilot
from tests.offers.pilots import PLAN, plan_file, plan_of


def error_of(text: str) -> str:
    with pytest.raises(ConfigError) as problem:
        plan_of(text)
    return str(problem.value)


def test_a_plan_knows_its_cohort_its_shares_and_its_looks() -> None:
    plan = plan_of()

    assert (plan.people, plan.cohort.arm, plan.cohort.control) == (40, 12, 16)
    assert plan.shares() == (16 / 40, 12 / 40, 12 / 40)
    # Ten people a night: on 29 July the horizons of the first two nights are complete, on 31 July all four.
    assert plan.fractions == (0.5, 1.0)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "{offer: control, people: 16}",
            "{offer: controls, people: 16}",
            "trial.yml:1: (whole file): arms: one of them must be 'control', at least one an offer, and none may stand "
            "twice.",
        ),
        ("people: 16", "people: 0", "trial.yml:8: arms.0.people: Input should be greater than or equal to 1 (got 0)."),
        (
            "looks_on: [2026-07-29, 2026-07-31]",
            "looks_on: [2026-07-29, 2026-07-30]",
            "trial.yml:1: (whole file): test.looks_on must rise, and the last look must leave the last night its "
            "horizon: 2026-07-31 or later.",
        ),
        (
            "looks_on: [2026-07-29,",
            "looks_on: [2026-07-27,",
            "trial.yml:1: (whole file): test.looks_on: at each look more horizons must be complete than at the one "
            "before, at the first some.",
        ),
        (
            'at_most: "63.00"',
            'at_most: "41.99"',
            "trial.yml:1: (whole file): money.at_most is less than money.expected, what the cohort counts.",
        ),
        (
            "starts_on: 2026-06-30",
            "starts_on: 2026-06-29",
            "trial.yml:1: (whole file): starts_on must come after written_for, and last_night_on not before starts_on.",
        ),
        (
            "go: {}",
            "goes: {}",
            "trial.yml:1: go: is missing.\ntrial.yml:16: goes: unknown key. Did you mean 'go'? Known keys: arms, "
            "assumed, extend, go, horizon_days, id, last_night_on, money, people_per_night, starts_on, stop, test, "
            "written_for.",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(before: str, after: str, said: str) -> None:
    assert error_of(PLAN.replace(before, after)) == said


def test_the_plan_of_a_night_is_the_one_frozen_with_it(tmp_path: Path) -> None:
    shop, night = ShopPaths(tmp_path), date(2026, 7, 1)
    plan_file(tmp_path)
    frozen = tmp_path / "runs" / "2026-07-01"

    assert pilot.active(shop, night) == plan_of()
    assert pilot.active(shop, date(2026, 7, 4)) is None

    frozen.mkdir(parents=True)
    (frozen / "run.json").write_text("{}")
    assert pilot.active(shop, night) is None

    plan_file(frozen)
    assert pilot.active(shop, night) == plan_of()


def test_two_plans_never_draw_on_one_night(tmp_path: Path) -> None:
    plan_file(tmp_path)
    plan_file(tmp_path, PLAN.replace("id: trial", "id: other"), "other")

    with pytest.raises(ConfigError) as problem:
        pilot.active(ShopPaths(tmp_path), date(2026, 7, 1))

    assert str(problem.value) == (
        "pilots/other.yml and pilots/trial.yml both draw people from 2026-06-30 on; "
        "let one start after the other's last_night_on."
    )


def test_a_plan_s_file_is_named_after_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as problem:
        pilot.read(plan_file(tmp_path, name="trail"))

    assert str(problem.value) == "trail.yml: id: is 'trial'; a plan's file is named after it: trial.yml."
