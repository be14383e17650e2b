"""The linter for what offers say: figures and dates against the rule, promises left out, walls of small print."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from babel.numbers import get_currency_symbol

from offermill.yamlfile import nearest
from offers import former_prices, text_dates, wording
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
    "prior_price",
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
_PERCENTAGE = re.compile(rf"({_NUMBER.pattern})\s*(?:%|per\s?cent\b|procent\w*|процент\w*)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?:|www\.", re.IGNORECASE)
# What a price in another currency is known by; a shop has one.
_MONEY_SIGNS = re.compile(r"[€$£¥₽₴]|\b(?:EUR|USD|GBP|JPY|RUB|UAH|PLN|SEK|NOK|DKK|CHF|CZK)\b")
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
    counted = ("value", "amount", "threshold", "max_discount", "example", "depth", "points", "prior_price")
    found = {name: next(iter(numbers(filled[name]))) for name in counted if name in filled}
    return found | ({"prior_price_days": Decimal(former_prices.DAYS)} if "prior_price" in found else {})


def problems(offer: Offer, language: str, currency: str) -> list[str]:
    """Return what is wrong with the offer's text in a language; empty when nothing is."""
    pattern = wording.pattern(offer, language)
    bare, dates = text_dates.taken_out(pattern)
    figures = _figures(offer, currency)
    return [
        *_plain(pattern, currency),
        *_length(pattern),
        *_one_sentence(bare),
        *_names(offer, pattern, currency),
        *_left_out(offer, pattern),
        *_dates(offer, dates),
        *_numbers(offer, bare, figures),
        *_former_prices(offer, bare, figures),
        *_figures_left_out(offer, pattern, bare, figures),
    ]


def terms_problems(
    offer: Offer, language: str, currency: str, words_max: int, also: Mapping[str, int] | None = None
) -> list[str]:
    """Return what is wrong with the offer's own terms in a language; empty when nothing is, or when it has none.

    Args:
        also: further figures of the rule that terms may name, such as how often one person gets the offer.
    """
    if offer.terms is None:
        return []
    said = offer.terms.of(language)
    bare, dates = text_dates.taken_out(said)
    figures = _figures(offer, currency) | {name: Decimal(figure) for name, figure in (also or {}).items()}
    return [
        *_plain(said, currency),
        *_small_print(said, words_max),
        *_names(offer, said, currency),
        *_dates(offer, dates),
        *_numbers(offer, bare, figures),
        *_former_prices(offer, bare, figures),
    ]


def words(text: str) -> int:
    """Return how many words a text has; a placeholder is one."""
    return sum(bool(re.search(r"\w", word)) for word in _NAMED.sub(" x ", text).split())


def _plain(text: str, currency: str) -> Iterator[str]:
    if re.search(r"[<>]", text):
        yield "holds markup ('<' or '>'); texts are plain"
    if wording.HIDDEN.search(text):
        yield "holds invisible characters; type the text anew"
    if _ADDRESS.search(text):
        yield "holds a web address; write it as terms_url, which every channel shows as it can"
    own = {currency, *get_currency_symbol(currency, "en")}
    for sign in sorted({*_MONEY_SIGNS.findall(text)} - own):
        yield f"says {sign}, but the shop's currency is {currency}"


def _length(pattern: str) -> Iterator[str]:
    if len(_NAMED.sub("", pattern)) > MAX_LENGTH:
        yield f"is longer than {MAX_LENGTH} characters"


def _one_sentence(bare: str) -> Iterator[str]:
    if len(_END.findall(bare)) != 1 or not _END.search(bare.strip()[-1:]):
        yield "must be one sentence that ends with a full stop"


def _small_print(said: str, words_max: int) -> Iterator[str]:
    if words(said) > words_max:
        yield (
            f"has {words(said)} words, and small print of more than {words_max} is not read; keep what the customer "
            "must know, and put the rest on the page of terms_url (texts.terms_words_max of shop.yml sets the most)"
        )
    if not words(said):
        yield "says nothing; write the terms, or leave the key out"


def _names(offer: Offer, pattern: str, currency: str) -> Iterator[str]:
    known = set(wording.facts(offer, "en", offer.valid_until, currency))
    for name in _NAMED.findall(pattern):
        if name not in PLACEHOLDERS:
            yield f"{{{name}}} is no placeholder.{nearest(name, PLACEHOLDERS)} Known: {', '.join(sorted(known))}"
        elif name not in known:
            yield f"{{{name}}} means nothing for this offer. Known: {', '.join(sorted(known))}"


def _left_out(offer: Offer, pattern: str) -> Iterator[str]:
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


def _dates(offer: Offer, dates: Iterable[text_dates.Written]) -> Iterator[str]:
    """Yield the dates that are neither its first nor its last day; those of a campaign with `valid_days` never are."""
    for said in dates:
        if not said.is_one_of((offer.valid_from, offer.valid_until)):
            yield f"says the date {said.text!r}, which is not the rule's; write {{valid_until}}"


def _numbers(offer: Offer, bare: str, figures: Mapping[str, Decimal]) -> Iterator[str]:
    for number in sorted(_contradictions(_NAMED.sub(" | ", bare), figures)):
        allowed = ", ".join(f"{name} {figure}" for name, figure in sorted(figures.items()))
        yield f"says {number}, but the offer {offer.offer_id} is {allowed}"


def _former_prices(offer: Offer, bare: str, figures: Mapping[str, Decimal]) -> Iterator[str]:
    """Yield what is said of a former price that is not the offer's own, which the night verifies."""
    prior = figures.get("prior_price")
    for said in former_prices.stated(bare):
        if prior is None:
            yield (
                f"states a former price ({said.words!r}), and the offer has none; write prior_price at the template, "
                f"which each night holds against the lowest price of {former_prices.DAYS} days, or say it otherwise"
            )
        elif said.name not in (None, "prior_price") or (
            said.number and _number(said.number) not in (prior, former_prices.DAYS)
        ):
            yield f"states a former price ({said.words!r}) that is not prior_price ({prior})"


def _figures_left_out(offer: Offer, pattern: str, bare: str, figures: Mapping[str, Decimal]) -> Iterator[str]:
    written = numbers(_NAMED.sub(" | ", bare))
    for name in _counted(offer):
        if f"{{{name}}}" not in pattern and figures[name] not in written:
            yield f"does not say {{{name}}} ({figures[name]})"


def _contradictions(bare: str, figures: Mapping[str, Decimal]) -> set[Decimal]:
    """Return the numbers that the rule does not hold; a percentage is the depth and nothing else is."""
    percentages = {_number(found) for found in _PERCENTAGE.findall(bare)}
    others = numbers(_PERCENTAGE.sub(" | ", bare))
    return (percentages - {figures.get("depth")}) | (others - {v for k, v in figures.items() if k != "depth"})


def _counted(offer: Offer) -> Iterable[str]:
    yield from (name for name in _REQUIRED[offer.kind] if name != "gift")
    if offer.threshold_minor is not None:
        yield "threshold"
    if offer.prior_price_minor is not None:
        yield "prior_price"
