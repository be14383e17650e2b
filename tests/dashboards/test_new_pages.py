"""Goals, Channels, Experiments and Run log: what they say with figures, with few people, and without their tables."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from dashboards import channels, experiments, goals, runlog, site, slices
from dashboards.context import Context
from dashboards.queries import Answer
from offermill import flows
from tests import literal_night

DAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> Context:
    run = literal_night.make_run(Path(tmp_path_factory.mktemp("new")) / "shop")
    return site.context(run, {"resources": [], "offermill": {"edition": "2026-06-30"}})


GOAL = {
    "goal": "repeat_purchase", "unit": "share", "period_days": 91, "target": 0.4, "value": 0.3, "low": 0.25,
    "high": 0.35, "base_count": 400, "value_before": 0.28, "is_reached": False, "is_told": True,
}  # fmt: skip


def test_a_goal_stands_beside_its_target_with_its_interval(ctx: Context) -> None:
    shown = goals.build(ctx, {"goals": Answer((GOAL,)), "kpis": Answer()})
    assert shown["table"]["rows"] == [
        ["Repeat purchase", "91", "40.0%", "30.0%", "25.0% to 35.0%", "28.0%", "400", ("below target", "bad")]
    ]
    assert shown["goals"][0]["percent"] == f"{100 * 0.3 / 0.4:.1f}"
    assert shown["nothing"]["kpis"] == "Nothing has been measured yet."


def test_a_goal_on_few_people_is_not_shown_and_a_missing_table_is_named(ctx: Context) -> None:
    shown = goals.build(ctx, {"goals": Answer((GOAL | {"base_count": 4},)), "kpis": Answer(missing=("outcomes.kpi",))})
    assert shown["table"]["rows"][0][3:5] == ["not shown", "–"]
    assert shown["goals"][0]["figure"] == "–"
    assert shown["nothing"]["kpis"] == "Nothing to show: outcomes.kpi was not made on this night."


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [("share", 0.5, "50.0%"), ("minor units", 1234.4, "€12.34"), ("ratio", 1.5, "150.0%"), ("points", 31.0, "31"),
     ("people", 1500, "1,500"), ("days", None, "–")],
)  # fmt: skip
def test_a_figure_is_written_in_its_unit(ctx: Context, unit: str, value: float | None, said: str) -> None:
    assert goals.figure(ctx, unit, value) == said


def sent(offered: int, **counts: int) -> dict[str, object]:
    """Return offers sent of one cell: all of them reached every stage that is not named."""
    row = {"offer_id": "a", "campaign_id": "summer", "segment": "new", "store_id": "s", "business_date": DAY}
    return row | {f"{name}_count": counts.get(name, offered) for name in (*channels.STAGES, "owed")} | {"owed_minor": 0}


def test_offers_are_counted_stage_by_stage_and_small_stages_are_hidden(ctx: Context) -> None:
    rows = (
        sent(100, opened=40, clicked=20, redeemed=12, credited=12, owed=0) | {"channel": "email"},
        sent(50, opened=0, clicked=0, redeemed=3, credited=3, owed=0) | {"channel": "sms"},
    )
    shown = channels.build(replace(ctx, slices=slices.of(rows, 5, DAY)), {"sent": Answer()})
    # Three redeemed by text message: both channels' figures go, since the total is known.
    assert shown["funnel"]["rows"] == [
        ["E-mail", "100", "100", "100", "40", "20", "not shown", "not shown", "0", "€0.00"],
        ["Text message", "50", "50", "50", "0", "0", "not shown", "not shown", "0", "€0.00"],
    ]
    drawn = shown["funnel"]["chart"]["data"]["values"]
    assert [(row["stage"], row["count"]) for row in drawn][-3:] == [("Clicked", 20), ("Redeemed", 15), ("Credited", 15)]


def test_what_each_block_of_channels_gets_is_listed(ctx: Context) -> None:
    resource = {"path": "channels/crm/offers.csv", "bytes": 2048, "offermill": {"rows": 12}, "hash": "sha256:x"}
    package = {"resources": [resource | {"rows": 12, "title": "T"}], "offermill": {"edition": "2026-06-30"}}
    with_files = site.context(ctx.run, package)
    assert [row[:2] for row in channels.build(with_files, {"sent": Answer()})["exports"]["rows"]] == [
        ["crm", "offers.csv"]
    ]
    assert channels.build(ctx, {"sent": Answer()})["exports"]["rows"] == []


EFFECT = {
    "level": "all", "name": "all", "metric": "margin", "treated_count": 900, "control_count": 100, "open_count": 0,
    "effect": 120.0, "low": -10.0, "high": 250.0, "cuped_effect": 110.4, "cuped_low": 20.0, "cuped_high": 200.0,
    "always_low": None, "always_high": None, "total": 99_360.0, "total_low": 18_000.0, "total_high": 180_000.0,
    "is_told": True, "problem": None,
}  # fmt: skip


def test_an_effect_stands_with_its_intervals_and_one_of_few_people_without(ctx: Context) -> None:
    few = EFFECT | {"level": "offer", "name": "x", "control_count": 3}
    (section,) = experiments.build(
        ctx, {"effects": Answer((EFFECT, few)), "roi": Answer(), "lots": Answer(), "campaigns": Answer()}
    )["sections"]
    assert section["rows"] == [
        ["all", "All waves together", "900", "100", "€1.10", "€0.20 to €2.00", "-€0.10 to €2.50", "–",
         "€180.00 to €1,800.00", ("told from zero", "good"), ""],
        ["offer", "x", "900", "not shown", "–", "–", "–", "–", "–", ("too few", ""), ""],
    ]  # fmt: skip
    assert [row["mean"] for row in section["chart"]["layer"][1]["data"]["values"]] == [1.104]


def test_an_effect_within_chance_says_how_many_people_would_tell_it(ctx: Context) -> None:
    open_ = EFFECT | {"is_told": False, "rows_needed": 52_000}
    shown = experiments.build(
        ctx, {"effects": Answer((open_,)), "roi": Answer(), "lots": Answer(), "campaigns": Answer()}
    )
    (row,) = shown["sections"][0]["rows"]
    assert row[-2:] == [("within chance", ""), "52,000 people and waves would tell an effect of this size"]


def test_experiments_without_a_finished_wave_say_so(ctx: Context) -> None:
    shown = experiments.build(ctx, {name: Answer() for name in ("effects", "roi", "lots", "campaigns")})
    assert shown["nothing"]["effects"] == "No wave's horizon is over yet, so nothing can be told of effects."


def test_the_run_log_lists_every_step_with_its_rows_and_gates(tmp_path: Path) -> None:
    with literal_night.night(tmp_path / "shop") as (warehouse, run):
        ctx = site.context(run, {"offermill": {"edition": "2026-06-30"}})
        gates = ({"schema_name": "core", "check_count": 14, "critical_count": 0, "warning_count": 1},)
        night = {"business_date": DAY, "run_id": "r", "offer_count": 3, **gates[0]}
        broken = {"business_date": DAY, "address": "core.customer", "severity": "warning", "description": "tier"}
        data = {"nights": Answer((night,)), "gates": Answer(gates), "warnings": Answer((broken,))}
        shown = runlog.build(ctx, data | {"sizes": runlog.sizes(warehouse)})
        size = warehouse.count("segments.portrait")
    steps = {row[0]: row[1:] for row in shown["steps"]["rows"]}
    assert next(iter(steps)) == "night.open"
    assert list(steps) == [step.address for step in flows.nightly().steps]
    assert {stage.name for stage in flows.nightly().stages} <= set(ctx.t["words"]["stages"])
    assert steps["core.checks"] == ["Facts", "", "14", ("warning", "warn")]
    assert steps["segments.portrait"] == ["Segments", str(size), "", ("", "none")]
    assert shown["nights"]["rows"] == [["30 Jun 2026", "r", "not shown", "14", "0", "1", ("warning", "warn")]]
    assert shown["warnings"]["rows"] == [["30 Jun 2026", "core.customer", "tier", ("warning", "warn")]]
