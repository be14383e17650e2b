"""The ledger in the warehouse: offers.ledger_entry read into a book, and a book's movements appended to it."""

import hashlib
from collections.abc import Iterable

import pyarrow as pa

from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import tables
from offers.book import Balance, Book, Movement, Pool, Posted

ENTRIES = "offers.ledger_entry"

_POOLS = """
    select
        limit_name, period_on, counted,
        arg_max(cap, sequence),
        cast(sum(case 'reserved' when to_account then amount when from_account then -amount else 0 end) as bigint),
        cast(sum(case 'posted' when to_account then amount when from_account then -amount else 0 end) as bigint),
        cast(sum(case 'overrun' when to_account then amount when from_account then -amount else 0 end) as bigint)
    from offers.ledger_entry
    group by all
    order by all
"""

# Reservations that still stand, and those asked for that have ended (their pools are wanted, they hold nothing).
_RESERVATIONS = """
    select
        reservation_id, limit_name, period_on, counted,
        cast(sum(case when to_account = 'reserved' then amount else -amount end) filter (where is_own) as bigint),
        bool_or(is_own and to_account = 'free') as has_ended
    from offers.ledger_entry
    group by all
    having not has_ended or reservation_id in (select unnest($reservations))
    order by all
"""

_REDEMPTIONS = """
    select
        redemption_id || '#' || attempt, reservation_id, limit_name, period_on, counted,
        cast(sum(case when kind = 'reverse' then -amount else amount end) as bigint),
        cast(coalesce(sum(case when kind = 'reverse' then -amount else amount end) filter (where is_own), 0) as bigint)
    from offers.ledger_entry
    where redemption_id in (select unnest($redemptions))
    group by redemption_id, attempt, reservation_id, limit_name, period_on, counted
    order by all
"""


def load(warehouse: Warehouse, reservations: Iterable[str] = (), redemptions: Iterable[str] = ()) -> Book:
    """Return the book as it stands: every pool, what still holds money, and the ended ones that are named."""
    tables.create_if_missing(warehouse, ENTRIES)
    book = Book()
    for name, on, counted, cap, reserved, posted, overrun in warehouse.rows(_POOLS):
        book.pools[Pool(name, on, counted)] = Balance(cap, reserved, posted, overrun)
    named = {"reservations": list(reservations) or [""]}
    for reservation, name, on, counted, held, has_ended in warehouse.rows(_RESERVATIONS, named):
        pool = Pool(name, on, counted)
        book.reservations[reservation] = (*book.reservations.get(reservation, ()), pool)
        if not has_ended:
            book.pools[pool].held[reservation] = held
    asked = {"redemptions": list(redemptions) or [""]}
    for redemption, reservation, name, on, counted, amount, own in warehouse.rows(_REDEMPTIONS, asked):
        posted = book.redemptions.setdefault(redemption, Posted(reservation))
        posted.amounts[Pool(name, on, counted)], posted.own[Pool(name, on, counted)] = amount, own
    return book


def attempt_id(redemption_id: str, attempt: int) -> str:
    """Return the name in the book of one booking of a redemption."""
    return f"{redemption_id}#{attempt}"


def entry_id(movement: Movement) -> str:
    """Return a digest of what the movement is; the same movement, tried again on any night, has the same."""
    parts = (*movement.pool, movement.reservation_id, movement.redemption_id or "", movement.kind)
    text = "|".join(map(str, (*parts, movement.from_account, movement.to_account, movement.is_own)))
    return hashlib.sha256(text.encode()).hexdigest()


def append(warehouse: Warehouse, run: Run, step: str, movements: list[Movement]) -> int:
    """Add the movements behind the last entry, in their order; return how many."""
    last = int(warehouse.value(f"select coalesce(max(sequence), 0) from {ENTRIES}"))
    rows = [_row(run, step, one, last + place) for place, one in enumerate(movements, start=1)]
    if rows:
        warehouse.append(ENTRIES, pa.Table.from_pylist(rows, schema=tables.schema(ENTRIES)))
    return len(rows)


def _row(run: Run, step: str, movement: Movement, sequence: int) -> dict[str, object]:
    name, _, attempt = (movement.redemption_id or "").rpartition("#")
    return {
        "entry_id": entry_id(movement),
        "sequence": sequence,
        "business_date": run.business_date,
        "step": step,
        "kind": movement.kind,
        **movement.pool._asdict(),
        "from_account": movement.from_account,
        "to_account": movement.to_account,
        "amount": movement.amount,
        "cap": movement.cap,
        "reservation_id": movement.reservation_id,
        "redemption_id": name or None,
        "attempt": int(attempt) if attempt else None,
        "is_own": movement.is_own,
        "reason": movement.reason,
    }
