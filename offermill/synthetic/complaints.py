"""Complaints: few after an order, more after a return; each is delivered when it is made and again when it is settled.

Who complains is a fixed property of the order, not a draw: the other sources keep their bytes.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from offermill.synthetic.arrays import Floats, Ints, blanked, moments, picked, unit_hash
from offermill.synthetic.clock import DAY
from offermill.synthetic.people import People
from offermill.synthetic.period import Timed
from offermill.synthetic.till import Sales
from offermill.synthetic.world import Window, World, record_ids

SHARE_AFTER_SALE = 0.002
SHARE_AFTER_RETURN = 0.05
OPENED_AFTER_DAYS = (1, 3)
SETTLED_AFTER_DAYS = (1, 20)
OPENING, OFFICE_SECONDS = 9 * 3_600, 9 * 3_600  # from 09:00 to 18:00
NEVER_SETTLED_SHARE = 0.04
NEVER = np.int64(1) << 40  # seconds: later than any day
TOPICS = ("quality", "delivery", "price", "service", "a wrong item")


@dataclass(frozen=True)
class Complaints:
    """Complaints; ``row`` points into the People, times are local seconds."""

    row: Ints
    opened: Ints
    settled: Ints  # NEVER while open


def of_orders(people: People, world: World, window: Window, sold: Sales, first: int) -> Timed:
    """The complaints source of a window's orders, and the day number of each row.

    A complaint settled before the day ``first`` is one row, of the day it was made; a later settlement is a row of its
    own day, with the same id.
    """
    made = _made(people, sold)
    settled_on = made.settled // DAY
    table = _table(people, world, window, made)
    later = np.flatnonzero((settled_on >= first) & (made.settled < NEVER))
    closed_at = table["closed_at"].combine_chunks()
    known = table.set_column(3, "closed_at", blanked(closed_at, settled_on >= first))
    updates = table.take(pa.array(later))
    return pa.concat_tables([known, updates]), np.append(made.opened // DAY, settled_on[later])


def _table(people: People, world: World, window: Window, made: Complaints) -> pa.Table:
    """Every complaint as it ends."""
    is_open = made.settled == NEVER
    settled = np.where(is_open, made.opened, made.settled)
    topic = np.floor(unit_hash(people.key[made.row], made.opened, 45) * len(TOPICS)).astype(np.int64)
    return pa.table(
        {
            "complaint_id": window.ids("t", len(made.row)),
            "customer_id": record_ids(people, made.row, made.opened),
            "opened_at": moments(world.clock.utc(made.opened)),
            "closed_at": blanked(moments(world.clock.utc(settled)), is_open),
            "topic": picked(TOPICS, topic),
        }
    )


def _made(people: People, sold: Sales) -> Complaints:
    """Which orders are complained of, when, and when that is settled; guests stay unknown."""
    share = np.where(sold.is_return, SHARE_AFTER_RETURN, SHARE_AFTER_SALE)
    key = people.key[sold.row]
    chosen = np.flatnonzero(~sold.is_guest & (unit_hash(key, sold.local, 47) < share))
    row, key, ordered = sold.row[chosen], key[chosen], sold.local[chosen]
    opened = _daytime(ordered, unit_hash(key, ordered, 49), OPENED_AFTER_DAYS)
    settled = _daytime(opened, unit_hash(key, ordered, 51), SETTLED_AFTER_DAYS)
    is_open = unit_hash(key, ordered, 53) < NEVER_SETTLED_SHARE
    order = np.lexsort((row, opened))
    return Complaints(row[order], opened[order], np.where(is_open, NEVER, settled)[order])


def _daytime(start: Ints, unit: Floats, days: tuple[int, int]) -> Ints:
    """Local seconds in office hours, from the first to the last so many days after the day of ``start``."""
    first, last = days
    place = first + unit * (last - first + 1)
    after = np.floor(place).astype(np.int64)
    return (start // DAY + after) * DAY + OPENING + np.floor((place - after) * OFFICE_SECONDS).astype(np.int64)
