"""How many parts a text message takes: GSM 03.38 where its letters suffice, UCS-2 for the whole message where not."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Two septets each: an escape and the letter.
_EXTENSION = frozenset("\f^{}\\[~]|€")
# (a message of one part, each part of several), in septets and in UTF-16 units; a header takes the rest.
_ROOM: dict[str, tuple[int, int]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
# What a telephone can write otherwise, as sql/offers/message.sql says.
_PLAIN = str.maketrans(
    {
        "\u00a0": " ",
        "\u202f": " ",
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("‘’", "'"),
        **dict.fromkeys("–—", "-"),
        "…": "...",
    }
)


@dataclass(frozen=True)
class Sms:
    """A text as a gateway sends it.

    Attributes:
        units: septets of GSM-7, or UTF-16 units of UCS-2.
        parts: messages that are paid for.
        forced_by: letters that GSM-7 lacks, in the order of the text, each once.
    """

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int
    forced_by: tuple[str, ...] = ()


def as_sent(text: str) -> str:
    """Return a text as text messages carry it: plain quotes, hyphens and spaces where GSM-7 then has every letter."""
    plain = text.translate(_PLAIN)
    return text if measured(plain).forced_by else plain


def measured(text: str) -> Sms:
    """Return how a text is sent; an empty one is one part."""
    forced_by = tuple(dict.fromkeys(letter for letter in text if letter not in _BASIC and letter not in _EXTENSION))
    if forced_by:
        sizes = [len(letter.encode("utf-16-be")) // 2 for letter in text]
        return Sms("UCS-2", sum(sizes), _parts(sizes, *_ROOM["UCS-2"]), forced_by)
    sizes = [2 if letter in _EXTENSION else 1 for letter in text]
    return Sms("GSM-7", sum(sizes), _parts(sizes, *_ROOM["GSM-7"]))


def _parts(sizes: Iterable[int], alone: int, each: int) -> int:
    """Return how many parts hold letters of these sizes; no letter is cut in two."""
    sizes = list(sizes)
    if sum(sizes) <= alone:
        return 1
    parts, left = 1, each
    for size in sizes:
        if size > left:
            parts, left = parts + 1, each
        left -= size
    return parts
