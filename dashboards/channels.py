"""The page Channels: how far offers get, from sent to credited, and what each channel is given tonight."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from dashboards import explore
from dashboards.context import Context
from dashboards.queries import Answer, Row
from dashboards.suppression import suppress
from offermill import datapackage
from offermill.report import charts

STAGES = ("offered", "accepted", "delivered", "opened", "clicked", "redeemed", "credited")


def _shown(ctx: Context, answer: Answer) -> list[Row]:
    """Return the rows with small counts hidden stage by stage: channels and campaigns add up to the same totals."""
    rows: list[Row] = list(answer.rows)
    for stage in STAGES[1:]:
        rows = suppress(rows, f"{stage}_count", ctx.minimum)
    rows = suppress(rows, "owed_count", ctx.minimum, also=("owed_minor",))
    every = tuple(f"{stage}_count" for stage in (*STAGES[1:], "owed"))
    return suppress(rows, "offered_count", ctx.minimum, also=(*every, "owed_minor"))


def _name(ctx: Context, row: Row) -> str:
    return ctx.word("channels", row["channel"]) if "channel" in row else row["campaign_id"]


def _cells(ctx: Context, rows: Sequence[Row]) -> list[list[str]]:
    f = ctx.formats
    return [
        [
            _name(ctx, row),
            *(f.people(row[f"{stage}_count"]) for stage in STAGES),
            f.people(row["owed_count"]),
            f.money(row["owed_minor"]),
        ]
        for row in rows
    ]


def _chart(ctx: Context, rows: Sequence[Row]) -> charts.Spec | None:
    """Return how many offers of all channels reached each stage; a stage with a hidden channel is left out."""
    words, f = ctx.t["channels"]["stages"], ctx.formats
    sums = {stage: [row[f"{stage}_count"] for row in rows] for stage in STAGES}
    drawn = [
        {"stage": words[stage], "count": sum(counts), "said": f.number(sum(counts))}
        for stage, counts in sums.items()
        if counts and None not in counts
    ]
    tooltip = {"stage": words["title"], "said": ctx.t["channels"]["axis"]}
    title = ctx.t["channels"]["axis"]
    return charts.bars(drawn, label="stage", value="count", title=title, tooltip=tooltip) if drawn else None


def _exports(ctx: Context) -> list[list[Any]]:
    """Return the files that each block of shop.yml gets tonight."""
    found = []
    for resource in ctx.package.get("resources", []):
        path = PurePosixPath(resource["path"])
        if path.parts[0] == "channels" and len(path.parts) > 2:
            rows = ctx.formats.number(datapackage.rows_of(resource))
            found.append([path.parts[1], path.name, rows, ctx.formats.size(resource["bytes"])])
    return found


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    t = ctx.t["channels"]
    by_channel, by_campaign = _shown(ctx, data["funnel"]), _shown(ctx, data["campaigns"])
    return {
        "explorer": explore.section(ctx, "channel"),
        "funnel": {
            "columns": ctx.columns("channels", "funnel"),
            "rows": _cells(ctx, by_channel),
            "chart": _chart(ctx, by_channel),
        },
        "campaigns": {"columns": ctx.columns("channels", "campaigns"), "rows": _cells(ctx, by_campaign)},
        "exports": {"columns": ctx.columns("channels", "exports"), "rows": _exports(ctx)},
        "nothing": {
            "funnel": ctx.why_nothing(data["funnel"], t["empty"]["funnel"]),
            "exports": t["empty"]["exports"],
        },
    }
