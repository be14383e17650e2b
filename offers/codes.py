"""Redemption codes: the same for the same person, offer and wave; a check character catches typing errors."""

import hashlib
import hmac
from collections.abc import Iterable

import numpy as np

# No 0/O, 1/I/L: 31 characters, a prime, so that the check catches every single error and every swap of two neighbours.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_BASE = len(ALPHABET)
# 31^11 = 2.5e16 codes: two of a million customers share one with a chance of 2 in 100,000 (checked at the gate).
_BODY = 11
_GROUP = 4


def check_character(body: str) -> str:
    """Return the character that makes the weighted sum of the whole code divisible by 31."""
    total = sum((place + 2) * ALPHABET.index(character) for place, character in enumerate(reversed(body)))
    return ALPHABET[-total % _BASE]


def code(salt: str, customer_id: str, offer_id: str, wave_id: str) -> str:
    """Return the code, such as `K7Q2-9XWM-4TZP`; nobody without the salt can compute another person's."""
    message = "|".join((wave_id, offer_id, customer_id)).encode()
    number = int.from_bytes(hmac.new(salt.encode(), message, hashlib.sha256).digest(), "big")
    body = ""
    for _ in range(_BODY):
        number, rest = divmod(number, _BASE)
        body += ALPHABET[rest]
    whole = body + check_character(body)
    return "-".join(whole[at : at + _GROUP] for at in range(0, len(whole), _GROUP))


def many(salt: str, customers: Iterable[str], offers: Iterable[str], waves: Iterable[str]) -> list[str]:
    """Return `code` of every (customer, offer, wave), several times faster for many."""
    key = salt.encode()
    messages = ("|".join(parts).encode() for parts in zip(waves, offers, customers, strict=True))
    bodies = [int.from_bytes(hmac.digest(key, one, "sha256"), "big") % _BASE**_BODY for one in messages]
    digits = np.array(bodies, dtype=np.int64)[:, None] // _BASE ** np.arange(_BODY) % _BASE
    check = -(digits @ np.arange(_BODY + 1, 1, -1)) % _BASE
    letters = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)[np.column_stack([digits, check])]
    whole = np.insert(letters, [_GROUP, 2 * _GROUP], ord("-"), axis=1)
    return [row.tobytes().decode() for row in whole]


def is_valid(given: str) -> bool:
    """Tell whether a code could be ours: right length, alphabet and check character; case and dashes do not matter."""
    whole = given.upper().replace("-", "").replace(" ", "")
    if len(whole) != _BODY + 1 or not set(whole) <= set(ALPHABET):
        return False
    return check_character(whole[:-1]) == whole[-1]
