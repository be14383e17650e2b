"""Redemptions without a promise of ours: why, how many and how much money, on the page Budget; the list is a file."""

from typing import Any
from urllib.parse import quote

from dashboards.context import Context
from dashboards.queries import Answer, Row
from dashboards.suppression import suppress
from offers.channels import audit


def _cells(ctx: Context, row: Row) -> list[str]:
    f, words = ctx.formats, ctx.t["budget"]["unmatched"]
    return [
        str(words["why"][row["why"]]),
        f.people(row["customer_count"]),
        f.number(row["redemption_count"]),
        f.money(row["discount_minor"]),
        str(words["booked"][row["is_booked"]]),
    ]


def figure(ctx: Context, answer: Answer) -> dict[str, Any]:
    """Return the columns and rows of the table, its caption, and where the list of redemptions lies.

    Figures on few customers are hidden; the list names customers and is for those who may see them.
    """
    also = ("redemption_count", "discount_minor")
    shown = suppress(answer.rows, "customer_count", ctx.minimum, also=also)
    caption = str(ctx.t["budget"]["captions"]["unmatched"])
    return {
        "columns": ctx.columns("budget", "unmatched"),
        "rows": [_cells(ctx, row) for row in shown],
        "caption": caption.format(days=ctx.run.settings.ledger.unmatched_days),
        "list": f"../../../exports/{quote(ctx.edition)}/{audit.FOLDER}/{audit.UNMATCHED.name}",
    }
