"""The past as a slow second opinion sees it: the raw core facts of a customer that were known by the end of a day."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from typing import Any

Row = dict[str, Any]
Facts = dict[str, list[Row]]

TIMES = {
    "core.purchase": "ordered_at",
    "core.purchase_line": "ordered_at",
    "core.browsing_event": "occurred_at",
    "core.visitor_link": "linked_at",
    "core.offer_assignment": "assigned_at",
    "core.receipt": "occurred_at",
    "core.redemption": "redeemed_at",
}


def ratio(part: Any, whole: Any) -> float | None:
    """part / whole, or nothing when there is no whole."""
    return float(Fraction(part) / Fraction(whole)) if whole else None


def known_facts(facts: Facts, as_of: datetime, day: date) -> Facts:
    """What had happened and arrived by the end of `day`; the customer list is cut by registration."""
    known = {"core.customer": [row for row in facts["core.customer"] if row["registered_at"] < as_of]}
    for table, moment in TIMES.items():
        known[table] = [row for row in facts[table] if row[moment] < as_of and row["arrived_on"] <= day]
    return known


class Past:
    """What was known by the end of `day`."""

    def __init__(self, facts: Facts, as_of: datetime, day: date, order_cost: int = 50, return_cost: int = 250) -> None:
        self.day = day
        self.facts = known_facts(facts, as_of, day)
        self.order_cost, self.return_cost = order_cost, return_cost

    def age(self, on: date) -> int:
        return (self.day - on).days

    def _by_customer(self, table: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.facts[table]:
            if row["customer_id"] is not None:
                found[row["customer_id"]].append(row)
        return found

    @cached_property
    def purchases(self) -> dict[str, list[Row]]:
        return self._by_customer("core.purchase")

    @cached_property
    def lines(self) -> dict[str, list[Row]]:
        return self._by_customer("core.purchase_line")

    @cached_property
    def registered(self) -> dict[str, Row]:
        return {row["customer_id"]: row for row in self.facts["core.customer"]}

    def orders(self, customer_id: str) -> list[Row]:
        return [row for row in self.purchases[customer_id] if not row["is_return"]]

    def recent(self, rows: Iterable[Row], days: int, column: str = "ordered_on") -> list[Row]:
        return [row for row in rows if self.age(row[column]) < days]
