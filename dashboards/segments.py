"""The page Segments: sizes and portraits per family, how segments overlap, who moved."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.context import Context
from dashboards.queries import Answer, Row
from dashboards.suppression import suppress
from offermill.report import charts

_HIDDEN_WITH = (
    "customer_share",
    "margin_per_customer_minor_365_days",
    "contribution_minor_365_days",
    "order_count_365_days_mean",
    "days_since_order_median",
    "web_order_share_90_days",
    "discount_share_365_days",
)


def _families(ctx: Context, portraits: Answer) -> list[dict[str, Any]]:
    shown = suppress(portraits.rows, "customer_count", ctx.minimum, within=("family",), also=_HIDDEN_WITH)
    known = list(ctx.t["segments"]["families"])
    names = sorted(
        {row["family"] for row in shown}, key=lambda name: (known.index(name) if name in known else 99, name)
    )
    return [_family(ctx, name, [row for row in shown if row["family"] == name]) for name in names]


def _family(ctx: Context, name: str, rows: Sequence[Row]) -> dict[str, Any]:
    words = ctx.t["segments"]["families"].get(name, [name, ""])
    *title, meaning = words
    axis = ctx.t["segments"]["axis"]["customers"]
    drawn = [
        {
            "segment": row["segment"],
            "count": row["customer_count"] or 0,
            "said": ctx.formats.people(row["customer_count"]),
        }
        for row in rows
    ]
    tooltip = {"segment": ctx.t["segments"]["columns"]["portraits"][0], "said": axis}
    return {
        "name": name,
        "title": ", ".join(title),
        "meaning": meaning,
        "columns": ctx.columns("segments", "portraits"),
        "rows": [_portrait(ctx, row) for row in rows],
        "chart": charts.bars(drawn, label="segment", value="count", title=axis, tooltip=tooltip),
    }


def _portrait(ctx: Context, row: Row) -> list[str]:
    f = ctx.formats
    description = row["description"] if row["customer_count"] is not None else ""
    return [
        row["segment"],
        f.people(row["customer_count"]),
        f.share(row["customer_share"]),
        f.money(row["margin_per_customer_minor_365_days"]),
        f.number(row["order_count_365_days_mean"], 1),
        f.number(row["days_since_order_median"]),
        f.share(row["web_order_share_90_days"], 0),
        f.share(row["discount_share_365_days"], 0),
        description,
    ]


def _cell(ctx: Context, count: int | None, size: int) -> dict[str, Any]:
    """Return one cell of the matrix: words, how dark (0-1), and whether it is hidden."""
    if not count:
        return {"text": "", "heat": "0", "stays": False}
    if count < ctx.minimum:
        return {"text": ctx.formats.people(None), "heat": "0", "stays": False}
    return {"text": ctx.formats.share(count / size, 0), "heat": f"{count / size:.2f}", "stays": False}


def _overlap(ctx: Context, answer: Answer) -> dict[str, Any]:
    counts = {(row["segment_a"], row["segment_b"]): row["customer_count"] for row in answer.rows}
    sizes = {one: count for (one, other), count in counts.items() if one == other}
    names = [name for name in sizes if sizes[name] >= ctx.minimum]
    rows = [
        {
            "name": one,
            "cells": [_cell(ctx, None if one == other else counts.get((one, other)), sizes[one]) for other in names],
        }
        for one in names
    ]
    return {"names": names, "rows": rows}


def _matrix(ctx: Context, family: str, rows: Sequence[Row]) -> dict[str, Any]:
    counts = {(row["from_segment"], row["to_segment"]): row["customer_count"] for row in rows}
    before, now = sorted({one for one, _ in counts}), sorted({two for _, two in counts})
    moved = sum(count for (one, two), count in counts.items() if one != two)
    total = sum(counts.values())
    lines = [
        {"name": one, "cells": [_move(ctx, counts.get((one, two), 0), one == two, moved) for two in now]}
        for one in before
    ]
    f = ctx.formats
    shown = f.people(moved if moved >= ctx.minimum or not moved else None)
    title = ctx.t["segments"]["families"].get(family, [family, ""])[0]
    return {
        "title": title,
        "names": now,
        "rows": lines,
        "said": ctx.t["segments"]["moved"].format(moved=shown, all=f.number(total)),
    }


def _move(ctx: Context, count: int, stays: bool, moved: int) -> dict[str, Any]:
    if not count:
        return {"text": "", "heat": "0", "stays": stays}
    if count < ctx.minimum:
        return {"text": ctx.formats.people(None), "heat": "0", "stays": stays}
    return {
        "text": ctx.formats.number(count),
        "heat": "0" if stays else f"{min(1, count / max(moved, 1)):.2f}",
        "stays": stays,
    }


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    empty, moves = ctx.t["segments"]["empty"], data["migration"].rows
    families = dict.fromkeys(row["family"] for row in moves)
    return {
        "families": _families(ctx, data["portraits"]),
        "overlap": _overlap(ctx, data["overlap"]),
        "migration": [_matrix(ctx, name, [row for row in moves if row["family"] == name]) for name in families],
        "nothing": {name: ctx.why_nothing(data[name], empty[name]) for name in ("portraits", "overlap", "migration")},
    }
