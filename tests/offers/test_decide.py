"""The step offers.decision on a small shop in memory: groups, money, history, log and codes."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from offermill import sqlfiles
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import catalogue, codes, decide, explain, ledger, lots, pilot_registry, tables
from tests.offers.small_shop import CATALOGUE, NIGHT, make_later_tables, make_tables, people, run_of, shop

Rows = list[dict[str, object]]

BUDGET = "limit_name, period, cap_minor, used_before_minor, expected_minor, worst_minor, left_minor"

# Nobody is held back and nobody is drawn: everybody chooses.
ALL_CHOOSE = {
    "global_control_share": 0.0,
    "campaign_control_share": 0.0,
    "exploration_share": 0.0,
    "pilot_share": 0.0,
}


def effects(count: int, *, evidence: Mapping[str, tuple[int, int]]) -> Rows:
    """Return the same effect and cost per offer for everybody."""
    return [
        {
            "customer_id": f"c{number:03d}",
            "offer_id": offer,
            "effect_minor": effect,
            "cost_minor": cost,
            "baseline_chance": 0.3,
            "evidence": "model",
            "model_id": "m1",
        }
        for number in range(count)
        for offer, (effect, cost) in evidence.items()
    ]


def night(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Run the offers' steps in the flow's order and return the decision's summary."""
    catalogue.load_catalogue(warehouse, run)
    ledger.settle(warehouse, run)
    make_tables(warehouse, run)
    pilot_registry.register(warehouse, run)
    summary = decide.decide(warehouse, run)
    make_later_tables(warehouse, run)
    return summary


@contextmanager
def decided(folder: Path, rows: dict[str, Rows], text: str = CATALOGUE, **lots: object) -> Iterator[Warehouse]:
    with shop(rows) as warehouse:
        night(warehouse, run_of(folder, text, **lots))
        yield warehouse


def by_reason(warehouse: Warehouse) -> dict[str, int]:
    return dict(warehouse.rows("select reason, count(*) from offers.decision group by reason order by reason"))


def test_everybody_gets_the_offer_that_brings_most_for_the_money(tmp_path: Path) -> None:
    # 100.00 pay for 50 people at 2.00; 10 % brings 3.00 to each, 20 % loses.
    rows = {
        **people(60),
        "models.offer_effect": effects(60, evidence={"basket-10": (300, 200), "basket-20": (-50, 400)}),
    }

    with decided(tmp_path, rows, **ALL_CHOOSE) as warehouse:
        reasons, budget, summary = (
            by_reason(warehouse),
            warehouse.rows(f"select {BUDGET} from offers.budget"),
            warehouse.rows("select value_minor, upper_bound_minor, gap_share, candidate_count, chosen_count "
                           "from offers.allocation_summary"),
        )  # fmt: skip

    assert reasons == {"chosen": 50, "below_price": 10}
    #                     cap, used before, expected, at worst 50 x 20.00, left
    assert budget == [("budget", "night", 10_000, 0, 10_000, 100_000, 0)]
    assert summary == [(15_000, 15_000, 0.0, 60, 50)]


def test_a_decision_has_all_its_columns(tmp_path: Path) -> None:
    known = effects(1, evidence={"basket-10": (300, 200)})
    with_errors = [{**row, "effect_error_minor": 40, "redeem_chance": 0.4} for row in known]

    with decided(tmp_path, {**people(1), "models.offer_effect": with_errors}, **ALL_CHOOSE) as warehouse:
        found = warehouse.arrow("select * from offers.decision").to_pylist()

    code = codes.code("a salt for tests", "c000", "basket-10", "summer:2026-06-30")
    assert found == [
        {
            "customer_id": "c000",
            "group_name": "choose",
            "offer_id": "basket-10",
            "campaign_id": "summer",
            "wave_id": "summer:2026-06-30",
            "channel": "email",
            "depth": 0.1,
            "propensity": 1.0,
            "value_minor": 300,
            "effect_error_minor": 40,
            "cost_minor": 200,
            "worst_cost_minor": 2_000,
            "redeem_chance": 0.4,
            "baseline_chance": 0.3,
            "evidence": "model",
            "reason": "chosen",
            "limit_name": None,
            "code": code,
            "valid_from": date(2026, 7, 1),
            "valid_until": date(2026, 7, 28),
            "is_randomised": False,
            "is_exploration": False,
            "lot": None,
        }
    ]


def test_habit_is_not_paid_for(tmp_path: Path) -> None:
    rows = {**people(3), "models.offer_effect": effects(3, evidence={"basket-10": (0, 200), "basket-20": (-50, 400)})}

    with decided(tmp_path, rows, **ALL_CHOOSE) as warehouse:
        assert by_reason(warehouse) == {"no_positive_value": 3}
        assert warehouse.value("select sum(cost_minor) from offers.decision") == 0


def test_a_budget_of_nothing_makes_an_empty_list_with_the_reason(tmp_path: Path) -> None:
    rows = {**people(3), "models.offer_effect": effects(3, evidence={"basket-10": (300, 200)})}

    with decided(tmp_path, rows, CATALOGUE.replace('"100.00"', '"0"'), **ALL_CHOOSE) as warehouse:
        assert by_reason(warehouse) == {"budget_empty": 3}
        assert warehouse.rows(f"select {BUDGET} from offers.budget") == [("budget", "night", 0, 0, 0, 0, 0)]


def test_without_evidence_a_pilot_stays_inside_the_budget_at_its_worst(tmp_path: Path) -> None:
    # 100.00 pay for 5 people at the dearest 20.00.
    with decided(tmp_path, people(60), **ALL_CHOOSE) as warehouse:
        reasons = by_reason(warehouse)
        worst = warehouse.value("select worst_minor from offers.budget")
        pilot = warehouse.rows(
            "select distinct evidence, is_randomised, value_minor, wave_id, valid_until from offers.decision "
            "where group_name = 'pilot' and offer_id is not null"
        )
        # Of 60 standing, 5 are drawn; each has three offers and nothing as likely arms.
        chances = warehouse.rows("select distinct round(offer_propensity, 9) from offers.scored_candidate")

    assert reasons.get("piloted", 0) + reasons.get("pilot_control", 0) == 5
    assert reasons["not_drawn"] == 55
    assert worst <= 10_000
    assert pilot == [("none", True, None, "summer:2026-06-30", date(2026, 7, 28))]
    assert chances == [(round(5 / 60 / 4, 9),)]


def test_the_control_arm_of_a_pilot_is_left_alone_as_long_as_the_offers_count(tmp_path: Path) -> None:
    with shop(people(60)) as warehouse:
        # One salt in a few gives the control arm somebody.
        salt = next(f"salt number {n}" for n in range(50) if _pilot_controls(warehouse, tmp_path, f"salt number {n}"))
        control = _pilot_controls(warehouse, tmp_path, salt)[0]
        night(warehouse, run_of(tmp_path, night=NIGHT + timedelta(days=27), salt=salt, **ALL_CHOOSE))
        next_night = warehouse.rows("select reason from offers.decision where customer_id = $id", {"id": control})
        night(warehouse, run_of(tmp_path, night=NIGHT + timedelta(days=28), salt=salt, **ALL_CHOOSE))
        later = warehouse.rows("select rule from offers.exclusion where customer_id = $id", {"id": control})

    assert next_night == [("live_offer",)]
    assert later == []


def _pilot_controls(warehouse: Warehouse, folder: Path, salt: str) -> list[str]:
    night(warehouse, run_of(folder, salt=salt, **ALL_CHOOSE))
    found = warehouse.rows("select customer_id from offers.decision where reason = 'pilot_control' order by all")
    return [customer_id for (customer_id,) in found]


def test_the_budget_of_a_month_counts_earlier_nights_only(tmp_path: Path) -> None:
    rows = {**people(60), "models.offer_effect": effects(60, evidence={"basket-10": (300, 200)})}
    monthly = CATALOGUE.replace("period: night", "period: month").replace('"100.00"', '"30.00"')
    with shop(rows) as warehouse:
        spent = []
        # Wednesday 10 June, then the 20th, then the 10th again (a re-run), then 1 July: a new month.
        for day in (date(2026, 6, 10), date(2026, 6, 20), date(2026, 6, 10), date(2026, 7, 1)):
            night(warehouse, run_of(tmp_path, monthly, night=day, **ALL_CHOOSE))
            spent.append(warehouse.rows("select used_before_minor, expected_minor from offers.budget")[0])
        history = warehouse.rows(
            "select business_date, count(*), sum(cost_minor) from offers.decision_history group by all order by all"
        )

    # Nobody redeemed anything by July: an offer that was estimated to cost 2.00 is then expected to cost 1.86.
    assert spent == [(0, 3_000), (3_000, 0), (0, 3_000), (0, 16 * 186)]
    assert history == [(date(2026, 6, 10), 60, 3_000), (date(2026, 6, 20), 60, 0), (date(2026, 7, 1), 60, 16 * 186)]


def test_whoever_has_a_live_offer_gets_no_other(tmp_path: Path) -> None:
    rows = {**people(3), "models.offer_effect": effects(3, evidence={"basket-10": (300, 200)})}
    with shop(rows) as warehouse:
        night(warehouse, run_of(tmp_path, **ALL_CHOOSE))
        night(warehouse, run_of(tmp_path, night=NIGHT + timedelta(days=1), **ALL_CHOOSE))

        assert by_reason(warehouse) == {"live_offer": 3}
        assert set(warehouse.rows("select propensity, group_name from offers.decision")) == {(1.0, "excluded")}


def test_the_same_night_twice_is_the_same(tmp_path: Path) -> None:
    rows = {
        **people(200),
        "models.offer_effect": effects(200, evidence={"basket-10": (300, 200), "basket-20": (310, 400)}),
    }
    with shop(rows) as warehouse:
        run = run_of(tmp_path)
        night(warehouse, run)
        first = [warehouse.rows(f"select * from {name}") for name in _WRITTEN]
        night(warehouse, run)

        assert [warehouse.rows(f"select * from {name}") for name in _WRITTEN] == first


_WRITTEN = (
    "offers.catalogue",
    "offers.decision",
    "offers.decision_history",
    "offers.propensity_history",
    "offers.decision_log",
    "offers.scored_candidate",
    "offers.budget",
    "offers.allocation_summary",
)


def test_tables_have_the_columns_that_were_promised(tmp_path: Path) -> None:
    rows = {**people(20), "models.offer_effect": effects(20, evidence={"basket-10": (300, 200)})}
    with decided(tmp_path, rows) as warehouse:
        for name in {*_WRITTEN, *sqlfiles.addresses("offers")}:
            assert list(warehouse.columns(name).items()) == list(tables.columns(name).items()), name


def test_every_chance_of_everybody_who_stood_is_kept_controls_too(tmp_path: Path) -> None:
    rows = {**people(100), "models.offer_effect": effects(100, evidence={"basket-10": (300, 200), "basket-20": (1, 1)})}
    with decided(tmp_path, rows) as warehouse:
        kept = warehouse.rows(
            "select group_name, count(distinct history.customer_id) from offers.propensity_history as history "
            "inner join offers.decision using (customer_id) group by all order by all"
        )
        groups = warehouse.rows("select group_name, count(*) from offers.decision group by all order by all")
        columns = "business_date, wave_id, count(distinct offer_id), min(propensity) > 0"
        nights = warehouse.rows(f"select {columns} from offers.propensity_history group by all")
        # The chance of what nobody got is what the chances of the offers leave.
        nothing = warehouse.value(
            """
            select max(abs(1 - chance - decision.propensity))
            from (select customer_id, sum(propensity) as chance from offers.propensity_history group by customer_id)
            inner join offers.decision as decision using (customer_id)
            where decision.offer_id is null
            """
        )

    assert {name for name, _ in groups} >= {"global_control", "control", "choose"}
    assert kept == groups
    assert nights == [(NIGHT, "summer:2026-06-30", 3, True)]
    assert nothing < 1e-12


@pytest.mark.parametrize("evidence", ["segment", "rule"])
def test_an_effect_of_any_rung_of_the_ladder_is_chosen_by_and_named(tmp_path: Path, evidence: str) -> None:
    known = [{**row, "evidence": evidence} for row in effects(3, evidence={"basket-10": (300, 200)})]
    with decided(tmp_path, {**people(3), "models.offer_effect": known}, **ALL_CHOOSE) as warehouse:
        decisions = warehouse.rows("select distinct reason, evidence from offers.decision")
        log = warehouse.rows("select distinct evidence from offers.decision_log where effect_minor is not null")

    assert decisions == [("chosen", evidence)]
    assert log == [(evidence,)]


def test_a_history_of_an_older_version_gets_the_new_columns(tmp_path: Path) -> None:
    with shop(people(2)) as warehouse:
        warehouse.execute("create schema if not exists offers")
        warehouse.execute(
            "create table offers.decision_history as select date '2026-06-01' as business_date, 'c000' as customer_id"
        )
        tables.create_if_missing(warehouse, "offers.decision_history")

        assert warehouse.columns("offers.decision_history") == dict(tables.columns("offers.decision_history"))
        assert warehouse.rows("select customer_id, offer_id from offers.decision_history") == [("c000", None)]


def test_everybody_has_one_decision_and_one_reason_for_what_they_did_not_get(tmp_path: Path) -> None:
    rows = {**people(100), "models.offer_effect": effects(100, evidence={"basket-10": (300, 200)})}
    rows["core.customer"][0]["status"] = "closed"
    with decided(tmp_path, rows) as warehouse:
        assert warehouse.value("select count(*) from offers.decision") == 100
        assert warehouse.value("select count(*) from offers.decision where reason is null") == 0
        assert (
            warehouse.value("select group_name || reason from offers.decision where customer_id = 'c000'")
            == "excludedclosed"
        )
        log = warehouse.rows("select customer_id, count(*) from offers.decision_log group by all order by all")

    assert log == [("c000", 1), *((f"c{number:03d}", 3) for number in range(1, 100))]


def test_lots_in_sql_are_those_of_python(tmp_path: Path) -> None:
    with decided(tmp_path, people(50)) as warehouse:
        found = warehouse.rows("select customer_id, group_name, unit from offers.assignment_group")
        held = warehouse.rows("select customer_id, unit from offers.campaign_control")

    salt = "a salt for tests"
    for customer_id, group_name, unit in found:
        purpose = ("global",) if group_name == "global_control" else ("night", "2026-06-30")
        assert unit == lots.unit(salt, *purpose, customer_id)
    assert held
    assert held == [
        (f"c{number:03d}", lot)
        for number in range(50)
        if (lot := lots.unit(salt, "control", "summer", f"c{number:03d}")) < 0.10
    ]


def test_controls_stay_controls_and_the_nights_lots_change(tmp_path: Path) -> None:
    groups = []
    for day in (NIGHT, NIGHT + timedelta(days=1)):
        with shop(people(300)) as warehouse:
            night(warehouse, run_of(tmp_path, night=day))
            groups.append(dict(warehouse.rows("select customer_id, group_name from offers.assignment_group")))

    tonight, tomorrow = groups
    for name in ("global_control", "control"):
        assert {i for i in tonight if tonight[i] == name} == {i for i in tomorrow if tomorrow[i] == name} != set()
    assert {i for i in tonight if tonight[i] == "explore"} != {i for i in tomorrow if tomorrow[i] == "explore"}


def test_whoever_the_last_money_moved_is_recomputed_too(tmp_path: Path) -> None:
    # Effects and costs of different sizes leave a rest that the prices alone cannot give away.
    rng = random.Random(20260630)
    known = [
        {**row, "effect_minor": rng.randrange(20, 700), "cost_minor": rng.randrange(90, 900)}
        for row in effects(150, evidence={"basket-10": (0, 0), "basket-20": (0, 0)})
    ]
    with decided(tmp_path, {**people(150), "models.offer_effect": known}, **ALL_CHOOSE) as warehouse:
        log = warehouse.arrow("select * from offers.decision_log").to_pylist()
        moved = [
            id
            for (id,) in warehouse.rows("select distinct customer_id from offers.decision_log where rooms is not null")
        ]
        reasons = {reason for (reason,) in warehouse.rows("select distinct reason from offers.decision")}
        limits = warehouse.rows(
            "select distinct limit_name from offers.decision where reason in ('below_price', 'given_back')"
        )

    found = [explain.explain(log, row["customer_id"]) for row in people(150)["core.customer"]]

    assert moved
    assert reasons & {"chosen_from_rest", "given_back"}
    assert limits == [("budget",)]
    assert all(one.is_same for one in found)


@pytest.mark.parametrize("evidence", [{"basket-10": (300, 200), "basket-20": (340, 390)}, {}])
def test_every_decision_is_explained_and_recomputed(tmp_path: Path, evidence: dict[str, tuple[int, int]]) -> None:
    rows = {**people(150), "models.offer_effect": effects(150, evidence=evidence)}
    with decided(tmp_path, rows) as warehouse:
        log = warehouse.arrow("select * from offers.decision_log").to_pylist()
        decisions = warehouse.rows("select customer_id, offer_id, reason, propensity from offers.decision")

    found = [explain.explain(log, customer_id, "lv") for customer_id, *_ in decisions]

    assert [(one.customer_id, one.offer_id, one.reason, one.propensity) for one in found] == decisions
    assert all(one.is_same for one in found)
