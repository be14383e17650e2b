"""What was said after the night's tables were loaded, in files that no table holds yet.

Read right before rows leave, by the same contracts as any delivery, into a warehouse in memory. A file counts whatever
date its name bears: who said no before the list left must not be on it. What cannot be read stops everything, because
nobody knows whom it names.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from offermill.errors import InputError
from offermill.ingest import contracts, discovery, meta, postgres, s3, spool
from offermill.ingest.contracts import Contract
from offermill.ingest.delivery import Loader
from offermill.ingest.discovery import Delivery
from offermill.ingest.sources import SourceSettings
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import late_words
from offers.channels.late_words import Word

SOURCES = ("complaints", "consents", "customers", "suppressions", "withdrawals")

_KNOWN = f"""
    select source, file, sha256 from meta.delivery
    where source in {SOURCES} and delivered_on <= $business_date
    order by all
"""

_KNOWN_WISHES = "select withdrawal_id from core.withdrawal where arrived_on <= $business_date order by all"

# A bad record that names its customer silences this one (offers.channels.late_words); any other may be anybody's.
_UNREADABLE = f"""
    select file || ':' || line || ': ' || coalesce(column_name || ' ', '') || reason
    from meta.reject
    where
        source not in {late_words.OF_ONE_CUSTOMER}
        or coalesce(try_cast(record as json) ->> '$.customer_id', '') = ''
    union all
    select file || ':' || line || ': contradicts line ' || other_line || ' of ' || other_file from meta.conflict
    order by all
    limit 3
"""

File = tuple[str, str, str]  # source, place, SHA-256


@dataclass(frozen=True)
class Files:
    """What the night's tables hold of the sources: everything else is late.

    Attributes:
        wishes: numbers of the withdrawals among it.
    """

    known: frozenset[File]
    wishes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, warehouse: Warehouse, run: Run) -> "Files":
        """Return the files that were loaded and that the night's tables are made of."""
        files = warehouse.rows(_KNOWN, run.parameters) if warehouse.exists("meta.delivery") else []
        wishes = warehouse.rows(_KNOWN_WISHES, run.parameters) if warehouse.exists("core.withdrawal") else []
        return cls(frozenset(files), frozenset(wish for (wish,) in wishes))


class Reader:
    """Reads late files once for several blocks of a delivery, and again as soon as one of them changed."""

    def __init__(self) -> None:
        self._read: tuple[object, list[Word]] | None = None

    def words(self, run: Run, files: Files) -> list[Word]:
        """Return what `words` would; what comes from elsewhere than landing/ is asked each time.

        Raises:
            InputError, GateError: as `words`.
        """
        now = _signature(run, files)
        if now is None or self._read is None or self._read[0] != now:
            # Looked at before it is read: a file that comes meanwhile is read again, never missed.
            self._read = (now, words(run, files))
        return self._read[1]


def _signature(run: Run, files: Files) -> object | None:
    """Return what tells one set of late files from another, or None when that cannot be known without fetching them."""
    found: list[File] = []
    for source in SOURCES:
        settings = run.settings.sources.get(source)
        if settings is None:
            continue
        if settings.is_remote:
            return None
        for delivery in discovery.find(run.shop.landing / source, source, settings):
            found += [(source, delivery.place(path), meta.sha256(path)) for path in delivery.files]
    return run, files, tuple(found)


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
        return late_words.of(memory, run, files.wishes)


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
