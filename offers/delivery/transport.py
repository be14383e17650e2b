"""What every way of sending can do. A send has three parts, so that a process killed anywhere knows what it had done.

`open` names what will carry the file (a temporary name, an upload's id, an idempotency key) and the journal keeps the
name; `upload` brings the bytes there, where the target's own programs do not look; `finish` shows them in one act.
"""

from typing import Literal, Protocol

from offers.delivery.parcel import Parcel

# waiting: uploaded, to be finished. finished: the target has it. gone: neither; it must be sent anew.
State = Literal["waiting", "finished", "gone"]


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

    def finish(self, parcel: Parcel, token: str, *, is_again: bool) -> str:
        """Make the file visible and return what the target said; `is_again`: it may have done so before."""

    def discard(self, parcel: Parcel, token: str) -> None:
        """Remove what an unfinished upload left."""

    def close(self) -> None:
        """Let the connection go; the next call opens it anew."""
