"""How full a limit is: used before, tonight, left."""

from typing import Any

from dashboards.context import Context
from dashboards.queries import Row

# part -> (column, colour number; 0 is empty)
_PARTS = {"used": ("used_before_minor", 6), "tonight": ("expected_minor", 1), "left": ("left_minor", 0)}


def limit_name(ctx: Context, row: Row) -> str:
    """Return a limit's name as people say it."""
    return str(ctx.t["budget"]["whole"] if row["limit_name"] == "budget" else row["limit_name"])


def _percent(part: int, whole: int) -> str:
    return f"{100 * max(part, 0) / whole:.2f}" if whole > 0 else "0"


def meter(ctx: Context, row: Row) -> dict[str, Any]:
    """Return a limit as a bar of three parts."""
    words = ctx.t["budget"]["parts"]
    parts = [
        {
            "label": words[part],
            "money": ctx.formats.money(row[column]),
            "percent": _percent(row[column], row["cap_minor"]),
            "color": color,
        }
        for part, (column, color) in _PARTS.items()
    ]
    cap = ctx.formats.money(row["cap_minor"])
    return {"name": limit_name(ctx, row), "period": row["period"], "cap": cap, "parts": parts}
