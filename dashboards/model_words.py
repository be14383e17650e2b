"""What a model's card and store say in English sentences, in the reader's language: the sentence's figures are kept.

Words lie in dashboards/data_texts under `models`. A sentence that none of the patterns knows stays English.
"""

import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from dashboards.context import Context
from offermill.report.text import inert

Words = Mapping[str, Any]

_PASSED_OVER = re.compile(r"(?P<place>\S+): (?P<problem>.+) The model was not loaded; .+", re.DOTALL)
# Why a stored model was passed over (models.registry) -> its words.
PROBLEMS = {
    "missing": re.compile(r"there is no such file\."),
    "pickle": re.compile(r"this is a pickle or an archive, not a text; .+"),
    "cut_off": re.compile(r"this is not complete JSON; .+"),
    "edited": re.compile(r"its content does not have the SHA-256 it states; .+|SHA-256 .+; it was edited\."),
    "other": re.compile(
        r"it states format (?P<format>\S+), (?P<own>\S+) of (?P<on>\S+), "
        r"expected format (?P<wanted>\S+), (?P<name>\S+) of (?P<day>[-\d]+)\."
    ),
    "size": re.compile(r"(?P<size>\d+) bytes, expected (?P<wanted>\d+); .+"),
    "features": re.compile(
        r"trained on other features: (?P<count>\d+) of (?P<of>\d+) differ; "
        r"first: (?P<first>\S+) was (?P<was>.+), is (?P<now>.+)\."
    ),
}
# What a model without evidence says beside what is told anyway (models.evidence) -> its words.
EVIDENCE = {
    "few_controls": re.compile(r"(?P<count>\d+) people in the control arm, at least (?P<least>\d+) are needed\."),
    "few_offers": re.compile(r"no offer arm has (?P<least>\d+) people \(the largest has (?P<count>\d+)\)\."),
    "power": re.compile(
        r"At the present chance to buy of (?P<chance>\d+)%, an arm of (?P<rows>[\d,]+) people shows a change of "
        r"(?P<points>\d+) points; half that change needs (?P<half>[\d,]+)\."
    ),
}


def passed_over(ctx: Context, words: Words, english: str) -> str | Markup:
    """Return why a stored model was not loaded."""
    if ctx.language == "en":
        return inert(english)
    whole = _PASSED_OVER.fullmatch(english)
    for code, pattern in PROBLEMS.items():
        if whole and (found := pattern.fullmatch(whole["problem"])):
            why = words["problems"][code].format(**found.groupdict())
            return inert(words["passed_over"].format(place=whole["place"], why=why))
    return ctx.english(english)


def evidence(ctx: Context, words: Words, english: str) -> str:
    """Return what a card says of too little evidence, with its figures; empty if it says no more than usual."""
    found = ((code, pattern.search(english)) for code, pattern in EVIDENCE.items())
    told = (
        words["evidence"][code].format(**{name: _number(ctx, text) for name, text in match.groupdict().items()})
        for code, match in found
        if match
    )
    return inert(" ".join(told))


def _number(ctx: Context, text: str) -> str:
    return ctx.formats.number(int(text.replace(",", "")))
