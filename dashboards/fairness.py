"""Who is offered what, by an attribute that decides nothing and that the shop supplies to audit its offers."""

from collections.abc import Iterable
from typing import Any

from dashboards import remarks
from dashboards.context import Context
from dashboards.queries import Answer, Row
from dashboards.suppression import suppress

# Count of people -> what rests on it and goes with it.
_RESTS_ON = {
    "ended_count": ("redeemed_count", "redeemed_share", "redeemed_low", "redeemed_high"),
    "redeemed_count": ("redeemed_share", "redeemed_low", "redeemed_high"),
    "offered_count": ("offered_share", "offered_low", "offered_high", "offered_ratio", "offered_value_minor"),
    "eligible_count": ("offered_share", "offered_low", "offered_high", "offered_ratio"),
}
_EFFECT = ("incremental_margin_minor", "incremental_margin_low_minor", "incremental_margin_high_minor")


def _shown(ctx: Context, answer: Answer) -> list[Row]:
    """Return the rows without figures on few people; groups of an attribute add up to everybody."""
    rows: list[Row] = list(answer.rows)
    every = {*_RESTS_ON, *(name for names in _RESTS_ON.values() for name in names), *_EFFECT}
    for count, names in _RESTS_ON.items():
        rows = _hidden(ctx, rows, count, names)
    rows = _hidden(ctx, rows, "customer_count", tuple(sorted(every)))
    return [_without_effect(ctx, row) for row in rows]


def _hidden(ctx: Context, rows: Iterable[Row], count: str, names: tuple[str, ...]) -> list[Row]:
    known = [row for row in rows if row[count] is not None]
    gone = [row for row in rows if row[count] is None]
    shown = suppress(known, count, ctx.minimum, within=("attribute",), also=names)
    order = [(row["attribute"], row["value"]) for row in rows]
    return sorted([*shown, *gone], key=lambda row: order.index((row["attribute"], row["value"])))


def _without_effect(ctx: Context, row: Row) -> Row:
    few = min(row["treated_count"], row["control_count"]) < ctx.minimum
    return row | (dict.fromkeys(_EFFECT) if few else {})


def _span(ctx: Context, row: Row, low: str, high: str) -> str:
    f = ctx.formats
    say = f.money if low.endswith("_minor") else f.share
    return f.money(None) if row[low] is None or row[high] is None else ctx.span(say(row[low]), say(row[high]))


def _cells(ctx: Context, row: Row) -> list[Any]:
    f, t = ctx.formats, ctx.t["offers"]["fairness"]
    return [
        t["attributes"].get(row["attribute"], row["attribute"]),
        t["values"].get(row["value"], row["value"]),
        f.people(row["customer_count"]),
        f.people(row["eligible_count"]),
        f.people(row["offered_count"]),
        f.share(row["offered_share"]),
        _span(ctx, row, "offered_low", "offered_high"),
        f.number(row["offered_ratio"], 2),
        f.money(row["offered_value_minor"]),
        f.share(row["redeemed_share"]),
        _span(ctx, row, "redeemed_low", "redeemed_high"),
        f.money(row["incremental_margin_minor"]),
        _span(ctx, row, "incremental_margin_low_minor", "incremental_margin_high_minor"),
        remarks.said(ctx, row),
    ]


def figure(ctx: Context, answer: Answer) -> dict[str, Any]:
    """Return the columns and rows of the table, and why there are none."""
    nothing = ctx.why_nothing(answer, ctx.t["offers"]["empty"]["fairness"])
    rows = [_cells(ctx, row) for row in _shown(ctx, answer)]
    return {"columns": ctx.columns("offers", "fairness"), "rows": rows, "nothing": nothing}
