"""Every text of every offer, put together as each channel would tell it, measured, and held to the channel's room."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from itertools import groupby

from offermill.settings import Settings
from offermill.settings_texts import TextSettings
from offers import beside, wording
from offers.channels.store_words import EXAMPLE
from offers.offer import Offer
from offers.preview.names import InData, Names
from offers.preview.sms import Sms, as_sent, measured

# The CRM greets; texts are tried with the greeting that most shops use.
_GREETINGS = {
    "en": ("Hello, {name}!", "Hello!"),
    "lv": ("Sveiki, {name}!", "Sveiki!"),
    "ru": ("Здравствуйте, {name}!", "Здравствуйте!"),
}
_CODE = {"en": "Code: {code}", "lv": "Kods: {code}", "ru": "Код: {code}"}
_TERMS = {"en": "Terms: {url}", "lv": "Noteikumi: {url}", "ru": "Условия: {url}"}
# What each channel has room for, in its order.
_PARTS = {
    "email": ("greeting", "sentence", "use", "code", "terms", "notice", "url"),
    "sms": ("greeting", "sentence", "code", "notice", "url"),
    "push": ("greeting", "sentence"),
    "post": ("greeting", "sentence", "use", "code", "terms", "notice", "url"),
}


@dataclass(frozen=True)
class Length:
    """A message as one channel carries it; `problem` names the limit that it breaks: parts or characters."""

    channel: str
    characters: int
    sms: Sms | None = None
    limit: int | None = None

    @property
    def is_too_long(self) -> bool:
        """Tell whether the channel cannot carry it whole."""
        return self.limit is not None and (self.sms.parts if self.sms else self.characters) > self.limit


@dataclass(frozen=True)
class Message:
    """One text: the offer's words in one language for one pair of names; parts that it lacks are empty."""

    language: str
    names: Names
    greeting: str
    sentence: str
    use: str
    code: str
    terms: str
    notice: str
    url: str
    lengths: tuple[Length, ...]

    @property
    def too_long(self) -> tuple[Length, ...]:
        """Return the channels that cannot carry it."""
        return tuple(length for length in self.lengths if length.is_too_long)


@dataclass(frozen=True)
class Shown:
    """An offer with all its messages, those with real names first."""

    offer: Offer
    messages: tuple[Message, ...]

    @property
    def real(self) -> tuple[Message, ...]:
        """Return the messages with the names of the data."""
        return tuple(message for message in self.messages if message.names.kind == "real")

    def of(self, *kinds: str) -> tuple[Message, ...]:
        """Return the messages with names of some kinds."""
        return tuple(message for message in self.messages if message.names.kind in kinds)

    @property
    def odd(self) -> tuple[Message, ...]:
        """Return the messages with names that no data brought."""
        return tuple(message for message in self.messages if message.names.kind not in ("real", "longest"))

    @property
    def too_long(self) -> tuple[Message, ...]:
        """Return the messages that some channel cannot carry."""
        return tuple(message for message in self.messages if message.too_long)


def shown(offers: Sequence[Offer], found: InData, languages: Sequence[str], chosen: Settings) -> list[Shown]:
    """Return the offers with their messages; odd names are tried once per template and depth."""
    return [
        Shown(offer, tuple(_messages(offer, names, languages, chosen)))
        for _, alike in groupby(offers, key=_rule)
        for number, offer in enumerate(alike)
        for names in [found.tried(offer.target.kind) if number == 0 else (found.real,)]
    ]


def _rule(offer: Offer) -> tuple[object, ...]:
    return (offer.template_id, offer.depth_pct, offer.amount_minor, offer.points)


def _messages(offer: Offer, names: Sequence[Names], languages: Sequence[str], chosen: Settings) -> Iterator[Message]:
    for one in names:
        target = offer.target if one.target is None or not offer.target.name else replace(offer.target, name=one.target)
        for language in languages:
            yield _message(replace(offer, target=target), one, language, chosen)


def _message(offer: Offer, names: Names, language: str, chosen: Settings) -> Message:
    said, currency, until = chosen.texts, chosen.shop.currency, offer.valid_until
    greeting, nameless = _GREETINGS[language]
    person = wording.plain(names.person)
    url = beside.terms_url(offer, language, said)
    parts = {
        "greeting": greeting.format(name=person) if person else nameless,
        "sentence": wording.sentence(offer, language, until, currency),
        "use": beside.how_to_use(offer, language, said),
        "code": "" if beside.use_of(offer, said) == "card" else _CODE[language].format(code=EXAMPLE),
        "terms": beside.terms(offer, language, until, currency) or "",
        "notice": beside.PRICE_NOTICE[language] if offer.is_price_cut else "",
        "url": _TERMS[language].format(url=url) if url else "",
    }
    lengths = tuple(_length(channel, parts, said) for channel in offer.channels)
    return Message(language, names, **parts, lengths=lengths)


def _length(channel: str, parts: dict[str, str], said: TextSettings) -> Length:
    if channel == "sms":
        parts = parts | {"sentence": as_sent(parts["sentence"])}
    text = " ".join(part for name in _PARTS[channel] if (part := parts[name]))
    if channel == "sms":
        return Length(channel, len(text), measured(text), said.sms_parts_max)
    return Length(channel, len(text), limit=said.push_characters_max if channel == "push" else None)


@dataclass(frozen=True)
class Preview:
    """All that is looked at before signing; `version` is what `offermill sign` would sign now."""

    shop: str
    night: date
    version: str
    has_data: bool
    offers: tuple[Shown, ...]

    @property
    def text_count(self) -> int:
        """Return how many texts there are with the names of the data."""
        return sum(len(one.real) for one in self.offers)

    @property
    def warning_count(self) -> int:
        """Return how many messages some channel cannot carry."""
        return sum(len(one.too_long) for one in self.offers)

    def as_dict(self) -> dict[str, object]:
        """Return it for machines."""
        head = {"shop": self.shop, "night": self.night.isoformat(), "version": self.version}
        return head | {"offers": [_as_dict(one) for one in self.offers]}


def _as_dict(one: Shown) -> dict[str, object]:
    messages = [
        asdict(message) | {"too_long": [length.channel for length in message.too_long]} for message in one.messages
    ]
    return {"offer_id": one.offer.offer_id, "channels": one.offer.channels, "messages": messages}
