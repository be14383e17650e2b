"""Lots: a salted SHA-256 of (purpose, person) read as a number in [0, 1). The same in SQL and Python."""

import hashlib

# 13 hex digits are 52 bits: the most that a double holds exactly.
_HEX_DIGITS = 13
_UNITS = float(16**_HEX_DIGITS)


def unit(salt: str, *purpose: str) -> float:
    """Return the lot of a purpose such as ("pick", "2026-06-30", customer_id): uniform in [0, 1) over salts."""
    digest = hashlib.sha256("|".join((salt, *purpose)).encode()).hexdigest()
    return int(digest[:_HEX_DIGITS], 16) / _UNITS


def pick(lot: float, count: int) -> int:
    """Return which of `count` equally likely things a lot in [0, 1) names."""
    return min(int(lot * count), count - 1)
