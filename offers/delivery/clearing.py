"""Right before a block is sent its messages are checked once more; what became forbidden since publication stays here.

The publication never changes: a file with such rows is sent as a copy without them, made again from the published
messages, part by part, so that no row moves from one file to another.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from offermill import datapackage
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

    @property
    def published(self) -> Path:
        """Return the edition's folder."""
        return self.run.shop.exports / self.edition


def _as_published(asked: Asked, file: File) -> Cleared:
    return Cleared(file, asked.published / file.path, file.size, file.sha256, file.rows)


@contextmanager
def _prepared(warehouse: Warehouse, asked: Asked, target: Target) -> Iterator[None]:
    """Make the block's messages again, as a temporary table.

    Raises:
        DeliveryError: they are not those that were published, so nothing can be said about the files.
    """
    # A correction that is published already is not the next correction.
    run = replace(asked.run, new_version=False)
    messages.prepare(warehouse, run, asked.name, asked.settings, target)
    try:
        names = "offer_key, message_hash"
        now = warehouse.arrow(f"select {names} from channel_told order by offer_key")
        then = told.read(run, asked.name, asked.edition).select(["offer_key", "message_hash"])
        if not now.equals(then.cast(now.schema)):
            raise DeliveryError(
                f"{asked.edition}: {asked.name}: the warehouse does not hold the messages of this edition any more, so "
                f"nobody can say which of them may still leave. Run the night of {run.business_date} again "
                "(it changes nothing that is published), then deliver."
            )
        yield
    finally:
        messages.clear(warehouse)


def clear(warehouse: Warehouse, asked: Asked, check: Check) -> list[Cleared]:
    """Return what may leave of each file; a file none of whose rows may leave is not among them.

    Raises:
        DeliveryError: the messages of the edition are not in the warehouse any more.
    """
    target = registry.targets()[asked.settings.target]
    with _prepared(warehouse, asked, target):
        # Not of channel_message alone: an audience is made of all that the block is told.
        messages = warehouse.arrow("select * from channel_told")
        forbidden = check(asked.run, messages, by_any_channel=target.is_audience)
        if not forbidden:
            return [_as_published(asked, file) for file in asked.files]
        return _Copies(warehouse, asked, target, forbidden).write()


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
