"""Hostile inputs, part D: time. Each test is named after its row in the list of hostile inputs. The shop is in Riga."""

from datetime import date, datetime

import pytest

from offermill.errors import InputError

ORDERS = "order_id,customer_id,store_id,channel,ordered_at,currency,delivery_cost\n"
FILE = "orders/orders_2026-06-30.csv"
EXAMPLES = "2026-06-30 14:05:00 or 2026-06-30T14:05:00+03:00"


def orders(*times: str) -> str:
    return ORDERS + "".join(f"o{i},c1,s1,store,{time},EUR,\n" for i, time in enumerate(times, start=1))


def test_h26_an_undeclared_date_format_fails_and_is_never_guessed(desk):
    desk.deliver("orders", orders("01/02/2026 10:00", "03/02/2026 11:00"))
    assert desk.refusal("orders", InputError) == (
        f'{FILE}:2: ordered_at "01/02/2026 10:00" is no time written as {EXAMPLES}. No ordered_at of the delivery can '
        'be read, and a format is never guessed: declare it, such as `timestamp_format: "%d/%m/%Y %H:%M:%S"`, in '
        "sources.orders."
    )


def test_h26_a_declared_format_is_read(desk):
    desk.declare("orders", timestamp_format="%d/%m/%Y %H:%M")
    desk.deliver("orders", orders("30/06/2026 10:00", "2026-06-30 10:00"))
    desk.load("orders")
    assert desk.rows("orders", "ordered_at") == [(datetime(2026, 6, 30, 7, 0),)]
    assert desk.rejects() == [(3, "ordered_at", '"2026-06-30 10:00" is no time written as %d/%m/%Y %H:%M.')]


def test_h26_one_date_in_another_format_is_rejected(desk):
    desk.deliver("orders", orders("2026-06-30 10:00:00", "01/02/2026 10:00"))
    desk.load("orders")
    assert desk.rejects() == [(3, "ordered_at", f'"01/02/2026 10:00" is no time written as {EXAMPLES}.')]


@pytest.mark.parametrize(
    "time",
    [
        "2026-02-30 10:00:00",
        "2026-13-01 10:00:00",
        "2026-06-30",
        "1782810000",
        "2026-06-30 25:00",
        "0000-00-00 00:00:00",
    ],
)
def test_h27_impossible_times_are_rejected(desk, time):
    desk.deliver("orders", orders("2026-06-30 10:00:00", time))
    desk.load("orders")
    assert desk.rejects() == [(3, "ordered_at", f'"{time}" is no time written as {EXAMPLES}.')]


EARLY = "is before 2000-01-01; it looks like an empty date or a number in a wrong unit. Send nothing when unknown."
LATE = "is not before 2100-01-01; it looks like an open end or a number in a wrong unit. Send nothing when unknown."


@pytest.mark.parametrize(
    ("time", "reason"),
    [("0001-01-01 00:00:00", EARLY), ("1970-01-01T00:00:00Z", EARLY), ("9999-12-31 00:00:00", LATE)],
)
def test_h27_implausible_times_are_rejected(desk, time, reason):
    desk.deliver("orders", orders("2026-06-30 10:00:00", time))
    desk.load("orders")
    assert desk.rejects() == [(3, "ordered_at", f'"{time}" {reason}')]


def test_h28_a_time_that_the_clocks_skip_is_rejected(desk):
    desk.deliver("orders", orders("2026-03-29 02:59:59", "2026-03-29 03:30:00", "2026-03-29 04:00:00"))
    desk.declare("orders", late_days=365)
    desk.load("orders")
    assert desk.rows("orders", "ordered_at") == [
        (datetime(2026, 3, 29, 0, 59, 59),),
        (datetime(2026, 3, 29, 1, 0, 0),),
    ]
    assert desk.rejects() == [
        (
            3,
            "ordered_at",
            '"2026-03-29 03:30:00" does not exist in the zone Europe/Riga: the clocks skip it. '
            "Send times with their offset, such as +02:00.",
        )
    ]


def test_h28_a_time_that_happens_twice_is_the_first_one_and_counted(desk):
    desk.declare("orders", late_days=365)
    times = ("2025-10-26 02:59:59", "2025-10-26 03:30:00", "2025-10-26 04:00:00", "2025-10-26T03:30:00+02:00")
    desk.deliver("orders", orders(*times))
    desk.load("orders")
    assert desk.rows("orders", "ordered_at") == [
        (datetime(2025, 10, 25, 23, 59, 59),),
        (datetime(2025, 10, 26, 0, 30),),
        (datetime(2025, 10, 26, 2, 0),),
        (datetime(2025, 10, 26, 1, 30),),
    ]
    assert desk.warehouse.rows("select kind, item_count, description from meta.note") == [
        ("repeated_hour", 1, "local times that happen twice in Europe/Riga; the first occurrence was taken")
    ]


@pytest.mark.parametrize(
    ("time", "utc"),
    [
        ("2026-06-30T10:00:00Z", datetime(2026, 6, 30, 10, 0)),
        ("2026-06-30 10:00:00.25+03", datetime(2026, 6, 30, 7, 0, 0, 250_000)),
        ("2026-06-30T10:00+0530", datetime(2026, 6, 30, 4, 30)),
        ("2026-06-30 10:00:00 -02:30", datetime(2026, 6, 30, 12, 30)),
        ("2026-06-30 10:00:00-00:30", datetime(2026, 6, 30, 10, 30)),
        ("2026-06-30 10:00", datetime(2026, 6, 30, 7, 0)),
    ],
)
def test_h28_offsets_are_followed(desk, time, utc):
    desk.deliver("orders", orders(time))
    desk.load("orders")
    assert desk.rows("orders", "ordered_at") == [(utc,)]


def test_h29_events_of_the_future_are_rejected(desk):
    # The business day ends at 21:00 UTC; clocks may be five minutes off.
    desk.deliver("orders", orders("2026-06-30T21:05:00Z", "2026-06-30T21:05:01Z"))
    desk.load("orders")
    assert desk.rows("orders", "order_id") == [("o1",)]
    assert desk.rejects() == [
        (
            3,
            "ordered_at",
            '"2026-06-30T21:05:01Z" is after the end of 2026-06-30: an event of the future. '
            "Check the clock at the source.",
        )
    ]


def test_h31_a_correction_of_a_month_ago_goes_to_the_late_report_and_changes_nothing(desk):
    desk.deliver(
        "orders", orders("2026-06-30 10:00:00", "2026-05-30 10:00:00", "2026-06-16 00:00:00", "2026-06-15 23:59:59")
    )
    summary = desk.load("orders")
    assert desk.rows("orders", "order_id") == [("o1",), ("o3",)]
    assert desk.warehouse.rows("select * from meta.late order by line") == [
        ("orders", date(2026, 6, 30), FILE, 3, datetime(2026, 5, 30, 7, 0)),
        ("orders", date(2026, 6, 30), FILE, 5, datetime(2026, 6, 15, 20, 59, 59)),
    ]
    assert (summary["row_count"], summary["accepted_count"], summary["late_count"]) == (4, 2, 2)
