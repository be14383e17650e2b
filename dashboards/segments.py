"""The page Segments: sizes and portraits per family, how segments overlap, who moved."""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from dashboards import explore, portraits
from dashboards.context import Context
from dashboards.queries import Answer, Row
from dashboards.suppression import Cell, hidden_cells, suppress
from offermill.report import charts
from offermill.report.numbers import NOTHING

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
    """Return the families in the order of the texts; those of a single segment stand together at the end."""
    shown = suppress(portraits.rows, "customer_count", ctx.minimum, within=("family",), also=_HIDDEN_WITH)
    groups: dict[str, list[Row]] = {}
    for row in shown:
        groups.setdefault(row["family"], []).append(row)
    large = [_family(ctx, name, groups[name]) for name in _ordered(ctx, groups) if len(groups[name]) > 1]
    single = [name for name in _ordered(ctx, groups) if len(groups[name]) == 1]
    rows = [groups[name][0] for name in single]
    return (
        [*large, _section(ctx, ctx.t["segments"]["single"], [_words(ctx, name) for name in single], rows)]
        if rows
        else large
    )


def _ordered(ctx: Context, names: Iterable[str]) -> list[str]:
    known = list(ctx.t["segments"]["families"])
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))


def _words(ctx: Context, family: str) -> tuple[str, str]:
    title, meaning = ctx.t["segments"]["families"].get(family, (family, ""))
    return str(title), str(meaning)


def _family(ctx: Context, name: str, rows: Sequence[Row]) -> dict[str, Any]:
    title, meaning = _words(ctx, name)
    return _section(ctx, title, [("", meaning)], rows)


def _section(ctx: Context, title: str, meanings: Sequence[tuple[str, str]], rows: Sequence[Row]) -> dict[str, Any]:
    axis = ctx.t["segments"]["axis"]["customers"]
    drawn = [
        {
            "segment": ctx.segment(row["family"], row["segment"]),
            "count": row["customer_count"] or 0,
            "said": ctx.formats.people(row["customer_count"]),
            "keys": _keys(row),
        }
        for row in rows
    ]
    tooltip = {"segment": ctx.columns("segments", "portraits")[0]["title"], "said": axis}
    return {
        "title": title,
        "meanings": [f"{name}: {meaning}" if name else meaning for name, meaning in meanings if meaning],
        "columns": ctx.columns("segments", "portraits"),
        "rows": [_portrait(ctx, row) for row in rows],
        "chart": charts.bars(drawn, label="segment", value="count", title=axis, tooltip=tooltip),
        "by": explore.keyed([_keys(row) for row in rows]),
    }


def _keys(row: Row) -> dict[str, str]:
    """Return what a row is filtered by: readers pick segments of the life cycle."""
    return {"segment": row["segment"]} if row["family"] == "lifecycle" else {}


def _portrait(ctx: Context, row: Row) -> list[str]:
    f = ctx.formats
    description = portraits.sentence(ctx, row) if row["customer_count"] is not None else ""
    return [
        ctx.segment(row["family"], row["segment"]),
        f.people(row["customer_count"]),
        f.share(row["customer_share"]),
        f.money(row["margin_per_customer_minor_365_days"]),
        f.number(row["order_count_365_days_mean"], 1),
        f.number(row["days_since_order_median"]),
        f.share(row["web_order_share_90_days"], 0),
        f.share(row["discount_share_365_days"], 0),
        description,
    ]


def _withheld(ctx: Context, count: int) -> str:
    """Return what stands for a hidden count: that it is small, or a dash for one that would give a small one away."""
    return ctx.formats.few if count < ctx.minimum else NOTHING


def _cell(ctx: Context, count: int | None, size: int, is_hidden: bool) -> dict[str, Any]:
    """Return one cell of the matrix: words, how dark (0-1), and whether it is hidden."""
    if not count:
        return {"text": "", "heat": "0", "stays": False}
    if is_hidden:
        return {"text": _withheld(ctx, count), "heat": "0", "stays": False}
    return {"text": ctx.formats.share(count / size, 0), "heat": f"{count / size:.2f}", "stays": False}


def _small(ctx: Context, portraits: Answer) -> set[str]:
    """Return the segments (family:segment) whose size is not shown."""
    shown = suppress(portraits.rows, "customer_count", ctx.minimum, within=("family",))
    return {f"{row['family']}:{row['segment']}" for row in shown if row["customer_count"] is None}


def _hidden_overlaps(ctx: Context, counts: Mapping[Cell, int], small: Set[str]) -> set[Cell]:
    """Return the pairs to hide: a person is in one segment of a family, so two families are a table with totals."""
    blocks: dict[tuple[str, str], dict[Cell, int]] = {}
    for (one, other), count in counts.items():
        families = one.partition(":")[0], other.partition(":")[0]
        if families[0] < families[1]:
            blocks.setdefault(families, {})[one, other] = count
    found = {pair for block in blocks.values() for pair in hidden_cells(block, ctx.minimum, unknown=(small, small))}
    return found | {(other, one) for one, other in found}


def _overlap(ctx: Context, answer: Answer, small: Set[str]) -> dict[str, Any]:
    """Return segments against segments, grouped by family; a segment's own family and small segments are left out."""
    counts = {(row["segment_a"], row["segment_b"]): row["customer_count"] for row in answer.rows}
    sizes = {one: count for (one, other), count in counts.items() if one == other and one not in small}
    families = _ordered(ctx, {name.partition(":")[0] for name in sizes})
    groups = [
        {
            "title": _words(ctx, family)[0],
            "segments": sorted(name for name in sizes if name.partition(":")[0] == family),
        }
        for family in families
    ]
    names = [name for group in groups for name in group["segments"]]
    hidden = _hidden_overlaps(ctx, counts, small)

    def cell(one: str, other: str) -> dict[str, Any]:
        is_same_family = one.partition(":")[0] == other.partition(":")[0]
        return _cell(ctx, None if is_same_family else counts.get((one, other)), sizes[one], (one, other) in hidden)

    rows = {
        one: {"name": ctx.segment(*one.split(":", 1)), "cells": [cell(one, other) for other in names]} for one in names
    }
    shown = [{"title": group["title"], "rows": [rows[name] for name in group["segments"]]} for group in groups]
    heads = [row["name"] for row in rows.values()]
    return {"groups": shown if len(groups) > 1 else [], "names": heads}


def _matrix(ctx: Context, family: str, rows: Sequence[Row], small: Set[str]) -> dict[str, Any]:
    counts = {(row["from_segment"], row["to_segment"]): row["customer_count"] for row in rows}
    before, now = sorted({one for one, _ in counts}), sorted({two for _, two in counts})
    moved = sum(count for (one, two), count in counts.items() if one != two)
    total = sum(counts.values())
    hidden = hidden_cells(
        counts, ctx.minimum, unknown=(frozenset(), {two for two in now if f"{family}:{two}" in small})
    )
    lines = [
        {
            "name": ctx.segment(family, one),
            "cells": [
                _move(ctx, counts.get((one, two), 0), one == two, moved, is_hidden=(one, two) in hidden) for two in now
            ],
        }
        for one in before
    ]
    f = ctx.formats
    shown = f.people(moved if moved >= ctx.minimum or not moved else None)
    title = _words(ctx, family)[0]
    return {
        "title": title,
        "names": [ctx.segment(family, two) for two in now],
        "rows": lines,
        "said": ctx.counted(ctx.t["segments"]["moved"], total, moved=shown),
    }


def _move(ctx: Context, count: int, stays: bool, moved: int, *, is_hidden: bool) -> dict[str, Any]:
    if not count:
        return {"text": "", "heat": "0", "stays": stays}
    if is_hidden:
        return {"text": _withheld(ctx, count), "heat": "0", "stays": stays}
    return {
        "text": ctx.formats.number(count),
        "heat": "0" if stays else f"{min(1, count / max(moved, 1)):.2f}",
        "stays": stays,
    }


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    empty, moves = ctx.t["segments"]["empty"], data["migration"].rows
    families, small = _ordered(ctx, {row["family"] for row in moves}), _small(ctx, data["portraits"])
    return {
        "filters": explore.filters(ctx, by="segment"),
        "explorer": explore.section(ctx, "segment"),
        "families": _families(ctx, data["portraits"]),
        "overlap": _overlap(ctx, data["overlap"], small),
        "migration": [_matrix(ctx, name, [row for row in moves if row["family"] == name], small) for name in families],
        "nothing": {name: ctx.why_nothing(data[name], empty[name]) for name in ("portraits", "overlap", "migration")},
    }
