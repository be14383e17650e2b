"""`pilot plan` on a small shop: what it measures, what it writes, and what it refuses."""

from collections.abc import Iterator
from datetime import date, timedelta
from math import sqrt
from pathlib import Path

import pytest

from offermill.errors import ConfigError
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import pilot, pilot_facts, pilot_file, pilot_lots, pilot_plan, power
from offers.pilot_plan import Asked
from tests.offers.pilots import PLAN, half_buy, plan_file
from tests.offers.small_shop import CATALOGUE, NIGHT, run_of, shop
from tests.offers.test_decide import night

EVERYBODY = {"global_control_share": 0.0, "campaign_control_share": 0.0}


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Warehouse, Run]]:
    """Return a shop of 400 people after its night; nobody is held back."""
    run = run_of(tmp_path_factory.mktemp("shop"), CATALOGUE.replace('"100.00"', '"500.00"'), **EVERYBODY)
    with shop(half_buy(400)) as warehouse:
        night(warehouse, run)
        yield warehouse, run


def test_facts_are_measured_in_the_last_horizon(decided: tuple[Warehouse, Run]) -> None:
    warehouse, run = decided

    facts = pilot_facts.gather(warehouse, run, ("basket-10", "points-500"))

    # Half of 400 people brought 6.00: mean 3.00, variance 3.00^2 x 400 / 399.
    assert (facts.standing, facts.joining, facts.mean, facts.chance) == (400, 0.0, 300.0, 0.5)
    assert facts.variance == pytest.approx(90_000 * 400 / 399)
    # The same people bought a year ago: 365 days before the horizon tell everything, 28 and 91 nothing. So
    # much is not believed.
    assert (facts.earlier_days, facts.explained) == (365, 0.95)
    # Half buy: 10 % of 20.00, and 5.00 of points.
    assert [(arm.offer_id, arm.expected, arm.worst) for arm in facts.arms] == [
        ("basket-10", 100, 2_000),
        ("points-500", 250, 500),
    ]


def test_the_plan_holds_the_computed_size_and_its_cost(decided: tuple[Warehouse, Run]) -> None:
    warehouse, run = decided

    # What was bought before explains everything here, so that the smallest arm has the fewest people allowed: 50. The
    # control arm is 0.7 x sqrt(2) times an arm: 99 of 299 lots, and 50 x 299 / 99 = 151.01 people in all.
    plan = pilot_plan.plan(warehouse, run, Asked("trial", offers=["basket-10", "points-500"], effect="1.00", nights=4))

    assert [(arm.offer, arm.people, arm.lots, arm.controls) for arm in plan.arms] == [
        ("control", 50, 99, None),
        ("basket-10", 51, 100, 50),
        ("points-500", 51, 100, 50),
    ]
    assert (plan.starts_on, plan.last_night_on, plan.people_per_night) == (date(2026, 7, 1), date(2026, 7, 4), 38)
    assert plan.test.looks_on == (date(2026, 7, 30), date(2026, 8, 1))
    assert plan.fractions == (76 / 152, 1.0)
    # 51 x (1.00 + 2.50), 51 x (20.00 + 5.00), and half as much again.
    assert (plan.money.expected, plan.money.worst, plan.money.at_most) == ("178.50", "1275.00", "267.75")


def test_the_size_is_that_of_the_power_calculation(decided: tuple[Warehouse, Run]) -> None:
    warehouse, run = decided

    plan = pilot_plan.plan(warehouse, run, Asked("trial", offers=["basket-10"], metric="conversion", effect="0.15"))

    design = power.Design(1, fractions=plan.fractions)
    wanted = power.cohort(design, power.Spread.of_chance(0.5, 0.15), 0.15)
    assert plan.cohort == wanted
    assert plan.cohort.arm == pytest.approx((1.95996 + 0.84162) ** 2 * (0.65 * 0.35 + 0.25) / 0.15**2, rel=0.02)


def test_the_file_says_the_plan_and_reads_back_as_it(decided: tuple[Warehouse, Run]) -> None:
    warehouse, run = decided
    plan = pilot_plan.plan(warehouse, run, Asked("trial", offers=["basket-10"], effect="1.00", nights=2))

    text = pilot_file.text(plan, digits=2, currency="EUR")

    assert pilot.parse(text, Path("trial.yml")) == plan
    assert text.startswith("# Pilot trial: does basket-10 bring more margin than no offer?\n")
    assert "# Who stands: people who may get at least one of these offers that night" in text
    assert "# Finds an effect of 1.00 EUR margin per person with a chance of 80%" in text


def error_of(decided: tuple[Warehouse, Run], **asked: object) -> str:
    with pytest.raises(ConfigError) as problem:
        pilot_plan.plan(*decided, Asked("trial", **{"offers": ["basket-10"], **asked}))  # type: ignore[arg-type]
    return str(problem.value)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"effect": "0"},
            "--effect 0: the smallest effect worth finding must be more than 0; write a margin per person, such as "
            "0.50.",
        ),
        (
            {"power": 1.2},
            "--power 1.2: must be at least 0.5 and below 1; 0.8 finds a true effect in 4 of 5 pilots.",
        ),
        ({"alpha": 0.0}, "--alpha 0: must be above 0 and at most 0.5; 0.05 lets one of twenty such pilots err."),
        ({"nights": 0}, "--nights 0: must be 1 or more; leave it out for as few as the money allows."),
        ({"effect": "much"}, "--effect much: 'much' is not an amount such as 12.34."),
        (
            {"metric": "conversion", "effect": "0.60"},
            "--effect 0.6: 50.0% buy without an offer, so the chance to buy cannot rise by 60.0%; write a change of "
            "the chance to buy, such as 0.02.",
        ),
        ({"offers": ["basket-1"]}, "--offer basket-1: tonight's catalogue has none. Did you mean 'basket-10'?"),
        (
            {"templates": ["baskets"], "offers": ()},
            "--template baskets: tonight's catalogue has none. Did you mean 'basket'?",
        ),
    ],
)
def test_nonsense_is_refused(decided: tuple[Warehouse, Run], asked: dict[str, object], said: str) -> None:
    assert error_of(decided, **asked) == said


def test_a_small_budget_is_told_what_it_can_find(decided: tuple[Warehouse, Run]) -> None:
    # 167 people an arm at 1.00, and 4 people's 1.00 that the lots may cost beyond their mean; so 60.00 pay for 56.00 at
    # a mean of 0.50.
    said = error_of(decided, metric="conversion", effect="0.15", budget="60.00", looks=1)

    people = power.cohort(power.Design(1), power.Spread.of_chance(0.5, 0.15), 0.15)
    assert people.arm == 167
    with_60 = 2.80158 * sqrt((0.65 * 0.35 + 0.25) / 56)
    assert said == (
        "to find an effect of 15.0 points with power 80% the pilot needs 334 people (167 in each of 1 arms, 167 in the "
        "control arm) and 167.00 EUR (expected); but --budget 60.00 EUR pays for fewer. With 112 people it finds an "
        f"effect of {with_60 * 100:.1f} points with that power, and one of 15.0 points in 37% of such pilots. "
        "Choose --effect 0.259 or --budget 171.00."
    )


def test_too_few_people_are_told_what_they_can_find(decided: tuple[Warehouse, Run]) -> None:
    assert (
        "but 400 people stand for it and 0.0 join per night, so 60 nights can draw 400. With 400 people it finds"
        in (error_of(decided, metric="conversion", effect="0.01"))
    )


def test_nobody_stands_when_rules_forbid_an_arm_to_everybody(tmp_path: Path) -> None:
    text = CATALOGUE.replace(
        "depths: [500]}",
        "depths: [500]}\n"
        "  - {id: regulars, campaign: summer, kind: points, depths: [100], audience: {minimum_orders: 9}}",
    )
    run = run_of(tmp_path, text, **EVERYBODY)
    with shop(half_buy(20)) as warehouse:
        night(warehouse, run)

        with pytest.raises(ConfigError) as problem:
            pilot_plan.plan(warehouse, run, Asked("trial", offers=["basket-10", "regulars-100"]))

    assert str(problem.value) == (
        "regulars-100: nobody may get it tonight (people by offer: basket-10 20, regulars-100 0). Name other offers "
        "with --template or --offer, or read offers.exclusion for the reasons."
    )


def test_a_wish_is_read_before_the_shop(tmp_path: Path) -> None:
    # No night was decided, nobody stands, and nobody bought; what was typed is wrong in any case.
    with shop({}) as warehouse, pytest.raises(ConfigError) as problem:
        pilot_plan.plan(warehouse, run_of(tmp_path), Asked("trial", power=1.2))

    assert str(problem.value).startswith("--power 1.2: must be at least 0.5 and below 1;")


def test_an_arm_for_few_has_more_lots_and_fewer_controls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pilot_lots, "FEWEST_PER_ARM", 10)
    text = CATALOGUE.replace(
        "depths: [500]}",
        "depths: [500]}\n"
        "  - {id: regulars, campaign: summer, kind: points, depths: [100], audience: {minimum_orders: 2}}",
    )
    run = run_of(tmp_path, text.replace('"100.00"', '"500.00"'), **EVERYBODY)
    rows = half_buy(400)
    # Every fourth person has one order only, every second none; a quarter may get what regulars get.
    rows["core.purchase"] = [row for row in rows["core.purchase"] if row["order_id"] not in seconds(400)]
    with shop(rows) as warehouse:
        night(warehouse, run)
        plan = pilot_plan.plan(
            warehouse, run, Asked("trial", offers=["basket-10", "regulars-100"], metric="conversion", effect="0.40")
        )
        facts = pilot_facts.gather(warehouse, run, ("basket-10", "regulars-100"))

    assert [(one.arms, one.people) for one in facts.open_sets] == [((0,), 300), ((0, 1), 100)]
    control, basket, regulars = plan.arms
    lots = (control.lots, basket.lots, regulars.lots)
    # A quarter has all three in their lots, the others control and 10 % off.
    few, many = plan.people / 4 / sum(lots), plan.people * 3 / 4 / (lots[0] + lots[1])
    assert regulars.lots > basket.lots
    assert (regulars.people, regulars.controls) == (round(few * lots[2]), round(few * lots[0]))
    assert (basket.people, basket.controls) == (round((few + many) * lots[1]), round((few + many) * lots[0]))
    # It is the smallest arm whose effect the whole is made for.
    assert plan.cohort == power.Cohort(regulars.people, regulars.controls, 2)


def seconds(count: int) -> set[str]:
    """Return the orders of a year before of every fourth person."""
    return {f"o{number:03d}-{NIGHT - timedelta(days=365)}" for number in range(0, count, 4)}


def test_another_night_s_warehouse_is_refused(decided: tuple[Warehouse, Run]) -> None:
    warehouse, _ = decided

    with pytest.raises(ConfigError) as problem:
        pilot_facts.require_night(warehouse, date(2026, 7, 9))

    assert str(problem.value) == (
        "2026-07-09: the warehouse holds the night of 2026-06-30; run `offermill run --date 2026-07-09` first, or name "
        "its date."
    )


def test_a_plan_that_exists_is_never_written_over(tmp_path: Path) -> None:
    path = plan_file(tmp_path)

    with pytest.raises(ConfigError) as problem:
        pilot_plan.write(run_of(tmp_path).shop, date(2026, 6, 30), Asked("trial"))

    assert str(problem.value) == (
        "pilots/trial.yml: exists already. A plan is fixed before the start: delete it if no night has drawn by it, or "
        "choose another --id."
    )
    assert path.read_text(encoding="utf-8") == PLAN
