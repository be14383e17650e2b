"""The daily deliveries: what changed on a day, what comes late, and the few dirty rows that real deliveries have.

About one row in 2,000 of `order_lines`, `customers` and `browsing_events` is an added copy that no contract accepts
(a negative quantity, an unknown language, a negative dwell time), and one in 4,000 browsing events arrives twice.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from offermill.synthetic import landing
from offermill.synthetic.arrays import Bools, Ints, Random, generator
from offermill.synthetic.landing import Rows
from offermill.synthetic.people import People
from offermill.synthetic.period import Timed
from offermill.synthetic.sources import SOURCES, Source
from offermill.synthetic.till import Sales
from offermill.synthetic.world import World

DIRTY_SHARE = 0.0005
TWICE_SHARE = 0.00025
Record = dict[str, Any]


def arrivals(random: Random, source: Source, day: Ints) -> Ints:
    """The day number on which each row is delivered: its own day, a few the day after."""
    if not source.late_share:
        return day
    return day + (random.random(len(day)) < source.late_share)


def changed_records(people: People, sold: Sales, row: Ints, is_second: Bools, made: Ints, day: int) -> Ints:
    """Places of the records that are new on a day or whose person's points changed on it."""
    buyers = np.zeros(len(people), np.bool_)
    buyers[sold.row[(sold.local // 86_400 == day) & ~sold.is_guest]] = True
    return np.flatnonzero((made == day) | ((made < day) & buyers[row] & ~is_second))


def write(
    folder: Path, world: World, recent: dict[str, list[Timed]], fixed: Rows, first: int, end: int
) -> dict[str, dict[str, int]]:
    """Write the deliveries of the days from ``first`` to before ``end``; returns counts of rows and of dirty rows."""
    rows: dict[str, int] = {}
    dirty: dict[str, int] = {}
    for source in landing.all_sources():
        for day in range(first, end):
            table = fixed[source.name] if source.is_whole else _of_day(source, recent.get(source.name, []), day, first)
            records = landing.text_records(source, world.clock, table)
            added = spoilt(source, records, generator(world.seed, 3, day, list(SOURCES).index(source.name)))
            landing.write_delivery(folder, source, world.clock, day, records + added)
            rows[source.name] = rows.get(source.name, 0) + len(records)
            dirty[source.name] = dirty.get(source.name, 0) + len(added)
    return {"deliveries": rows, "dirty": {name: count for name, count in dirty.items() if count}}


def _of_day(source: Source, parts: list[Timed], day: int, first: int) -> pa.Table:
    chosen = [table.take(pa.array(np.flatnonzero(np.maximum(arrives, first) == day))) for table, arrives in parts]
    tables = [table.select(source.schema.names).cast(source.schema) for table in chosen]
    return pa.concat_tables([landing.empty(source), *tables])


def spoilt(source: Source, records: list[Record], random: Random) -> list[Record]:
    """Damaged copies of some records, to be added to the delivery; the good records stay."""
    damage = DAMAGE.get(source.name)
    if damage is None or not records:
        return []
    chosen = np.flatnonzero(random.random(len(records)) < DIRTY_SHARE)
    again = np.flatnonzero(random.random(len(records)) < (TWICE_SHARE if source.name == "browsing_events" else 0))
    return [damage(records[place]) for place in chosen] + [records[place] for place in again]


def _negative_quantity(record: Record) -> Record:
    return {**record, "line_number": record["line_number"] + 900, "quantity": "-" + record["quantity"]}


def _unknown_language(record: Record) -> Record:
    return {**record, "customer_id": record["customer_id"] + "x", "language": "xx"}


def _negative_dwell(record: Record) -> Record:
    return {**record, "event_id": record["event_id"] + "x", "dwell_seconds": -record["dwell_seconds"] - 1}


DAMAGE: dict[str, Callable[[Record], Record]] = {
    "order_lines": _negative_quantity,
    "customers": _unknown_language,
    "browsing_events": _negative_dwell,
}
