"""The preview as one HTML page: phones side by side, tables of odd names, no script, nothing from outside."""

from dataclasses import dataclass
from pathlib import Path

from babel.dates import format_date

from offermill.report.environment import environment
from offermill.report.numbers import Formats
from offermill.report.text import inert
from offermill.settings import ShopSettings
from offers import wording
from offers.preview.texts import Length, Message, Preview, Shown
from offers.preview.words import WORDS, Words

TEMPLATES = Path(__file__).parent / "templates"
_SHOWN_LETTERS = 6


@dataclass(frozen=True)
class Speaker:
    """Says what the page says of messages, in its language."""

    language: str

    @property
    def words(self) -> Words:
        return WORDS[self.language]

    def named(self, kind: str, code: str) -> str:
        """Return the word for a language, a channel or a kind of names."""
        return str(dict(getattr(self.words, kind))[code])

    def lengths(self, message: Message) -> list[tuple[str, bool]]:
        """Return how long the message is on each channel, with the limit that it breaks, and whether it breaks one."""
        return [
            (self.problem(length) if length.is_too_long else self._length(length), length.is_too_long)
            for length in message.lengths
        ]

    def _length(self, length: Length) -> str:
        channel = self.named("channels", length.channel)
        if length.sms is None:
            return self.words.letters.format(channel=channel, count=length.characters)
        said = self.words.parts.format(channel=channel, parts=length.sms.parts, encoding=length.sms.encoding)
        return f"{said}, {self._because(length.sms.forced_by)}" if length.sms.forced_by else said

    def _because(self, letters: tuple[str, ...]) -> str:
        plain = [letter for letter in letters if letter not in "\u00a0\u202f"]
        spaces = [self.words.space] if len(plain) < len(letters) else []
        rest = ["…"] if len(plain) > _SHOWN_LETTERS else []
        return self.words.because.format(letters=" ".join([*plain[:_SHOWN_LETTERS], *rest, *spaces]))

    def problem(self, length: Length) -> str:
        """Return why the channel cannot carry the message."""
        if length.sms is not None:
            return self.words.too_long_sms.format(parts=length.sms.parts, limit=length.limit)
        return self.words.too_long_push.format(count=length.characters, limit=length.limit)


def anchor(shown: Shown) -> str:
    """Return the offer's place on the page, whatever letters its id has."""
    return "offer-" + "".join(
        letter if letter.isascii() and letter.isalnum() else "-" for letter in shown.offer.offer_id
    )


def html(preview: Preview, shop: ShopSettings, language: str) -> str:
    """Return the page in a language; the same preview gives the same bytes."""
    speaker, words = Speaker(language), WORDS[language]
    template = environment(TEMPLATES, Formats(language, shop.currency, shop.currency_digits)).get_template(
        "preview.html.j2"
    )
    night = format_date(preview.night, "long", locale=wording.locale(language))
    return template.render(
        language=language,
        preview=preview,
        words=words,
        speaker=speaker,
        anchor=anchor,
        title=words.title.format(shop=inert(preview.shop)),
        lead=words.lead.format(night=night),
        counts=words.offers.format(offers=len(preview.offers), texts=preview.text_count),
    )
