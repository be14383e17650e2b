"""Dates as people write them in English, Latvian and Russian: found in a text, and taken out of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_LV = (
    *("janvār", "februār", "mart", "aprīl", "maij", "jūnij"),
    *("jūlij", "august", "septembr", "oktobr", "novembr", "decembr"),
)
_RU = (
    *("января", "февраля", "марта", "апреля", "мая", "июня"),
    *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
)
_ENDINGS = r"(?:is|ī|im|i|s|ā|am|a|u)\b"

_NUMBERS = {
    name: number
    for names in (_EN, _LV, _RU, tuple(name[:3] for name in _EN))
    for number, name in enumerate(names, start=1)
}

# English months with a capital: "may" is a word of its own. After a day Russian months stand in the genitive.
_MONTHS = {
    "en": rf"(?P<month>{'|'.join(f'{name}|{name[:3]}' for name in _EN)})\b\.?",
    "lv": rf"(?P<month>{'|'.join(_LV)}){_ENDINGS}",
    "ru": rf"(?P<month>{'|'.join(_RU)})\b",
}
_WRITTEN = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?P<year>\d{4})-(?P<number>\d{1,2})-(?P<day>\d{1,2})\b",
        r"\b(?P<day>\d{1,2})[./](?P<number>\d{1,2})[./](?P<year>\d{4})\b",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTHS['en']},?(?:\s+(?P<year>\d{{4}})\b)?",
        rf"\b{_MONTHS['en']}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year>\d{{4}})\b)?",
        rf"\b(?:(?P<year>\d{{4}})\.\s*gada\s+)?(?P<day>\d{{1,2}})\.\s*{_MONTHS['lv']}",
        rf"\b(?P<day>\d{{1,2}})\s+{_MONTHS['ru']}(?:\s+(?P<year>\d{{4}})\b(?:\s*г(?:\.|ода\b))?)?",
    )
)


@dataclass(frozen=True)
class Written:
    """A date in a text; `year` is None where none is written."""

    text: str
    day: int
    month: int
    year: int | None

    def is_one_of(self, days: tuple[date, ...]) -> bool:
        """Tell whether one of the days is meant."""
        return any((self.day, self.month) == (day.day, day.month) and self.year in (None, day.year) for day in days)


def _month(found: re.Match[str]) -> int:
    parts = found.groupdict()
    if parts.get("number"):
        return int(parts["number"])
    return _NUMBERS[parts["month"]]


def _found(text: str) -> Iterator[tuple[tuple[int, int], Written]]:
    for pattern in _WRITTEN:
        for found in pattern.finditer(text):
            year = found.groupdict().get("year")
            said = Written(found[0].strip(" ,"), int(found["day"]), _month(found), int(year) if year else None)
            yield found.span(), said


def taken_out(text: str) -> tuple[str, tuple[Written, ...]]:
    """Return the text with ` | ` for every date, and the dates in their order."""
    kept: list[tuple[tuple[int, int], Written]] = []
    # The longest reading first: `28 July 2026` and not `28 July` of it.
    for span, said in sorted(_found(text), key=lambda one: one[0][0] - one[0][1]):
        if all(span[1] <= start or end <= span[0] for (start, end), _ in kept):
            kept.append((span, said))
    kept.sort()
    rest = text
    for (start, end), _ in reversed(kept):
        rest = f"{rest[:start]} | {rest[end:]}"
    return rest, tuple(said for _, said in kept)
