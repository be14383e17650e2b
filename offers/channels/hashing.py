"""Contact data as Google's and Meta's advertising take it: each by its own rules, then SHA-256 in lower-case hex.

The two differ where it hurts: Google drops the dots and the `+...` of Gmail addresses, Meta keeps them; Google hashes a
number with its `+`, Meta without; Google keeps the hyphen and apostrophe of a name, Meta drops them; Google takes
country and postal code plain, Meta hashed. A hash of the wrong spelling matches nobody, and nothing says so.

Every function returns None for what its vendor would refuse. Letters of any alphabet are kept, in composed form (NFC).
"""

import hashlib
import re
import string
import unicodedata

_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
# What Meta strips from names by its own rule: blanks and ASCII punctuation; typographic marks are punctuation too.
_ASCII_PUNCTUATION = frozenset(string.punctuation)


def sha256(normalised: str | None) -> str | None:
    """Return the hash of an already normalised text; nothing stays nothing, so that no two people share its hash."""
    return hashlib.sha256(normalised.encode()).hexdigest() if normalised else None


def _trimmed(text: str | None) -> str:
    return unicodedata.normalize("NFC", text or "").strip()


def _email(address: str | None) -> tuple[str, str] | None:
    text = _trimmed(address).lower()
    user, at, domain = text.partition("@")
    whole = user and at and domain and "@" not in domain
    return (user, domain) if whole and not re.search(r"\s", text) else None


def google_email(address: str | None) -> str | None:
    """Return the address as Google hashes it: `Jane.Doe+Shopping@googlemail.com` -> `janedoe@googlemail.com`."""
    parts = _email(address)
    if parts is None:
        return None
    user, domain = parts
    if domain in _GMAIL:
        user = user.split("+")[0].replace(".", "")
    return f"{user}@{domain}" if user else None


def google_phone(e164: str | None) -> str | None:
    """Return the number as Google hashes it, with its `+`; anything but E.164 is None."""
    return e164 if e164 and _E164.fullmatch(e164) else None


def google_name(name: str | None) -> str | None:
    """Return a first or last name as Google hashes it: accents, hyphens and apostrophes stay."""
    return _trimmed(name).lower() or None


def google_zip(postal_code: str | None) -> str | None:
    """Return a postal code as Google takes it, plain: `LV-1010`."""
    return _trimmed(postal_code) or None


def google_country(country: str | None) -> str | None:
    """Return a country as Google takes it, plain: `LV`."""
    text = _trimmed(country)
    return text.upper() if _COUNTRY.fullmatch(text) else None


def meta_email(address: str | None) -> str | None:
    """Return the address as Meta hashes it: trimmed and lower-case, with every dot and `+`."""
    parts = _email(address)
    return "@".join(parts) if parts else None


def meta_phone(e164: str | None) -> str | None:
    """Return the number as Meta hashes it: digits only, country code first; anything but E.164 is None."""
    return e164[1:] if e164 and _E164.fullmatch(e164) else None


def _is_stripped(character: str) -> bool:
    return character in _ASCII_PUNCTUATION or character.isspace() or unicodedata.category(character)[0] == "P"


def meta_name(name: str | None) -> str | None:
    """Return a first or last name as Meta hashes it: `O'Brien` -> `obrien`, `Анна` -> `анна`."""
    kept = "".join(character for character in _trimmed(name).lower() if not _is_stripped(character))
    return kept or None


def meta_zip(postal_code: str | None) -> str | None:
    """Return a postal code as Meta hashes it: lower-case without blanks and hyphens, `LV-1010` -> `lv1010`."""
    return re.sub(r"[\s-]", "", _trimmed(postal_code).lower()) or None


def meta_country(country: str | None) -> str | None:
    """Return a country as Meta hashes it: `lv`."""
    text = _trimmed(country)
    return text.lower() if _COUNTRY.fullmatch(text) else None
