"""Right before a block is sent its messages are checked once more; what became forbidden since publication stays here.

The publication never changes: a file with such rows is sent as a copy without them, made again from the published
messages, part by part, so that no row moves from one file to another.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from offermill import datapackage, publish
from offermill.errors import DeliveryError
from offermill.run import Run
from offermill.settings_channels import ChannelSettings
from offermill.warehouse import Warehouse
from offers.channels import handover, messages, registry, splitting, told
from offers.channels.contract import FileContract, Leaving, Status, Target
from offers.delivery.published import File


class Check(Protocol):
    """Says which messages are forbidden now: offer_key -> the rule; see offers.channels.last_check.forbidden."""

    def __call__(self, run: Run, messages: pa.Table, *, by_any_channel: bool) -> Mapping[str, str]:
        """Return it for messages as an Arrow table."""


@dataclass(frozen=True)
class Cleared:
    """What may leave of a published file: where its bytes are, and how many rows which rules keep back."""

    file: File
    path: Path
    size: int
    sha256: str
    rows: int
    withheld: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Asked:
    """A block of an edition: its settings on the night, its files, and a folder for copies."""

    run: Run
    edition: str
    name: str
    settings: ChannelSettings
    files: list[File]
    copies: Path
    today: date

    @property
    def published(self) -> Path:
        """Return the edition's folder."""
        return self.run.shop.exports / self.edition


def _as_published(asked: Asked, file: File) -> Cleared:
    return Cleared(file, asked.published / file.path, file.size, file.sha256, file.rows)


@contextmanager
def _prepared(warehouse: Warehouse, asked: Asked, target: Target) -> Iterator[bool]:
    """Make the block's messages again, as a temporary table; yield whether they are those that were published."""
    # A correction that is published already is not the next correction.
    run = replace(asked.run, new_version=False)
    messages.prepare(warehouse, run, asked.name, asked.settings, target)
    try:
        names = "offer_key, message_hash"
        now = warehouse.arrow(f"select {names} from channel_told order by offer_key")
        then = told.read(run, asked.name, asked.edition).select(["offer_key", "message_hash"])
        yield now.equals(then.cast(now.schema))
    finally:
        messages.clear(warehouse)


def clear(warehouse: Warehouse, asked: Asked, check: Check) -> list[Cleared]:
    """Return what may leave of each file; a file none of whose rows may leave is not among them.

    Raises:
        DeliveryError: rows must stay, and the messages of the edition are not in the warehouse any more.
    """
    target = registry.targets()[asked.settings.target]
    with _prepared(warehouse, asked, target) as is_known:
        # Not of channel_message alone: an audience is made of all that the block is told.
        everything = warehouse.arrow("select * from channel_told") if is_known else _told(asked)
        forbidden = {
            **check(asked.run, everything, by_any_channel=target.is_audience),
            **_outlived(asked, target, everything),
        }
        if not forbidden:
            return [_as_published(asked, file) for file in asked.files]
        if not is_known:
            return _nothing(asked, everything, forbidden)
        return _Copies(warehouse, asked, target, forbidden).write()


def _told(asked: Asked) -> pa.Table:
    return told.read(asked.run, asked.name, asked.edition)


def _outlived(asked: Asked, target: Target, everything: pa.Table) -> dict[str, str]:
    """Return the messages of an older night that came too late: ended, or overtaken in a system that keeps the last."""
    later = [one for one in publish.editions(asked.run.shop.exports) if one[:10] > asked.edition[:10]]
    if not later:
        return {}
    newer = {
        customer
        for one in later
        if target.keeps_one and told.is_there(asked.run, asked.name, one)
        for customer in told.read(asked.run, asked.name, one)["customer_id"].to_pylist()
    }
    found: dict[str, str] = {}
    for row in everything.select(["offer_key", "offer_status", "customer_id", "valid_until"]).to_pylist():
        if row["offer_status"] == "offered" and row["valid_until"] < asked.today:
            found[row["offer_key"]] = "ended"
        elif row["customer_id"] in newer:
            found[row["offer_key"]] = "overtaken"
    return found


def _nothing(asked: Asked, everything: pa.Table, forbidden: Mapping[str, str]) -> list[Cleared]:
    """Return that no file may leave, when no row may.

    Raises:
        DeliveryError: some rows may: they cannot be told from the others without the night's tables.
    """
    if len(forbidden) == everything.num_rows:
        return []
    rules = ", ".join(f"{count} {rule}" for rule, count in sorted(Counter(forbidden.values()).items()))
    raise DeliveryError(
        f"{asked.edition}: {asked.name}: of its {everything.num_rows} messages some must stay ({rules}), and the "
        "warehouse does not hold the messages of this edition any more, so they cannot be taken out of the files. Run "
        f"the night of {asked.run.business_date} again (it changes nothing that is published), then deliver."
    )


def _cleared(file: File, path: Path, rows: int, rules: str) -> Cleared:
    size, sha256 = path.stat().st_size, datapackage.sha256(path)
    withheld = ((rules, file.rows - rows),) if rows < file.rows else ()
    return Cleared(file, path, size, sha256, rows, withheld)


class _Copies:
    """The files of a block without the forbidden messages."""

    def __init__(self, warehouse: Warehouse, asked: Asked, target: Target, forbidden: Mapping[str, str]) -> None:
        options = {key: value or "" for key, value in registry.options_of(target, asked.settings.options).items()}
        self._leaving = Leaving(warehouse, asked.run, asked.name, options)
        self._asked = asked
        self._target = target
        self._keys = sorted(forbidden)
        self._rules = ", ".join(sorted(set(forbidden.values())))

    def write(self) -> list[Cleared]:
        """Write them into the folder for copies."""
        kinds = [(contract, status) for contract in self._target.files for status in contract.statuses]
        whole = [self._rows(contract, status).select(contract.key) for contract, status in kinds]
        for table in ("channel_message", "channel_told"):
            delete = f"delete from {table} where offer_key in (select unnest($keys))"
            self._leaving.warehouse.execute(delete, {"keys": self._keys})
        self._asked.copies.mkdir(parents=True, mode=0o700, exist_ok=True)
        records = [
            copy
            for (contract, status), keys in zip(kinds, whole, strict=True)
            for copy in self._parts(contract, status, keys)
        ]
        return [*records, *self._documents()]

    def _rows(self, contract: FileContract, status: Status) -> pa.Table:
        parameters = handover.bound(self._leaving.run, self._leaving.options, status)
        rows = self._leaving.warehouse.arrow(contract.sql, parameters)
        # What the publication left out stays out.
        return splitting.kept(contract, rows, self._asked.run.settings.shop.currency_digits)

    def _parts(self, contract: FileContract, status: Status, keys: pa.Table) -> Iterator[Cleared]:
        """Yield the copies of one kind of file; `keys` are those of all its published rows, in their order."""
        name = re.compile(re.escape(contract.file_name(status)) + r"(-\d{4})?" + re.escape(contract.format.suffix))
        parts = [file for file in self._asked.files if name.fullmatch(file.name)]
        rows = self._rows(contract, status)
        part_of = _part_of(parts, keys)
        numbers = pa.array([part_of[key] for key in _tuples(rows.select(contract.key))], pa.int32())
        for number, file in enumerate(parts):
            kept = rows.filter(pc.equal(numbers, number))
            written = self._written(contract, file, kept)
            if written is not None:
                yield _cleared(file, written, kept.num_rows, self._rules)

    def _written(self, contract: FileContract, file: File, kept: pa.Table) -> Path | None:
        """Write one copy; None where a file without rows is not written."""
        digits = self._asked.run.settings.shop.currency_digits
        stem = self._asked.copies / file.name.removesuffix(contract.format.suffix)
        parts = splitting.write(contract, stem, kept.to_batches(), digits)
        return parts[0].path if parts else None

    def _documents(self) -> Iterator[Cleared]:
        if self._target.documents is None:
            return
        published = {file.name: file for file in self._asked.files}
        for resource in self._target.documents(self._leaving, self._asked.copies):
            name = Path(resource.path).name
            if name in published:
                yield _cleared(published[name], self._asked.copies / name, resource.rows, self._rules)


def _tuples(table: pa.Table) -> Iterator[tuple[object, ...]]:
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


def _part_of(parts: list[File], keys: pa.Table) -> dict[tuple[object, ...], int]:
    """Return the number of the file in which each key was published."""
    numbers = (number for number, file in enumerate(parts) for _ in range(file.rows))
    return dict(zip(_tuples(keys), numbers, strict=True))
