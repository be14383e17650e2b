"""What somebody who looked at the target says of a file whose end nobody else can tell; see parcel.ForgottenError."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from offermill import yamlfile
from offermill.errors import ConfigError, DeliveryError
from offermill.settings_delivery import DeliverySettings
from offers.delivery import sending
from offers.delivery.journal import Entry, Event, Journal
from offers.delivery.parcel import ARRIVED, LOST, Parcel

_EVENTS: dict[str, Event] = {ARRIVED: "acknowledged", LOST: "refused"}
_DETAIL = "settled by hand: "


@dataclass(frozen=True)
class Said:
    """What somebody found of a block's file: `arrived` or `lost`."""

    block: str
    file: str
    word: str


def read(text: str, block: str | None, delivery: DeliverySettings | None, *, is_rehearsal: bool = False) -> Said:
    """Return what `FILE=arrived` or `FILE=lost` says of a block.

    Raises:
        ConfigError: it is neither, no block is named, or the block's target can be asked.
    """
    file, equals, word = text.rpartition("=")
    if not equals or not file or word not in _EVENTS:
        raise ConfigError(f"--settle {text}: write FILE={ARRIVED} or FILE={LOST}, such as offers.csv={ARRIVED}.")
    if block is None or delivery is None:
        raise ConfigError(f"--settle {text}: say of which block of channels, with --block.")
    if delivery.http is None:
        raise ConfigError(
            f"--settle {text}: the target of channels.{block} can be asked what it has; deliver without --settle."
        )
    if is_rehearsal:
        raise ConfigError(f"--settle {text}: --dry-run notes nothing; say it without.")
    return Said(block, file, word)


def settle(journal: Journal, edition: str, said: Said, at: datetime) -> Entry:
    """Note that a file arrived, or that it was lost and is sent anew; return the entry.

    Raises:
        DeliveryError: there is nothing to settle.
    """
    block, file = said.block, said.file
    entries = journal.at(edition, block, file)
    if sending.acknowledged(entries):
        raise DeliveryError(f"{edition} {block}: {file} has arrived by the log, so there is nothing to settle.")
    acts = [entry for entry in entries if entry.event != "failed"]
    if not acts or acts[-1].event not in ("staged", "accepted"):
        near = yamlfile.nearest(file, journal.files(edition, block))
        raise DeliveryError(
            f"{edition} {block}: nothing of {file} is open by the log, so there is nothing to settle.{near} Deliver "
            "without --settle: what is missing is sent."
        )
    last = acts[-1]
    sent = Parcel(
        shop="",
        edition=edition,
        block=block,
        file=file,
        name=last.name,
        path=Path(file),
        size=last.size,
        sha256=last.sha256,
        rows=last.rows,
        withheld=tuple(sorted(last.withheld.items())),
    )
    return journal.note(
        _EVENTS[said.word],
        sent,
        at=at,
        place=last.place,
        attempt=last.attempt,
        token=last.token,
        detail=_DETAIL + said.word,
    )
