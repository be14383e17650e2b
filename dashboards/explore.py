"""The section Look closer: filters over what was given, and the same figures as a plain table without a script."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from dashboards.context import Context
from dashboards.slices import DIMENSIONS, Figures, Slices
from offermill.report.text import inert

BREAKDOWNS = ("night", "campaign", *DIMENSIONS)
Found = tuple[str, int, int, int, int]  # what, count, cost, margin, cells hidden


def broken_down(slices: Slices, by: str) -> list[Found]:
    """Return offers, cost and margin of all nights by one dimension: the sums of the cells that may be shown."""
    table = {"night": (), "campaign": ("offer",)}.get(by, (by,))
    sums: dict[str, list[int]] = {}
    for key, figures in slices.tables.get(table, {}).items():
        what = key[0] if by == "night" else slices.campaigns[key[1]] if by == "campaign" else key[1]
        _add(sums.setdefault(what, [0, 0, 0, 0]), figures)
    rows = [(what, count, cost, value, hidden) for what, (count, cost, value, hidden) in sums.items()]
    return sorted(rows, key=lambda row: row[0] if by == "night" else (-row[1], row[0]))


def _add(total: list[int], figures: Figures | None) -> None:
    if figures is None:
        total[3] += 1
        return
    for place, figure in enumerate(figures):
        total[place] += figure


def label(ctx: Context, dimension: str, value: str) -> str:
    """Return a value of a dimension as people say it."""
    if not value:
        return str(ctx.t["slices"]["unknown"])
    match dimension:
        case "night":
            return ctx.formats.day(date.fromisoformat(value))
        case "channel":
            return ctx.word("channels", value)
        case "segment":
            return ctx.segment("lifecycle", value)
        case "store":
            return ctx.stores.get(value, value)
    return value


def figures(ctx: Context, count: int, cost: int, value: int, hidden: int) -> list[str]:
    """Return the figures as people read them: `≥` where cells are missing from a sum, and no sum of nothing shown."""
    f = ctx.formats
    if hidden and not count:
        return [f.people(None), f.money(None), f.money(None)]
    mark = "≥\u00a0" if hidden else ""
    return [f"{mark}{f.number(count)}", f"{mark}{f.money(cost)}", f.money(value)]


def _labels(ctx: Context, slices: Slices) -> dict[str, dict[str, str]]:
    values = {"night": list(slices.nights), "campaign": sorted(set(slices.campaigns.values()))}
    values |= {name: slices.values(name) for name in DIMENSIONS}
    return {name: {value: inert(label(ctx, name, value)) for value in found} for name, found in values.items()}


def _money_marks(ctx: Context) -> list[str]:
    """Return what stands before and behind an amount."""
    sample = ctx.formats.money(0)
    start, end = sample.index("0"), sample.rindex("0") + 1
    return [sample[:start], sample[end:]]


def _words(ctx: Context, slices: Slices) -> dict[str, Any]:
    """Return what the script needs to say."""
    t = ctx.t["slices"]
    plurals = {form: text.replace("{n}", str(ctx.minimum)) for form, text in t["hidden"].items()}
    said = {name: t[name] for name in ("dimensions", "caption", "two", "nothing")}
    return said | {
        "labels": _labels(ctx, slices),
        "hidden": plurals,
        "money": _money_marks(ctx),
        "digits": ctx.formats.digits,
        "not_shown": ctx.formats.people(None),
    }


def _cards(ctx: Context, rows: list[Found]) -> list[dict[str, str]]:
    words = ctx.t["slices"]["cards"]
    count, cost, value, hidden = (sum(int(row[place]) for row in rows) for place in (1, 2, 3, 4))
    said = figures(ctx, count, cost, value, hidden)
    pairs = zip(("offers", "cost", "value"), said, strict=True)
    return [{"name": name, "label": words[name][0], "meaning": words[name][1], "figure": text} for name, text in pairs]


def _options(ctx: Context, labels: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    t = ctx.t["slices"]
    nights = list(labels["night"].items())
    ends = [("from", t["from"], nights), ("to", t["to"], nights[::-1])]
    named = [(name, t["dimensions"][name], [("", t["all"]), *labels[name].items()]) for name in BREAKDOWNS[1:]]
    return [{"name": name, "label": said, "options": options} for name, said, options in [*ends, *named]]


def section(ctx: Context, by: str) -> dict[str, Any]:
    """Return what the template shows: the whole window by `by`, and everything the script needs."""
    t, slices = ctx.t["slices"], ctx.slices
    if not slices or not slices.nights:
        return {"nights": 0, "nothing": t["empty"]}
    rows, words = broken_down(slices, by), _words(ctx, slices)
    ends = [label(ctx, "night", night) for night in (slices.nights[0], slices.nights[-1])]
    hidden = sum(row[4] for row in rows)
    return {
        "nights": len(slices.nights),
        "by": by,
        "breakdowns": [(name, t["dimensions"][name]) for name in BREAKDOWNS],
        "filters": _options(ctx, words["labels"]),
        "cards": _cards(ctx, rows),
        "caption": t["caption"].format(by=t["dimensions"][by], **{"from": ends[0], "to": ends[1]}),
        "columns": [{"title": t["dimensions"][by], "kind": "text"}, *ctx.columns_of(t["columns"])[1:]],
        "rows": [[label(ctx, by, row[0]), *figures(ctx, *row[1:])] for row in rows],
        "note": ctx.counted(t["hidden"], hidden, n=str(ctx.minimum)) if hidden else "",
        "words": words,
    }
