"""The page Experiments: what offers brought beside no offer, with intervals, and whether the lots can be trusted."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards import explore, remarks
from dashboards.context import Columns, Context
from dashboards.explore import EVERY
from dashboards.goals import interval
from dashboards.queries import Answer, Row
from offermill.report import charts

_MONEY = {"margin", "revenue", "basket", "margin_per_order"}
_PER_ORDER = {"basket", "margin_per_order"}
_CHART_ROWS = 15


def _name(ctx: Context, row: Row) -> str:
    level, name = row["level"], str(row["name"])
    if level == "all":
        return str(ctx.t["experiments"]["all"])
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


def _is_shown(ctx: Context, row: Row) -> bool:
    return bool(min(row["treated_count"], row["control_count"]) >= ctx.minimum)


def _figure(ctx: Context, metric: str, value: float | None) -> str:
    if metric in _MONEY:
        return ctx.formats.money(None if value is None else round(value))
    return ctx.formats.number(value, 3)


def _span(ctx: Context, row: Row, low: str, high: str) -> str:
    if row[low] is None or row[high] is None:
        return ctx.formats.number(None)
    return ctx.span(_figure(ctx, row["metric"], row[low]), _figure(ctx, row["metric"], row[high]))


def _cells(ctx: Context, row: Row) -> list[Any]:
    t, f = ctx.t["experiments"], ctx.formats
    counts = [
        f.people(None if 0 < count < ctx.minimum else count) for count in (row["treated_count"], row["control_count"])
    ]
    told = ("told", "good") if row["is_told"] else ("few" if row["cuped_effect"] is None else "open", "")
    if not _is_shown(ctx, row):
        return [t["levels"][row["level"]], _name(ctx, row), *counts, *["–"] * 5, (t["states"]["few"], ""), ""]
    return [
        t["levels"][row["level"]],
        _name(ctx, row),
        *counts,
        _figure(ctx, row["metric"], row["cuped_effect"]),
        _span(ctx, row, "cuped_low", "cuped_high"),
        _span(ctx, row, "low", "high"),
        _span(ctx, row, "always_low", "always_high"),
        _span(ctx, row, "total_low", "total_high"),
        (t["states"][told[0]], told[1]),
        remarks.said(ctx, row),
    ]


def _columns(ctx: Context, metric: str) -> Columns:
    columns = ctx.columns("experiments", "effects")
    if metric not in _PER_ORDER:
        return columns
    title = ctx.t["experiments"]["effect_per_order"]
    return [*columns[:4], {**columns[4], "title": title}, *columns[5:]]


def _chart(ctx: Context, rows: Sequence[Row]) -> charts.Spec | None:
    unit = 10**ctx.formats.digits
    drawn = [
        {
            "name": _name(ctx, row),
            "mean": row["cuped_effect"] / unit,
            "low": row["cuped_low"] / unit,
            "high": row["cuped_high"] / unit,
            "said": _figure(ctx, "margin", row["cuped_effect"]),
            "span": _span(ctx, row, "cuped_low", "cuped_high"),
            "keys": _keys(row),
        }
        for row in rows
        if _is_shown(ctx, row) and None not in (row["cuped_effect"], row["cuped_low"], row["cuped_high"])
    ]
    words = ctx.columns("experiments", "effects")
    tooltip = {"name": words[1]["title"], "said": words[4]["title"], "span": ctx.t["layout"]["interval"]}
    title = f"{words[4]['title']}, {ctx.formats.currency}"
    return charts.ranges(drawn[:_CHART_ROWS], label="name", title=title, tooltip=tooltip) if drawn else None


def _told(rows: Sequence[Row]) -> list[Row]:
    """Return the comparisons of which at least one person's horizon is over."""
    return [row for row in rows if row["treated_count"]]


def _waiting(ctx: Context, rows: Sequence[Row]) -> str:
    """Return a sentence with what cannot be told yet; empty if there is nothing."""
    names = dict.fromkeys(_name(ctx, row) for row in rows if not row["treated_count"])
    return str(ctx.t["experiments"]["waiting"]).format(names=", ".join(names)) if names else ""


def _sections(ctx: Context, answer: Answer) -> list[dict[str, Any]]:
    """Return one section per figure, the margin first and drawn."""
    found: list[dict[str, Any]] = []
    told, captions = _told(answer.rows), ctx.t["experiments"]["captions"]
    for metric in dict.fromkeys(row["metric"] for row in told):
        rows = [row for row in told if row["metric"] == metric]
        chart = _chart(ctx, [row for row in rows if row["level"] != "segment"]) if metric == "margin" else None
        title = ctx.t["experiments"]["metrics"][metric]
        cells = [_cells(ctx, row) for row in rows]
        by = explore.keyed([_keys(row) for row in rows])
        found.append({
            "name": metric.replace("_", "-"), "title": title, "rows": cells, "chart": chart, "by": by,
            "columns": _columns(ctx, metric), "caption": captions["same" if found else "effects"],
        })  # fmt: skip
    return found


def _roi(ctx: Context, row: Row) -> list[Any]:
    f = ctx.formats
    small = row["treated_count"] < ctx.minimum
    shown = (
        row | dict.fromkeys(("incremental_margin_minor", "cost_minor", "roi", "roi_low", "roi_high")) if small else row
    )
    return [
        ctx.t["experiments"]["levels"][row["level"]],
        _name(ctx, row),
        f.money(shown["incremental_margin_minor"]),
        f.money(shown["cost_minor"]),
        f.share(shown["roi"], 0),
        interval(ctx, "share", shown["roi_low"], shown["roi_high"]),
        remarks.said(ctx, row),
    ]


def _lot(ctx: Context, row: Row) -> list[Any]:
    f, states = ctx.formats, ctx.t["experiments"]["states"]
    state = (
        ("uneven", "bad")
        if row["is_uneven"]
        else ("contaminated", "warn")
        if row["is_contaminated"]
        else ("fair", "good")
    )
    counts = (row["treated_count"], row["control_count"], row["contaminated_count"])
    shown = [f.people(None if 0 < count < ctx.minimum else count) for count in counts]
    return [
        row["wave_id"],
        f.day(row["starts_on"]),
        *shown[:2],
        f.number(row["control_expected"], 1) if row["control_count"] >= ctx.minimum else f.number(None),
        f.share(row["ratio_chance"]),
        shown[2],
        (states[state[0]], state[1]),
    ]


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    t = ctx.t["experiments"]
    return {
        "sections": _sections(ctx, data["effects"]),
        "waiting": _waiting(ctx, data["effects"].rows),
        "filters": explore.filters(ctx, *EVERY[:-1]),
        "roi": {
            "columns": ctx.columns("experiments", "roi"),
            "rows": [_roi(ctx, row) for row in _told(data["roi"].rows)],
            "by": explore.keyed([_keys(row) for row in _told(data["roi"].rows)]),
        },
        "lots": {
            "columns": ctx.columns("experiments", "lots"),
            "rows": [_lot(ctx, row) for row in data["lots"].rows],
            "by": explore.keyed([{"night": row["starts_on"].isoformat()} for row in data["lots"].rows]),
        },
        "nothing": {name: ctx.why_nothing(data[name], t["empty"][name]) for name in ("effects", "roi", "lots")},
    }
