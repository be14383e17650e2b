"""Offers given to people: the randomised pilot, who is persuaded, and which trip uses the offer."""

from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np
import pyarrow as pa

from offermill.synthetic import expected, response, trips
from offermill.synthetic.arrays import Bools, Floats, Ints, Random, whole
from offermill.synthetic.assortment import WEB, Assortment
from offermill.synthetic.baskets import NATURAL, Lines, Visits
from offermill.synthetic.clock import DAY, day_number
from offermill.synthetic.offers import Menu, Offer
from offermill.synthetic.people import NEVER, People
from offermill.synthetic.trips import Rhythm, Trips
from offermill.synthetic.world import World

PILOT_CAMPAIGN = "spring-pilot"
PILOT_WAVES = (date(2026, 4, 13), date(2026, 4, 20), date(2026, 4, 27), date(2026, 5, 4))
PILOT_ARMS = (
    ("control", 40), ("basket-percent-05", 12), ("basket-percent-10", 12), ("basket-percent-15", 12),
    ("basket-percent-20", 12), ("points-500", 6), ("free-delivery", 6),
)  # fmt: skip
ACTIVE_DAYS = 365
ASSIGNED_AT = 6 * 3_600  # local time of day at which a wave is drawn


@dataclass(frozen=True)
class Assignments:
    """Offers (or the control) given to people. ``offer`` points into a list of offer ids, -1 = control."""

    row: Ints
    offer: Ints
    wave: Ints
    from_day: Ints
    until_day: Ints  # last day on which the offer can be used
    persuaded_at: Floats  # effort of the extra trip, NEVER = none
    may_redeem: Bools  # uses the offer on the first trip of the own rhythm
    chance: Floats  # true chance to buy without an offer
    extra: Floats  # true q

    def __len__(self) -> int:
        return len(self.row)

    def take(self, rows: Ints | Bools) -> "Assignments":
        """The chosen ones."""
        return Assignments(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def to_table(self) -> pa.Table:
        """Arrow table with one column per field."""
        return pa.table({field.name: pa.array(getattr(self, field.name)) for field in fields(self)})

    @classmethod
    def from_table(cls, table: pa.Table) -> "Assignments":
        """The opposite of ``to_table``."""
        return cls(**{each.name: whole(table[each.name]).to_numpy(zero_copy_only=False) for each in fields(cls)})

    @classmethod
    def joined(cls, parts: "list[Assignments]") -> "Assignments":
        """One after another."""
        return cls(**{each.name: np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(cls)})


def nobody(count: int) -> Assignments:
    """So many blank assignments."""
    none, real = np.zeros(count, np.int64), np.zeros(count)
    return Assignments(none, none, none, none, none, real, np.zeros(count, np.bool_), real, real)


@dataclass(frozen=True)
class Moment:
    """A day on which offers are given, with everybody's last trip before it."""

    day: int
    last: Floats


def may_get_offers(people: People, day: int, last: Floats, now: float) -> Bools:
    """Adults with a trip in the last year and a standing e-mail consent on every record."""
    midnight = day * DAY
    consents = (people.email_from < midnight) & (people.email_until >= midnight)
    refuses = people.is_second_refusing & (people.second_from < midnight)
    is_adult = day - people.born >= 18 * 366
    has_bought = (now - last < ACTIVE_DAYS) & (last < now) & (people.registered < midnight)
    eligible: Bools = consents & ~refuses & is_adult & has_bought
    return eligible


def pilot_offers(menu: Menu) -> list[Offer]:
    """The offers of the pilot, in the order that ``Assignments.offer`` counts."""
    return [menu.offer(arm) for arm, _ in PILOT_ARMS[1:]]


def pilot(
    random: Random, people: People, world: World, start: Rhythm, taken: Trips, offers: list[Offer]
) -> Assignments:
    """Randomised assignments of the pilot's four waves; every eligible person is in one wave."""
    count = len(people)
    wave = random.integers(0, len(PILOT_WAVES), count)
    cuts = np.cumsum([pct for _, pct in PILOT_ARMS])
    arm = np.searchsorted(cuts, random.integers(0, 100, count), side="right") - 1
    parts = [nobody(0)]
    for number, day in enumerate(PILOT_WAVES):
        if not world.start < day <= world.end:
            continue
        now, today = world.clock.effort_on(day), day_number(day)
        last = trips.last_before(taken, start, np.full(count, now))
        chosen = np.flatnonzero((wave == number) & may_get_offers(people, today, last, now))
        until = np.full(len(chosen), today + expected.HORIZON_DAYS - 1)
        drawn = Drawn(chosen, arm[chosen], until, np.ones(len(chosen), np.bool_), number)
        parts.append(give(random, people, world, Moment(today, last[chosen]), drawn, offers))
    return Assignments.joined(parts)


@dataclass(frozen=True)
class Drawn:
    """Who gets which offer (-1 = control), until which day it counts, and whether it works on the person at all."""

    row: Ints
    offer: Ints
    until_day: Ints
    works: Bools
    wave: int = 0


def give(
    random: Random, people: People, world: World, moment: Moment, drawn: Drawn, offers: list[Offer]
) -> Assignments:
    """Give the offers on a day and decide who is persuaded, and when."""
    some, count, day = people.take(drawn.row), len(drawn.row), moment.day
    start, end = (world.clock.effort_after(day, days) for days in (0, expected.HORIZON_DAYS))
    extra = _extra(some, world, moment, drawn, offers) * drawn.works
    closes = world.clock.effort_at((drawn.until_day + 1) * DAY)
    when = start + random.random(count) * (np.minimum(closes, end) - start)
    return Assignments(
        row=drawn.row,
        offer=drawn.offer,
        wave=np.full(count, drawn.wave),
        from_day=np.full(count, day),
        until_day=drawn.until_day,
        persuaded_at=np.where(random.random(count) < extra, when, NEVER),
        may_redeem=(random.random(count) < some.redeem_chance) & (drawn.offer >= 0) & drawn.works,
        chance=trips.chance(some, moment.last, start, end),
        extra=extra,
    )


def _extra(people: People, world: World, moment: Moment, drawn: Drawn, offers: list[Offer]) -> Floats:
    typical = expected.baskets(people, world.goods, world.clock, moment.last, moment.day)
    now, extra = world.clock.effort_after(moment.day), np.zeros(len(people))
    for code, offer in enumerate(offers):
        chance = response.persuaded(people, moment.last, now, response.depth(people, typical, offer))
        extra = np.where(drawn.offer == code, chance, extra)
    return extra


@dataclass(frozen=True)
class Uses:
    """Redemptions: which assignment is used on which visit."""

    assignment: Ints
    visit: Ints


def uses(given: Assignments, offers: list[Offer], visits: Visits, lines: Lines, goods: Assortment) -> Uses:
    """The earliest visit that may use each assignment: the first natural trip of those who will, or the extra one."""
    natural = np.where(given.may_redeem, _first_natural(given, visits), -1)
    extra = _extra_visit(given, visits)
    allowed = [
        np.where(_qualifies(given, offers, place, visits, lines, goods), place, -1) for place in (natural, extra)
    ]
    late = len(visits)
    chosen = np.minimum(*(np.where(place >= 0, place, late) for place in allowed))
    used = np.flatnonzero((chosen < late) & (given.offer >= 0))
    return Uses(used, chosen[used])


def _first_natural(given: Assignments, visits: Visits) -> Ints:
    natural = np.flatnonzero(visits.cause == NATURAL)
    order = np.lexsort((natural, visits.row[natural]))
    mine = Trips(visits.row[natural][order], (visits.local[natural][order] / DAY), np.empty(0))
    place = trips.first_from(mine, given.row, given.from_day.astype(np.float64))
    found = np.where(place >= 0, natural[order][np.maximum(place, 0)] if len(natural) else 0, -1)
    in_time = visits.day[np.maximum(found, 0)] <= given.until_day if len(visits) else np.zeros(len(given), np.bool_)
    return np.where((found >= 0) & in_time, found, -1)


def _extra_visit(given: Assignments, visits: Visits) -> Ints:
    place = np.full(len(given), -1)
    caused = np.flatnonzero(visits.assignment >= 0)
    place[visits.assignment[caused]] = caused
    return place


def _qualifies(
    given: Assignments, offers: list[Offer], place: Ints, visits: Visits, lines: Lines, goods: Assortment
) -> Bools:
    answer = place >= 0
    safe = np.maximum(place, 0)
    for code, offer in enumerate(offers):
        mine = given.offer == code
        if offer.kind == "delivery":
            answer &= ~mine | (visits.store[safe] == WEB)
        elif offer.kind == "category":
            has = np.bincount(lines.visit, goods.category[lines.product] == offer.category, len(visits)) > 0
            answer &= ~mine | has[safe]
        elif offer.threshold_minor:
            net = np.bincount(lines.visit, lines.net, len(visits))
            answer &= ~mine | (net[safe] >= offer.threshold_minor)
    return np.asarray(answer)


def after(given: Assignments, visits: Visits) -> Assignments:
    """The assignments after the visits: who made the first natural trip will not use the offer on a later one."""
    return replace(given, may_redeem=given.may_redeem & (_first_natural(given, visits) < 0))


def still_open(given: Assignments, used: Uses, next_day: int) -> Ints:
    """Places of the assignments that can still be used from ``next_day``."""
    is_used = np.isin(np.arange(len(given)), used.assignment)
    return np.flatnonzero(~is_used & (given.until_day >= next_day) & (given.offer >= 0))
