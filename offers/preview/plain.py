"""The preview for a terminal: every text on lines of its own, with its lengths, and what is too long at the end."""

from collections.abc import Iterator

from rich.markup import escape

from offermill.report.text import inert
from offers.preview.page import Speaker
from offers.preview.texts import Message, Preview

_SPEAKER = Speaker("en")


def text(preview: Preview, *, with_odd_names: bool) -> str:
    """Return the preview in lines, safe to print; names other than the data's only where asked for."""
    return escape("\n".join(_lines(preview, with_odd_names)))


def _lines(preview: Preview, with_odd_names: bool) -> Iterator[str]:
    words = _SPEAKER.words
    counts = words.offers.format(offers=len(preview.offers), texts=preview.text_count)
    yield f"{inert(preview.shop)}, night of {preview.night}. {counts} Version {preview.version[:12]}."
    if not preview.has_data:
        yield words.no_data
    for one in preview.offers:
        yield ""
        yield f"{inert(one.offer.offer_id)} ({', '.join(one.offer.channels)})"
        for message in one.messages if with_odd_names else one.real:
            yield from _message(message, with_odd_names)
    yield ""
    too_long = words.some_too_long.format(count=preview.warning_count)
    yield (too_long if preview.warning_count else words.nothing_too_long).removesuffix(".") + "."


def _message(message: Message, with_odd_names: bool) -> Iterator[str]:
    kind = f", {_SPEAKER.named('kinds', message.names.kind)}" if with_odd_names else ""
    parts = (message.greeting, message.sentence, message.use, message.code, message.terms, message.notice, message.url)
    yield f"  {message.language}{kind}: {inert(' '.join(part for part in parts if part))}"
    lengths = [f"TOO LONG {said}" if is_too_long else said for said, is_too_long in _SPEAKER.lengths(message)]
    yield f"      {inert('; '.join(lengths))}"
