"""Whom nobody may tell anything, as call centres, courts and partners write it down; and who lives together.

Both are fixed properties of the people, not draws: the other sources keep their bytes.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offermill.synthetic import register
from offermill.synthetic.arrays import Bools, Ints, moments, numbered, picked, unit_hash
from offermill.synthetic.clock import DAY, midnight
from offermill.synthetic.people import People
from offermill.synthetic.period import Timed
from offermill.synthetic.world import World, chance_of, primary_ids

# The list was begun so many days before the end of the shop's first two years, after the pilot's offers had ended.
BEGUN_BEFORE_DAYS = 28
FIRST_SHARE, LATER_SHARE = 0.003, 0.004  # of all people: in those days, and in the year after them
HOUSEHOLD_SHARE = 0.08  # of pairs of people
REASONS = ("opt_out", "opt_out", "opt_out", "complaint", "partner", "deceased", "erasure", "court")


def suppressions(people: People, world: World) -> tuple[pa.Table, Ints]:
    """The suppressions source and its local seconds: an e-mail, a telephone number or a record, spelled by hand."""
    row, asked = _asking(people, world)
    spelled = np.floor(unit_hash(people.key[row], 0, 83) * 4).astype(np.int64)
    kind = np.where(spelled == 3, 2, spelled % 2)
    table = {
        "kind": picked(("email", "phone", "customer"), kind),
        "value": _values(people, row, spelled),
        "reason": picked(REASONS, np.floor(unit_hash(people.key[row], 0, 85) * len(REASONS)).astype(np.int64)),
        "suppressed_at": moments(world.clock.utc(asked)),
        "lifted_at": pa.nulls(len(row), pa.timestamp("us", "UTC")),
    }
    return pa.table(table), asked


def _asking(people: People, world: World) -> tuple[Ints, Ints]:
    """Rows of the people who ask, and the local seconds at which they do, in order."""
    begun = midnight(world.end) - (BEGUN_BEFORE_DAYS - 1) * DAY
    place = unit_hash(people.key, 0, 81)
    is_first: Bools = place < FIRST_SHARE
    within = np.where(is_first, place / FIRST_SHARE, (place - FIRST_SHARE) / LATER_SHARE)
    days = np.where(is_first, BEGUN_BEFORE_DAYS * within, BEGUN_BEFORE_DAYS + 365 * within)
    asked = (begun + days * DAY).astype(np.int64)
    row = np.flatnonzero((place < FIRST_SHARE + LATER_SHARE) & (asked > people.registered))
    row = row[np.argsort(asked[row], kind="stable")]
    return row, asked[row]


def _values(people: People, row: Ints, spelled: Ints) -> pa.Array:
    """Return addresses as they are noted: in capitals, as digits, in brackets, or as the record's number."""
    email = register.emails(people, row)
    ways = (
        pc.utf8_upper(email),
        pc.utf8_slice_codeunits(register.phones(people, row, np.zeros(len(row), np.bool_)), 4),
        pc.binary_join_element_wise("<", email, ">", ""),
        primary_ids(people).take(pa.array(row)),
    )
    return pc.choose(pa.array(spelled), *ways)


def households(people: People, world: World) -> Timed:
    """The households source and the day of each row: who moved in with whom when the younger record was made."""
    first = np.flatnonzero(people.person[:-1] % 2 == 0)
    first = first[
        (people.person[first + 1] == people.person[first] + 1) & chance_of(people.key[first], 87, HOUSEHOLD_SHARE)
    ]
    row = np.sort(np.append(first, first + 1))
    table = pa.table(
        {
            "customer_id": primary_ids(people).take(pa.array(row)),
            "household": numbered("h", people.person[row] // 2 + 1_000_000),
        }
    )
    known = np.maximum(
        people.registered[row], people.registered[np.where(people.person[row] % 2 == 0, row + 1, row - 1)]
    )
    order = np.argsort(known, kind="stable")
    return table.take(pa.array(order)), (known // DAY)[order]
