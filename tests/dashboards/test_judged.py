"""What the Models page says of a judged uplift model."""

from pathlib import Path

import pytest

from dashboards import judged, site
from dashboards.context import Context
from dashboards.queries import Answer
from models import judging, uplift_metrics
from offermill.report.environment import environment
from tests import literal_night
from tests.models.test_judging import BENCH, TRUE, WRONG, guess

FACTS = {"edition": "2026-06-30", "run_id": "r", "config_hash": "c", "input_hash": "i"}


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> Context:
    run = literal_night.make_run(Path(tmp_path_factory.mktemp("judged")) / "shop")
    return site.context(run, {"offermill": FACTS})


@pytest.fixture(scope="module")
def shown(ctx: Context) -> dict[str, object]:
    """The page's parts for the judging of a model that is right against an old one that is wrong."""
    new = guess(TRUE)
    found = judging.rounds([judging.Fold(BENCH, new, guess(WRONG))])
    best = 1 + TRUE.argmax(axis=1)
    tenths = uplift_metrics.calibration(BENCH.log, TRUE.max(axis=1), best)
    points = uplift_metrics.cost_curve(BENCH.log, BENCH.spent, new.effect, new.cost, shares=(0.5, 1.0))
    lead = found[0].leads["nothing"]
    card = {
        "judged": {
            "row_count": len(BENCH.log),
            "epsilon_minor": 50,
            "rows_for_epsilon": lead.rows_for(50.0),
            "budgets": [each.to_json() for each in found],
        },
        "picked": {"row_count": 412, "planned_minor": 123.4, "spent_minor": 150.6, "factor": 1.0912},
        "ranking": [{"arm": "ten", "row_count": 3, "qini": 0.1234567, "auuc": 0.05}],
        "segments": [{"segment": "0.1", "predicted_minor": 1_234.0, **lead.to_json()}],
        **uplift_metrics.to_json(points, tenths),
    }
    built = judged.build(ctx, card)
    assert built is not None
    return built


def test_policies_stand_beside_each_other_with_their_intervals(shown: dict[str, object]) -> None:
    whole, part = shown["budgets"]  # type: ignore[misc]
    assert (whole["title"], part["title"]) == (
        "Without a limit of money",
        "With 20% of what it would spend without a limit",
    )
    assert [row[0] for row in whole["rows"]] == [
        "this model",
        "the model used before",
        "the best single offer to everybody",
        "that offer to the likeliest buyers (RFM rule)",
        "no offers",
    ]
    assert [row[0] for row in whole["leads"]] == [row[0] for row in whole["rows"]][1:]
    assert whole["chart"]["layer"]
    # Nothing is the mean outcome without an offer: 2.00 in the truth.
    low, high = (float(text.replace("€", "")) for text in whole["rows"][-1][3:5])
    assert low < 2.00 < high


def test_small_figures_and_unanswered_questions_are_not_shown(ctx: Context, shown: dict[str, object]) -> None:
    assert shown["ranking"] == [["ten", "0.1235", "0.0500", "not shown"]]
    assert len(shown["calibration"]["rows"]) == 10  # type: ignore[index]
    assert shown["segments"]["rows"][0][:2] == ["bought lately, often", "€12.34"]  # type: ignore[index]
    few = {"row_count": 3, "estimate": 1.0, "low": 0.0, "high": 2.0, "predicted_minor": 1.0, "level": 0.95}
    assert judged._calibration(ctx, [few, few | {"row_count": 90, "estimate": None}]) is None


def test_the_template_writes_the_parts(ctx: Context, shown: dict[str, object]) -> None:
    none = ("message", "trained", "model_id", "metrics", "data", "calibration", "arms", "features", "scored")
    texts: dict[str, object] = dict.fromkeys(none, "")
    model = {
        "name": "uplift",
        "title": "Uplift",
        "purpose": "P",
        "limits": [],
        "card": {"purpose": "P", "limits": []},
        "status": ("in use", ""),
        "judged": shown,
    }
    parts = {"charts": site.Charts(), "models": [texts | model], "evidence": {"rows": [], "nothing": "-"}}
    frame = site._frame(ctx) | {"name": "models", "file": "models.html", "title": "M", "problems": (), "columns": {}}
    html = environment(site.TEMPLATES, ctx.formats).get_template("models.html.j2").render(frame | parts)
    assert "built-in" not in html
    for said in ("What its choices would earn", "Gain against cost", "By segment", "How well it ranks", "With 20% of"):
        assert said in html
    # Every chart has its table.
    assert html.count("The same as a table") == 4


def test_a_card_without_judging_shows_nothing(ctx: Context) -> None:
    assert judged.build(ctx, {"arms": []}) is None


def test_evidence_is_counted_by_reason(ctx: Context) -> None:
    rows = (
        {"reason": "evidence", "row_count": 1_234, "control_count": 567},
        {"reason": "two_arms", "row_count": 2, "control_count": 0},
    )
    found = judged.evidence(ctx, Answer(rows))
    assert found["rows"] == [
        ["used as evidence", "1,234", "567"],
        ["not used, the person's records were drawn into two arms", "not shown", "0"],
    ]
    assert judged.evidence(ctx, Answer())["nothing"] == "Nothing was drawn at random yet."


def test_the_page_has_words_for_every_reason_and_policy(ctx: Context) -> None:
    names = {judging.NEW, judging.OLD, judging.SINGLE, judging.RULE, judging.NOTHING}
    assert set(ctx.t["models"]["policies"]) == names
    assert {"model", "segment", "rule"} <= set(ctx.t["models"]["sources"])


def test_what_the_picked_cost_stands_beside_the_plan(ctx: Context, shown: dict[str, object]) -> None:
    sentence = str(shown["sentence"])
    assert sentence.endswith(
        "Those whom a tight budget would pick were planned to cost €1.23 each; 412 of them got the offer by lot and "
        "cost €1.51 each. So all its costs are multiplied by 1.09."
    )
