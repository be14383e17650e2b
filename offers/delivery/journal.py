"""The delivery log: a line on disk before and after each act, with the hash of the line before it."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal, Self

from offermill import durable
from offermill.errors import DeliveryError
from offers.delivery.parcel import Parcel

# intent: will upload under the token. staged: uploaded, will be finished. accepted: the target took it and works on it;
# the token is where to ask. acknowledged: the target has it. refused: it worked on it and took nothing. failed: an
# attempt ended so. abandoned: the upload is given up, and will be removed.
Event = Literal["intent", "staged", "accepted", "acknowledged", "refused", "failed", "abandoned"]
FILE = "delivery.jsonl"
_START = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One line: what was done with which file, when (UTC), under which token; `withheld` is rule -> rows left out."""

    number: int
    at: str
    event: Event
    edition: str
    block: str
    file: str
    place: str
    name: str
    size: int
    sha256: str
    rows: int
    withheld: dict[str, int]
    attempt: int
    token: str
    detail: str
    previous: str

    @property
    def address(self) -> tuple[str, str, str]:
        """Return edition, block and file."""
        return self.edition, self.block, self.file

    def text(self) -> str:
        """Return the line without its hash."""
        return json.dumps(vars(self), ensure_ascii=False, sort_keys=True)

    def digest(self) -> str:
        """Return the SHA-256 that ends the line and begins the next."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    def line(self) -> bytes:
        """Return the line as it is written."""
        return (json.dumps({**vars(self), "hash": self.digest()}, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _entry(text: bytes, number: int, previous: str, path: Path) -> Entry:
    try:
        values: dict[str, Any] = json.loads(text)
        said = values.pop("hash")
        found = Entry(**values)
        is_right = found.digest() == said and (found.number, found.previous) == (number, previous)
    except (ValueError, TypeError, KeyError, AttributeError):
        is_right = False
    if not is_right:
        raise DeliveryError(
            f"{path.name}:{number}: the line was changed, or lines before it were lost: its hash does not follow. "
            "Nothing was sent. Put the file back as it was (a backup), or move it away: targets that can be asked are "
            "then asked which files they have."
        )
    return found


def read(folder: Path) -> list[Entry]:
    """Return all entries of the log in a shop's state folder; a last line that a kill cut short is left out.

    Raises:
        DeliveryError: a line was changed or lost.
    """
    path = folder / FILE
    lines = path.read_bytes().split(b"\n")[:-1] if path.is_file() else []
    entries: list[Entry] = []
    for number, text in enumerate(lines, start=1):
        entries.append(_entry(text, number, entries[-1].digest() if entries else _START, path))
    return entries


class Journal:
    """The log, held by this process; open it with `Journal.open`."""

    def __init__(self, file: IO[bytes], entries: list[Entry]) -> None:
        self._file = file
        self._previous = entries[-1].digest() if entries else _START
        self._count = len(entries)
        self._by_file: dict[tuple[str, str, str], list[Entry]] = {}
        for entry in entries:
            self._by_file.setdefault(entry.address, []).append(entry)

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator[Self]:
        """Hold the log of a shop; no second process may send meanwhile.

        Raises:
            DeliveryError: another process holds it, or a line was changed or lost.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / FILE).open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as problem:
                raise DeliveryError(
                    f"{FILE}: another process is delivering for this shop; wait for it to end, then run again."
                ) from problem
            entries = read(folder)
            file.truncate(sum(len(entry.line()) for entry in entries))
            durable.sync(folder)
            yield cls(file, entries)

    def of(self, parcel: Parcel) -> list[Entry]:
        """Return the entries of one file, oldest first."""
        return self.at(*parcel.address)

    def at(self, edition: str, block: str, file: str) -> list[Entry]:
        """Return the entries of the file at an address, oldest first."""
        return self._by_file.get((edition, block, file), [])

    def files(self, edition: str, block: str) -> list[str]:
        """Return the files of a block and edition that the log knows."""
        return sorted(file for one, other, file in self._by_file if (one, other) == (edition, block))

    def first(self, block: str) -> str:
        """Return the date of the oldest edition of which the block was sent anything; a date beyond all if none was."""
        return min((edition[:10] for edition, other, _ in self._by_file if other == block), default="9999-12-31")

    def note(self, event: Event, parcel: Parcel, *, at: datetime, **values: Any) -> Entry:
        """Append an entry; it is on disk when this returns."""
        told: Mapping[str, Any] = {"attempt": 1, "token": "", "detail": "", **values}
        entry = Entry(
            number=self._count + 1,
            at=at.astimezone(UTC).isoformat(timespec="milliseconds"),
            event=event,
            edition=parcel.edition,
            block=parcel.block,
            file=parcel.file,
            name=parcel.name,
            size=parcel.size,
            sha256=parcel.sha256,
            rows=parcel.rows,
            withheld=dict(parcel.withheld),
            previous=self._previous,
            **told,
        )
        durable.step(event, Path(self._file.name))
        self._file.write(entry.line())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._previous, self._count = entry.digest(), entry.number
        self._by_file.setdefault(entry.address, []).append(entry)
        return entry
