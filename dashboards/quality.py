"""The page Data quality: every check, and every record that was not taken."""

from collections.abc import Mapping
from typing import Any

from dashboards.context import Context
from dashboards.data_words import note, promise, reject
from dashboards.queries import Answer, Row

_TONES = {"kept": "good", "warning": "warn", "critical": "bad"}


def _badge(ctx: Context, state: str) -> tuple[str, str]:
    return ctx.t["quality"]["states"][state], _TONES[state]


def _check(ctx: Context, row: Row) -> list[Any]:
    f = ctx.formats
    state = "kept" if row["is_success"] else "critical" if row["severity"] == "critical" else "warning"
    counts = [f.number(row["unexpected_count"]), f.number(row["element_count"])]
    return [row["address"], promise(ctx, row), _badge(ctx, state), *counts, row["observed"] or ""]


def _stage(ctx: Context, row: Row) -> list[Any]:
    state = "critical" if row["critical_count"] else "warning" if row["warning_count"] else "kept"
    counts = (row[name] for name in ("table_count", "check_count", "critical_count", "warning_count"))
    return [row["schema_name"], *map(ctx.formats.number, counts), _badge(ctx, state)]


def _reject(ctx: Context, row: Row) -> list[Any]:
    column = row["column_name"] or ctx.t["quality"]["whole"]
    return [
        row["source"],
        column,
        reject(ctx, row),
        ctx.formats.number(row["reject_count"]),
        ctx.formats.day(row["delivered_on"]),
    ]


def _conflict(ctx: Context, row: Row) -> list[Any]:
    return [row["source"], ctx.formats.number(row["conflict_count"]), ctx.formats.day(row["delivered_on"])]


def _late(ctx: Context, row: Row) -> list[Any]:
    f = ctx.formats
    return [row["source"], f.number(row["late_count"]), f.moment(row["first_event_at"]), f.day(row["delivered_on"])]


def _note(ctx: Context, row: Row) -> list[Any]:
    title, sentence = note(ctx, row)
    return [row["source"], title, ctx.formats.number(row["item_count"]), sentence]


_TABLES = {
    "stages": _stage,
    "checks": _check,
    "rejects": _reject,
    "conflicts": _conflict,
    "late": _late,
    "notes": _note,
}


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    empty = ctx.t["quality"]["empty"]
    return {
        name: {
            "columns": ctx.columns("quality", name),
            "rows": [cells(ctx, row) for row in data[name].rows],
            "nothing": ctx.why_nothing(data[name], empty.get(name, empty["checks"])),
        }
        for name, cells in _TABLES.items()
    } | {"names": list(_TABLES)}
