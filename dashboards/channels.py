"""The page Channels: how far offers get, from sent to credited, and what each channel is given tonight."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from dashboards import downloads, explore
from dashboards.context import Context
from dashboards.queries import Answer
from offermill import datapackage
from offermill.report import charts

STAGES = ("offered", "accepted", "delivered", "opened", "clicked", "redeemed", "credited")
_MEASURES = (*(f"{stage}_count" for stage in (*STAGES, "owed")), "owed_minor")


def _reached(ctx: Context, by: str) -> dict[str, Any]:
    """Return how many offers reached each stage, by channel or campaign."""
    rows = explore.with_any(explore.broken_down(ctx.slices, by, largest=_MEASURES[0]), _MEASURES[0])
    cells = [
        [explore.label(ctx, by, row.what), *(explore.said(ctx, one, row.sums[one]) for one in _MEASURES)]
        for row in rows
    ]
    name = "funnel" if by == "channel" else "campaigns"
    return {"columns": ctx.columns("channels", name), "rows": cells, "by": explore.cut(by, _MEASURES)}


def _chart(ctx: Context) -> dict[str, Any]:
    """Return how many offers of all channels reached each stage."""
    words, title = ctx.t["channels"]["stages"], ctx.t["channels"]["axis"]
    whole = explore.whole(ctx.slices)
    sums = {stage: whole[f"{stage}_count"] for stage in STAGES}
    drawn = [
        {"stage": words[stage], "count": found.figure, "said": explore.said(ctx, f"{stage}_count", found)}
        for stage, found in sums.items()
    ]
    tooltip = {"stage": words["title"], "said": title}
    chart = charts.bars(drawn, label="stage", value="count", title=title, tooltip=tooltip)
    names = {f"{stage}_count": words[stage] for stage in STAGES}
    fields = {"count": [None, "number"], "said": [None, "text"]}
    by = explore.cut("stage", tuple(names), names=names, label="stage", fields=fields)
    return {"chart": chart if sums["offered"].figure else None, "drawn_by": by}


def _exports(ctx: Context) -> list[list[Any]]:
    """Return the files that each block of shop.yml gets tonight."""
    found = []
    for resource in ctx.package.get("resources", []):
        path = PurePosixPath(resource["path"])
        if path.parts[0] == "channels" and len(path.parts) > 2:
            rows = downloads.rows_told(ctx, path, datapackage.rows_of(resource))
            size = "" if rows is None else ctx.formats.size(resource["bytes"])
            found.append([path.parts[1], path.name, ctx.formats.people(rows), size])
    return found


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    t = ctx.t["channels"]
    return {
        "filters": explore.filters(ctx, by="channel"),
        "explorer": explore.section(ctx, "channel"),
        "funnel": _reached(ctx, "channel") | _chart(ctx),
        "campaigns": _reached(ctx, "campaign"),
        "exports": {"columns": ctx.columns("channels", "exports"), "rows": _exports(ctx)},
        "nothing": {
            "funnel": ctx.why_nothing(data["sent"], t["empty"]["funnel"]),
            "exports": t["empty"]["exports"],
        },
    }
