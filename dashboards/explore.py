"""Filters: what readers may pick, the parts of a page that follow it, and their figures without a filter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dashboards.context import Columns, Context
from dashboards.slices import DIMENSIONS, MEASURES, Slices
from offermill.report.text import inert

# What readers pick, besides the first and the last night.
PICKED = ("campaign", *DIMENSIONS)
EVERY = ("night", *PICKED)
# What a row is about: dimension -> its value, or the values that it has all of.
Keys = Mapping[str, str | Sequence[str]]
EXPLORED = ("given_count", "cost_minor", "value_minor")


@dataclass(frozen=True)
class Sum:
    """A figure over many cells, and how many of them are hidden."""

    figure: int = 0
    hidden: int = 0

    def with_cell(self, figure: int | None) -> "Sum":
        return Sum(self.figure, self.hidden + 1) if figure is None else Sum(self.figure + figure, self.hidden)


@dataclass(frozen=True)
class Broken:
    """One row of a breakdown."""

    what: str
    sums: Mapping[str, Sum] = field(default_factory=dict)

    @property
    def hidden(self) -> int:
        return self.sums["given_count"].hidden


def broken_down(slices: Slices, by: str, night: str | None = None, largest: str = "given_count") -> list[Broken]:
    """Return all figures by one dimension: of one night what may be shown, of all nights also their sums."""
    table = {"night": (), "campaign": ("offer",)}.get(by, (by,))
    cells = slices.tables if night or by == "night" else slices.totals
    found: dict[str, dict[str, Sum]] = {}
    for key, figures in cells.get(table, {}).items():
        if night in (None, key[0]):
            what = _what(slices, by, key)
            sums = found.setdefault(what, dict.fromkeys(MEASURES, Sum()))
            found[what] = {name: sums[name].with_cell(figure) for name, figure in zip(MEASURES, figures, strict=True)}
    if by == "campaign" and night is None:
        found = {what: _exact(slices.wholes.get(what, ()), sums) for what, sums in found.items()}
    rows = [Broken(what, sums) for what, sums in found.items()]
    starts = {one.name: one.start for one in slices.bins}
    if by == "night":
        return sorted(rows, key=lambda row: starts[row.what])
    return sorted(rows, key=lambda row: (-row.sums[largest].figure, row.what))


def _exact(told: Sequence[int | None], sums: dict[str, Sum]) -> dict[str, Sum]:
    """Return the sums, those of `told` as what they are altogether."""
    known = {name: Sum(figure) for name, figure in zip(MEASURES, told, strict=False) if figure is not None}
    return sums | known


def whole(slices: Slices) -> Mapping[str, Sum]:
    """Return all figures of all nights together."""
    (figures,) = slices.totals.get((), {}).values() or [(0,) * len(MEASURES)]
    return {name: Sum().with_cell(figure) for name, figure in zip(MEASURES, figures, strict=True)}


def _what(slices: Slices, by: str, key: tuple[str, ...]) -> str:
    match by:
        case "night":
            return key[0]
        case "campaign":
            return slices.campaigns[key[1]]
        case "offer":
            return slices.offer_of(key[1])
    return key[1]


def with_any(rows: Iterable[Broken], *measures: str) -> list[Broken]:
    """Return the rows in which somebody was counted, be it only in hidden cells."""
    return [row for row in rows if any(row.sums[name].figure or row.sums[name].hidden for name in measures)]


def label(ctx: Context, dimension: str, value: str) -> str:
    """Return a value of a dimension as people say it."""
    if not value or value == "unknown":
        return str(ctx.t["slices"]["unknown"])
    match dimension:
        case "night" if len(value) == len("2026-06"):
            return ctx.formats.month(date.fromisoformat(f"{value}-01"))
        case "night":
            return ctx.formats.day(date.fromisoformat(value))
        case "channel":
            return ctx.word("channels", value)
        case "segment":
            return ctx.segment("lifecycle", value)
        case "store":
            return ctx.stores.get(value, value)
    return value


def said(ctx: Context, measure: str, found: Sum) -> str:
    """Return a figure as people read it: `≥` where cells are missing from a sum, and no sum of nothing shown."""
    f, is_money = ctx.formats, measure.endswith("_minor")
    if found.hidden and not found.figure:
        return f.money(None) if is_money else f.people(None)
    # Margins may be negative: what is missing may add or take away.
    mark = "\u2265\u00a0" if found.hidden and measure != "value_minor" else ""
    return f"{mark}{f.money(found.figure) if is_money else f.number(found.figure)}"


def cut(by: str, measures: Sequence[str], *, night: str = "", largest: str = "", **more: object) -> dict[str, Any]:
    """Return how the page's script makes a table or a chart anew; `measures` are its columns, "" one that stays empty.

    Args:
        night: the one night that the part is about.
        largest: the measure that rows are sorted by, if not the first.
    """
    known = [name for name in measures if name]
    first = [largest] if largest else []
    return {"by": by, "columns": measures, "measures": [*first, *(one for one in known if one not in first)],
            "night": night, **more}  # fmt: skip


def keyed(keys: Sequence[Keys]) -> dict[str, Any]:
    """Return how readers filter the rows of a table by what each row is about: a mapping of dimensions per row."""
    known = {name for one in keys for name in one}
    return {"follows": " ".join(name for name in EVERY if name in known), "row_keys": keys}


def of_offer(ctx: Context, offer: str) -> Keys:
    """Return what a row about an offer is filtered by: itself and every campaign that has it."""
    slices = ctx.slices
    campaigns = sorted({campaign for value, campaign in slices.campaigns.items() if slices.offer_of(value) == offer})
    return {"offer": offer} | ({"campaign": campaigns} if campaigns else {})


def is_hidden(ctx: Context, dimension: str, value: str) -> bool:
    """Return whether tonight's offers of one value of a dimension are too few to be shown, or would give few away."""
    cells = ctx.slices.tables.get((dimension,), {})
    own = [value, *(key[1] for key in cells if dimension == "offer" and ctx.slices.offer_of(key[1]) == value)]
    return any(ctx.slices.figures((dimension,), (tonight(ctx), one))["given_count"] is None for one in own)


def is_hidden_night(ctx: Context, name: str) -> bool:
    """Return whether the offers of a night, or of a month before the last nights, are hidden."""
    figures: Sequence[int | None] = ctx.slices.tables.get((), {}).get((name,), (0,))
    return figures[0] is None


def is_hidden_in_all(ctx: Context, offer: str, measure: str) -> bool:
    """Return whether an offer's figure of all nights together is hidden."""
    place, totals = MEASURES.index(measure), ctx.slices.totals.get(("offer",), {})
    return any(figures[place] is None for key, figures in totals.items() if ctx.slices.offer_of(key[-1]) == offer)


def tonight(ctx: Context) -> str:
    return ctx.run.business_date.isoformat()


def _labels(ctx: Context, slices: Slices) -> dict[str, dict[str, str]]:
    values = {"night": [one.name for one in slices.bins], "campaign": sorted(set(slices.campaigns.values()))}
    values |= {name: slices.values(name) for name in DIMENSIONS}
    values["offer"] = sorted({slices.offer_of(value) for value in values["offer"]})
    return {name: {value: inert(label(ctx, name, value)) for value in found} for name, found in values.items()}


def _money_marks(ctx: Context) -> list[str]:
    """Return what stands before and behind an amount."""
    sample = ctx.formats.money(0)
    start, end = sample.index("0"), sample.rindex("0") + 1
    return [sample[:start], sample[end:]]


def filters(ctx: Context, *acts: str, by: str = "") -> dict[str, Any] | None:
    """Return the page's filters and everything its script needs; None where nothing was given yet.

    Args:
        acts: what divides something on this page; the other filters stand still.
        by: the breakdown that the page begins with, if it has one.
    """
    slices, t = ctx.slices, ctx.t["slices"]
    if not slices.bins:
        return None
    labels = _labels(ctx, slices)
    usual = {"from": slices.bins[0].start.isoformat(), "to": slices.bins[-1].end.isoformat(), "by": by}
    plurals = {form: text.replace("{n}", str(ctx.minimum)) for form, text in t["hidden"].items()}
    said = {name: t[name] for name in ("dimensions", "caption", "nothing", "unfollowed", "untouched", "bounds")}
    words = said | {
        "labels": labels, "usual": usual, "every": EVERY, "hidden": plurals, "money": _money_marks(ctx),
        "digits": ctx.formats.digits, "not_shown": ctx.formats.people(None), "to": ctx.t["layout"]["to"],
    }  # fmt: skip
    return {"fields": _fields(ctx, slices, labels, acts or EVERY), "words": words}


def _fields(
    ctx: Context, slices: Slices, labels: Mapping[str, Mapping[str, str]], acts: Sequence[str]
) -> list[dict[str, Any]]:
    t = ctx.t["slices"]
    starts = [(one.start.isoformat(), labels["night"][one.name]) for one in slices.bins]
    ends = [(one.end.isoformat(), labels["night"][one.name]) for one in reversed(slices.bins)]
    fields = [
        {"name": name, "label": t[name], "options": options, "acts": "night" in acts}
        for name, options in (("from", starts), ("to", ends))
    ]
    return fields + [
        {
            "name": name,
            "label": t["dimensions"][name],
            "options": [("", t["all"]), *labels[name].items()],
            "acts": name in acts,
        }
        for name in PICKED
    ]


def _cards(ctx: Context) -> list[dict[str, str]]:
    words, sums = ctx.t["slices"]["cards"], whole(ctx.slices)
    return [
        {"name": name, "label": words[name][0], "meaning": words[name][1], "figure": said(ctx, name, sums[name])}
        for name in EXPLORED
    ]


def section(ctx: Context, by: str) -> dict[str, Any]:
    """Return the section Look closer: everything by `by`, which readers change."""
    t, slices = ctx.t["slices"], ctx.slices
    if not slices.bins:
        return {"nothing": t["empty"]}
    rows = with_any(broken_down(slices, by), "given_count")
    ends = [label(ctx, "night", one.name) for one in (slices.bins[0], slices.bins[-1])]
    hidden = sum(row.hidden for row in rows)
    columns: Columns = [{"title": t["dimensions"][by], "kind": "text"}, *ctx.columns_of(t["columns"])[1:]]
    return {
        "by": by,
        "breakdowns": [(name, t["dimensions"][name]) for name in EVERY],
        "cards": _cards(ctx),
        "cards_cut": cut("", EXPLORED),
        "cut": cut("picked", EXPLORED),
        "caption": t["caption"].format(by=t["dimensions"][by], **{"from": ends[0], "to": ends[1]}),
        "columns": columns,
        "rows": [[label(ctx, by, row.what), *(said(ctx, name, row.sums[name]) for name in EXPLORED)] for row in rows],
        "note": ctx.counted(t["hidden"], hidden, n=str(ctx.minimum)) if hidden else "",
        "nothing": "",
    }
