"""Which nights share a budget."""

from datetime import date

import pytest

from offers.spending import NightMoney, period_start


@pytest.mark.parametrize(
    ("period", "night", "first"),
    [
        ("night", "2026-06-30", "2026-06-30"),
        ("week", "2026-06-29", "2026-06-29"),  # a Monday
        ("week", "2026-07-05", "2026-06-29"),  # its Sunday, in the next month
        ("week", "2027-01-01", "2026-12-28"),
        ("month", "2026-06-01", "2026-06-01"),
        ("month", "2026-06-30", "2026-06-01"),
    ],
)
def test_the_first_night_of_a_period(period: str, night: str, first: str) -> None:
    assert period_start(period, date.fromisoformat(night)) == date.fromisoformat(first)


@pytest.mark.parametrize(("cap", "used", "left"), [(100, 0, 100), (100, 100, 0), (100, 130, 0)])
def test_a_cap_lowered_during_the_period_leaves_nothing_rather_than_less(cap: int, used: int, left: int) -> None:
    assert NightMoney("month", cap, used).available_minor == left
