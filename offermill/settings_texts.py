"""Settings of what customers are told besides an offer's sentence: how it is used, and where its terms stand."""

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from offermill.settings_section import Section

CodePlace = Literal["till", "checkout", "till_or_checkout"]
OfferKind = Literal["percent", "amount", "points", "gift", "delivery"]

# Longer addresses are cut by text messages and cannot be typed.
_LONGEST = 200
_PLAIN = re.compile(r"[!-~]+")
_UNSAFE = re.compile(r"[<>\"'\\{}|^`]")


def web_address(given: str) -> str:
    """Return the address of a page that customers may be sent to.

    Raises:
        ValueError: it is not `https://`, names somebody to log in as, or would not survive in a message.
    """
    shown = given if len(given) <= 60 else given[:59] + "…"
    if len(given) > _LONGEST or not _PLAIN.fullmatch(given) or _UNSAFE.search(given):
        raise ValueError(f"{shown!r} is no address of at most {_LONGEST} plain characters without spaces and quotes")
    if not given.startswith("https://"):
        raise ValueError(f"{shown!r} must begin with https://, such as https://shop.example/terms")
    try:
        parts = urlsplit(given)
        is_place = "." in (parts.hostname or "").strip(".") and parts.port != 0
    except ValueError:
        is_place = False
    if not is_place or parts.username is not None:
        raise ValueError(f"{shown!r} names no web site; write it such as https://shop.example/terms")
    return given


Address = Annotated[str, AfterValidator(web_address)]


class Links(Section):
    """A page on the web in every language; one address alone stands for all three."""

    # Page in English.
    en: Address
    # Page in Latvian.
    lv: Address
    # Page in Russian.
    ru: Address

    @model_validator(mode="before")
    @classmethod
    def _one_for_all(cls, given: object) -> object:
        return dict.fromkeys(("en", "lv", "ru"), web_address(given)) if isinstance(given, str) else given

    def of(self, language: str) -> str:
        """Return the address in a language."""
        return str(getattr(self, language))


class TextSettings(Section):
    """What customers are told besides an offer's sentence: how they use it, and where its terms stand."""

    # Where codes are taken: at the till of a store, at the checkout of the web shop, or at both. A free delivery is
    # always for the checkout; a template of offers.yml may say otherwise (`use`).
    code_place: CodePlace = "till_or_checkout"
    # Kinds of offers for which customers need no code: the reward comes by their card.
    without_code: tuple[OfferKind, ...] = ("points",)
    # Page with the terms of offers, https only: one address, or one each under en, lv and ru; a template of offers.yml
    # may name its own.
    terms_url: Links | None = None
    # Terms that offers carry with them may have so many words at most; the rest belongs on the page.
    terms_words_max: Annotated[int, Field(ge=1)] = 60
    # `offermill preview` warns of a text message of more parts; each part is paid for.
    sms_parts_max: Annotated[int, Field(ge=1)] = 5
    # It warns of a push message of more characters: a locked phone shows about four lines.
    push_characters_max: Annotated[int, Field(ge=1)] = 178

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.without_code)) != len(self.without_code):
            raise ValueError("without_code names a kind twice.")
        return self
