"""The page Models: one card per model, beside the rule it must beat."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from dashboards import explore, judged
from dashboards.context import Context
from dashboards.data_words import feature_meaning, feature_name, passed_over, verdict
from dashboards.queries import Answer
from dashboards.suppression import suppress
from offermill.report import charts
from offermill.report.numbers import Formats

NAMES = ("propensity", "value", "uplift")
_FEATURES = 12
_PARTS = ("train", "calibrate", "test")
_TONES = {"accepted": "good", "refused": "warn", "none": ""}


def _metrics(ctx: Context, card: Mapping[str, Any]) -> list[list[str]]:
    measures, f = ctx.t["models"]["measures"], ctx.formats
    model, rule = card.get("metrics", {}), card.get("baseline", {})
    known = [*measures, *sorted(set(model) - set(measures))]
    rows = []
    for name in known:
        if isinstance(model.get(name), int | float):
            title, better = measures.get(name, [name.replace("_", " "), ""])
            rows.append([title, _figure(f, name, model[name]), _figure(f, name, rule.get(name)), better])
    return rows


def _figure(f: Formats, name: str, value: float | None) -> str:
    """Return a measure: money where its name says so, else a number."""
    if name.endswith("_minor"):
        return f.money(None if value is None else round(value))
    return f.number(value, 4)


def _arms(ctx: Context, card: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the measured extra chance to buy per randomised offer, with its interval."""
    arms, f = card.get("arms") or [], ctx.formats
    if not arms:
        return None
    ends = ("estimate", "low", "high")
    cells = [[arm["arm"], *(f.share(arm[end]) for end in ends), f.people(arm["row_count"])] for arm in arms]
    drawn = [
        {"arm": arm["arm"], "mean": arm["estimate"], "low": arm["low"], "high": arm["high"],
         "said": f.share(arm["estimate"]), "span": ctx.span(f.share(arm["low"]), f.share(arm["high"])),
         "keys": explore.of_offer(ctx, arm["arm"])}
        for arm in arms
    ]  # fmt: skip
    axis = ctx.t["models"]["axis"]["chance"]
    tooltip = {"arm": ctx.columns("models", "arms")[0]["title"], "said": axis, "span": ctx.t["layout"]["interval"]}
    chart = charts.ranges(drawn, label="arm", title=axis, tooltip=tooltip, is_share=True)
    by = explore.keyed([explore.of_offer(ctx, arm["arm"]) for arm in arms])
    return {"chart": chart, "rows": cells, "columns": ctx.columns("models", "arms"), "by": by}


def _calibration(ctx: Context, card: Mapping[str, Any]) -> dict[str, Any] | None:
    bins, f, axis = card.get("calibration") or [], ctx.formats, ctx.t["models"]["axis"]
    if not (bins and isinstance(bins, list)):
        return None
    is_money = "predicted_minor" in bins[0]
    ending, unit = ("_minor", 10**f.digits) if is_money else ("", 1)

    def say(figure: float) -> str:
        return f.money(round(figure)) if is_money else f.share(figure)

    drawn, cells = [], []
    for number, row in enumerate(bins, start=1):
        predicted, observed = row[f"predicted{ending}"], row[f"observed{ending}"]
        cells.append([str(number), say(predicted), say(observed), f.number(row["row_count"])])
        drawn.append(
            {"predicted": predicted / unit, "observed": observed / unit, "p": say(predicted), "o": say(observed)}
        )
    tooltip = {"p": axis["predicted"], "o": axis["observed"]}
    titles = {name: f"{axis[name]}, {f.currency}" if is_money else axis[name] for name in ("predicted", "observed")}
    chart = charts.calibration(
        drawn, tooltip=tooltip, x_title=titles["predicted"], y_title=titles["observed"], is_share=not is_money
    )
    caption = ctx.t["models"]["captions"]["amounts" if is_money else "calibration"]
    return {"chart": chart, "rows": cells, "caption": caption, "columns": ctx.columns("models", "calibration")}


def _features(ctx: Context, card: Mapping[str, Any]) -> dict[str, Any] | None:
    weighed = [row for row in card.get("features", []) if row.get("importance_share")]
    if not weighed:
        return None
    top = sorted(weighed, key=lambda row: (-row["importance_share"], row["name"]))[:_FEATURES]
    f, axis = ctx.formats, ctx.t["models"]["axis"]["weight"]
    drawn = [
        {
            "name": feature_name(ctx, row["name"]),
            "code": row["name"],
            "weight": row["importance_share"],
            "said": f.share(row["importance_share"]),
        }
        for row in top
    ]
    chart = charts.bars(
        drawn,
        label="name",
        value="weight",
        title=axis,
        tooltip={"name": "", "code": ctx.columns("models", "features")[0]["title"], "said": axis},
        color=3,
        is_share=True,
    )
    return {
        "chart": chart,
        "rows": [[row["code"], row["said"], feature_meaning(ctx, row["code"])] for row in drawn],
        "columns": ctx.columns("models", "features"),
    }


def _data(ctx: Context, card: Mapping[str, Any]) -> list[list[str]]:
    f = ctx.formats
    parts = {
        name: part for name, part in card.get("data", {}).items() if isinstance(part, Mapping) and "row_count" in part
    }
    return [
        [
            ctx.say("models", "parts", name),
            _days(ctx, part.get("snapshots", [])),
            f.number(part["row_count"]),
            f.number(part.get("buyer_count")),
        ]
        for name, part in sorted(parts.items(), key=lambda item: _PARTS.index(item[0]) if item[0] in _PARTS else 9)
    ]


def _days(ctx: Context, snapshots: Sequence[str]) -> str:
    """Return the days on which a part was looked at; of many the first and the last."""
    days = [ctx.formats.day(date.fromisoformat(str(one))) for one in sorted(snapshots)]
    return f"{ctx.span(days[0], days[-1])} ({len(days)})" if len(days) > 1 else "".join(days)


def _scored(ctx: Context, answer: Answer) -> list[list[str]]:
    shown = suppress(answer.rows, "customer_count", ctx.minimum)
    return [
        [ctx.say("models", "sources", row["source"]), row["model_id"] or "", ctx.formats.people(row["customer_count"])]
        for row in shown
    ]


def _card(ctx: Context, name: str, answer: Answer) -> dict[str, Any]:
    stored = ctx.cards.get(name)
    shown: dict[str, Any] = {
        "name": name,
        "title": ctx.t["models"]["names"][name],
        "scored": _scored(ctx, answer),
        "nothing": ctx.t["models"]["empty"]["card"],
        "card": None,
    }
    if stored is None:
        return shown
    card = stored["card"]
    said = card.get("verdict", {})
    status = str(said.get("status", "none"))
    trained = date.fromisoformat(stored["trained_on"])
    horizon = card.get("horizon_days", ctx.run.settings.models.horizon_days)
    return shown | {
        "card": card,
        "status": (ctx.say("models", "verdicts", status), _TONES.get(status, "")),
        "message": verdict(ctx, name, card),
        "purpose": _said(ctx, str(card.get("purpose", ""))),
        "limits": [_said(ctx, limit) for limit in card.get("limits", [])],
        "trained": ctx.counted(ctx.t["models"]["trained"], horizon, day=ctx.formats.day(trained)),
        "model_id": stored["model_id"],
        "metrics": _metrics(ctx, card),
        "calibration": _calibration(ctx, card),
        "features": _features(ctx, card),
        "arms": _arms(ctx, card),
        "judged": judged.build(ctx, card),
        "data": _data(ctx, card),
    }


def _said(ctx: Context, sentence: str) -> str | Markup:
    """Return a sentence of a model card in the page's language; one without a translation is marked as English."""
    return ctx.t["models"]["said"].get(sentence) or ctx.english(sentence)


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    tables = ("metrics", "data", "scored")
    return {
        "filters": explore.filters(ctx, "campaign", "offer"),
        "models": [_card(ctx, name, data[name]) for name in NAMES],
        "problems": [passed_over(ctx, problem) for problem in ctx.problems],
        "evidence": judged.evidence(ctx, data["evidence"]),
        "columns": {name: ctx.columns("models", name) for name in tables},
    }
