"""Why a figure could not be told, in the reader's language, from the code and numbers beside the English sentence."""

import json
from typing import Any

from markupsafe import Markup

from dashboards.context import Context
from dashboards.queries import Row

# Values that are no counts -> decimals; a share is told as one.
_DECIMALS = {"floor": 3, "worth": 1}
_PEOPLE = {"count", "worth"}


def said(ctx: Context, row: Row) -> str | Markup:
    """Return the remark `problem` of a row; one of an earlier release, without parts, is marked as English."""
    if not row["problem"]:
        return ""
    parts = _parts(row.get("problem_parts"))
    words = ctx.t["words"]["remarks"].get(parts.get("code"))
    if words is None:
        return ctx.english(row["problem"])
    return str(words).format(**{name: _number(ctx, name, value) for name, value in parts.items() if name != "code"})


def _parts(stored: str | dict[str, Any] | None) -> dict[str, Any]:
    """Return the parts as a table (JSON) or a model's card (plain) keeps them."""
    return json.loads(stored) if isinstance(stored, str) else stored or {}


def _number(ctx: Context, name: str, value: float) -> str:
    if name in _PEOPLE and 0 < value < ctx.minimum:
        return ctx.formats.few
    return ctx.formats.share(value) if name == "share" else ctx.formats.number(value, _DECIMALS.get(name, 0))
