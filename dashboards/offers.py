"""The page Offers: what was on offer, who got it, what it is expected to change, who could not get it."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards import decided, explore, fairness, left_out
from dashboards.context import Context
from dashboards.queries import Answer, Row
from dashboards.suppression import hidden_cells, suppress
from offermill.report import charts

# Way of choosing -> its group.
_PARTS = {"chosen": "choose", "explored": "explore", "piloted": "pilot"}
_WITH_PEOPLE = ("cost_minor", "worst_cost_minor", "value_minor")
_CHART_ROWS = 15


def _shown(ctx: Context, answer: Answer) -> list[Row]:
    """Return the offers with every small count hidden, and the money of an offer that has one."""
    rows = [dict(row) | {"given_count": sum(row[f"{part}_count"] for part in _PARTS)} for row in answer.rows]
    rows = suppress(rows, "given_count", ctx.minimum, also=_WITH_PEOPLE)
    # What readers may filter hides more: an offer that another night would give away.
    for row in rows:
        if explore.is_hidden(ctx, "offer", row["offer_id"]):
            row |= dict.fromkeys(("given_count", *_WITH_PEOPLE))
    rows = suppress(rows, "candidate_count", ctx.minimum)
    # The page Budget tells how many got an offer, the page Tonight how many were chosen by each way.
    counts = {(row["offer_id"], part): row[f"{part}_count"] for row in rows for part in _PARTS}
    alone = {row["offer_id"] for row in rows if row["given_count"] is None}
    ways = {part for part, group in _PARTS.items() if decided.offers(group) in ctx.hidden}
    for offer, part in hidden_cells(counts, ctx.minimum, unknown=(alone, ways)):
        next(row for row in rows if row["offer_id"] == offer)[f"{part}_count"] = None
    return rows


def _catalogue(ctx: Context, rows: Sequence[Row]) -> list[list[Any]]:
    f = ctx.formats
    return [
        [
            row["offer_id"],
            row[f"text_{ctx.language}"],
            f.day(row["valid_until"]),
            *(f.people(row[f"{part}_count"]) for part in ("candidate", *_PARTS)),
            *(f.money(row[name]) for name in ("cost_minor", "worst_cost_minor", "value_minor")),
        ]
        for row in rows
    ]


def _keys(row: Row) -> dict[str, str]:
    return {"offer": row["offer_id"], "campaign": row["campaign_id"]}


def _given_chart(ctx: Context, rows: Sequence[Row]) -> charts.Spec | None:
    words = ctx.t["offers"]["parts"]
    given = [row for row in rows if row["given_count"]][:_CHART_ROWS]
    drawn = [
        {
            "offer": row["offer_id"],
            "part": words[part],
            "count": row[f"{part}_count"],
            "said": ctx.formats.number(row[f"{part}_count"]),
            "keys": _keys(row),
        }
        for row in given
        for part in _PARTS
        if row[f"{part}_count"]
    ]
    tooltip = {
        "offer": ctx.t["offers"]["columns"]["catalogue"][0],
        "part": "",
        "said": ctx.t["offers"]["axis"]["customers"],
    }
    parts = [words[part] for part in _PARTS]
    title = ctx.t["offers"]["axis"]["customers"]
    return (
        charts.stacked(drawn, label="offer", part="part", value="count", title=title, parts=parts, tooltip=tooltip)
        if drawn
        else None
    )


def _effects(ctx: Context, answer: Answer) -> dict[str, Any]:
    f, unit = ctx.formats, 10**ctx.formats.digits
    rows = [row for row in answer.rows if row["customer_count"] >= ctx.minimum]
    names = ("effect_minor_mean", "effect_minor_low", "effect_minor_high")
    cells = [
        [row["offer_id"], *(f.money(round(row[name])) for name in names), f.share(row["positive_share"])]
        for row in rows
    ]
    titles = ctx.t["offers"]["columns"]["effects"]
    drawn = [
        {
            "offer": row["offer_id"],
            "mean": row[names[0]] / unit,
            "low": row[names[1]] / unit,
            "high": row[names[2]] / unit,
            "said": f.money(round(row[names[0]])),
            "share": f.share(row["positive_share"]),
            "keys": explore.of_offer(ctx, row["offer_id"]),
        }
        for row in rows[:_CHART_ROWS]
    ]
    tooltip = {
        "offer": titles[0].partition("|")[0],
        "said": titles[1].partition("|")[0],
        "share": titles[4].partition("|")[0],
    }
    title = f"{ctx.t['offers']['axis']['effect']}, {f.currency}"
    chart = charts.ranges(drawn, label="offer", title=title, tooltip=tooltip) if drawn else None
    by = explore.keyed([explore.of_offer(ctx, row["offer_id"]) for row in rows])
    return {"columns": ctx.columns("offers", "effects"), "rows": cells, "chart": chart, "by": by}


def _exclusions(ctx: Context, answer: Answer, is_total: bool) -> list[list[str]]:
    rows = suppress((row for row in answer.rows if row["is_total"] == is_total), "customer_count", ctx.minimum)
    if is_total:
        rows = [left_out.as_tonight(ctx, row) for row in rows]
    return [[ctx.say("offers", "rules", row["rule"]), ctx.formats.people(row["customer_count"])] for row in rows]


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    empty, rows = ctx.t["offers"]["empty"], _shown(ctx, data["offers"])
    return {
        "filters": explore.filters(ctx, by="offer"),
        "explorer": explore.section(ctx, "offer"),
        "catalogue": {"columns": ctx.columns("offers", "catalogue"), "rows": _catalogue(ctx, rows)},
        "by": explore.keyed([_keys(row) for row in rows]),
        "given_chart": _given_chart(ctx, rows),
        "effects": _effects(ctx, data["effects"]),
        "left_out": left_out.figure(ctx, data["left_out"]),
        "fairness": fairness.figure(ctx, data["fairness"]),
        "exclusion_columns": ctx.columns("offers", "exclusions"),
        "total": _exclusions(ctx, data["exclusions"], True),
        "partial": _exclusions(ctx, data["exclusions"], False),
        "nothing": {
            "catalogue": ctx.why_nothing(data["offers"], empty["catalogue"]),
            "effects": ctx.why_nothing(data["effects"], empty["effects"]),
            "exclusions": ctx.why_nothing(data["exclusions"], empty["exclusions"]),
            "left_out": ctx.why_nothing(data["left_out"], empty["exclusions"]),
        },
    }
