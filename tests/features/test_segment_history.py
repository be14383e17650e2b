"""Memberships are kept per night; a night that runs again replaces its own."""

from collections.abc import Callable
from datetime import date

from features import segment_history
from offermill.run import Run
from offermill.warehouse import Warehouse
from tests.features.facts import write_table

RunAt = Callable[[date], Run]


def members(warehouse: Warehouse, *segments: str) -> None:
    rows = [
        {"customer_id": f"c{number}", "family": "lifecycle", "segment": segment}
        for number, segment in enumerate(segments)
    ]
    write_table(warehouse, "segments.membership", rows)


def test_a_night_replaces_itself_and_no_other(run_at: RunAt) -> None:
    with Warehouse.open() as warehouse:
        members(warehouse, "new", "due")
        segment_history.store(warehouse, run_at(date(2026, 6, 29)))
        members(warehouse, "active", "lapsed")
        first = segment_history.store(warehouse, run_at(date(2026, 6, 30)))
        members(warehouse, "active")
        second = segment_history.store(warehouse, run_at(date(2026, 6, 30)))

        assert warehouse.rows("select * from segments.history order by all") == [
            (date(2026, 6, 29), "c0", "lifecycle", "new"),
            (date(2026, 6, 29), "c1", "lifecycle", "due"),
            (date(2026, 6, 30), "c0", "lifecycle", "active"),
        ]
    assert first == {"memberships": 2, "nights": 2}
    assert second == {"memberships": 1, "nights": 2}
