"""Plays the demo shop on: given a published offer list, the next days' deliveries, true to the customers' nature."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from offermill.errors import InputError
from offermill.synthetic import campaign, complaints, daily, offerlist, part, period, shop, state, surveys, trips
from offermill.synthetic.arrays import Random, generator
from offermill.synthetic.campaign import Drawn, Moment
from offermill.synthetic.clock import day_number
from offermill.synthetic.offerlist import Listed
from offermill.synthetic.offers import Menu
from offermill.synthetic.outreach import Given
from offermill.synthetic.people import People
from offermill.synthetic.period import Timed
from offermill.synthetic.state import State
from offermill.synthetic.trips import Rhythm
from offermill.synthetic.world import Window, World

_NONE = np.empty(0, np.int64)


def play_on(
    folder: Path, offers: pa.Table | Path | None, *, start: date, days: int, menu: Menu | None = None
) -> dict[str, Any]:
    """Make the deliveries of ``days`` days from ``start``, at which the shop must stand, and return the row counts.

    ``offers`` is a table (or CSV or Parquet file) with ``customer_id`` and ``offer_id`` (null = control), given at the
    start. If it has them, also ``campaign_id``, ``wave_id``, ``channel``, ``valid_from``, ``valid_until``,
    ``propensity`` and ``is_randomised`` are used; without them the offers count as not randomised. Of a night's
    published decisions, the rows of its waves are given: every offer and every control arm. ``menu`` says what the
    offers mean (default: the shop's offers.yml). A new offer replaces an open one. Of two offers to a person in one
    list the first works, the other is only logged.
    The same call gives the same bytes; it starts from the state kept under ``truth/state/<start>/``.

    Raises:
        InputError: the shop does not stand at ``start``, or the list names unknown customers or offers.
    """
    if days < 1:
        raise InputError(f"the demo shop is played on for at least 1 day; got {days}")
    world = World.load(folder)
    listed = offerlist.read(offers, start, menu or Menu.of_shop(folder))
    parts = state.parts(folder, start)
    _check_customers(folder, start, parts[-1], listed)
    recent: dict[str, list[Timed]] = {}
    for number in parts:
        late = _play_part(folder, world, number, listed, (start, days), is_last=number == parts[-1])
        for name, timed in late.items():
            recent.setdefault(name, []).append(timed)
    fixed = shop.fixed_sources(folder, world)
    first = day_number(start)
    return daily.write(folder, world, recent, fixed, first, first + days)


def _play_part(
    folder: Path, world: World, number: int, listed: Listed, when: tuple[date, int], *, is_last: bool
) -> dict[str, Timed]:
    start, days = when
    first, end = day_number(start), day_number(start) + days
    window = Window(first, end, f"{start:%Y%m%d}-", part.window_ids(number))
    random = generator(world.seed, 4, first, number)
    before = state.load(folder, start, number)
    grown, fresh = _with_newcomers(random, world, window, before) if is_last else (before, before.people.take(_NONE))
    given = _given(random, world, grown, listed, first)
    taken, rhythm = trips.walk(random, grown.people, grown.rhythm, window.effort(world.clock)[1])
    happened = period.happen(random, grown.people, world, window, taken, given)
    rows = {**happened.rows, **part.register_rows(fresh, world)}
    rows["complaints"] = complaints.of_orders(grown.people, world, window, happened.sold, first)
    rows["survey_answers"] = surveys.of_orders(grown.people, world, window, happened.sold)
    rows["customers"] = part.customers_rows(grown.people, world, happened, grown.paid, (first, end))
    recent, pending = part.divide(random, part.from_day(rows, first), end)
    paid = grown.paid + period.paid(happened.sold, len(grown.people))
    waited, waiting = _waited(grown.pending, end)
    after = State(grown.people, rhythm, paid, happened.still_open, _joined(waiting, pending))
    state.save(folder, start + timedelta(days=days), number, after)
    return _joined(waited, recent)


def _check_customers(folder: Path, start: date, last_part: int, listed: Listed) -> None:
    newest = state.load_people(folder, start, last_part)[0].person[-1]
    unknown = np.flatnonzero(listed.persons > newest)
    if len(unknown):
        raise InputError(f"no demo customer has the id {listed.labels['customer_id'][int(unknown[0])].as_py()!r}")


def _with_newcomers(random: Random, world: World, window: Window, before: State) -> tuple[State, People]:
    people, joined = part.newcomers(random, world, window, int(before.people.person[-1]) + 1)
    rhythm = trips.begin(random, people, joined)
    last, following = (
        np.append(old, new) for old, new in ((before.rhythm.last, rhythm.last), (before.rhythm.next, rhythm.next))
    )
    paid = np.append(before.paid, np.zeros(len(people), np.int64))
    return replace(before, people=before.people.with_more(people), rhythm=Rhythm(last, following), paid=paid), people


def _given(random: Random, world: World, standing: State, listed: Listed, first: int) -> Given:
    """Offers still open from before, but for people with a new one; then the list's offers to this part."""
    people = standing.people
    place = np.minimum(np.searchsorted(people.person, listed.persons), len(people) - 1)
    mine = np.flatnonzero(people.person[place] == listed.persons)
    row, labels = place[mine], listed.labels.take(pa.array(mine))
    kept = standing.given.take(np.flatnonzero(~np.isin(standing.given.assignments.row, row)))
    works = np.zeros(len(mine), np.bool_)
    works[np.unique(row, return_index=True)[1]] = True
    drawn = Drawn(row, listed.offer[mine], np.maximum(listed.until[mine], first), works)
    moment = Moment(first, standing.rhythm.last[row])
    new = campaign.give(random, people, world, moment, drawn, listed.offers)
    return kept.with_more(Given(new, labels, listed.offers))


def _waited(pending: dict[str, Timed], end: int) -> tuple[dict[str, Timed], dict[str, Timed]]:
    now: dict[str, Timed] = {}
    later: dict[str, Timed] = {}
    for name, (table, arrives) in pending.items():
        for answer, places in ((now, np.flatnonzero(arrives < end)), (later, np.flatnonzero(arrives >= end))):
            answer[name] = (table.take(pa.array(places)), arrives[places])
    return now, later


def _joined(first: dict[str, Timed], second: dict[str, Timed]) -> dict[str, Timed]:
    """Rows of both, by source."""
    answer = dict(first)
    for name, (table, arrives) in second.items():
        before = answer.get(name)
        if before is not None:
            table, arrives = pa.concat_tables([before[0], table]), np.append(before[1], arrives)
        answer[name] = (table, arrives)
    return answer
