"""The page Budget: what the offers cost of which limit, and how good the choice is."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards import decided, explore, meters, spread, unmatched
from dashboards.context import Context
from dashboards.queries import Answer, Row
from dashboards.suppression import suppress
from dashboards.tonight import nights
from offermill.report import charts

_MONEY = ("value_minor", "cost_minor", "worst_cost_minor")
_BOOKED = (
    *("cap", "opening", "reserved", "posted", "given_back"),
    *("closing_reserved", "closing_posted", "closing_overrun"),
)
_GIVEN = ("given_count", "cost_minor", "worst_cost_minor", "value_minor")
_CHART_ROWS = 15  # more bars than fit a screen say less; the table has them all


def _limits(ctx: Context, answer: Answer) -> dict[str, Any]:
    cells = [_limit(ctx, row) for row in answer.rows]
    shown = [meters.meter(ctx, row) for row in answer.rows]
    return {"columns": ctx.columns("budget", "limits"), "rows": cells, "meters": shown}


def _limit(ctx: Context, row: Row) -> list[str]:
    f, chance = ctx.formats, row["overspend_chance"]
    figures = (meters.amount(ctx, row, name) for name in ("cap", "used_before", "tonight", "left"))
    worst = f.money(row["worst_minor"]) if row["counted"] == "money" else ""
    said = f.share(chance, 1) if chance is not None else ""
    return [
        meters.limit_name(ctx, row),
        ctx.word("periods", row["period"]),
        _risk(ctx, row),
        *figures,
        worst,
        said,
        _least(ctx, row),
    ]


def _risk(ctx: Context, row: Row) -> str:
    said = ctx.word("risks", row["risk"] or row["counted"])
    return said.format(chance=ctx.formats.share(row["chance"], 1)) if row["risk"] == "chance" else said


def _least(ctx: Context, row: Row) -> str:
    """Return a limit's minimum, and what tonight lacks of it."""
    if row["at_least"] is None:
        return ""
    least = meters.amount(ctx, row, "at_least")
    if not row["missing_to_minimum"]:
        return least
    return str(ctx.t["budget"]["missing"].format(least=least, missing=meters.amount(ctx, row, "missing_to_minimum")))


def _ledger(ctx: Context, answer: Answer) -> dict[str, Any]:
    """Return the state of every pool; money beyond a cap is named above the table."""
    figures = (
        "cap",
        "opening",
        "reserved",
        "posted",
        "given_back",
        "closing_reserved",
        "closing_posted",
        "closing_overrun",
    )
    rows = [
        [meters.limit_name(ctx, row), _since(ctx, row), *(meters.amount(ctx, row, name) for name in figures)]
        for row in answer.rows
    ]
    beyond = sum(row["closing_overrun"] for row in answer.rows if row["limit_name"] == "budget")
    alarm = ctx.t["budget"]["overrun"].format(money=ctx.formats.money(beyond)) if beyond else ""
    return {"columns": ctx.columns("budget", "ledger"), "rows": rows, "alarm": alarm}


def _since(ctx: Context, row: Row) -> str:
    never_renewed = row["period_on"].year == 1
    return str(ctx.t["budget"]["once"] if never_renewed else ctx.formats.day(row["period_on"]))


def _redeemed(ctx: Context, answer: Answer) -> dict[str, Any]:
    """Return what was redeemed beside what was estimated, per offer, as a table and a chart of the ratio."""
    f, words = ctx.formats, ctx.t["budget"]["ratio"]
    also = ("redemption_count", "due_minor", "actual_minor", "ratio", "ratio_low", "ratio_high", "cost_factor")
    shown = suppress(answer.rows, "customer_count", ctx.minimum, also=also)
    shown = _without_few_redemptions(ctx, shown)
    rows = [
        [row["offer_id"], f.people(row["customer_count"]), f.people(row["redemption_count"]), f.money(row["due_minor"]),
         f.money(row["actual_minor"]), _ratio(ctx, row), f.number(row["cost_factor"], 2)]
        for row in shown
    ]  # fmt: skip
    drawn = [
        {"offer": row["offer_id"], "mean": row["ratio"], "low": row["ratio_low"], "high": row["ratio_high"],
         "keys": explore.of_offer(ctx, row["offer_id"])}
        for row in shown[:_CHART_ROWS]
        if row["ratio"] is not None
    ]  # fmt: skip
    # Before the first redemption there is nothing to see but zeros.
    is_any = any(row["mean"] for row in drawn)
    tooltip = {name: words[name] for name in ("offer", "mean", "low", "high")}
    chart = charts.ranges(drawn, label="offer", title=words["title"], tooltip=tooltip) if is_any else None
    by = explore.keyed([explore.of_offer(ctx, row["offer_id"]) for row in shown])
    return {"columns": ctx.columns("budget", "redeemed"), "rows": rows, "chart": chart, "by": by}


def _without_few_redemptions(ctx: Context, rows: Sequence[Row]) -> list[Row]:
    """Return the rows without what rests on few redemptions; the page Channels may hide more of them than this one."""
    rests = ("actual_minor", "ratio", "ratio_low", "ratio_high", "cost_factor")
    known = [row for row in rows if row["redemption_count"] is not None]
    found = {row["offer_id"]: row for row in suppress(known, "redemption_count", ctx.minimum, also=rests)}
    for offer in found:
        if explore.is_hidden_in_all(ctx, offer, "redeemed_count"):
            found[offer] |= dict.fromkeys(("redemption_count", *rests))
    return [found.get(row["offer_id"], row) for row in rows]


def _ratio(ctx: Context, row: Row) -> str:
    f = ctx.formats
    if row["ratio"] is None:
        return f.number(None)
    return f"{f.number(row['ratio'], 2)} ({f.number(row['ratio_low'], 2)}–{f.number(row['ratio_high'], 2)})"


def _cards(ctx: Context, row: Row) -> list[dict[str, str]]:
    f, words = ctx.formats, ctx.t["budget"]["cards"]
    figures = {
        "value": f.money(row["value_minor"]),
        "bound": f.money(row["upper_bound_minor"]),
        "gap": f.share(row["gap_share"], 3),
        "price": f.number(row["shadow_price"], 2),
        "chosen": f.number(row["chosen_count"]),
    }
    under = {
        "chosen": ctx.counted(ctx.t["budget"]["candidates"], row["candidate_count"]),
        "value": spread.under(ctx, spread.margin(ctx, row["value_minor"])),
    }
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
            spread.said(ctx, _sure_way(ctx, row)),
        ]
        for row in rows
    ]


def _purpose(ctx: Context, row: Row) -> Row:
    """Return a way of choosing without its figures where the page Tonight does not tell its offers either."""
    is_hidden = decided.offers(row["group_name"]) in ctx.hidden
    return row | (dict.fromkeys(("customer_count", *_MONEY)) if is_hidden else {})


def _sure_way(ctx: Context, row: Row) -> spread.Interval | None:
    if row["cost_minor"] is None:
        return None
    return spread.cost(ctx, business_date=explore.tonight(ctx), group_name=row["group_name"])


def _sure(ctx: Context, row: explore.Broken) -> str:
    """Return the interval of what an offer will cost; a dash where it is not shown."""
    found = None if row.hidden else spread.cost(ctx, business_date=explore.tonight(ctx), offer_id=row.what)
    return spread.said(ctx, found)


def _offers(ctx: Context) -> dict[str, Any]:
    """Return tonight's offers, the dearest first."""
    words, night, unit = ctx.t["budget"]["measures"], explore.tonight(ctx), 10**ctx.formats.digits
    rows = explore.broken_down(ctx.slices, "offer", night, "cost_minor")
    rows = explore.with_any(rows, "given_count")
    cells = [[row.what, *(explore.said(ctx, one, row.sums[one]) for one in _GIVEN), _sure(ctx, row)] for row in rows]
    drawn = [
        {"offer": row.what, "cost": row.sums["cost_minor"].figure / unit, "said": said[2], "value": said[4]}
        for row, said in zip(rows[:_CHART_ROWS], cells, strict=False)
        if not row.hidden
    ]
    tooltip = {"offer": ctx.columns("budget", "offers")[0]["title"], "said": words["cost"], "value": words["value"]}
    title = f"{words['cost']}, {ctx.formats.currency}"
    chart = charts.bars(drawn, label="offer", value="cost", title=title, tooltip=tooltip) if drawn else None
    by = explore.cut("offer", (*_GIVEN, ""), night=night, largest="cost_minor")
    fields = {"cost": ["cost_minor", "number"], "said": ["cost_minor", "text"], "value": ["value_minor", "text"]}
    return {
        "columns": ctx.columns("budget", "offers"),
        "rows": cells,
        "chart": chart,
        "by": by,
        "drawn_by": by | {"label": "offer", "fields": fields, "most": _CHART_ROWS},
    }


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    empty, allocation = ctx.t["budget"]["empty"], data["allocation"].first
    cut = Answer(missing=ctx.slices.missing)
    purposes = [_purpose(ctx, row) for row in data["purposes"].rows]
    return {
        "filters": explore.filters(ctx, by="campaign"),
        "explorer": explore.section(ctx, "campaign"),
        "limits": _limits(ctx, data["limits"]),
        "ledger": _ledger(ctx, data["ledger"]),
        "redeemed": _redeemed(ctx, data["redeemed"]),
        "unmatched": unmatched.figure(ctx, data["unmatched"]),
        "cards": _cards(ctx, allocation) if allocation else [],
        "offers": _offers(ctx),
        "purposes": {
            "columns": ctx.columns("budget", "purposes"),
            "rows": _cells(ctx, purposes, "group_name", "groups"),
        },
        "nights": nights(ctx, "budget"),
        "nothing": {
            "limits": ctx.why_nothing(data["limits"], empty["limits"]),
            "ledger": ctx.why_nothing(data["ledger"], empty["ledger"]),
            "redeemed": ctx.why_nothing(data["redeemed"], empty["redeemed"]),
            "unmatched": ctx.why_nothing(data["unmatched"], empty["unmatched"]),
            "allocation": ctx.why_nothing(data["allocation"], empty["allocation"]),
            "offers": ctx.why_nothing(cut, empty["offers"]),
            "nights": ctx.why_nothing(cut, empty["nights"]),
        },
    }
