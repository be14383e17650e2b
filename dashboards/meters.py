"""How full a limit is: used before, tonight, left."""

from typing import Any

from dashboards.context import Context
from dashboards.queries import Row

# part -> (column, colour number; 0 is empty)
_PARTS = {"used": ("used_before", 6), "tonight": ("tonight", 1), "left": ("left", 0)}


def limit_name(ctx: Context, row: Row) -> str:
    """Return a limit's name as people say it."""
    name = str(row["limit_name"])
    if name == "budget":
        return str(ctx.t["budget"]["whole"])
    kind, _, whose = name.partition(":")
    said = ctx.t["budget"]["whose"].get(kind) if whose else None
    return name if said is None else str(said).format(name=whose)


def amount(ctx: Context, row: Row, column: str) -> str:
    """Return a limit's figure as people say it: money, or a number of contacts or pieces."""
    figure = row[column]
    return ctx.formats.money(figure) if row["counted"] == "money" else ctx.formats.number(figure)


def _percent(part: int, whole: int) -> str:
    return f"{100 * max(part, 0) / whole:.2f}" if whole > 0 else "0"


def meter(ctx: Context, row: Row) -> dict[str, Any]:
    """Return a limit as a bar of three parts."""
    words = ctx.t["budget"]["parts"]
    parts = [
        {
            "label": words[part],
            "money": amount(ctx, row, column),
            "percent": _percent(row[column], row["cap"]),
            "color": color,
        }
        for part, (column, color) in _PARTS.items()
    ]
    cap = amount(ctx, row, "cap")
    return {"name": limit_name(ctx, row), "period": ctx.word("periods", row["period"]), "cap": cap, "parts": parts}
