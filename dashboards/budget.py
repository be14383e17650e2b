"""The page Budget: what the offers cost of which limit, and how good the choice is."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards import meters
from dashboards.context import Context
from dashboards.queries import Answer, Row
from dashboards.suppression import suppress
from dashboards.tonight import nights
from offermill.report import charts

_MONEY = ("value_minor", "cost_minor", "worst_cost_minor")
_CHART_ROWS = 15  # more bars than fit a screen say less; the table has them all


def _limits(ctx: Context, answer: Answer) -> dict[str, Any]:
    f = ctx.formats
    figures = ("cap_minor", "used_before_minor", "expected_minor", "left_minor", "worst_minor")
    cells = [
        [meters.limit_name(ctx, row), row["period"], *(f.money(row[name]) for name in figures)] for row in answer.rows
    ]
    shown = [meters.meter(ctx, row) for row in answer.rows]
    return {"columns": ctx.columns("budget", "limits"), "rows": cells, "meters": shown}


def _cards(ctx: Context, row: Row) -> list[dict[str, str]]:
    f, words = ctx.formats, ctx.t["budget"]["cards"]
    figures = {
        "value": f.money(row["value_minor"]),
        "bound": f.money(row["upper_bound_minor"]),
        "gap": f.share(row["gap_share"], 3),
        "price": f.number(row["shadow_price"], 2),
        "chosen": f.number(row["chosen_count"]),
    }
    under = {"chosen": ctx.t["budget"]["candidates"].format(count=f.number(row["candidate_count"]))}
    return [
        {"label": words[name][0], "meaning": words[name][1], "figure": figure, "under": under.get(name, "")}
        for name, figure in figures.items()
    ]


def _cells(ctx: Context, rows: Sequence[Row], name: str, kind: str) -> list[list[str]]:
    f = ctx.formats
    return [
        [
            ctx.say("tonight", kind, row[name]) if kind else row[name],
            f.people(row["customer_count"]),
            f.money(row["cost_minor"]),
            f.money(row["worst_cost_minor"]),
            f.money(row["value_minor"]),
        ]
        for row in rows
    ]


def _offers(ctx: Context, answer: Answer) -> dict[str, Any]:
    f, words = ctx.formats, ctx.t["budget"]["measures"]
    shown = suppress(answer.rows, "customer_count", ctx.minimum, also=_MONEY)
    drawn = [
        {
            "offer": row["offer_id"],
            "cost": row["cost_minor"] / 10**f.digits,
            "said": f.money(row["cost_minor"]),
            "value": f.money(row["value_minor"]),
        }
        for row in shown[:_CHART_ROWS]
        if row["cost_minor"] is not None
    ]
    tooltip = {"offer": ctx.t["budget"]["columns"]["offers"][0], "said": words["cost"], "value": words["value"]}
    chart = charts.bars(drawn, label="offer", value="cost", title=f"{words['cost']}, {f.currency}", tooltip=tooltip)
    return {"columns": ctx.columns("budget", "offers"), "rows": _cells(ctx, shown, "offer_id", ""), "chart": chart}


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    empty, allocation = ctx.t["budget"]["empty"], data["allocation"].first
    purposes = suppress(data["purposes"].rows, "customer_count", ctx.minimum, also=_MONEY)
    return {
        "limits": _limits(ctx, data["limits"]),
        "cards": _cards(ctx, allocation) if allocation else [],
        "offers": _offers(ctx, data["offers"]),
        "purposes": {
            "columns": ctx.columns("budget", "purposes"),
            "rows": _cells(ctx, purposes, "group_name", "groups"),
        },
        "nights": nights(ctx, "budget", data["nights"]),
        "nothing": {
            "limits": ctx.why_nothing(data["limits"], empty["limits"]),
            "allocation": ctx.why_nothing(data["allocation"], empty["allocation"]),
            "offers": ctx.why_nothing(data["offers"], empty["offers"]),
            "nights": ctx.why_nothing(data["nights"], empty["nights"]),
        },
    }
