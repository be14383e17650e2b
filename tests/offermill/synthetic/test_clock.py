"""Local time, UTC and effort."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from offermill.synthetic.clock import Clock, day_number, day_of, midnight

CLOCK = Clock.of(date(2024, 7, 1), date(2026, 6, 30))


@pytest.mark.parametrize("day", ["2019-01-05", "2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25", "2028-06-01"])
@pytest.mark.parametrize("hour", [8, 21])
def test_shop_hours_become_utc_as_the_time_zone_says(day: str, hour: int) -> None:
    local = midnight(date.fromisoformat(day)) + hour * 3_600
    expected = datetime.fromisoformat(f"{day}T{hour:02d}:00").replace(tzinfo=ZoneInfo("Europe/Riga")).astimezone(UTC)

    utc = CLOCK.utc(np.array([local]))

    assert utc.tolist() == [int(expected.timestamp())]
    assert (utc + CLOCK.offset_at(utc)).tolist() == [local]


def test_effort_goes_forth_and_back() -> None:
    moments = midnight(date(2025, 12, 20)) + np.array([9, 13, 20]) * 3_600 + 77

    assert (abs(CLOCK.local(CLOCK.effort_at(moments)) - moments) <= 1).all()


def test_a_saturday_before_christmas_holds_more_than_a_tuesday_in_february() -> None:
    saturday, tuesday = (
        CLOCK.effort_after(day_number(day), 1) - CLOCK.effort_on(day) for day in (date(2025, 12, 20), date(2026, 2, 3))
    )

    # 1.36 x 1.14 x 1.25 for the one; 0.86 x about 1.09 for the other.
    assert saturday == pytest.approx(1.36 * 1.14 * 1.25, rel=0.01)
    assert tuesday == pytest.approx(0.86 * 1.09, rel=0.01)


def test_before_the_start_every_day_counts_one() -> None:
    assert CLOCK.effort_on(date(2024, 6, 21)) == -10.0


def test_days_are_numbered_from_1970() -> None:
    assert (day_number(date(1970, 1, 11)), day_of(10)) == (10, date(1970, 1, 11))
