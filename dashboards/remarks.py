"""Why a figure could not be told, in the reader's language: what outcomes and models write in English, taken apart."""

import re

from markupsafe import Markup

from dashboards.context import Context

_NUMBER = r"[\d.,]+%?"
# What is written -> the name of its words; the numbers in it are put in again.
_KNOWN = {
    "nothing": r"nothing to count yet",
    "no_lot": r"no offer was given by lot yet|no lot gave or withheld an offer yet",
    "no_budget": r"tonight has no budget",
    "no_offer_counts": r"no offer counts tonight",
    "few_answers": rf"fewer than (?P<least>{_NUMBER}) answers(?: in an arm)?",
    "few_with": rf"too few people with an offer: worth (?P<count>{_NUMBER}), at least (?P<least>{_NUMBER}) are needed",
    "few_without": (
        rf"too few people without an offer: worth (?P<count>{_NUMBER}), at least (?P<least>{_NUMBER}) are needed"
    ),
    "few_ordered": (
        rf"too few people who ordered: (?P<count>{_NUMBER}) in an arm, at least (?P<least>{_NUMBER}) are needed"
    ),
    "uneven": (
        rf"arms are uneven beyond chance: (?P<count>{_NUMBER}) without an offer, (?P<due>{_NUMBER}) were due; "
        r"see outcomes\.lot"
    ),
    "few_matching": rf"too few matching rows: (?P<count>{_NUMBER}), at least (?P<least>{_NUMBER}) are needed",
    "no_overlap": (
        rf"no overlap: (?P<share>{_NUMBER}) of the choices had a propensity of 0 or below (?P<floor>{_NUMBER}) "
        r"in the log"
    ),
    "uneven_weights": (
        rf"too uneven weights: (?P<count>{_NUMBER}) matching rows weigh no more than (?P<worth>{_NUMBER}) equal ones, "
        rf"at least (?P<least>{_NUMBER}) are needed"
    ),
}


def said(ctx: Context, problem: str | None) -> str | Markup:
    """Return the remark in the page's language; one that is not known stays English and is marked so."""
    if not problem:
        return ""
    for name, pattern in _KNOWN.items():
        if match := re.fullmatch(pattern, problem):
            return str(ctx.t["words"]["remarks"][name]).format(**match.groupdict())
    return ctx.english(problem)
