"""What an uplift model's card says of its choices: beside other policies, against what was observed, what they cost."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards import explore, remarks
from dashboards.context import Context
from dashboards.queries import Answer
from offermill.report import charts

Figures = Mapping[str, Any]
_ENDS = ("estimate", "low", "high")


def _money(ctx: Context, found: Figures) -> list[str]:
    """Return estimate and both ends as money; a dash where there is no answer."""
    return [ctx.formats.money(None if found[end] is None else round(found[end])) for end in _ENDS]


def _people(ctx: Context, count: int) -> str:
    return ctx.formats.people(None if 0 < count < ctx.minimum else count)


def _is_shown(ctx: Context, found: Figures) -> bool:
    return bool(found["row_count"] >= ctx.minimum and found["estimate"] is not None)


def _ranges(ctx: Context, rows: Sequence[tuple[str, Figures]], axis: str) -> dict[str, Any] | None:
    """Return named estimates as dots on their intervals; None if there is nothing to draw."""
    unit = 10**ctx.formats.digits
    drawn = []
    for label, found in rows:
        if _is_shown(ctx, found):
            said, low, high = _money(ctx, found)
            ends = {"mean": found["estimate"] / unit, "low": found["low"] / unit, "high": found["high"] / unit}
            drawn.append({"label": label, "said": said, "span": ctx.span(low, high), **ends})
    if not drawn:
        return None
    tooltip = {"label": "", "said": axis, "span": ctx.formats.share(rows[0][1]["level"], 0)}
    return charts.ranges(drawn, label="label", title=f"{axis}, {ctx.formats.currency}", tooltip=tooltip)


def _budget(ctx: Context, found: Figures) -> dict[str, Any]:
    words, f = ctx.t["models"], ctx.formats
    values = [(ctx.say("models", "policies", row["policy"]), row) for row in found["values"]]
    cells = [
        [name, f.share(row["treated_share"]), *_money(ctx, row), f.number(row["effective_rows"]),
         f.share(row["uncovered_share"]), remarks.said(ctx, row)]
        for name, row in values
    ]  # fmt: skip
    leads = [
        [ctx.say("models", "policies", row["against"]), *_money(ctx, row), remarks.said(ctx, row)]
        for row in found["leads"]
    ]
    title = words["budgets"]["whole" if found["budget_share"] == 1 else "part"]
    return {
        "title": title.format(share=f.share(found["budget_share"], 0)),
        "chart": _ranges(ctx, values, words["axis"]["value"]),
        "rows": cells,
        "leads": leads,
    }


def _calibration(ctx: Context, tenths: Sequence[Figures]) -> dict[str, Any] | None:
    shown = [row for row in tenths if _is_shown(ctx, row)]
    if not shown:
        return None
    unit, axis = 10**ctx.formats.digits, ctx.t["models"]["axis"]
    drawn, cells = [], []
    for number, row in enumerate(shown, start=1):
        predicted = ctx.formats.money(round(row["predicted_minor"]))
        observed, low, high = _money(ctx, row)
        cells.append([str(number), predicted, observed, low, high, ctx.formats.people(row["row_count"])])
        drawn.append({
            "predicted": row["predicted_minor"] / unit, "observed": row["estimate"] / unit, "p": predicted,
            "o": f"{observed} ({ctx.span(low, high)})",
        })  # fmt: skip
    chart = charts.calibration(
        drawn,
        tooltip={"p": axis["predicted"], "o": axis["observed"]},
        x_title=f"{axis['predicted']}, {ctx.formats.currency}",
        y_title=f"{axis['observed']}, {ctx.formats.currency}",
        is_share=False,
    )
    return {"chart": chart, "rows": cells}


def _cost(ctx: Context, points: Sequence[Figures]) -> list[list[str]]:
    f = ctx.formats
    return [
        [f.share(row["budget_share"], 0), f.share(row["treated_share"]), _money(ctx, row["cost"])[0],
         f.money(round(row["predicted_minor"])), *_money(ctx, row["gain"])]
        for row in points
    ]  # fmt: skip


def _segment(ctx: Context, name: str) -> str:
    recency, _, frequency = name.partition(".")
    words = ctx.t["models"]["segment_words"]
    return f"{words['recency'].get(recency, recency)}, {words['frequency'].get(frequency, frequency)}"


def _segments(ctx: Context, parts: Sequence[Figures]) -> dict[str, Any] | None:
    shown = [(_segment(ctx, row["segment"]), row) for row in parts if row["row_count"] >= ctx.minimum]
    if not shown:
        return None
    money = ctx.formats.money
    cells = [
        [name, money(round(row["predicted_minor"])), *_money(ctx, row), ctx.formats.people(row["row_count"])]
        for name, row in shown
    ]
    return {"chart": _ranges(ctx, shown, ctx.t["models"]["axis"]["gain"]), "rows": cells}


def _picked(ctx: Context, card: Figures) -> str:
    """Return what the people a tight budget picks cost, beside the plan; empty for few people or an older card."""
    found, f = card.get("picked"), ctx.formats
    if not found or found["row_count"] < ctx.minimum:
        return ""
    planned, spent = (f.money(round(found[name])) for name in ("planned_minor", "spent_minor"))
    text: str = ctx.t["models"]["picked"]
    return text.format(
        planned=planned, spent=spent, rows=f.people(found["row_count"]), factor=f.number(found["factor"], 2)
    )


def build(ctx: Context, card: Figures) -> dict[str, Any] | None:
    """Return what the page shows of a judged model; None for a card that holds no judging."""
    judged = card.get("judged")
    if not judged:
        return None
    f, words = ctx.formats, ctx.t["models"]
    needed = judged["rows_for_epsilon"]
    sentence = words["judged_on"].format(
        rows=f.people(judged["row_count"]),
        epsilon=f.money(judged["epsilon_minor"]),
        needed=words["unknown"] if needed is None else f.number(needed),
    )
    ranking = [
        [row["arm"], f.number(row["qini"], 4), f.number(row["auuc"], 4), _people(ctx, row["row_count"])]
        for row in card.get("ranking", [])
    ]
    names = ("values", "leads", "effects", "cost", "gains", "ranking")
    return {
        "sentence": f"{sentence} {_picked(ctx, card)}".strip(),
        "budgets": [_budget(ctx, found) for found in judged["budgets"]],
        "calibration": _calibration(ctx, card.get("effect_calibration", [])),
        "cost": _cost(ctx, card.get("cost_curve", [])),
        "segments": _segments(ctx, card.get("segments", [])),
        "ranking": ranking,
        "ranking_by": explore.keyed([explore.of_offer(ctx, row["arm"]) for row in card.get("ranking", [])]),
        "columns": {name: ctx.columns("models", name) for name in names},
    }


def evidence(ctx: Context, answer: Answer) -> dict[str, Any]:
    """Return how many random draws are evidence and why the others are not."""
    rows = [
        [
            ctx.say("models", "evidence", row["reason"]),
            _people(ctx, row["row_count"]),
            _people(ctx, row["control_count"]),
        ]
        for row in answer.rows
    ]
    nothing = ctx.why_nothing(answer, ctx.t["models"]["empty"]["evidence"])
    return {"rows": rows, "columns": ctx.columns("models", "evidence"), "nothing": nothing}
