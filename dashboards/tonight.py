"""The page Tonight: may the lists be used, what was decided, what it costs, how fresh the sources are."""

from collections.abc import Mapping
from typing import Any

from dashboards import decided, explore, meters, spread, verdict
from dashboards.context import Context
from dashboards.queries import Answer, Row
from offermill.report import charts

_GIVEN = ("given_count", "cost_minor", "value_minor")
# Cards that readers can filter -> their measure.
_CARDS = {"offers": "given_count", "cost": "cost_minor", "worst": "worst_cost_minor", "value": "value_minor"}


def _decided(ctx: Context, groups: Answer) -> dict[str, Any]:
    f = ctx.formats
    named = [_shown(ctx, row) | {"name": ctx.say("tonight", "groups", row["group_name"])} for row in groups.rows]
    cells = [
        [
            row["name"],
            f.people(row["customer_count"]),
            f.people(row["offer_count"]),
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


def _shown(ctx: Context, row: Row) -> Row:
    """Return a group's row without what is hidden; its money is that of its offers."""
    money = ("offer_count", "cost_minor", "value_minor", "worst_cost_minor")
    gone = money if decided.offers(row["group_name"]) in ctx.hidden else ()
    people = ("customer_count",) if decided.group(row["group_name"]) in ctx.hidden else ()
    return row | dict.fromkeys((*gone, *people))


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


def nights(ctx: Context, page: str) -> dict[str, Any]:
    """Return expected cost and margin per night, oldest first, as a table and a line."""
    rows = explore.with_any(explore.broken_down(ctx.slices, "night"), "given_count")
    names = [explore.label(ctx, "night", row.what) for row in rows]
    cells = [
        [name, *(explore.said(ctx, one, row.sums[one]) for one in _GIVEN), _sure(ctx, row)]
        for name, row in zip(names, rows, strict=True)
    ]
    unit, axis = 10**ctx.formats.digits, ctx.t["tonight"]["axis"]["cost"]
    drawn = [
        {"night": name, "cost": row.sums["cost_minor"].figure / unit, "said": said[2]}
        for name, row, said in zip(names, rows, cells, strict=True)
        if not row.hidden
    ]
    words = {"night": ctx.columns(page, "nights")[0]["title"], "said": axis}
    title = f"{axis}, {ctx.formats.currency}"
    chart = charts.line(drawn, x="night", y="cost", x_title="", y_title=title, tooltip=words)
    fields = {"cost": ["cost_minor", "number"], "said": ["cost_minor", "text"]}
    return {
        "columns": ctx.columns(page, "nights"),
        "rows": cells,
        "chart": chart if len(drawn) > 1 else None,
        "by": explore.cut("night", (*_GIVEN, "")),
        "drawn_by": explore.cut("night", _GIVEN, label="night", fields=fields),
    }


def _sure(ctx: Context, row: explore.Broken) -> str:
    """Return the interval of a night's expected cost; a dash where a part of the night is hidden."""
    return spread.said(ctx, None if row.hidden else spread.cost(ctx, business_date=row.what))


def _channels(ctx: Context) -> dict[str, Any]:
    """Return tonight's offers by the way they reach the customer."""
    night, measures = explore.tonight(ctx), ("given_count", "cost_minor")
    rows = explore.with_any(explore.broken_down(ctx.slices, "channel", night), "given_count")
    cells = [
        [explore.label(ctx, "channel", row.what), *(explore.said(ctx, one, row.sums[one]) for one in measures)]
        for row in rows
    ]
    by = explore.cut("channel", measures, night=night)
    axis = ctx.t["tonight"]["axis"]["customers"]
    drawn = [
        {"channel": said[0], "count": row.sums["given_count"].figure, "said": said[1], "cost": said[2]}
        for row, said in zip(rows, cells, strict=True)
    ]
    titles = ctx.columns("tonight", "channels")
    tooltip = {"channel": titles[0]["title"], "said": titles[1]["title"], "cost": titles[2]["title"]}
    chart = charts.bars(drawn, label="channel", value="count", title=axis, tooltip=tooltip, color=3) if drawn else None
    fields = {"count": ["given_count", "number"], "said": ["given_count", "text"], "cost": ["cost_minor", "text"]}
    drawn_by = by | {"label": "channel", "fields": fields}
    return {"columns": titles, "rows": cells, "chart": chart, "by": by, "drawn_by": drawn_by}


def _reasons(ctx: Context, answer: Answer) -> dict[str, Any]:
    cells = [
        [
            ctx.say("tonight", "reasons", row["reason"]),
            ctx.formats.people(None if decided.reason(row["reason"]) in ctx.hidden else row["customer_count"]),
        ]
        for row in answer.rows
    ]
    return {"columns": ctx.columns("tonight", "reasons"), "rows": cells}


def _total(answer: Answer, column: str) -> int:
    return sum(row[column] or 0 for row in answer.rows)


def _held_back(ctx: Context, answer: Answer) -> str:
    count = sum(row["customer_count"] for row in answer.rows if decided.is_held_back(row))
    return ctx.formats.people(None if decided.HELD_BACK in ctx.hidden else count)


def _cards(ctx: Context, data: Mapping[str, Answer]) -> list[dict[str, str]]:
    f, groups, limit = ctx.formats, data["groups"], data["limits"].first
    words = ctx.t["tonight"]["cards"]
    figures = {
        "offers": f.number(_total(groups, "offer_count")),
        "cost": f.money(_total(groups, "cost_minor")),
        "worst": f.money(_total(groups, "worst_cost_minor")),
        "value": f.money(_total(groups, "value_minor")),
        "left": f.money(limit["left"] if limit else None),
        "control": _held_back(ctx, data["decided"]),
    }
    sure = {
        "cost": spread.cost(ctx, business_date=explore.tonight(ctx)),
        "value": spread.margin(ctx, _total(groups, "value_minor")),
    }
    return [
        {"label": words[name][0], "meaning": words[name][1], "figure": figure, "measure": _CARDS.get(name, ""),
         "under": spread.under(ctx, sure.get(name))}
        for name, figure in figures.items()
    ]  # fmt: skip


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    empty, cut = ctx.t["tonight"]["empty"], Answer(missing=ctx.slices.missing)
    return {
        "filters": explore.filters(ctx),
        "cards_cut": explore.cut("", tuple(_CARDS.values()), night=explore.tonight(ctx)),
        "verdict": verdict.of(ctx, data),
        "cards": _cards(ctx, data) if data["groups"].rows else [],
        "decided": _decided(ctx, data["groups"]),
        "meters": [meters.meter(ctx, row) for row in data["limits"].rows],
        "sources": _sources(ctx, data["sources"]),
        "nights": nights(ctx, "tonight"),
        "reasons": _reasons(ctx, data["reasons"]),
        "channels": _channels(ctx),
        "nothing": {
            "decided": ctx.why_nothing(data["groups"], empty["decided"]),
            "sources": ctx.why_nothing(data["sources"], empty["sources"]),
            "nights": ctx.why_nothing(cut, empty["nights"]),
            "reasons": ctx.why_nothing(data["reasons"], empty["decided"]),
            "channels": ctx.why_nothing(cut, empty["channels"]),
        },
    }
