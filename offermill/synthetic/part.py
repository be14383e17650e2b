"""One part of the customers (at most 50,000, what bounds the memory): its history, its deliveries, its state."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from offermill.synthetic import (
    campaign,
    complaints,
    daily,
    landing,
    outreach,
    people,
    period,
    register,
    silence,
    state,
    surveys,
    trips,
    web,
)
from offermill.synthetic.arrays import Floats, Ints, Random, generator
from offermill.synthetic.clock import DAY, day_number, midnight
from offermill.synthetic.offers import Menu
from offermill.synthetic.outreach import Given
from offermill.synthetic.people import People
from offermill.synthetic.period import Period, Timed
from offermill.synthetic.sources import SOURCES
from offermill.synthetic.trips import Rhythm, Trips
from offermill.synthetic.world import Window, World

PART = 50_000
BEFORE_SHARE = 0.62  # of the customers registered before the start
FIRST_REGISTRATION = date(2018, 3, 1)
ID_BASE, ID_STEP = 10_000_000_000, 10_000_000  # ids of one sort: first number, and room per part
REGISTERING = 240  # seconds from registration to the first till receipt


@dataclass(frozen=True)
class Plan:
    """What one shop is made from; the same for every part."""

    folder: Path
    seed: int
    start: date
    end: date
    customers: int
    deliveries: int
    part_size: int = PART
    has_pilot: bool = True

    @property
    def parts(self) -> int:
        """Number of parts."""
        return -(-self.customers // self.part_size)

    @property
    def first_delivery(self) -> int:
        """Day number of the first daily delivery."""
        return self.end_day - self.deliveries

    @property
    def end_day(self) -> int:
        """Day number after the last day."""
        return day_number(self.end) + 1


def window_ids(part: int) -> int:
    """First number in the ids of a part."""
    return ID_BASE + part * ID_STEP


def make_part(plan: Plan, part: int) -> tuple[dict[str, int], dict[str, Timed]]:
    """Write the history and the state of one part; returns its row counts and the rows of the daily deliveries."""
    world = World.of(plan.seed, plan.start, plan.end, plan.customers)
    random = generator(plan.seed, 2, part)
    folk, joined = _people(random, plan, world, part)
    window = Window(day_number(plan.start), plan.end_day, "", window_ids(part))
    start = trips.begin(random, folk, joined)
    taken, rhythm = trips.walk(random, folk, start, window.effort(world.clock)[1])
    given = _pilot(random, plan, world, folk, (start, taken, window))
    state.save_pilot(plan.folder, part, given)
    happened = period.happen(random, folk, world, window, taken, given)
    rows = {**happened.rows, **register_rows(folk, world)}
    rows["complaints"] = complaints.of_orders(folk, world, window, happened.sold, plan.first_delivery)
    rows["survey_answers"] = surveys.of_orders(folk, world, window, happened.sold)
    paid = np.zeros(len(folk), np.int64)
    rows["customers"] = customers_rows(folk, world, happened, paid, (plan.first_delivery, plan.end_day))
    counts = _write_history(plan, part, rows)
    recent, pending = divide(random, from_day(rows, plan.first_delivery), plan.end_day)
    standing = state.State(folk, rhythm, paid + period.paid(happened.sold, len(folk)), happened.still_open, pending)
    state.save(plan.folder, plan.end + timedelta(days=1), part, standing)
    return counts, recent


def _pilot(random: Random, plan: Plan, world: World, folk: People, walked: tuple[Rhythm, Trips, Window]) -> Given:
    """The past pilot of the part; a cold shop never offered anything."""
    start, taken, window = walked
    offers = campaign.pilot_offers(Menu.of_shop(plan.folder)) if plan.has_pilot else []
    assigned = campaign.nobody(0)
    if plan.has_pilot:
        assigned = campaign.pilot(random, folk, world, start, taken, offers)
    return Given(assigned, outreach.pilot_labels(folk, window, assigned), offers)


def _people(random: Random, plan: Plan, world: World, part: int) -> tuple[People, Floats]:
    count = min(plan.part_size, plan.customers - part * plan.part_size)
    older = _older_registrations(random, plan, count)
    joined = random.random(count) * world.clock.effort_on(plan.end + timedelta(days=1))
    is_older = random.random(count) < BEFORE_SHARE
    registered = np.where(is_older, older, world.clock.local(joined) - REGISTERING)
    joined = np.where(is_older, world.clock.effort_at(older), joined)
    return people.draw(random, part * plan.part_size, registered, joined, midnight(plan.end)), joined


def _older_registrations(random: Random, plan: Plan, count: int) -> Ints:
    span = day_number(plan.start) - day_number(FIRST_REGISTRATION)
    day = midnight(FIRST_REGISTRATION) + random.integers(0, span, count) * DAY
    return day + 9 * 3_600 + random.integers(0, 11 * 3_600, count)


def newcomers(random: Random, world: World, window: Window, first: int) -> tuple[People, Floats]:
    """People who register in a window, numbered from ``first``, and the effort at which they do."""
    start, end = window.effort(world.clock)
    made = world.clock.effort_on(world.end + timedelta(days=1))
    count = int(random.poisson((1 - BEFORE_SHARE) * world.customers * (end - start) / made))
    joined = np.sort(start + random.random(count) * (end - start))
    registered = world.clock.local(joined) - REGISTERING
    return people.draw(random, first, registered, joined, window.end_day * DAY + 365 * DAY), joined


def register_rows(folk: People, world: World) -> dict[str, Timed]:
    """Links, contacts, consents, audit attributes, suppressions and households of people, for ever."""
    named = {
        "identity_links": web.links(folk, world),
        "contacts": register.contacts(folk, world),
        "consents": register.consents(folk, world),
        "audit_attributes": register.audit_attributes(folk),
        "suppressions": silence.suppressions(folk, world),
    }
    rows = {name: (table, local // DAY) for name, (table, local) in named.items()}
    return {**rows, "households": silence.households(folk, world)}


def customers_rows(folk: People, world: World, happened: Period, paid: Ints, days: tuple[int, int]) -> Timed:
    """Customers as they stood before the first of the days, then what every day changed; ``paid`` is from before."""
    first, end = days
    row, is_second, made = register.records(folk)
    made_on = made // DAY
    totals = [paid + total for total in period.paid_by_day(happened.sold, len(folk), first, end)]
    old = np.flatnonzero(made_on < first)
    tables, arrives = [register.customers(folk, world, row[old], is_second[old], totals[0])], [made_on[old]]
    for place, number in enumerate(range(first, end)):
        changed = daily.changed_records(folk, happened.sold, row, is_second, made_on, number)
        tables.append(register.customers(folk, world, row[changed], is_second[changed], totals[place + 1]))
        arrives.append(np.full(len(changed), number))
    return pa.concat_tables(tables), np.concatenate(arrives)


def _write_history(plan: Plan, part: int, rows: dict[str, Timed]) -> dict[str, int]:
    counts = {}
    for name, (table, day) in rows.items():
        old = np.flatnonzero(day < plan.first_delivery)
        counts[name] = landing.write_history(plan.folder, SOURCES[name], part, chosen(table, old), day[old])
    return counts


def from_day(rows: dict[str, Timed], first: int) -> dict[str, Timed]:
    """The rows of the days from ``first``."""
    places = {name: np.flatnonzero(day >= first) for name, (_, day) in rows.items()}
    return {name: (chosen(table, places[name]), day[places[name]]) for name, (table, day) in rows.items()}


def divide(random: Random, rows: dict[str, Timed], end: int) -> tuple[dict[str, Timed], dict[str, Timed]]:
    """Rows with their day of arrival: those delivered before ``end`` and those that wait."""
    recent, pending = {}, {}
    for name, (table, day) in rows.items():
        arrives = daily.arrivals(random, SOURCES[name], day)
        now, later = np.flatnonzero(arrives < end), np.flatnonzero(arrives >= end)
        recent[name] = (chosen(table, now), arrives[now])
        pending[name] = (chosen(table, later), arrives[later])
    return recent, pending


def chosen(table: pa.Table, rows: Ints) -> pa.Table:
    """The rows, without a copy when they are the first ones."""
    if len(rows) and rows[-1] == len(rows) - 1:
        return table.slice(0, len(rows))
    return table.take(pa.array(rows))
