"""Integer money. Amounts are counted in minor units (cents); rounding is half away from zero, everywhere."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

_AMOUNT = re.compile(r"-?\d{1,16}(\.\d+)?")


def round_half_away(amount: Decimal | Fraction | int) -> int:
    """Return the nearest integer; a half goes away from zero (2.5 -> 3, -2.5 -> -3)."""
    if isinstance(amount, Fraction):
        sign = -1 if amount < 0 else 1
        return sign * int((abs(amount) * 2 + 1) // 2)
    return int(Decimal(amount).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def to_minor(text: str, digits: int = 2) -> int:
    """Return the minor units of a decimal text such as `12.34`.

    Raises:
        ValueError: the text is no plain decimal number, or has more digits than the currency.
    """
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"{text!r} is not an amount such as 12.34")
    scaled = Decimal(text).scaleb(digits)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} has more than {digits} decimal places")
    return int(scaled)


def to_text(minor: int, digits: int = 2) -> str:
    """Return the decimal text of minor units for machines: 1234 -> `12.34`."""
    return str(Decimal(minor).scaleb(-digits)) if digits else str(minor)


def share_of(minor: int, share: Fraction | Decimal) -> int:
    """Return `minor * share` rounded half away from zero."""
    return round_half_away(Fraction(minor) * Fraction(share))


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Return parts of `total` in proportion to `weights` (>= 0, one > 0) that sum to it, by largest remainder.

    Ties go to the earlier part, so the result depends on nothing but the arguments.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and not all zero")
    parts = [abs(total) * weight // whole for weight in weights]
    left = abs(total) - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(abs(total) * weights[i] % whole), i))
    for index in by_remainder[:left]:
        parts[index] += 1
    return [part if total >= 0 else -part for part in parts]
