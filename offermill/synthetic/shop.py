"""Makes the demo shop: two years of source files under ``landing/`` and the truth beside them."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from offermill.errors import InputError
from offermill.synthetic import assortment, campaign, daily, landing, outreach, people, period, register, state, trips
from offermill.synthetic.arrays import Floats, Ints, generator
from offermill.synthetic.clock import DAY, day_number, midnight
from offermill.synthetic.landing import Rows
from offermill.synthetic.outreach import Given
from offermill.synthetic.people import People
from offermill.synthetic.period import Timed
from offermill.synthetic.sources import SOURCES
from offermill.synthetic.world import Window, World

PART = 50_000  # customers made at once: what bounds the memory
BEFORE_SHARE = 0.62  # of the customers registered before the start
FIRST_REGISTRATION = date(2018, 3, 1)
ID_BASE = 10_000_000_000
ID_STEP = 10_000_000  # ids of one sort per part


def quiet(message: str) -> None:
    """The default for progress: says nothing."""


@dataclass(frozen=True)
class Plan:
    """What one shop is made from; the same for every part."""

    folder: Path
    seed: int
    start: date
    end: date
    customers: int
    deliveries: int

    @property
    def parts(self) -> int:
        """Number of parts."""
        return -(-self.customers // PART)

    @property
    def first_delivery(self) -> int:
        """Day number of the first daily delivery."""
        return day_number(self.end) + 1 - self.deliveries

    @property
    def end_day(self) -> int:
        """Day number after the last day."""
        return day_number(self.end) + 1


def make(
    folder: Path,
    *,
    customers: int = 20_000,
    seed: int = 1,
    start: date = date(2024, 7, 1),
    end: date = date(2026, 6, 30),
    deliveries: int = 14,
    processes: int = 1,
    progress: Callable[[str], None] = quiet,
) -> dict[str, Any]:
    """Write ``landing/`` and ``truth/`` under ``folder`` (replacing both) and return the row counts.

    ``customers`` is the number of persons; about 3 % of them have a second record. The files depend on the other
    arguments only, not on ``processes``. Raises ``InputError`` for an impossible size or period.
    """
    plan = Plan(folder, seed, start, end, customers, deliveries)
    _check(plan)
    for name in ("landing", "truth"):
        shutil.rmtree(folder / name, ignore_errors=True)
    world = World.of(seed, start, end)
    recent: dict[str, list[Timed]] = {}
    counts: dict[str, int] = {}
    for part, (made, late) in enumerate(_parts(plan, processes)):
        progress(f"demo shop: {min((part + 1) * PART, customers):,} of {customers:,} customers")
        for name, rows in made.items():
            counts[name] = counts.get(name, 0) + rows
        for name, timed in late.items():
            recent.setdefault(name, []).append(timed)
    world.save(folder / "truth", plan.parts, customers)
    fixed = _fixed(plan, world)
    written = daily.write(folder, world, recent, fixed, plan.first_delivery, plan.end_day)
    progress(f"demo shop: {deliveries} daily deliveries written")
    return {"customers": customers, "history": {**counts, **fixed_counts(fixed)}, **written}


def fixed_counts(fixed: Rows) -> dict[str, int]:
    """Rows of the sources that are delivered whole."""
    return {name: int(table.num_rows) for name, table in fixed.items()}


def _check(plan: Plan) -> None:
    days = (plan.end - plan.start).days + 1
    if plan.customers < 1 or not 0 <= plan.deliveries < days:
        raise InputError(
            f"the demo shop needs at least 1 customer and fewer daily deliveries than days; "
            f"got {plan.customers} customers, {plan.deliveries} deliveries, {days} days"
        )


def _parts(plan: Plan, processes: int) -> Iterator[tuple[dict[str, int], dict[str, Timed]]]:
    work = partial(make_part, plan)
    if processes == 1:
        yield from map(work, range(plan.parts))
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, range(plan.parts))


def make_part(plan: Plan, part: int) -> tuple[dict[str, int], dict[str, Timed]]:
    """Write the history of one part; returns its row counts and the rows of the daily deliveries."""
    world = World.of(plan.seed, plan.start, plan.end)
    random = generator(plan.seed, 2, part)
    folk, joined = _people(random, plan, world, part)
    window = Window(day_number(plan.start), plan.end_day, "", ID_BASE + part * ID_STEP)
    start = trips.begin(random, folk, joined)
    taken, rhythm = trips.walk(random, folk, start, window.effort(world.clock)[1])
    assigned = campaign.pilot(random, folk, world.goods, world.clock, start, taken)
    given = Given(assigned, outreach.pilot_labels(folk, window, assigned), campaign.pilot_offers())
    happened = period.happen(random, folk, world, window, taken, given)
    state.save_pilot(plan.folder, part, given)
    rows = {**happened.rows, **_register(folk, world)}
    paid = period.paid_by_day(happened.sold, len(folk), plan.first_delivery, plan.end_day)
    rows["customers"] = _customers(folk, world, happened, paid, plan)
    counts, recent, pending = _divide(plan, part, random, rows)
    standing = state.State(folk, rhythm, paid[-1], happened.still_open, pending)
    state.save(plan.folder, plan.end + timedelta(days=1), part, standing)
    return counts, recent


def _people(random: np.random.Generator, plan: Plan, world: World, part: int) -> tuple[People, Floats]:
    count = min(PART, plan.customers - part * PART)
    span = (midnight(plan.start) - midnight(FIRST_REGISTRATION)) // DAY
    last = float(world.clock.effort_on(plan.end + timedelta(days=1)))
    is_older = random.random(count) < BEFORE_SHARE
    day = random.integers(0, span, count)
    second = 9 * 3_600 + random.integers(0, 11 * 3_600, count)
    older = midnight(FIRST_REGISTRATION) + day * DAY + second
    newer = world.clock.local(random.random(count) * last) - 240
    registered = np.where(is_older, older, newer)
    joined = np.where(is_older, world.clock.effort_at(registered), world.clock.effort_at(registered + 240))
    return people.draw(random, part * PART, registered, joined, midnight(plan.end)), joined


def _register(folk: People, world: World) -> dict[str, Timed]:
    from offermill.synthetic import web

    links, contacts, consents = web.links(folk, world), register.contacts(folk, world), register.consents(folk, world)
    named = {"identity_links": links, "contacts": contacts, "consents": consents}
    return {name: (table, local // DAY) for name, (table, local) in named.items()}


def _customers(folk: People, world: World, happened: period.Period, paid: list[Floats], plan: Plan) -> Timed:
    """Registrations of the history as it stood before the first delivery, then what every delivery day changed."""
    row, is_second, made = register.records(folk)
    day = made // DAY
    old = np.flatnonzero(day < plan.first_delivery)
    tables = [register.customers(folk, world, row[old], is_second[old], paid[0])]
    days = [np.minimum(day[old], plan.first_delivery - 1)]
    for place, number in enumerate(range(plan.first_delivery, plan.end_day)):
        changed = daily.changed_records(folk, happened.sold, row, is_second, day, number)
        tables.append(register.customers(folk, world, row[changed], is_second[changed], paid[place + 1]))
        days.append(np.full(len(changed), number))
    later = np.flatnonzero(day >= plan.end_day)
    tables.append(register.customers(folk, world, row[later], is_second[later], paid[-1]))
    return pa.concat_tables(tables), np.concatenate([*days, day[later]])


def _divide(
    plan: Plan, part: int, random: np.random.Generator, rows: dict[str, Timed]
) -> tuple[dict[str, int], dict[str, Timed], dict[str, Timed]]:
    counts: dict[str, int] = {}
    recent: dict[str, Timed] = {}
    pending: dict[str, Timed] = {}
    for name, (table, day) in rows.items():
        is_old = day < plan.first_delivery
        arrives = daily.arrivals(random, SOURCES[name], day)
        old, new, later = (
            np.flatnonzero(mask)
            for mask in (is_old, ~is_old & (arrives < plan.end_day), ~is_old & (arrives >= plan.end_day))
        )
        counts[name] = landing.write_history(plan.folder, SOURCES[name], part, _rows(table, old), day[old])
        recent[name], pending[name] = (_rows(table, new), arrives[new]), (_rows(table, later), arrives[later])
    return counts, recent, pending


def _rows(table: pa.Table, rows: Ints) -> pa.Table:
    """The rows, without a copy when they are the first ones."""
    if len(rows) and rows[-1] == len(rows) - 1:
        return table.slice(0, len(rows))
    return table.take(pa.array(rows))


def _fixed(plan: Plan, world: World) -> Rows:
    """The sources delivered whole, written once as history."""
    owners = [state.load_people(plan.folder, plan.end + timedelta(days=1), part)[0] for part in range(plan.parts)]
    tables = {
        "products": assortment.products(world.goods),
        "stores": assortment.stores(),
        "strategic_customers": pa.concat_tables([register.strategic(folk, world) for folk in owners]),
    }
    for name, table in tables.items():
        landing.write_history(plan.folder, SOURCES[name], 0, table, np.zeros(table.num_rows, np.int64))
    return tables
