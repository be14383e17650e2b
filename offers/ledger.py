"""Step offers.ledger: what was redeemed is posted, what ended is released; and reserve_night: tonight's promises."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import catalogue, ledger_store, limits, tables
from offers.book import Book, Movement, Pool
from offers.ledger_store import attempt_id
from offers.limits import Cap

RESERVATIONS = "offers.reservation"

# A redemption belongs to the latest promise of its offer to its person that counted on its day; of several decisions
# of that night to the one that stands.
_REDEEMED = """
    with redemptions as (
        select * from core.redemption where redeemed_at < $as_of and arrived_on <= $business_date
    ),
    withdrawn as (
        select distinct reservation_id from offers.ledger_entry where kind = 'reverse' and redemption_id is null
    ),
    promises as (
        select
            reservation.*,
            coalesce(person.customer_id, reservation.customer_id) as person_id,
            withdrawn.reservation_id is not null as is_withdrawn
        from offers.reservation as reservation
        left join core.person_link as person on reservation.customer_id = person.record_id
        left join withdrawn on reservation.reservation_id = withdrawn.reservation_id
        where reservation.business_date < $business_date
    ),
    matched as (
        select
            redemptions.redemption_id,
            redemptions.redeemed_at,
            promises.reservation_id,
            coalesce(promises.fixed_cost_minor, redemptions.discount_minor) as cost_minor
        from redemptions
        inner join promises
            on redemptions.customer_id = promises.person_id
            and redemptions.offer_id = promises.offer_id
            and redemptions.redeemed_on between promises.valid_from and promises.valid_until
        qualify row_number() over (
            partition by redemptions.redemption_id
            order by promises.is_withdrawn, promises.business_date desc, promises.attempt desc
        ) = 1
    ),
    booked as (
        -- Every promise is in the whole budget, so what a redemption took there is its cost.
        select
            redemption_id,
            arg_max(reservation_id, attempt) as reservation_id,
            max(attempt) as attempt,
            cast(sum(case when kind = 'reverse' then -amount else amount end) as bigint) as cost_minor
        from offers.ledger_entry
        where limit_name = 'budget' and redemption_id is not null and business_date <= $business_date
        group by redemption_id
    )
"""

_TO_POST = f"""{_REDEEMED}
    select
        matched.redemption_id,
        matched.reservation_id,
        matched.cost_minor,
        coalesce(booked.attempt, 0) as attempt
    from matched
    left join booked on matched.redemption_id = booked.redemption_id
    where booked.redemption_id is null or booked.cost_minor <> matched.cost_minor
    order by matched.redeemed_at, matched.redemption_id
"""

_TO_REVERSE = f"""{_REDEEMED}
    select booked.redemption_id, booked.reservation_id, booked.attempt
    from booked
    anti join matched on booked.redemption_id = matched.redemption_id
    where booked.cost_minor <> 0
    order by booked.redemption_id
"""

_TO_RELEASE = """
    select reservation_id from offers.reservation
    where valid_until + cast($ledger_grace_days as integer) < $business_date
    order by valid_until, reservation_id
"""

_TO_WITHDRAW = "select reservation_id from offers.withdrawn_promise order by withdrawn_on, reservation_id"

_TOLD = "select reservation_id from offers.reservation where business_date < $business_date order by all"


def settle(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Step: post what was redeemed and told, release what was taken back or ended, each once however often it is run.

    A redemption whose source changed is reversed and posted anew. Money goes back to the period it came from.
    """
    for address in (ledger_store.ENTRIES, RESERVATIONS):
        tables.create_if_missing(warehouse, address)
    to_post = warehouse.rows(_TO_POST, run.parameters)
    to_reverse = warehouse.rows(_TO_REVERSE, run.parameters)
    redemptions = [row[0] for row in (*to_post, *to_reverse)]
    book = ledger_store.load(warehouse, [row[1] for row in (*to_post, *to_reverse)], redemptions)
    movements = [
        *_reversals(book, to_reverse),
        *_contacts(book, [name for (name,) in warehouse.rows(_TOLD, run.parameters)]),
        *_postings(book, to_post),
        *_releases(book, warehouse.rows(_TO_WITHDRAW), "withdrawn"),
        *_releases(book, warehouse.rows(_TO_RELEASE, run.parameters), "expired"),
    ]
    ledger_store.append(warehouse, run, "ledger", movements)
    return _summary(movements)


def _reversals(book: Book, rows: list[tuple[Any, ...]]) -> Iterator[Movement]:
    for redemption, _, attempt in rows:
        yield from book.reverse(attempt_id(redemption, attempt), "source_changed")


def _contacts(book: Book, told: list[str]) -> Iterator[Movement]:
    """Yield the contacts made: a customer who was told is told, whatever they do."""
    for name in told:
        pools = {pool: 1 for pool in book.reservations.get(name, ()) if pool.counted == "contacts"}
        held = {pool: amount for pool, amount in pools.items() if book.pools[pool].held.get(name)}
        yield from book.post(attempt_id(f"told:{name}", 1), name, held, "told")


def _postings(book: Book, rows: list[tuple[Any, ...]]) -> Iterator[Movement]:
    for redemption, reservation, cost, attempt in rows:
        pools = book.reservations.get(reservation, ())
        amounts = {pool: cost if pool.counted == "money" else 1 for pool in pools if pool.counted != "contacts"}
        before = book.redemptions.get(attempt_id(redemption, attempt))
        if before is not None and {pool: amount for pool, amount in before.amounts.items() if amount} == amounts:
            continue
        if before is not None:
            yield from book.reverse(attempt_id(redemption, attempt), "source_changed")
        yield from book.post(attempt_id(redemption, attempt + 1), reservation, amounts, "redeemed")


def _releases(book: Book, ended: list[tuple[Any, ...]], reason: str) -> Iterator[Movement]:
    for (name,) in ended:
        yield from book.release(name, reason)


def _summary(movements: list[Movement]) -> dict[str, object]:
    counts = dict.fromkeys(("post", "release", "reverse", "overrun"), 0)
    for one in movements:
        counts[one.kind] += int(one.pool.limit_name == limits.BUDGET)
    over = sum(one.amount for one in movements if one.kind == "overrun" and one.pool.limit_name == limits.BUDGET)
    return {**{f"{kind}_count": count for kind, count in counts.items()}, "overrun_minor": over}


_PROMISES = """
    with effects as (
        -- A table of an older version has no chances to redeem.
        select * from models.offer_effect
        union all by name
        select cast(null as double) as redeem_chance where false
    ),
    segments as (
        select customer_id, list(segment order by segment) as segment from segments.membership group by customer_id
    )
    select
        decision.customer_id || ':' || decision.offer_id as promise,
        $business_date as business_date,
        decision.customer_id,
        decision.offer_id,
        catalogue.template_id,
        decision.campaign_id,
        decision.wave_id,
        decision.group_name,
        decision.channel,
        decision.valid_from,
        decision.valid_until,
        decision.cost_minor,
        decision.worst_cost_minor,
        effects.cost_minor as estimated_minor,
        effects.redeem_chance,
        decision.cost_minor * greatest(factor.second_moment_minor - decision.cost_minor, 0.0) as cost_variance,
        case when catalogue.kind in ('points', 'gift', 'delivery') then catalogue.max_cost_minor end
            as fixed_cost_minor,
        catalogue.funder,
        customer.home_store_id as store,
        coalesce(segments.segment, []) as segment
    from offers.decision as decision
    inner join offers.catalogue as catalogue on decision.offer_id = catalogue.offer_id
    inner join offers.cost_factor as factor on decision.offer_id = factor.offer_id
    left join effects on decision.customer_id = effects.customer_id and decision.offer_id = effects.offer_id
    left join core.customer as customer on decision.customer_id = customer.customer_id
    left join segments on decision.customer_id = segments.customer_id
    order by decision.customer_id
"""

# What each decision of the night reserved, and whether a later decision of it took that back.
_STANDING = """
    select
        reservation.customer_id || ':' || reservation.offer_id as promise,
        reservation.reservation_id,
        reservation.attempt,
        coalesce(bool_or(entry.kind = 'reverse' and entry.redemption_id is null), false) as is_withdrawn,
        list((entry.limit_name, entry.period_on, entry.counted, entry.amount) order by entry.sequence)
            filter (where entry.kind = 'reserve') as reserved
    from offers.reservation as reservation
    left join offers.ledger_entry as entry on reservation.reservation_id = entry.reservation_id
    where reservation.business_date = $business_date
    group by all
    order by reservation.attempt, reservation.reservation_id
"""


@dataclass(frozen=True)
class _Standing:
    """The latest decision of tonight on one promise."""

    reservation_id: str
    attempt: int
    is_withdrawn: bool
    reserved: dict[Pool, int]

    def is_of(self, wanted: Mapping[Pool, int]) -> bool:
        """Tell whether it stands and reserved just that."""
        return not self.is_withdrawn and self.reserved == wanted


def reserve_night(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Reserve what offers.decision promises, in every limit that covers it: the expected cost, the worst case or 1.

    A night decided again reserves nothing twice; what it no longer promises, or promises at another cost, is reversed.

    Raises:
        LedgerError: a limit has not that much left; nothing is booked.
    """
    for address in (ledger_store.ENTRIES, RESERVATIONS):
        tables.create_if_missing(warehouse, address)
    promises = warehouse.arrow(_PROMISES, run.parameters)
    caps = limits.of_night(warehouse, run, catalogue.read(run.catalogue, run.settings.shop, run.settings.texts))
    wanted, standing = _wanted(promises, caps, run), _standing(warehouse, run)
    same = {promise for promise, now in wanted.items() if promise in standing and standing[promise].is_of(now)}
    names = {promise: _name(run, promise, standing.get(promise)) for promise in wanted if promise not in same}
    book = ledger_store.load(warehouse, [one.reservation_id for one in standing.values()])
    taken_back = [
        movement
        for promise, one in standing.items()
        if promise not in same and not one.is_withdrawn
        for movement in book.release(one.reservation_id, "decided_anew", kind="reverse")
    ]
    most = {_pool(cap, run): cap.at_most or 0 for cap in caps}
    reserved = book.reserve({names[promise]: wanted[promise] for promise in names}, most, "decided")
    ledger_store.append(warehouse, run, "decision", [*taken_back, *reserved])
    _append_promises(warehouse, promises, names, standing)
    return {"reserved_count": len(names), "taken_back_count": len(set(standing) - same)}


def _pool(cap: Cap, run: Run) -> Pool:
    return Pool(cap.name, cap.period_on(run.business_date), cap.counted)


def _wanted(promises: pa.Table, caps: tuple[Cap, ...], run: Run) -> dict[str, dict[Pool, int]]:
    """Return promise -> what it takes of each pool that covers it."""
    keys = promises["promise"].to_pylist()
    wanted: dict[str, dict[Pool, int]] = {key: {} for key in keys}
    for cap in caps:
        pool, amounts = _pool(cap, run), _amounts(promises, cap)
        for key, amount, is_covered in zip(keys, amounts, _covered(promises, cap), strict=True):
            if is_covered:
                wanted[key][pool] = amount
    return wanted


def _amounts(promises: pa.Table, cap: Cap) -> list[int]:
    if cap.kind == "count":
        return [1] * len(promises)
    name = "worst_cost_minor" if cap.risk == "hard" else "cost_minor"
    amounts: list[int] = promises[name].to_pylist()
    return amounts


_COLUMNS = {"campaign": "campaign_id", "template": "template_id", "offer": "offer_id"}


def _covered(promises: pa.Table, cap: Cap) -> list[bool]:
    covered = [True] * len(promises)
    for key, values in cap.where.items():
        has = promises[_COLUMNS.get(key, key)].to_pylist()
        fits = [not set(values).isdisjoint(one if key == "segment" else (one,)) for one in has]
        covered = [before and now for before, now in zip(covered, fits, strict=True)]
    return covered


def _standing(warehouse: Warehouse, run: Run) -> dict[str, _Standing]:
    """Return promise -> its latest decision of tonight."""
    found = {}
    for promise, name, attempt, is_withdrawn, reserved in warehouse.rows(_STANDING, run.parameters):
        pools = {Pool(limit, on, counted): amount for limit, on, counted, amount in reserved or ()}
        found[promise] = _Standing(name, attempt, is_withdrawn, pools)
    return found


def _name(run: Run, promise: str, before: _Standing | None) -> str:
    return f"{run.business_date}:{promise}" + (f"#{before.attempt + 1}" if before else "")


def _append_promises(
    warehouse: Warehouse, promises: pa.Table, names: Mapping[str, str], standing: Mapping[str, _Standing]
) -> None:
    keys = promises["promise"].to_pylist()
    rows = [place for place, key in enumerate(keys) if key in names]
    if rows:
        fresh = [keys[place] for place in rows]
        attempts = [standing[key].attempt + 1 if key in standing else 1 for key in fresh]
        table = promises.take(rows).append_column("reservation_id", pa.array([names[key] for key in fresh]))
        table = table.append_column("attempt", pa.array(attempts, pa.int32()))
        schema = tables.schema(RESERVATIONS)
        warehouse.append(RESERVATIONS, table.select(schema.names).cast(schema))
