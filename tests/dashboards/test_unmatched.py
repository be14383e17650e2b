"""Redemptions without a promise on the page Budget: counted by why, few people hidden, and the list beside the page."""

from pathlib import Path

from dashboards import site, unmatched
from dashboards.queries import answers
from tests import literal_night


def shown(folder: Path, change: str = "select 1") -> dict[str, object]:
    with literal_night.night(folder) as (warehouse, run):
        warehouse.execute(change)
        ctx = site.context(run, {"offermill": {"edition": "2026-06-30"}})
        return unmatched.figure(ctx, answers(warehouse, run, "budget")["unmatched"])


def test_redemptions_without_a_promise_are_counted_by_why(tmp_path: Path) -> None:
    figure = shown(tmp_path)

    assert figure["rows"] == [
        ["Used after the offer's last day", "7", "7", "€17.50", "not booked"],
        ["The promise had been used before", "5", "6", "€6.00", "booked"],
    ]
    assert figure["list"] == "../../../exports/2026-06-30/audit/unmatched_redemptions.csv"


def test_where_few_people_used_an_offer_twice_neither_row_gives_them_away(tmp_path: Path) -> None:
    figure = shown(tmp_path, "delete from offers.unmatched_redemption where customer_id = 'c025'")

    assert figure["rows"] == [
        ["Used after the offer's last day", "not shown", "–", "–", "not booked"],
        ["The promise had been used before", "not shown", "–", "–", "booked"],
    ]
