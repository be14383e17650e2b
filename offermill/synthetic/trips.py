"""When people shop: a renewal process per person in days of effort, and the chance that it brings a trip."""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincc

from offermill.synthetic.arrays import Bools, Floats, Ints, Random
from offermill.synthetic.people import NEVER, People


@dataclass(frozen=True)
class Rhythm:
    """Where every person stands: effort of the last and of the next trip (``NEVER`` = no more)."""

    last: Floats
    next: Floats


@dataclass(frozen=True)
class Trips:
    """Shopping trips in time order inside a person; ``row`` points into the People of the part."""

    row: Ints
    at: Floats  # effort
    previous: Floats  # effort of the person's natural trip before


@dataclass(frozen=True)
class Pace:
    """The parameters of the rhythm alone, quick to subset."""

    interval: Floats
    regularity: Floats
    gap_at: Floats
    gap: Floats
    life_end: Floats

    @classmethod
    def of(cls, people: People) -> "Pace":
        """The pace of the persons."""
        return cls(people.interval, people.regularity, people.gap_at, people.gap, people.life_end)

    def take(self, rows: Ints) -> "Pace":
        """The chosen rows."""
        return Pace(self.interval[rows], self.regularity[rows], self.gap_at[rows], self.gap[rows], self.life_end[rows])


def intervals(random: Random, pace: Pace, bias: int = 0) -> Floats:
    """One gamma interval per person; ``bias=1`` draws the (longer) interval that a given moment falls into."""
    return random.gamma(pace.regularity + bias) * pace.interval / pace.regularity


def begin(random: Random, people: People, joined: Floats) -> Rhythm:
    """The rhythm at the start: older customers are somewhere in an interval, new ones mostly buy when they register."""
    pace, older = Pace.of(people), joined < 0
    running, whole = intervals(random, pace, bias=1), intervals(random, pace)
    position, buys_at_once = random.random(len(people)), random.random(len(people)) < 0.88
    last = np.where(older, -running * position, joined)
    coming = np.where(older, running * (1 - position), np.where(buys_at_once, joined, joined + whole))
    return Rhythm(last, _alive(pace, _after_pause(pace, last, coming)))


def _after_pause(pace: Pace, last: Floats, coming: Floats) -> Floats:
    crosses = (last < pace.gap_at) & (coming >= pace.gap_at)
    return np.where(crosses, coming + pace.gap, coming)


def _alive(pace: Pace, coming: Floats) -> Floats:
    return np.where(coming < pace.life_end, coming, NEVER)


def walk(random: Random, people: People, rhythm: Rhythm, until: float) -> tuple[Trips, Rhythm]:
    """All trips before ``until`` (effort) and the rhythm there."""
    pace, last, coming = Pace.of(people), rhythm.last.copy(), rhythm.next.copy()
    rows, times, before = [], [], []
    active = np.flatnonzero(coming < until)
    while len(active):
        rows.append(active)
        times.append(coming[active])
        before.append(last[active])
        last[active] = coming[active]
        some = pace.take(active)
        following = _after_pause(some, last[active], last[active] + intervals(random, some))
        coming[active] = _alive(some, following)
        active = active[coming[active] < until]
    return _sorted(rows, times, before), Rhythm(last, coming)


def _sorted(rows: list[Ints], times: list[Floats], before: list[Floats]) -> Trips:
    if not rows:
        return Trips(np.empty(0, np.int64), np.empty(0), np.empty(0))
    row, at, previous = np.concatenate(rows), np.concatenate(times), np.concatenate(before)
    order = np.lexsort((at, row))
    return Trips(row[order], at[order], previous[order])


def last_before(trips: Trips, start: Rhythm, moment: Floats) -> Floats:
    """Effort of each person's last trip before ``moment`` (one per person), starting from the rhythm ``start``."""
    count = len(start.last)
    ranks = np.searchsorted(_key(trips.row, trips.at), _key(np.arange(count), moment), side="left")
    place = np.maximum(ranks - 1, 0)
    has_one = (ranks > 0) & (trips.row[place] == np.arange(count)) if len(trips.row) else np.zeros(count, np.bool_)
    found = trips.at[place] if len(trips.row) else start.last
    answer: Floats = np.where(has_one, found, start.last)
    return answer


def first_from(trips: Trips, rows: Ints, moment: Floats) -> Ints:
    """Place in ``trips`` of the first trip of the person at or after ``moment``; -1 = none."""
    place = np.searchsorted(_key(trips.row, trips.at), _key(rows, moment), side="left")
    safe = np.minimum(place, max(len(trips.row) - 1, 0))
    has_one = (place < len(trips.row)) & (trips.row[safe] == rows) if len(trips.row) else np.zeros(len(rows), np.bool_)
    return np.where(has_one, place, -1)


def _key(row: Ints, at: Floats) -> Floats:
    return row.astype(np.float64) * 65_536.0 + np.clip(at, -20_000, 40_000)


def own_time(people: People, effort: Floats | float) -> Floats:
    """Effort without the person's long pause, in which the rhythm stands still."""
    inside = np.minimum(np.broadcast_to(effort, people.gap.shape), people.gap_at)
    beyond = np.maximum(np.broadcast_to(effort, people.gap.shape) - people.gap_at - people.gap, 0.0)
    return np.asarray(inside + beyond)


def chance(people: People, last: Floats, start: float, end: float) -> Floats:
    """True chance of at least one natural trip in [start, end), given the last trip and none since."""
    begins, ends = (own_time(people, np.minimum(moment, people.life_end)) for moment in (start, end))
    since = own_time(people, last)
    scale = people.regularity / people.interval
    unbought = gammaincc(people.regularity, np.maximum(begins - since, 0) * scale)
    still = gammaincc(people.regularity, np.maximum(ends - since, 0) * scale)
    is_overdue: Bools = unbought <= 0
    hazard = np.where(is_overdue, 1.0, 1.0 - still / np.where(is_overdue, 1.0, unbought))
    return np.asarray(np.where(ends > begins, hazard, 0.0))
