"""Who is left out by which rule, and what that saves: a chart and its table on the page Offers."""

from collections.abc import Sequence
from typing import Any

from dashboards import decided
from dashboards.context import Context
from dashboards.queries import Answer, Row
from dashboards.suppression import suppress
from offermill.report import charts
from offermill.report.numbers import NOTHING

_MONEY = ("saved_cost_minor", "forgone_margin_minor")


def _shown(ctx: Context, rows: Sequence[Row]) -> list[Row]:
    """Return the rows with small counts hidden, and the money of a rule that would have cost few people an offer."""
    # These two counts add up to no total that a reader may know: nothing is hidden beside a small one.
    own = ("rule",)
    estimated = [row for row in rows if row["kept_count"] is not None]
    kept = {row["rule"]: row for row in suppress(estimated, "kept_count", ctx.minimum, within=own, also=_MONEY)}
    alone = suppress((kept.get(row["rule"], row) for row in rows), "alone_count", ctx.minimum, within=own)
    shown = suppress(
        alone, "customer_count", ctx.minimum, within=("is_total",), also=("alone_count", "kept_count", *_MONEY)
    )
    return [as_tonight(ctx, row) for row in shown]


def as_tonight(ctx: Context, row: Row) -> Row:
    """Return a rule's row, hidden where the page Tonight hides the people whom it leaves out of every offer."""
    is_hidden = row["is_total"] and decided.reason(row["rule"]) in ctx.hidden
    names = [name for name in ("customer_count", "alone_count", "kept_count", *_MONEY) if name in row]
    return row | (dict.fromkeys(names) if is_hidden else {})


def _cells(ctx: Context, row: Row) -> list[str]:
    f = ctx.formats
    return [
        ctx.say("offers", "rules", row["rule"]),
        f.people(row["customer_count"]),
        f.people(row["alone_count"]),
        f.people(row["kept_count"]) if row["estimated_count"] else NOTHING,
        *(f.money(row[name]) for name in _MONEY),
    ]


def figure(ctx: Context, answer: Answer) -> dict[str, Any]:
    """Return the columns and rows of the table, and the chart; no chart when no rule leaves anybody out."""
    columns, rows = ctx.columns("offers", "left_out"), _shown(ctx, answer.rows)
    cells = [_cells(ctx, row) for row in rows]
    drawn = [
        {"rule": said[0], "count": row["customer_count"] or 0, "said": said[1], "saved": said[4], "forgone": said[5]}
        for row, said in zip(rows, cells, strict=True)
    ]
    names = ("rule", "said", "saved", "forgone")
    tooltip = {name: columns[place]["title"] for name, place in zip(names, (0, 1, 4, 5), strict=True)}
    title = ctx.t["offers"]["axis"]["customers"]
    chart = charts.bars(drawn, label="rule", value="count", title=title, tooltip=tooltip) if drawn else None
    return {"columns": columns, "rows": cells, "chart": chart}
