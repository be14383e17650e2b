"""Former prices as people write them in English, Latvian and Russian: found in a text, for the linter.

What an offer states of a former price is data (`prior_price` in offers.yml), so that the night can hold it against the
prices of 30 days (directive 98/6/EC, article 6a). Words that state one without it are found here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# The prices that count are those of so many days.
DAYS = 30

# Placeholders that stand for money of a purchase; a former price is told by its own.
_FIGURE = (
    r"(?:\{(?P<name>prior_price|example|threshold|amount|value|max_discount)\}|(?P<number>\d[\d\s.,]*\d|\d)(?!\s?%|\d))"
)
_NEAR = r"[^\w{][^\d{}|.!?]{0,25}"
# A price that is called a former one is stated with or without its amount.
_NAMED = (
    r"\b(?:old|former|usual|regular|normal|original|list|previous|prior|recommended)(?:\s+\w+)?\s+price\b|\brrp\b|\bmsrp\b",
    r"\b(?:vec|parast|iepriekšēj|sākotnēj|standart|cenrāž|ieteicam)\w*\s+(?:\w+\s+)?cen\w*",
    r"\b(?:стар|прежн|обычн|первоначальн|рекомендованн|исходн)\w*\s+(?:\w+\s+)?цен\w*|\bррц\b",
)
# Words that mean a former price only beside an amount.
_BESIDE = (
    r"\b(?:was|were|previously|formerly|originally|instead\s+of|rather\s+than|(?:down|reduced)\s+from)\b",
    r"\b(?:iepriekš|agrāk|nevis|bija|maksāja)\b",
    r"\b(?:раньше|ранее|прежде|вместо|был[аои]?|стоил[аои]?)\b",
)
_STRUCK = re.compile("[\u0335-\u0338]")
_WRITTEN = (
    *(re.compile(f"(?:{words})(?:{_NEAR}{_FIGURE})?", re.IGNORECASE) for words in _NAMED),
    *(re.compile(f"(?:{words}){_NEAR}{_FIGURE}", re.IGNORECASE) for words in _BESIDE),
    # Latvian puts the word behind the amount.
    re.compile(rf"{_FIGURE}[^\d{{}}.!?]{{0,8}}\bvietā\b", re.IGNORECASE),
    re.compile(r"\b(?:zemākā|lowest|самая\s+низкая)\s+(?:cena|price|цена)\b", re.IGNORECASE),
)


@dataclass(frozen=True)
class Stated:
    """A former price in a text: the words, and its amount as a placeholder's name or as written (None without one)."""

    words: str
    name: str | None = None
    number: str | None = None


def stated(text: str) -> Iterator[Stated]:
    """Yield what a text says of former prices, and what it strikes through.

    Args:
        text: with its placeholders, dates taken out.
    """
    if _STRUCK.search(text):
        yield Stated("letters struck through")
    for pattern in _WRITTEN:
        for found in pattern.finditer(text):
            parts = found.groupdict()
            yield Stated(found[0].strip(), parts.get("name"), parts.get("number"))
