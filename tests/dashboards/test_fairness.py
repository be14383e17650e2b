"""The audit of offers on the page Offers: groups side by side with intervals, few people hidden, or why not there."""

from pathlib import Path

import pytest

from dashboards import fairness, site
from dashboards.context import Context
from dashboards.queries import Answer
from tests import literal_night


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> Context:
    run = literal_night.make_run(Path(tmp_path_factory.mktemp("fairness")) / "shop")
    return site.context(run, {"offermill": {"edition": "2026-06-30"}})


def group(value: str, **counts: object) -> dict[str, object]:
    return {
        "attribute": "sex", "value": value, "customer_count": 100, "eligible_count": 80, "offered_count": 40,
        "offered_share": 0.5, "offered_low": 0.4, "offered_high": 0.6, "offered_ratio": 1.25,
        "offered_value_minor": 250, "ended_count": 20, "redeemed_count": 5, "redeemed_share": 0.25,
        "redeemed_low": 0.1, "redeemed_high": 0.4, "treated_count": 50, "control_count": 50,
        "incremental_margin_minor": 10, "incremental_margin_low_minor": -5, "incremental_margin_high_minor": 25,
        "problem": None,
    } | counts  # fmt: skip


def test_groups_stand_side_by_side_with_intervals(ctx: Context) -> None:
    shown = fairness.figure(ctx, Answer((group("female"), group("male"))))
    assert shown["rows"][0] == [
        "sex", "women", "100", "80", "40", "50.0%", "40.0% to 60.0%", "1.25", "€2.50", "25.0%", "10.0% to 40.0%",
        "€0.10", "-€0.05 to €0.25", "",
    ]  # fmt: skip
    assert len(shown["columns"]) == len(shown["rows"][0])


def test_few_people_are_hidden_with_what_rests_on_them_and_with_who_would_give_them_away(ctx: Context) -> None:
    rows = group("female", redeemed_count=3), group("male", redeemed_count=9), group("unknown", control_count=4)
    shown = fairness.figure(ctx, Answer(rows))["rows"]
    assert [row[9:11] for row in shown] == [["–", "–"], ["25.0%", "10.0% to 40.0%"], ["–", "–"]]
    assert [row[11] for row in shown] == ["€0.10", "€0.10", "–"]
    (few, *others) = fairness.figure(ctx, Answer((group("x", customer_count=2), group("y"), group("z"))))["rows"]
    assert few == ["sex", "x", *["not shown"] * 3, *["–"] * 8, ""]
    assert [row[2] for row in others] == ["not shown", "100"]


def test_a_shop_without_an_attribute_is_told_how_to_get_one(ctx: Context) -> None:
    assert "supplies no attribute" in fairness.figure(ctx, Answer())["nothing"]
    missing = fairness.figure(ctx, Answer(missing=("outcomes.fairness",)))
    assert missing["nothing"] == "Nothing to show: outcomes.fairness was not made on this night."
