"""Telephone numbers in the one form that every vendor takes: E.164, `+37120000001`."""

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, ValidationResult

from offers.wording import HIDDEN

# Longer texts are no number; phonenumbers itself stops at 250.
_MOST_CHARACTERS = 40
_LETTER = re.compile(r"[^\W\d_]")
_LENGTHS = {
    ValidationResult.TOO_SHORT: "too short",
    ValidationResult.TOO_LONG: "too long",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "a local number without its area code",
    ValidationResult.INVALID_LENGTH: "of a length that its country does not have",
    ValidationResult.INVALID_COUNTRY_CODE: "of no country",
}


@dataclass(frozen=True)
class Phone:
    """A number as it was written: its E.164 form, or why it has none; one of the two is None."""

    e164: str | None
    why_not: str | None


def _refused(why: str) -> Phone:
    return Phone(None, why)


def read(written: str | None, country: str) -> Phone:
    """Return what a written number is; without `+` or `00` it belongs to `country` (ISO 3166 letters).

    Only the length is held against the country's plan of numbers: the ranges in use change faster than any table of
    them, and a customer's new range must not lose the offer. Extensions and letters are refused, not dropped.
    """
    text = HIDDEN.sub("", written or "").strip()
    if not text:
        return _refused("empty")
    if len(text) > _MOST_CHARACTERS or _LETTER.search(text):
        return _refused("no number")
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException:
        return _refused("no number")
    if number.extension:
        return _refused("a number with an extension")
    result = phonenumbers.is_possible_number_with_reason(number)
    if result != ValidationResult.IS_POSSIBLE:
        return _refused(_LENGTHS[result])
    return Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), None)


def e164(written: str | None, country: str) -> str | None:
    """Return a written number as E.164 (`+37120000001`), or None when it is none; see `read`."""
    return read(written, country).e164
