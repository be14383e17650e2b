"""All blocks of one edition to their targets; what fails in one does not stop the others."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path

from offermill import datapackage, durable, publish
from offermill.errors import OffermillError, PublishError
from offermill.run import Run
from offermill.settings_delivery import DeliverySettings
from offermill.warehouse import Warehouse
from offers.channels import told
from offers.delivery import clearing, published, refusals, sending, targets
from offers.delivery.backoff import Clock
from offers.delivery.clearing import Asked, Check, Cleared
from offers.delivery.journal import Journal
from offers.delivery.parcel import Parcel
from offers.delivery.published import File
from offers.delivery.sending import Office, Outcome
from offers.delivery.transport import Transport


@dataclass(frozen=True)
class Errand:
    """What is to be delivered, and with what.

    Attributes:
        blocks: the blocks of channels to deliver, with how.
        check: says which messages became forbidden since publication.
        is_rehearsal: look at everything, send nothing.
    """

    run: Run
    edition: str
    blocks: Mapping[str, DeliverySettings]
    check: Check
    clock: Clock = field(default_factory=Clock)
    is_rehearsal: bool = False

    @property
    def copies(self) -> Path:
        """Return the folder for files made again without forbidden rows."""
        return self.run.shop.state / "delivery" / self.edition


def newest_edition(run: Run) -> str:
    """Return the edition that stands for the run's date.

    Raises:
        PublishError: there is none.
    """
    version = publish.newest_version(run.shop.exports, run.business_date)
    if not version:
        raise PublishError(f"{run.business_date}: nothing is published for this date; run the night first.")
    return publish.edition_name(run.business_date, version)


def overdue(run: Run, edition: str, blocks: Mapping[str, DeliverySettings], journal: Journal, today: date) -> list[str]:
    """Return what older editions still owe to blocks that were delivered to before them, as `edition block: file`.

    What has ended by today is owed no more.
    """
    found: list[str] = []
    for name in blocks:
        older = [one for one in publish.editions(run.shop.exports) if journal.first(name) <= one[:10] < edition[:10]]
        for one in older:
            if not _counts(run, name, one, today):
                continue
            files = published.files(run.shop.exports / one, name) or []
            missing = (file.name for file in files if not sending.acknowledged(journal.at(one, name, file.name)))
            found += [f"{one} {name}: {file}" for file in missing if one == _newest(older, one)]
    return found


def _counts(run: Run, block: str, edition: str, today: date) -> bool:
    """Tell whether an edition holds an offer that still counts, or the end of one."""
    if not told.is_there(run, block, edition):
        return False
    rows = told.read(run, block, edition)
    pairs = zip(rows["offer_status"].to_pylist(), rows["valid_until"].to_pylist(), strict=True)
    return any(status == "withdrawn" or until >= today for status, until in pairs)


def _newest(editions: list[str], edition: str) -> str:
    """Return the last version of an edition's date: the versions before it are superseded."""
    return max((one for one in editions if one[:10] == edition[:10]), key=publish.version_of)


def perform(warehouse: Warehouse, errand: Errand, journal: Journal) -> list[Outcome]:
    """Deliver every block; return what became of each file, and of each block that could not even begin."""
    outcomes: list[Outcome] = []
    try:
        for name, delivery in errand.blocks.items():
            outcomes += _Block(warehouse, errand, journal, name, delivery).outcomes()
    finally:
        # Copies hold addresses.
        shutil.rmtree(errand.copies, ignore_errors=True)
    return outcomes


class _Block:
    """One block of the errand."""

    def __init__(
        self, warehouse: Warehouse, errand: Errand, journal: Journal, name: str, delivery: DeliverySettings
    ) -> None:
        self._warehouse = warehouse
        self._errand = errand
        self._name = name
        self._delivery = delivery
        receive = partial(refusals.keep, errand.run, errand.clock)
        self._office = Office(journal, delivery.retry, errand.clock, receive)

    def outcomes(self) -> list[Outcome]:
        run, edition = self._errand.run, self._errand.edition
        files = published.files(run.shop.exports / edition, self._name)
        if files is None:
            return []  # the block is younger than the edition
        transport = targets.open_transport(self._delivery, run.business_date, self._errand.clock)
        with closing(transport):
            why = published.stopped(run.shop.exports / edition, self._name)
            if why is not None:
                return [self._failed(files, transport, why, "then run the night again with --new-version")]
            try:
                return [*self._sent(files, transport)]
            except OffermillError as problem:
                return [self._failed(files, transport, str(problem), "nothing of the block was sent")]

    def _failed(self, files: list[File], transport: Transport, why: str, advice: str) -> Outcome:
        whole = self._parcel(File(f"channels/{self._name}/", 0, "", sum(file.rows for file in files)))
        return Outcome(whole, transport.place, "failed", 0, why, advice)

    def _sent(self, files: list[File], transport: Transport) -> Iterator[Outcome]:
        parcels = [*self._parcels(files)]
        kept_back = {file.name for file in files} - {parcel.file for parcel in parcels}
        outcomes = [self._one(parcel, transport) for parcel in parcels]
        outcomes += [
            self._followed(parcel, transport) for parcel in map(self._parcel, files) if parcel.file in kept_back
        ]
        yield from outcomes
        there = [outcome.parcel for outcome in outcomes if outcome.result != "withheld"]
        is_whole = all(outcome.result != "failed" for outcome in outcomes)
        if is_whole and there and self._delivery.manifest and self._delivery.http is None:
            yield self._one(self._manifest(there), transport)

    def _followed(self, parcel: Parcel, transport: Transport) -> Outcome:
        """Follow to its end what was begun with a file none of whose rows may leave any more; nothing is sent."""
        withheld = Outcome(parcel, transport.place, "withheld", why="none of its rows may leave any more")
        if self._errand.is_rehearsal or not sending.is_begun(self._office.journal.of(parcel), transport.place):
            return withheld
        outcome = sending.deliver(parcel, transport, self._office, may_send=False)
        is_open = sending.is_begun(self._office.journal.of(parcel), transport.place)
        # What was given up there, or taken back from there, is not sent any more.
        return outcome if is_open or outcome.result != "failed" else withheld

    def _one(self, parcel: Parcel, transport: Transport) -> Outcome:
        if not self._errand.is_rehearsal:
            return sending.deliver(parcel, transport, self._office)
        known = sending.acknowledged(self._office.journal.of(parcel))
        return Outcome(parcel, transport.place, "before" if known else "missing")

    def _parcels(self, files: list[File]) -> Iterator[Parcel]:
        """Yield every file of the block; those still to be sent as far as they may leave."""
        known = [self._parcel(file) for file in files]
        missing = {parcel.file for parcel in known if not sending.acknowledged(self._office.journal.of(parcel))}
        cleared = {copy.file.name: copy for copy in (self._cleared(files) if missing else ())}
        for parcel in known:
            if parcel.file not in missing:
                yield parcel
            elif parcel.file in cleared:
                yield _carrying(parcel, cleared[parcel.file])

    def _cleared(self, files: list[File]) -> list[Cleared]:
        run, edition = self._errand.run, self._errand.edition
        copies = self._errand.copies / self._name
        today = self._errand.clock.now().date()
        asked = Asked(run, edition, self._name, run.settings.channels[self._name], files, copies, today)
        return clearing.clear(self._warehouse, asked, self._errand.check)

    def _parcel(self, file: File) -> Parcel:
        run, edition = self._errand.run, self._errand.edition
        return Parcel(
            shop=run.settings.shop.id,
            edition=edition,
            block=self._name,
            file=file.name,
            name=self._at_target(file.name),
            path=run.shop.exports / edition / file.path,
            size=file.size,
            sha256=file.sha256,
            rows=file.rows,
        )

    def _at_target(self, file: str) -> str:
        day = self._errand.run.business_date.isoformat()
        return self._delivery.name.format(edition=self._errand.edition, date=day, block=self._name, file=file)

    def _manifest(self, parcels: list[Parcel]) -> Parcel:
        """Write what was delivered, as the log has it, and return it as the block's last parcel."""
        path = self._errand.copies / f"{self._name}.manifest.json"
        sent = [sending.acknowledged(self._office.journal.of(parcel)) or parcel for parcel in parcels]
        told = [
            {
                "name": one.name,
                "bytes": one.size,
                "sha256": one.sha256,
                "rows": one.rows,
                "withheld": dict(one.withheld),
            }
            for one in sent
        ]
        listed = {"edition": self._errand.edition, "block": self._name, "files": told}
        durable.write(path, (json.dumps(listed, indent=2, ensure_ascii=False) + "\n").encode())
        file = File(f"channels/{self._name}/{path.name}", path.stat().st_size, datapackage.sha256(path), len(told))
        return replace(self._parcel(file), path=path)


def _carrying(parcel: Parcel, copy: Cleared) -> Parcel:
    return replace(parcel, path=copy.path, size=copy.size, sha256=copy.sha256, rows=copy.rows, withheld=copy.withheld)
