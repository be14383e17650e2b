"""The shop's clock: local time, UTC, and *effort*, the time in which customers' rhythms are even.

One day of effort is an average day. Saturdays and December hold more than one, nights hold none, so a rhythm that is
even in effort has the weekly and yearly seasons in calendar time.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from math import cos, tau
from zoneinfo import ZoneInfo

import numpy as np

from offermill.synthetic.arrays import Floats, Ints

ZONE = "Europe/Riga"
DAY = 86_400
OFFSETS_FROM = date(2015, 1, 1)  # before the first registration
PLAY_DAYS = 1_100  # how far after the end a shop can be played on
WEEK = (0.90, 0.86, 0.90, 0.95, 1.25, 1.36, 0.78)  # Monday first
OPEN_HOURS = (1, 2, 3, 3, 4, 4, 4, 5, 6, 7, 7, 5, 3, 2)  # from 08:00 to 22:00
CLOSED = 1e-6  # keeps effort strictly increasing at night


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - date(1970, 1, 1)).days


def day_of(number: int) -> date:
    """The date of a day number."""
    return date(1970, 1, 1) + timedelta(days=int(number))


def midnight(day: date) -> int:
    """Local seconds (since 1970 on the shop's wall clock) at the start of a day."""
    return day_number(day) * DAY


@lru_cache(maxsize=4)
def _offsets(until: date) -> Ints:
    zone = ZoneInfo(ZONE)
    count = (until - OFFSETS_FROM).days
    noons = (datetime.combine(OFFSETS_FROM + timedelta(days=step), time(12), zone) for step in range(count))
    return np.array([int(noon.utcoffset().total_seconds()) for noon in noons], dtype=np.int64)  # type: ignore[union-attr]


def _day_weight(day: date) -> float:
    yearly = 1 + 0.14 * cos(tau * (day.timetuple().tm_yday - 350) / 365.25)
    christmas = 1.25 if day.month == 12 and 8 <= day.day <= 24 else 1.0
    return WEEK[day.weekday()] * yearly * christmas


def _effort(start: date, count: int) -> Floats:
    hours = np.full(24, CLOSED)
    hours[8:22] = np.array(OPEN_HOURS) / sum(OPEN_HOURS)
    weights = np.array([_day_weight(start + timedelta(days=step)) for step in range(count)])
    return np.concatenate([[0.0], np.cumsum(np.outer(weights, hours).ravel())])


@dataclass(frozen=True)
class Clock:
    """Turns effort into local seconds and back, and local seconds into UTC seconds."""

    start: date
    edges: Floats  # local seconds at every hour
    effort: Floats  # effort days since the start, at the same hours
    offsets: Ints  # UTC offset in seconds, per local day since OFFSETS_FROM

    @classmethod
    def of(cls, start: date, end: date) -> "Clock":
        """The clock of a shop with history from start to end, able to play on afterwards."""
        count = (end - start).days + PLAY_DAYS
        edges = midnight(start) + np.arange(count * 24 + 1, dtype=np.float64) * 3_600
        return cls(start, edges, _effort(start, count), _offsets(start + timedelta(days=count)))

    def local(self, effort: Floats) -> Ints:
        """Local seconds at which so much effort has passed."""
        return np.asarray(np.interp(effort, self.effort, self.edges)).astype(np.int64)

    def effort_at(self, local: Floats | Ints) -> Floats:
        """Effort passed at local seconds; before the start every day counts one."""
        inside = np.interp(local, self.edges, self.effort)
        return np.where(local < self.edges[0], (local - self.edges[0]) / DAY, inside)

    def effort_on(self, day: date) -> float:
        """Effort passed at the start of a day."""
        return self.effort_after(day_number(day))

    def effort_after(self, day: int, days: int = 0) -> float:
        """Effort passed at the start of the day so many days after a day number."""
        return float(self.effort_at(np.array([(day + days) * DAY]))[0])

    def utc(self, local: Ints) -> Ints:
        """UTC seconds; events never happen in the hours in which the clock changes."""
        place = local // DAY - day_number(OFFSETS_FROM)
        return local - self.offsets[np.minimum(place, len(self.offsets) - 1)]  # far futures are never written

    def offset_at(self, utc: Ints) -> Ints:
        """The UTC offset in force, by UTC seconds."""
        return self.offsets[(utc + 7_200) // DAY - day_number(OFFSETS_FROM)]
