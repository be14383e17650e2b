"""One cell, written for each format: exact for programs, harmless for people."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal

from offermill import csvfile

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
# JSON knows no leading zeros.
_JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
# A spreadsheet keeps 15 digits of a number; a longer one stays a text.
_SPREADSHEET_DIGITS = 15
_FIRST_SPREADSHEET_YEAR = 1901
# Opened with a comma as separator, a text falls apart behind it; `csvfile.guarded` minds the semicolon and the tab.
_APART = re.compile(r"(,[\s\"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
DECIMAL_COMMA = ("lv", "ru")

Typed = str | int | Decimal | bool | date | datetime | None


def is_number(text: str) -> bool:
    """Return whether a text is a plain number such as -12.50."""
    return _NUMBER.fullmatch(text) is not None


def json_text(text: str | None, kind: str) -> str:
    """Return a cell as JSON, a number digit for digit."""
    if text is None:
        return "null"
    if kind in ("integer", "number") and _JSON_NUMBER.fullmatch(text):
        return text
    return text if kind == "boolean" and text in ("true", "false") else json.dumps(text, ensure_ascii=False)


def utc(text: str) -> datetime:
    """Return a timestamp as naive UTC; one without an offset is UTC already.

    Raises:
        ValueError: the text is no ISO timestamp.
    """
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def _read(text: str, kind: str) -> date | datetime | None:
    try:
        return date.fromisoformat(text) if kind == "date" else utc(text)
    except ValueError:
        return None


def typed(text: str | None, kind: str) -> Typed:
    """Return a cell as its type; a text that is none of it, or that a spreadsheet would shorten, stays a text."""
    if text is None or kind == "string":
        return text
    if kind == "boolean":
        return text == "true" if text in ("true", "false") else text
    if kind in ("integer", "number"):
        is_exact = is_number(text) and len(text.strip("-").replace(".", "")) <= _SPREADSHEET_DIGITS
        return Decimal(text) if is_exact else text
    found = _read(text, kind)
    return found if found is not None and found.year >= _FIRST_SPREADSHEET_YEAR else text


def _guarded(text: str) -> str:
    return _APART.sub(r"\1'", csvfile.guarded(text))


def spreadsheet_text(text: str | None, kind: str, language: str) -> str:
    """Return a cell for a CSV that a spreadsheet opens: numbers as the language writes them, no text calculated."""
    if text is None:
        return ""
    if kind in ("integer", "number") and is_number(text):
        return text.replace(".", ",") if language in DECIMAL_COMMA else text
    return _guarded(text)
