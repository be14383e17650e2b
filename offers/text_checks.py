"""The linter for offers' texts: a number that contradicts the rule, a promise left out, two sentences, markup."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from offermill.yamlfile import nearest
from offers import wording
from offers.offer import Offer

# A mobile screen and a printed voucher hold about as much.
MAX_LENGTH = 300

PLACEHOLDERS = (
    "amount",
    "depth",
    "example",
    "gift",
    "max_discount",
    "points",
    "target",
    "threshold",
    "valid_until",
    "value",
)
# What the customer must be told, by kind; a threshold and a target wherever the offer has one.
_REQUIRED = {
    "percent": ("depth", "max_discount"),
    "amount": ("amount",),
    "points": ("points", "value"),
    "gift": ("gift", "value"),
    "delivery": ("value",),
}
_NAMED = re.compile(r"\{([^{}]*)\}")
_NUMBER = re.compile(r"\d[\d\s.,]*\d|\d")
_PERCENTAGE = re.compile(rf"({_NUMBER.pattern})\s*%")
_END = re.compile(r"[.!?…](?=\s|$)")


def numbers(text: str) -> set[Decimal]:
    """Return the numbers written in a text, whichever of the three languages' separators it uses."""
    return {_number(found) for found in _NUMBER.findall(text)}


def _number(written: str) -> Decimal:
    digits = re.sub(r"\s", "", written)
    whole, mark, part = digits.replace(",", ".").rpartition(".")
    if mark and len(part) != 3:
        return Decimal(f"{whole.replace('.', '')}.{part}")
    return Decimal(whole.replace(".", "") + part)


def _figures(offer: Offer, currency: str) -> dict[str, Decimal]:
    """Return the numbers that the offer's rule holds, by placeholder."""
    filled = wording.facts(offer, "en", date(2000, 1, 1), currency)
    counted = ("value", "amount", "threshold", "max_discount", "example", "depth", "points")
    return {name: next(iter(numbers(filled[name]))) for name in counted if name in filled}


def problems(offer: Offer, language: str, currency: str) -> list[str]:
    """Return what is wrong with the offer's text in a language; empty when nothing is."""
    pattern = wording.pattern(offer, language)
    return [*_shape(pattern), *_names(offer, pattern, currency), *_numbers(offer, pattern, currency)]


def _shape(pattern: str) -> Iterator[str]:
    if len(_NAMED.sub("", pattern)) > MAX_LENGTH:
        yield f"is longer than {MAX_LENGTH} characters"
    if re.search(r"[<>]", pattern):
        yield "holds markup ('<' or '>'); texts are plain"
    if wording.HIDDEN.search(pattern):
        yield "holds invisible characters; type the text anew"
    if len(_END.findall(pattern)) != 1 or not _END.search(pattern.strip()[-1:]):
        yield "must be one sentence that ends with a full stop"


def _names(offer: Offer, pattern: str, currency: str) -> Iterator[str]:
    known = set(wording.facts(offer, "en", offer.valid_until, currency))
    for name in _NAMED.findall(pattern):
        if name not in PLACEHOLDERS:
            yield f"{{{name}}} is no placeholder.{nearest(name, PLACEHOLDERS)} Known: {', '.join(sorted(known))}"
        elif name not in known:
            yield f"{{{name}}} means nothing for this offer. Known: {', '.join(sorted(known))}"
    for name in _must_say(offer):
        if f"{{{name}}}" not in pattern:
            yield f"does not say {{{name}}}"


def _must_say(offer: Offer) -> Iterable[str]:
    """Return the placeholders that no number written out can stand for."""
    yield "valid_until"
    if offer.target.name is not None:
        yield "target"
    if offer.gift is not None:
        yield "gift"


def _numbers(offer: Offer, pattern: str, currency: str) -> Iterator[str]:
    figures = _figures(offer, currency)
    bare = _NAMED.sub(" | ", pattern)
    written = numbers(bare)
    for number in sorted(_contradictions(bare, figures)):
        allowed = ", ".join(f"{name} {figure}" for name, figure in sorted(figures.items()))
        yield f"says {number}, but the offer {offer.offer_id} is {allowed}"
    for name in _counted(offer):
        if f"{{{name}}}" not in pattern and figures[name] not in written:
            yield f"does not say {{{name}}} ({figures[name]})"


def _contradictions(bare: str, figures: dict[str, Decimal]) -> set[Decimal]:
    """Return the numbers that the rule does not hold; a percentage is the depth and nothing else is."""
    percentages = {_number(found) for found in _PERCENTAGE.findall(bare)}
    others = numbers(_PERCENTAGE.sub(" | ", bare))
    return (percentages - {figures.get("depth")}) | (others - {v for k, v in figures.items() if k != "depth"})


def _counted(offer: Offer) -> Iterable[str]:
    yield from (name for name in _REQUIRED[offer.kind] if name != "gift")
    if offer.threshold_minor is not None:
        yield "threshold"
