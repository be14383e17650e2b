"""The page Goals: what the shop wants to reach, where it stands, and the key figures behind."""

from collections.abc import Mapping, Sequence, Set
from typing import Any

from dashboards import explore, remarks
from dashboards.context import Context
from dashboards.queries import Answer, Row
from dashboards.tied import Name, Tie, hidden_in
from offermill.report.numbers import NOTHING

_MEASURES = ("value", "low", "high", "value_before")


def figure(ctx: Context, unit: str, value: float | None) -> str:
    """Return a figure in its unit: share, people, minor units, days, points or ratio."""
    f = ctx.formats
    match unit:
        case "share":
            return f.share(value)
        case "minor units":
            return f.money(None if value is None else round(value))
        case "ratio":
            return f.share(value)
        case "days":
            return f.number(value, 1)
    return f.number(value)


def interval(ctx: Context, unit: str, low: float | None, high: float | None) -> str:
    """Return an interval in words; a dash where there is none."""
    if low is None or high is None:
        return NOTHING
    return ctx.span(figure(ctx, unit, low), figure(ctx, unit, high))


def _few(ctx: Context, row: Row) -> Row:
    """Return the row without its figures where they rest on too few people."""
    base = row["base_count"]
    small = base is not None and 0 < base < ctx.minimum
    gone = {name for name in _MEASURES if name in row} | {"base_count"} if small else _few_people(ctx, row)
    return row | dict.fromkeys(gone)


def _few_people(ctx: Context, row: Row) -> set[str]:
    """Return the figures that are themselves a number of a few people, or its interval."""
    if row["unit"] != "people":
        return set()
    few = {name for name in ("value", "value_before") if row.get(name) and row[name] < ctx.minimum}
    return few | ({"low", "high"} if "value" in few else set())


def _key(row: Row) -> Name:
    return str(row["kpi"]), str(row["group_name"])


def _without_few(ctx: Context, rows: Sequence[Row]) -> list[Row]:
    """Return the key figures without those of few people; a difference rests on both its groups together."""
    counts = {_key(row): row["base_count"] or 0 for row in rows}
    ties = []
    for kpi in sorted({row["kpi"] for row in rows}):
        groups = [name for name in counts if name[0] == kpi and name[1] != "difference"]
        counts[kpi, "sum"] = sum(counts[name] for name in groups)
        ties.append(Tie([(kpi, "sum")], groups))
        if (kpi, "difference") in counts:
            ties.append(Tie([(kpi, "sum")], [(kpi, "difference")]))
    hidden = hidden_in(counts, ties, ctx.minimum)
    gone = dict.fromkeys(("value", "low", "high", "problem")) | {"is_few": True}
    return [row | (gone if _key(row) in hidden else {}) for row in rows]


def _state(ctx: Context, row: Row) -> tuple[str, str]:
    words = ctx.t["goals"]["states"]
    if row["value"] is None:
        return words["none"], ""
    if row["is_reached"]:
        return words["reached" if row["is_told"] else "reached_perhaps"], "good"
    return words["missed" if row["is_told"] else "missed_perhaps"], "warn" if not row["is_told"] else "bad"


def _goal(ctx: Context, row: Row) -> dict[str, Any]:
    title, meaning = ctx.t["goals"]["names"][row["goal"]]
    unit, value = row["unit"], row["value"]
    share = min(1.0, max(0.0, value / row["target"])) if value is not None and row["target"] else 0.0
    return {
        "label": title,
        "meaning": meaning,
        "figure": figure(ctx, unit, value),
        "target": ctx.t["goals"]["target"].format(target=figure(ctx, unit, row["target"])),
        "percent": f"{100 * share:.1f}",
        "interval": interval(ctx, unit, row["low"], row["high"]),
        "state": _state(ctx, row),
    }


def _cells(ctx: Context, row: Row) -> list[Any]:
    unit, f = row["unit"], ctx.formats
    return [
        ctx.t["goals"]["names"][row["goal"]][0],
        f.number(row["period_days"]),
        figure(ctx, unit, row["target"]),
        figure(ctx, unit, row["value"]) if row["base_count"] is not None else f.people(None),
        interval(ctx, unit, row["low"], row["high"]),
        figure(ctx, unit, row["value_before"]),
        f.people(row["base_count"]),
        _state(ctx, row),
    ]


def _kpi(ctx: Context, row: Row) -> list[Any]:
    group = row["group_name"]
    said = ctx.t["goals"]["groups"].get(group, group)
    return [
        ctx.t["goals"]["kpis"].get(row["kpi"], [row["kpi"]])[0],
        said,
        figure(ctx, row["unit"], row["value"]),
        interval(ctx, row["unit"], row["low"], row["high"]),
        ctx.formats.people(None) if row.get("is_few") else ctx.formats.number(row["base_count"]),
        remarks.said(ctx, row),
    ]


def _by(rows: Sequence[Row], campaigns: Set[str]) -> dict[str, Any]:
    names = [str(row["group_name"]) for row in rows]
    return explore.keyed([{"campaign": name} if name in campaigns else {} for name in names])


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    t = ctx.t["goals"]
    goals, kpis = [_few(ctx, row) for row in data["goals"].rows], _without_few(ctx, data["kpis"].rows)
    used = [row["kpi"] for row in kpis]
    campaigns = set(ctx.slices.campaigns.values())
    return {
        "filters": explore.filters(ctx, "campaign"),
        "goals": [_goal(ctx, row) for row in goals],
        "table": {"columns": ctx.columns("goals", "goals"), "rows": [_cells(ctx, row) for row in goals]},
        "kpis": {
            "columns": ctx.columns("goals", "kpis"),
            "rows": [_kpi(ctx, row) for row in kpis],
            "by": _by(kpis, campaigns),
        },
        "meanings": [words for name, words in t["kpis"].items() if name in used],
        "nothing": {name: ctx.why_nothing(data[name], t["empty"][name]) for name in ("goals", "kpis")},
    }
