"""Rewards credited after redemptions: points, gifts and deliveries, mostly in days, a few late and a few never.

When a reward comes is a fixed property of the redemption, not a draw: the other sources keep their bytes.
"""

import numpy as np
import pyarrow as pa

from offermill.synthetic.arrays import Floats, Ints, blanked, decimals, moments, picked, unit_hash
from offermill.synthetic.campaign import Uses
from offermill.synthetic.clock import DAY, Clock
from offermill.synthetic.outreach import Given
from offermill.synthetic.people import People
from offermill.synthetic.world import Window

KINDS = ("points", "gift", "delivery")  # a discount is credited at the till, by the redemption itself
NEVER_SHARE = 0.02
LATE_SHARE = 0.02
IN_DAYS = (1, 3)
LATE_DAYS = (9, 14)
OPENING, OFFICE_SECONDS = 9 * 3_600, 9 * 3_600  # from 09:00 to 18:00


def of_uses(
    people: People, clock: Clock, window: Window, given: Given, used: Uses, redeemed: tuple[Ints, Ints]
) -> tuple[pa.Table, Ints]:
    """The credits source and its local seconds; ``redeemed`` = (local seconds, minor units) of each use."""
    redeemed_at, worth = redeemed
    code = given.assignments.offer[used.assignment]
    kind = np.array([*(_kind(offer.kind) for offer in given.offers), -1])[code]
    key = people.key[given.assignments.row[used.assignment]]
    unit = unit_hash(key, redeemed_at, 61)
    chosen = np.flatnonzero((kind >= 0) & (worth > 0) & (unit >= NEVER_SHARE))
    local = _credited(redeemed_at[chosen], unit[chosen], unit_hash(key[chosen], redeemed_at[chosen], 63))
    chosen, local = (values[np.argsort(local, kind="stable")] for values in (chosen, local))
    points = np.array([*(offer.points for offer in given.offers), 0])[code[chosen]]
    labels = given.labels.take(pa.array(used.assignment[chosen]))
    value = np.array([*(offer.worth_minor or offer.value_minor for offer in given.offers), 0])[code[chosen]]
    table = {
        "credit_id": window.ids("k", len(chosen)),
        **{name: labels[name] for name in ("assignment_id", "offer_id", "customer_id")},
        "kind": picked(KINDS, kind[chosen]),
        "points": blanked(pa.array(points), points == 0),
        "amount": decimals(value),
        "credited_at": moments(clock.utc(local)),
        "reverses": pa.nulls(len(chosen), pa.string()),
        "reversal_reason": pa.nulls(len(chosen), pa.string()),
    }
    return pa.table(table), local


def _kind(kind: str) -> int:
    return KINDS.index(kind) if kind in KINDS else -1


def _credited(start: Ints, unit: Floats, place: Floats) -> Ints:
    """Local seconds in office hours, some days after the day of ``start``."""
    is_late = unit < NEVER_SHARE + LATE_SHARE
    first, last = (np.where(is_late, LATE_DAYS[end], IN_DAYS[end]) for end in (0, 1))
    at = first + place * (last - first + 1)
    after = np.floor(at).astype(np.int64)
    local: Ints = (start // DAY + after) * DAY + OPENING + np.floor((at - after) * OFFICE_SECONDS).astype(np.int64)
    return local
