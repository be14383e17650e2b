"""What the customers of a segment are like, as one sentence in the page's language."""

import re

from markupsafe import Markup

from dashboards.context import Context
from dashboards.queries import Row

# What a cluster's training writes: "More: 12.40 EUR spent per order (all customers 10.00 EUR); less: ...".
_PHRASE = re.compile(
    r"(?P<direction>more|less): (?P<own>[-\d.]+)(?P<unit>%| days| [A-Z]{3})? (?P<words>.+?) "
    r"\(all customers (?P<usual>[-\d.]+)(?:%| days| [A-Z]{3})?\)",
    re.IGNORECASE,
)
_ALIKE = "Like all customers in everything."


def sentence(ctx: Context, row: Row) -> str | Markup:
    """Return a segment's portrait; one that this program did not write is English."""
    told = str(row["description"] or "")
    if row["family"] == "cluster":
        return _cluster(ctx, told)
    if row["view_count_30_days_mean"] is None:
        return ctx.english(told)
    f, has_sales = ctx.formats, row["discount_share_365_days"] is not None
    return str(ctx.t["segments"]["portrait" if has_sales else "portrait_without_sales"]).format(
        orders=f.number(row["order_count_365_days_mean"], 1),
        discount=f.share(row["discount_share_365_days"], 0),
        views=f.number(row["view_count_30_days_mean"], 1),
    )


def _cluster(ctx: Context, told: str) -> str | Markup:
    if ctx.language == "en":
        return told
    if told == _ALIKE:
        return _sentence(ctx.t["segments"]["directions"]["alike"])
    phrases = [_PHRASE.fullmatch(phrase) for phrase in told.removesuffix(".").split("; ")]
    known = ctx.t["segments"]["measures"]
    if not all(phrase and phrase["words"] in known for phrase in phrases):
        return ctx.english(told)
    return _sentence("; ".join(_phrase(ctx, phrase) for phrase in phrases if phrase))


def _phrase(ctx: Context, phrase: re.Match[str]) -> str:
    words = ctx.t["segments"]
    own, usual = (_figure(ctx, phrase[name], phrase["unit"]) for name in ("own", "usual"))
    form = words["directions"][phrase["direction"].lower()]
    return str(form.format(own=own, words=words["measures"][phrase["words"]], usual=usual))


def _figure(ctx: Context, number: str, unit: str | None) -> str:
    f, value = ctx.formats, float(number)
    match unit:
        case "%":
            return f.share(value / 100, 0)
        case " days":
            return str(ctx.t["segments"]["directions"]["days"]).format(count=f.number(value))
        case None:
            return f.number(value, 1 if "." in number else 0)
    return f.money(round(value * 10**f.digits))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
