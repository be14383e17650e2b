"""The deliveries of a source wherever they are: in landing/, behind s3:// names, or in a database."""

from collections.abc import Iterator, Set
from contextlib import contextmanager
from datetime import date, timedelta

from offermill.ingest import discovery, meta, postgres, s3, spool
from offermill.ingest.connections import PostgresSettings
from offermill.ingest.contracts import Contract
from offermill.ingest.discovery import HISTORY_ON, Delivery
from offermill.ingest.sources import SourceSettings
from offermill.run import Run
from offermill.warehouse import Warehouse


def days_to_ask(known: Set[date], business_date: date, settings: PostgresSettings) -> list[date]:
    """Return the dates to fetch from a database, history first: tonight, and nights missed since the last delivery.

    A whole table, or a query that names no date, is as it is now: missed nights cannot be had from it.
    """
    history = [HISTORY_ON] if settings.history_query and HISTORY_ON not in known else []
    earlier = [day for day in known if HISTORY_ON < day < business_date]
    if not earlier or not postgres.is_of_a_day(settings):
        return [*history, business_date]
    first = max(earlier) + timedelta(days=1)
    return [*history, *(first + timedelta(days=n) for n in range((business_date - first).days + 1))]


@contextmanager
def deliveries(
    warehouse: Warehouse, run: Run, contract: Contract, settings: SourceSettings
) -> Iterator[list[Delivery]]:
    """Yield all deliveries there are; of what is remote, tonight's and those not loaded yet, as copies kept meanwhile.

    Raises:
        InputError: a remote place cannot be read.
    """
    source = contract.table
    if not settings.is_remote:
        yield discovery.find(run.shop.landing / source, source, settings)
        return
    known = {day for day in meta.loaded(warehouse, source) if isinstance(day, date)}
    with spool.folder(run.shop.state, source) as place:
        if settings.postgres is not None:
            days = days_to_ask(known, run.business_date, settings.postgres)
            zone_name = run.settings.shop.time_zone
            yield postgres.fetch(contract, settings, settings.postgres, place, days=days, zone_name=zone_name)
        else:
            yield s3.fetch(source, settings, place, wanted=lambda day: _is_wanted(day, known, run.business_date))


def _is_wanted(day: date, known: Set[date], business_date: date) -> bool:
    return day == business_date or (day < business_date and day not in known)
