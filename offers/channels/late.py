"""What was said after the night's tables were loaded: suppressions and refusals in files that no table holds yet.

Read right before rows leave, by the same contracts as any delivery, into a warehouse in memory. A file counts whatever
date its name bears: who said no before the list left must not be on it. What cannot be read stops everything, because
nobody knows whom it names.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from offermill.errors import InputError
from offermill.ingest import contracts, discovery, meta, postgres, s3, spool
from offermill.ingest.contracts import Contract
from offermill.ingest.delivery import Loader
from offermill.ingest.discovery import Delivery
from offermill.ingest.sources import SourceSettings
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import same_address

SOURCES = ("consents", "suppressions")

_KNOWN = """
    select source, file, sha256 from meta.delivery
    where source in ('consents', 'suppressions') and delivered_on <= $business_date
    order by all
"""

_SUPPRESSIONS = """
    select coalesce(lower(trim(kind)), ''), value, coalesce(lower(trim(reason)), ''), _file
    from raw.suppressions
    where lifted_at is null
    order by all
"""

# The last word of each record on each channel and purpose; of words at one moment the refusal.
_REFUSALS = """
    with last_words as (
        select customer_id, channel, purpose, is_granted, recorded_at, _file
        from raw.consents
        qualify row_number() over (
            partition by customer_id, channel, purpose order by recorded_at desc, is_granted, _file
        ) = 1
    )
    select customer_id, channel, purpose, recorded_at, _file from last_words where not is_granted order by all
"""

_UNREADABLE = """
    select file || ':' || line || ': ' || coalesce(column_name || ' ', '') || reason from meta.reject
    union all
    select file || ':' || line || ': contradicts line ' || other_line || ' of ' || other_file from meta.conflict
    order by all
    limit 3
"""

File = tuple[str, str, str]  # source, place, SHA-256


class Word(NamedTuple):
    """That an address (`email:...`) or a record (`customer:...`) is not to be told by a channel; None: by any."""

    key: str
    channel: str | None
    rule: str
    why: str


@dataclass(frozen=True)
class Files:
    """What the night's tables hold of the sources: everything else is late."""

    known: frozenset[File]

    @classmethod
    def of(cls, warehouse: Warehouse, run: Run) -> "Files":
        """Return the files that were loaded and that the night's tables are made of."""
        if not warehouse.exists("meta.delivery"):
            return cls(frozenset())
        return cls(frozenset(warehouse.rows(_KNOWN, run.parameters)))


def words(run: Run, files: Files) -> list[Word]:
    """Return what late files say, sorted.

    Raises:
        InputError: a record or a file cannot be read, or two records contradict one another.
        GateError: too many records of a file are bad.
    """
    with Warehouse.open() as memory:
        meta.ensure(memory)
        memory.execute("create schema raw")
        for source in SOURCES:
            _load(memory, run, source, files)
        problems = [str(row[0]) for row in memory.rows(_UNREADABLE)]
        if problems:
            raise InputError(_unreadable(problems))
        return sorted({*_suppressed(memory, run.settings.shop.country), *_refused(memory)}, key=str)


def _unreadable(problems: Sequence[str]) -> str:
    listed = "".join(f"\n  {problem}" for problem in problems)
    return (
        "A file that arrived after the night was loaded cannot be read, so nobody knows whom it names, and nothing "
        f"leaves:{listed}\nCorrect the file in landing/ and run the step again."
    )


def _load(memory: Warehouse, run: Run, source: str, files: Files) -> None:
    contract, settings = contracts.load(source), run.settings.sources.get(source)
    columns = ", ".join(f'"{name}" {kind}' for name, kind in contract.raw_columns.items())
    memory.execute(f"create table raw.{source} ({columns})")
    if settings is None:
        return
    loader = Loader(memory, run, contract, settings)
    with _deliveries(run, contract, settings) as deliveries:
        for delivery in deliveries:
            late = _late(delivery, source, files)
            if late.files:
                loader.load(late)


def _late(delivery: Delivery, source: str, files: Files) -> Delivery:
    """Return the delivery without the files that the night knows."""
    unknown = [path for path in delivery.files if (source, delivery.place(path), meta.sha256(path)) not in files.known]
    return Delivery(delivery.source, delivery.delivered_on, tuple(unknown), delivery.origin)


@contextmanager
def _deliveries(run: Run, contract: Contract, settings: SourceSettings) -> Iterator[list[Delivery]]:
    """Yield what lies in landing/; of a remote place, the night's delivery as it is now and later ones."""
    source, night = contract.table, run.business_date
    if not settings.is_remote:
        yield discovery.find(run.shop.landing / source, source, settings)
        return
    with spool.folder(run.shop.state, source) as place:
        if settings.postgres is not None:
            zone_name = run.settings.shop.time_zone
            yield postgres.fetch(contract, settings, settings.postgres, place, days=[night], zone_name=zone_name)
        else:
            yield s3.fetch(source, settings, place, wanted=lambda day: day >= night)


def _suppressed(memory: Warehouse, country: str) -> Iterator[Word]:
    for kind, value, reason, file in memory.rows(_SUPPRESSIONS):
        rule = "erased" if reason == "erasure" else "suppressed"
        for key in same_address.keys(kind, value, country):
            yield Word(key, None, rule, f"{reason or 'suppressed'}, by {key.partition(':')[0]}, in {file}")


def _refused(memory: Warehouse) -> Iterator[Word]:
    for record, channel, purpose, recorded_at, file in memory.rows(_REFUSALS):
        why = f"refused {purpose} by {channel} at {recorded_at:%Y-%m-%d %H:%M} UTC, in {file}"
        yield Word(f"customer:{record}", channel, "opted_out", why)
