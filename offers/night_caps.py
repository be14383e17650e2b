"""What is left of every limit for one night: by the ledger, and by the pacing."""

from dataclasses import dataclass, replace
from datetime import date

from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import tables
from offers.book import Pool
from offers.limits import Cap, of_night
from offers.schema import Catalogue

# What stands before tonight's decision: earlier nights, and tonight's postings and releases. Later nights do not
# count, so that a night decides the same in whatever order nights are run; the ledger refuses what they leave no room
# for.
_BEFORE = """
    with before as (
        select * from offers.ledger_entry
        where business_date < $business_date or (business_date = $business_date and step <> 'decision')
    )
"""

_STANDING = f"""{_BEFORE}
    select
        limit_name,
        period_on,
        counted,
        cast(sum(case 'reserved' when to_account then amount when from_account then -amount else 0 end) as bigint),
        cast(sum(case
            when to_account in ('posted', 'overrun') then amount
            when from_account in ('posted', 'overrun') then -amount
            else 0 end) as bigint)
    from before
    group by limit_name, period_on, counted
"""

# Offers that may still cost what they were reserved for: neither ended nor redeemed. Summed as integers, so that the
# order of rows changes nothing.
_VARIANCE = f"""{_BEFORE},
    open as (
        select limit_name, period_on, counted, reservation_id
        from before
        where counted = 'money'
        group by limit_name, period_on, counted, reservation_id
        having not bool_or(is_own and to_account = 'free') and count(redemption_id) = 0
    )
    select
        open.limit_name,
        open.period_on,
        open.counted,
        cast(sum(cast(round(reservation.cost_variance) as hugeint)) as double)
    from open
    inner join offers.reservation as reservation on open.reservation_id = reservation.reservation_id
    group by open.limit_name, open.period_on, open.counted
"""


@dataclass(frozen=True)
class NightCap:
    """A limit on one night, in the limit's own measure (minor units or a count).

    Attributes:
        used_before: what the ledger holds of the period's pool before tonight's decision: reserved, posted, overrun.
        available: what tonight may promise: never below 0, also when the cap was lowered during the period.
        posted_before: the part of `used_before` that is spent: posted and overrun.
        variance_before: of what the open reservations in `used_before` will really cost, in squared minor units.
    """

    cap: Cap
    used_before: int
    available: int
    posted_before: int = 0
    variance_before: float = 0.0


def night_caps(warehouse: Warehouse, run: Run, catalogue: Catalogue) -> tuple[NightCap, ...]:
    """Return every limit with what is left of it for tonight, the whole budget first; reads offers.catalogue."""
    for address in ("offers.ledger_entry", "offers.reservation"):
        tables.create_if_missing(warehouse, address)
    standing = {
        Pool(*pool): (reserved, posted) for *pool, reserved, posted in warehouse.rows(_STANDING, run.parameters)
    }
    variance = {Pool(*pool): amount for *pool, amount in warehouse.rows(_VARIANCE, run.parameters)}
    return tuple(_tonight(cap, run.business_date, standing, variance) for cap in of_night(warehouse, run, catalogue))


def in_nights(night: NightCap, day: date, nights: int) -> NightCap:
    """Return a limit with what it allows in `nights` nights together, `day` being the first, as things stand."""
    cap, left = night.cap, max((night.cap.at_most or 0) - night.used_before, 0)
    rest = cap.nights_left(day)
    if nights <= rest:
        return replace(night, available=left * nights // rest)
    more = 0 if cap.period == "campaign" else (cap.at_most or 0) * (nights - rest) // cap.nights(day)
    return replace(night, available=left + more)


def _tonight(cap: Cap, night: date, standing: dict[Pool, tuple[int, int]], variance: dict[Pool, float]) -> NightCap:
    pool = Pool(cap.name, cap.period_on(night), cap.counted)
    reserved, posted = standing.get(pool, (0, 0))
    left = max((cap.at_most or 0) - reserved - posted, 0)
    share = -(-left // cap.nights_left(night)) if cap.pacing == "even" else left
    return NightCap(cap, reserved + posted, share, posted, variance.get(pool, 0.0))
