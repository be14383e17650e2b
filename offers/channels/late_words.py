"""What records say that arrived late: who is not to be told, of what, and whom their word silences with them."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Literal, NamedTuple

from offermill import businessday
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import same_address

# Sources of which one bad record is one customer's matter: the others name addresses, and one that cannot be read may
# be anybody's.
OF_ONE_CUSTOMER = ("complaints", "customers", "withdrawals")

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

_CLOSED = """
    with latest as (
        select customer_id, status, _file
        from raw.customers
        qualify row_number() over (
            partition by customer_id order by _delivered_on desc, status = 'closed' desc, _file
        ) = 1
    )
    select customer_id, _file from latest where status = 'closed' order by all
"""

_COMPLAINTS = """
    with latest as (
        select complaint_id, customer_id, closed_at, _file
        from raw.complaints
        qualify row_number() over (
            partition by complaint_id order by _delivered_on desc, closed_at desc nulls first, _file
        ) = 1
    )
    select complaint_id, customer_id, closed_at, _file from latest order by all
"""

_WISHES = "select withdrawal_id, customer_id, offer_id, _file from raw.withdrawals order by all"

_BAD = f"""
    select source, file, line, try_cast(record as json) ->> '$.customer_id' as customer_id
    from meta.reject
    where source in {OF_ONE_CUSTOMER}
    order by all
"""


class Word(NamedTuple):
    """That somebody is not to be told.

    Attributes:
        key: an address (`email:...`) or a record (`customer:...`).
        reach: household: whoever lives or shares an address with them; own: the person; leading: the person whose
            offers go out under this record.
        channel: by which channel, or `ads:` and the channel whose address networks may not match; None: by any.
        offer_id: of which offer; None: of any.
    """

    key: str
    reach: Literal["household", "own", "leading"]
    rule: str
    why: str
    channel: str | None = None
    offer_id: str | None = None


def of(memory: Warehouse, run: Run, known_wishes: frozenset[str]) -> list[Word]:
    """Return the words in the raw tables of a warehouse, sorted.

    Args:
        known_wishes: withdrawals that the night knew; told again they take back nothing that was promised since.
    """
    found = {
        *_suppressed(memory, run.settings.shop.country),
        *_refused(memory),
        *_closed(memory),
        *_complaining(memory, run),
        *_withdrawn(memory, known_wishes),
        *_unreadable(memory),
    }
    return sorted(found, key=str)


def _suppressed(memory: Warehouse, country: str) -> Iterator[Word]:
    for kind, value, reason, file in memory.rows(_SUPPRESSIONS):
        rule = "erased" if reason == "erasure" else "suppressed"
        for key in same_address.keys(kind, value, country):
            why = f"{reason or 'suppressed'}, by {key.partition(':')[0]}, in {file}"
            yield Word(key, "household", rule, why)


def _refused(memory: Warehouse) -> Iterator[Word]:
    for record, channel, purpose, recorded_at, file in memory.rows(_REFUSALS):
        why = f"refused {purpose} by {channel} at {recorded_at:%Y-%m-%d %H:%M} UTC, in {file}"
        # Who refuses that networks match an e-mail address may still be written to.
        yield Word(_record(record), "own", "opted_out", why, f"ads:{channel}" if purpose == "ads" else channel)


def _closed(memory: Warehouse) -> Iterator[Word]:
    for record, file in memory.rows(_CLOSED):
        yield Word(_record(record), "leading", "closed", f"the account is closed, in {file}")


def _complaining(memory: Warehouse, run: Run) -> Iterator[Word]:
    zone = businessday.zone(run.settings.shop.time_zone)
    days = timedelta(days=run.settings.contact_policy.days_after_complaint)
    for complaint, record, closed_at, file in memory.rows(_COMPLAINTS):
        if closed_at is None:
            yield Word(_record(record), "own", "open_complaint", f"{complaint} is open, in {file}")
            continue
        closed_on = closed_at.replace(tzinfo=UTC).astimezone(zone).date()
        if closed_on + days > run.business_date:
            why = f"{complaint} was settled on {closed_on}, in {file}"
            yield Word(_record(record), "own", "after_complaint", why)


def _withdrawn(memory: Warehouse, known: frozenset[str]) -> Iterator[Word]:
    for wish, record, offer_id, file in memory.rows(_WISHES):
        if wish not in known:
            yield Word(_record(record), "own", "withdrawn", f"taken back by {wish}, in {file}", None, offer_id)


def _unreadable(memory: Warehouse) -> Iterator[Word]:
    for source, file, line, record in memory.rows(_BAD):
        if record:
            yield Word(_record(record), "own", "unreadable", f"a record of {source} cannot be read, {file}:{line}")


def _record(customer_id: str) -> str:
    return f"customer:{customer_id.strip()}"
