"""What every way of sending can do. A send has three parts, so that a process killed anywhere knows what it had done.

`open` names what will carry the file (a temporary name, an upload's id, an idempotency key) and the journal keeps the
name; `upload` brings the bytes there, where the target's own programs do not look; `finish` shows them in one act.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from offers.delivery.parcel import Parcel

# waiting: uploaded, to be finished. finished: the target has it. gone: neither; it must be sent anew. unknown: it may
# have it and cannot be asked; to finish it again under its token does it once.
State = Literal["waiting", "finished", "gone", "unknown"]


@dataclass(frozen=True)
class Job:
    """Work that a target took on: the address to ask at, and what it said."""

    address: str
    said: str


@dataclass(frozen=True)
class Refusal:
    """A record that a target did not take: its offer_key, and why in the target's words."""

    key: str
    reason: str


@dataclass(frozen=True)
class Ended:
    """A job that ended: what the target said, and what it did not take."""

    said: str
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class Working:
    """A job that goes on; `wait_seconds` is how long the target asks to be left alone."""

    wait_seconds: float | None = None


class Transport(Protocol):
    """A target of one block. Every method raises TargetError."""

    @property
    def place(self) -> str:
        """Return the target's address for messages, without secrets."""

    def has(self, parcel: Parcel) -> bool:
        """Tell whether the target holds exactly this file; always False where it cannot be asked."""

    def open(self, parcel: Parcel) -> str:
        """Return the token under which the file will be uploaded."""

    def upload(self, parcel: Parcel, token: str) -> None:
        """Bring the bytes to the target; nobody there sees them yet."""

    def state(self, parcel: Parcel, token: str) -> State:
        """Return what became of an upload whose end is not known."""

    def finish(self, parcel: Parcel, token: str, *, is_again: bool) -> str | Job:
        """Make the file visible and return what the target said, or its job; `is_again`: it may have done so before."""

    def ended(self, parcel: Parcel, address: str) -> Ended | Working:
        """Return what became of a job.

        Raises:
            GivenUpError: it failed as a whole.
            ForgottenError: the target does not know it (any more).
        """

    def discard(self, parcel: Parcel, token: str) -> None:
        """Remove what an unfinished upload left."""

    def close(self) -> None:
        """Let the connection go; the next call opens it anew."""
