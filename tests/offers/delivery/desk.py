"""What tests of sending share: parcels, a clock that does not wait, an office with a fresh log."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from offermill.settings_delivery import RetrySettings
from offers.delivery.backoff import Clock
from offers.delivery.journal import Journal
from offers.delivery.parcel import Parcel
from offers.delivery.sending import Office

START = datetime(2026, 7, 1, 3, tzinfo=UTC)


@dataclass
class Hours:
    """A clock that only sleeping moves; `slept` lists the waits."""

    slept: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        return Clock(lambda: START + timedelta(seconds=sum(self.slept)), self.slept.append)


def parcel(folder: Path, content: str = "offer_key\nk1\n", file: str = "offers.csv", block: str = "crm") -> Parcel:
    """Write a file into `folder` and return it as a parcel of the edition 2026-06-30."""
    folder.mkdir(parents=True, exist_ok=True)
    path, data = folder / file, content.encode()
    path.write_bytes(data)
    name, digest = f"2026-06-30/{block}/{file}", hashlib.sha256(data).hexdigest()
    return Parcel("test", "2026-06-30", block, file, name, path, len(data), digest, content.count("\n") - 1)


@contextmanager
def office(state: Path, clock: Clock | None = None, **retry: object) -> Iterator[Office]:
    """Open the log in `state`, with a clock that does not wait unless one is given."""
    with Journal.open(state) as journal:
        yield Office(journal, RetrySettings.model_validate(retry), clock or Hours().clock)


def story(office: Office, sent: Parcel) -> list[str]:
    """Return the events of a file in the log."""
    return [entry.event for entry in office.journal.of(sent)]
