"""How long to wait before a target is tried again: twice as long each time, shortened by a lot that never changes."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from offermill.settings_delivery import RetrySettings
from offers.delivery.parcel import Parcel


@dataclass(frozen=True)
class Clock:
    """The time, for what happens after publication; tests bring their own."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep


def _share(parcel: Parcel, attempt: int) -> float:
    """Return a number in [0, 1) that is the same for the same file and attempt: files do not all return at once."""
    digest = hashlib.sha256(f"{parcel.key}#{attempt}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def wait_seconds(parcel: Parcel, attempt: int, retry: RetrySettings, asked: float | None) -> float:
    """Return the seconds to wait after a failed attempt (counted from 1); what the target asks for is kept."""
    doubled = min(retry.first_wait_seconds * 2.0 ** (attempt - 1), retry.longest_wait_seconds)
    drawn = doubled * (1 - _share(parcel, attempt) / 2)
    return min(max(drawn, asked or 0.0), retry.longest_wait_seconds)
