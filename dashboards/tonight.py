"""The page Tonight: may the lists be used, what was decided, what it costs, how fresh the sources are."""

from collections.abc import Mapping
from typing import Any

from dashboards import meters, verdict
from dashboards.context import Context
from dashboards.queries import Answer
from dashboards.suppression import suppress
from offermill.report import charts

_HELD_BACK = ("control", "global_control")


def _decided(ctx: Context, groups: Answer) -> dict[str, Any]:
    f = ctx.formats
    money = ("offer_count", "cost_minor", "value_minor", "worst_cost_minor")
    shown = suppress(groups.rows, "customer_count", ctx.minimum, also=money)
    named = [row | {"name": ctx.say("tonight", "groups", row["group_name"])} for row in shown]
    cells = [
        [
            row["name"],
            f.people(row["customer_count"]),
            f.number(row["offer_count"]),
            f.money(row["cost_minor"]),
            f.money(row["value_minor"]),
        ]
        for row in named
    ]
    drawn = [
        {"name": row["name"], "count": row["customer_count"] or 0, "said": f.people(row["customer_count"])}
        for row in named
    ]
    tooltip = {"name": ctx.t["tonight"]["columns"]["decided"][0], "said": ctx.t["tonight"]["axis"]["customers"]}
    chart = charts.bars(
        drawn, label="name", value="count", title=ctx.t["tonight"]["axis"]["customers"], tooltip=tooltip
    )
    return {"columns": ctx.columns("tonight", "decided"), "rows": cells, "chart": chart}


def _sources(ctx: Context, sources: Answer) -> dict[str, Any]:
    f = ctx.formats
    states = verdict.states(ctx.run, sources.rows)
    cells = [
        [
            state.source,
            (ctx.t["tonight"]["states"][state.state], state.tone),
            f.day(state.delivered_on),
            f.number(state.tonight_count),
            f.number(state.reject_count),
            f.number(state.accepted_count),
        ]
        for state in states
    ]
    return {"columns": ctx.columns("tonight", "sources"), "rows": cells}


def nights(ctx: Context, page: str, answer: Answer) -> dict[str, Any]:
    """Return expected cost and margin per night, oldest first, as a table and a line."""
    f = ctx.formats
    shown = suppress(reversed(answer.rows), "offer_count", ctx.minimum, also=("cost_minor", "value_minor"))
    cells = [
        [
            f.day(row["business_date"]),
            f.people(row["offer_count"]),
            f.money(row["cost_minor"]),
            f.money(row["value_minor"]),
        ]
        for row in shown
    ]
    unit = 10**f.digits
    drawn = [
        {
            "night": row["business_date"].isoformat(),
            "cost": row["cost_minor"] / unit,
            "said": f.money(row["cost_minor"]),
        }
        for row in shown
        if row["cost_minor"] is not None
    ]
    words = {"night": "night", "said": ctx.t["tonight"]["axis"]["cost"]}
    chart = charts.line(drawn, x="night", y="cost", x_title="", y_title=f"{words['said']}, {f.currency}", tooltip=words)
    return {"columns": ctx.columns(page, "nights"), "rows": cells, "chart": chart if len(drawn) > 1 else None}


def _counted(ctx: Context, answer: Answer, key: str, kind: str, *money: str) -> list[list[str]]:
    f = ctx.formats
    shown = suppress(answer.rows, "customer_count", ctx.minimum, also=money)
    return [
        [
            ctx.say("tonight", kind, row[key]) if kind else ctx.word("channels", row[key]),
            f.people(row["customer_count"]),
            *(f.money(row[name]) for name in money),
        ]
        for row in shown
    ]


def _total(answer: Answer, column: str, groups: tuple[str, ...] = ()) -> int:
    return sum(row[column] or 0 for row in answer.rows if not groups or row["group_name"] in groups)


def _cards(ctx: Context, data: Mapping[str, Answer]) -> list[dict[str, str]]:
    f, groups, limit = ctx.formats, data["groups"], data["limits"].first
    words = ctx.t["tonight"]["cards"]
    held_back = _total(groups, "customer_count", _HELD_BACK)
    figures = {
        "offers": f.number(_total(groups, "offer_count")),
        "cost": f.money(_total(groups, "cost_minor")),
        "worst": f.money(_total(groups, "worst_cost_minor")),
        "value": f.money(_total(groups, "value_minor")),
        "left": f.money(limit["left"] if limit else None),
        "control": f.people(held_back if held_back >= ctx.minimum or not held_back else None),
    }
    return [{"label": words[name][0], "meaning": words[name][1], "figure": figure} for name, figure in figures.items()]


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    empty = ctx.t["tonight"]["empty"]
    return {
        "verdict": verdict.of(ctx, data),
        "cards": _cards(ctx, data) if data["groups"].rows else [],
        "decided": _decided(ctx, data["groups"]),
        "meters": [meters.meter(ctx, row) for row in data["limits"].rows],
        "sources": _sources(ctx, data["sources"]),
        "nights": nights(ctx, "tonight", data["nights"]),
        "reasons": {
            "columns": ctx.columns("tonight", "reasons"),
            "rows": _counted(ctx, data["reasons"], "reason", "reasons"),
        },
        "channels": {
            "columns": ctx.columns("tonight", "channels"),
            "rows": _counted(ctx, data["channels"], "channel", "", "cost_minor"),
        },
        "nothing": {
            "decided": ctx.why_nothing(data["groups"], empty["decided"]),
            "sources": ctx.why_nothing(data["sources"], empty["sources"]),
            "nights": ctx.why_nothing(data["nights"], empty["nights"]),
            "reasons": ctx.why_nothing(data["reasons"], empty["decided"]),
            "channels": ctx.why_nothing(data["channels"], empty["channels"]),
        },
    }
