"""A business date is the local day, half-open, in UTC; where clocks change it has 23 or 25 hours."""

import itertools
from datetime import date, datetime, timedelta

import pytest

from offermill import businessday
from offermill.errors import ConfigError


def test_a_summer_day_in_riga_begins_three_hours_before_utc_midnight() -> None:
    assert businessday.interval(date(2026, 6, 30), "Europe/Riga") == (
        datetime(2026, 6, 29, 21),
        datetime(2026, 6, 30, 21),
    )


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 10, 26), 24)]
)
def test_days_have_the_hours_that_the_clock_gives_them(day: date, hours: int) -> None:
    start, end = businessday.interval(day, "Europe/Riga")
    assert end - start == timedelta(hours=hours)


def test_days_follow_one_another_without_gap() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    intervals = [businessday.interval(day, "America/New_York") for day in days]
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(intervals))


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(ConfigError) as problem:
        businessday.interval(date(2026, 1, 1), "Europe/Rigga")
    assert str(problem.value) == (
        "shop.time_zone: 'Europe/Rigga' is no known time zone; write one such as Europe/Riga."
    )
