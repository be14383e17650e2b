"""What is sent, and what can go wrong with it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

# How somebody who looked there settles what became of a file.
ARRIVED, LOST = "arrived", "lost"


@dataclass(frozen=True)
class Parcel:
    """One file on its way to its target.

    Attributes:
        shop: id of the shop.
        edition: the publication it is from, such as 2026-06-30 or 2026-06-30.v2.
        block: the block under `channels` in shop.yml.
        file: its name within exports/<edition>/channels/<block>/.
        name: its name at the target, below the target's folder.
        path: the bytes to send; the published file, or a copy without rows that became forbidden.
        size: bytes of it.
        sha256: 64 hex digits over it.
        rows: records in it.
        withheld: rule -> rows left out since publication.
        turn: how often a target took the file and then gave it up; each turn has an idempotency key of its own.
    """

    shop: str
    edition: str
    block: str
    file: str
    name: str
    path: Path
    size: int
    sha256: str
    rows: int
    withheld: tuple[tuple[str, int], ...] = ()
    turn: int = 0

    @property
    def address(self) -> tuple[str, str, str]:
        """Return what a journal knows the file by: edition, block, file."""
        return self.edition, self.block, self.file

    @property
    def key(self) -> str:
        """Return the idempotency key: it names the file, not its bytes, so that a target takes each file once."""
        turn = (f"turn {self.turn}",) if self.turn else ()
        return hashlib.sha256("\n".join((self.shop, *self.address, *turn)).encode()).hexdigest()


class TargetError(Exception):
    """A target could not take a file; the message holds no secret.

    Attributes:
        advice: what to do, for people.
        may_pass: trying again may help.
        wait_seconds: how long the target asks to be left alone; None when it does not say.
    """

    def __init__(self, why: str, advice: str, *, may_pass: bool = False, wait_seconds: float | None = None) -> None:
        super().__init__(why)
        self.advice = advice
        self.may_pass = may_pass
        self.wait_seconds = wait_seconds


class GivenUpError(TargetError):
    """A target took a file, worked on it, and took nothing of it: it may be sent anew."""


class ForgottenError(TargetError):
    """A target was given a file, and nobody can tell any more what became of it: somebody must look there."""

    def __init__(self, why: str, parcel: Parcel) -> None:
        arrived = f"deliver with `--block {parcel.block} --settle {parcel.file}={ARRIVED}`"
        super().__init__(
            f"{why}, so nobody knows whether its records are in",
            f"look there: if they are, {arrived}; if they are not, with `={LOST}`",
        )
