"""The page Experiments: what offers brought beside no offer, with intervals, and whether the lots can be trusted."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from dashboards import comparisons, explore, remarks
from dashboards.comparisons import CUMULATED, Hidden
from dashboards.context import Columns, Context
from dashboards.explore import EVERY
from dashboards.goals import interval
from dashboards.queries import Answer, Row
from offermill.report import charts
from offermill.report.numbers import NOTHING

_MONEY = {"margin", "revenue", "basket", "margin_per_order"}
_PER_ORDER = {"basket", "margin_per_order"}
_CHART_ROWS = 15


def _name(ctx: Context, row: Row) -> str:
    level, name = row["level"], str(row["name"])
    if level == "all":
        return str(ctx.t["experiments"]["all"])
    if level == CUMULATED:
        end = date.fromisoformat(name) + timedelta(days=6)
        return str(ctx.t["experiments"]["until"]).format(day=ctx.formats.day(end))
    if name == "unknown":
        return str(ctx.t["slices"]["unknown"])
    if level == "channel":
        return ctx.word("channels", name)
    family, is_named, segment = name.partition(":")
    if level == "segment" and is_named:
        return f"{ctx.t['segments']['families'].get(family, [family])[0]}: {ctx.segment(family, segment)}"
    return name


def _keys(row: Row) -> dict[str, str]:
    """Return what a row is filtered by."""
    level = row["level"]
    if level == "wave":
        return {"night": row["starts_on"].isoformat()}
    return {level: str(row["name"]).partition(":")[2] or str(row["name"])} if level in EVERY else {}


def _figure(ctx: Context, metric: str, value: float | None) -> str:
    if metric in _MONEY:
        return ctx.formats.money(None if value is None else round(value))
    return ctx.formats.number(value, 3)


def _span(ctx: Context, row: Row, low: str, high: str) -> str:
    if row[low] is None or row[high] is None:
        return ctx.formats.number(None)
    return ctx.span(_figure(ctx, row["metric"], row[low]), _figure(ctx, row["metric"], row[high]))


def _cells(ctx: Context, row: Row, hidden: Hidden) -> list[Any]:
    t, f = ctx.t["experiments"], ctx.formats
    counts = [hidden.count(row, arm) for arm in comparisons.ARMS]
    begun = [t["levels"][row["level"]], _name(ctx, row), *map(f.people, counts)]
    told = ("told", "good") if row["is_told"] else ("few" if row["cuped_effect"] is None else "open", "")
    if hidden.is_any(row):
        few = min(row[arm] for arm in comparisons.ARMS) < ctx.minimum
        return [*begun, *[NOTHING] * 5, (t["states"]["few" if few else "hidden"], ""), ""]
    return [
        *begun,
        _figure(ctx, row["metric"], row["cuped_effect"]),
        _span(ctx, row, "cuped_low", "cuped_high"),
        _span(ctx, row, "low", "high"),
        _span(ctx, row, "always_low", "always_high"),
        _span(ctx, row, "total_low", "total_high"),
        (t["states"][told[0]], told[1]),
        remarks.said(ctx, row) or _needed(ctx, row),
    ]


def _needed(ctx: Context, row: Row) -> str:
    """Return how many people would tell an effect of this size; empty where it is told, or no number would."""
    count = row.get("rows_needed")
    return ctx.counted(ctx.t["experiments"]["needed"], count) if count else ""


def _columns(ctx: Context, metric: str) -> Columns:
    columns = ctx.columns("experiments", "effects")
    if metric not in _PER_ORDER:
        return columns
    title = ctx.t["experiments"]["effect_per_order"]
    return [*columns[:4], {**columns[4], "title": title}, *columns[5:]]


def _chart(ctx: Context, metric: str, rows: Sequence[Row], hidden: Hidden) -> charts.Spec | None:
    unit = 10**ctx.formats.digits if metric in _MONEY else 1
    drawn = [
        {
            "name": _name(ctx, row),
            "mean": row["cuped_effect"] / unit,
            "low": row["cuped_low"] / unit,
            "high": row["cuped_high"] / unit,
            "said": _figure(ctx, metric, row["cuped_effect"]),
            "span": _span(ctx, row, "cuped_low", "cuped_high"),
            "keys": _keys(row),
        }
        for row in rows
        if not hidden.is_any(row) and None not in (row["cuped_effect"], row["cuped_low"], row["cuped_high"])
    ]
    words = _columns(ctx, metric)
    tooltip = {"name": words[1]["title"], "said": words[4]["title"], "span": ctx.t["layout"]["interval"]}
    title = f"{words[4]['title']}, {ctx.formats.currency}" if metric in _MONEY else words[4]["title"]
    return charts.ranges(drawn[:_CHART_ROWS], label="name", title=title, tooltip=tooltip) if drawn else None


def _told(rows: Sequence[Row]) -> list[Row]:
    """Return the comparisons of which at least one person's horizon is over."""
    return [row for row in rows if row["treated_count"]]


def _waiting(ctx: Context, rows: Sequence[Row]) -> str:
    """Return a sentence with what cannot be told yet; empty if there is nothing."""
    names = dict.fromkeys(_name(ctx, row) for row in rows if not row["treated_count"] and row["level"] != CUMULATED)
    return str(ctx.t["experiments"]["waiting"]).format(names=", ".join(names)) if names else ""


def _sections(ctx: Context, answer: Answer, hidden: Hidden) -> list[dict[str, Any]]:
    """Return one section per figure, the margin first."""
    found: list[dict[str, Any]] = []
    captions = ctx.t["experiments"]["captions"]
    told = [row for row in _told(answer.rows) if row["level"] != CUMULATED]
    for metric in dict.fromkeys(row["metric"] for row in told):
        rows = [row for row in told if row["metric"] == metric]
        chart = _chart(ctx, metric, [row for row in rows if row["level"] != "segment"], hidden)
        title = ctx.t["experiments"]["metrics"][metric]
        cells = [_cells(ctx, row, hidden) for row in rows]
        by = explore.keyed([_keys(row) for row in rows])
        found.append({
            "name": metric.replace("_", "-"), "title": title, "rows": cells, "chart": chart, "by": by,
            "columns": _columns(ctx, metric), "caption": captions["same" if found else "effects"],
        })  # fmt: skip
    return found


_ROI = ("incremental_margin_minor", "cost_minor", "roi", "roi_low", "roi_high", "problem")


def _settling(ctx: Context, answer: Answer, hidden: Hidden) -> dict[str, Any]:
    """Return the margin of all waves up to the end of each week, so that one sees the figure settle."""
    rows = [row for row in _told(answer.rows) if row["level"] == CUMULATED]
    by = explore.keyed([_keys(row) for row in rows])
    columns = [_columns(ctx, "margin")[1], *_columns(ctx, "margin")[2:]]
    cells = [_cells(ctx, row, hidden)[1:] for row in rows]
    return {"columns": columns, "rows": cells, "chart": _chart(ctx, "margin", rows, hidden), "by": by}


def _roi(ctx: Context, row: Row, hidden: Hidden) -> list[Any]:
    f = ctx.formats
    shown = row | (dict.fromkeys(_ROI) if hidden.is_any(row) else {})
    return [
        ctx.t["experiments"]["levels"][row["level"]],
        _name(ctx, row),
        f.money(shown["incremental_margin_minor"]),
        f.money(shown["cost_minor"]),
        f.share(shown["roi"], 0),
        interval(ctx, "share", shown["roi_low"], shown["roi_high"]),
        remarks.said(ctx, shown),
    ]


def _lot(ctx: Context, row: Row, hidden: Hidden) -> list[Any]:
    f, states = ctx.formats, ctx.t["experiments"]["states"]
    state = (
        ("uneven", "bad")
        if row["is_uneven"]
        else ("contaminated", "warn")
        if row["is_contaminated"]
        else ("fair", "good")
    )
    counts = [None if hidden.is_lot(row["wave_id"], arm) else row[arm] for arm in comparisons.ARMS]
    contaminated = row["contaminated_count"]
    # The chance of lots and how many they should have left without an offer tell how many they did.
    is_told = None not in counts
    return [
        row["wave_id"],
        f.day(row["starts_on"]),
        *map(f.people, counts),
        f.number(row["control_expected"] if is_told else None, 1),
        f.share(row["ratio_chance"] if is_told else None),
        f.people(None if 0 < contaminated < ctx.minimum else contaminated),
        (states[state[0]], state[1]),
    ]


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    t, minimum = ctx.t["experiments"], ctx.minimum
    hidden = comparisons.hidden(data["effects"].rows, data["lots"].rows, data["campaigns"].rows, minimum)
    return {
        "sections": _sections(ctx, data["effects"], hidden),
        "settling": _settling(ctx, data["effects"], hidden),
        "waiting": _waiting(ctx, data["effects"].rows),
        "filters": explore.filters(ctx, *EVERY[:-1]),
        "roi": {
            "columns": ctx.columns("experiments", "roi"),
            "rows": [_roi(ctx, row, hidden) for row in _told(data["roi"].rows)],
            "by": explore.keyed([_keys(row) for row in _told(data["roi"].rows)]),
        },
        "lots": {
            "columns": ctx.columns("experiments", "lots"),
            "rows": [_lot(ctx, row, hidden) for row in data["lots"].rows],
            "by": explore.keyed([{"night": row["starts_on"].isoformat()} for row in data["lots"].rows]),
        },
        "nothing": {name: ctx.why_nothing(data[name], t["empty"][name]) for name in ("effects", "roi", "lots")},
    }
