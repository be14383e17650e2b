"""A slow second opinion: the features of one customer, by plain loops over the raw core facts.

Written from the meanings in expectations/features, not from the SQL. Ratios are exact fractions until the end.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from statistics import mean, median, stdev
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


class Oracle:
    """Features as of the end of `day`, one customer at a time."""

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

    def features(self, customer_id: str) -> Row:
        """Every column of features.customer for one registered customer."""
        return {
            "customer_id": customer_id,
            "tenure_days": self.age(self.registered[customer_id]["registered_on"]),
            **self.money(customer_id),
            **self.rhythm(customer_id),
            **self.price(customer_id),
            **self.returns(customer_id),
            **self.channels(customer_id),
            **self.contribution(customer_id),
            **self.due(customer_id),
            **self.browsing(customer_id),
            **self.contacts(customer_id),
        }

    # -- orders and money

    def orders(self, customer_id: str) -> list[Row]:
        return [row for row in self.purchases[customer_id] if not row["is_return"]]

    def recent(self, rows: Iterable[Row], days: int, column: str = "ordered_on") -> list[Row]:
        return [row for row in rows if self.age(row[column]) < days]

    def money(self, customer_id: str) -> Row:
        receipts, orders = self.purchases[customer_id], self.orders(customer_id)
        found: Row = {"order_count": len(orders)}
        # A customer with nothing but returns has no order history at all.
        counted = receipts if orders else []
        found["net_minor"] = sum(row["net_minor"] for row in counted)
        found["margin_minor"] = sum(row["margin_minor"] for row in counted)
        found["discount_minor"] = sum(row["discount_minor"] for row in orders)
        found["margin_per_order_minor"] = self._rounded(found["margin_minor"], len(orders))
        found["days_since_first_order"] = max((self.age(row["ordered_on"]) for row in orders), default=None)
        found["days_since_order"] = min((self.age(row["ordered_on"]) for row in orders), default=None)
        for days in (7, 30, 90, 365):
            found[f"order_count_{days}_days"] = len(self.recent(orders, days))
            found[f"net_minor_{days}_days"] = sum(row["net_minor"] for row in self.recent(receipts, days))
            found[f"margin_minor_{days}_days"] = sum(row["margin_minor"] for row in self.recent(receipts, days))
        for days in (30, 90, 365):
            found[f"discount_minor_{days}_days"] = sum(row["discount_minor"] for row in self.recent(receipts, days))
        return found

    @staticmethod
    def _rounded(amount: int, count: int) -> int | None:
        if not count:
            return None
        exact = Decimal(abs(amount)) / Decimal(count)
        return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)) * (-1 if amount < 0 else 1)

    # -- rhythm

    def gaps(self, customer_id: str) -> list[tuple[date, int]]:
        """The day each gap ended and its length."""
        days = sorted({row["ordered_on"] for row in self.orders(customer_id)})
        return [(later, (later - earlier).days) for earlier, later in pairwise(days)]

    @cached_property
    def shop_gap(self) -> Fraction | None:
        # The shop is everybody with orders, also those registered later.
        lengths = [length for customer_id in list(self.purchases) for _, length in self.gaps(customer_id)]
        return Fraction(sum(lengths), len(lengths)) if lengths else None

    def rhythm(self, customer_id: str) -> Row:
        gaps = self.gaps(customer_id)
        lengths = [length for _, length in gaps]
        expected = due = None
        orders = self.orders(customer_id)
        if orders and self.shop_gap is not None:
            expected = (sum(lengths) + 2 * self.shop_gap) / (len(lengths) + 2)
            due = float(min(self.age(row["ordered_on"]) for row in orders) / expected)
        return {
            "gap_count": len(gaps),
            "gap_days_mean": float(mean(lengths)) if lengths else None,
            "gap_days_median": float(median(lengths)) if lengths else None,
            "gap_variation": stdev(lengths) / mean(lengths) if len(lengths) > 1 else None,
            "longest_gap_days_90_days": max((length for on, length in gaps if self.age(on) < 90), default=None),
            "expected_gap_days": None if expected is None else float(expected),
            "due_ratio": due,
        }

    # -- price, returns, channels, contribution

    def price(self, customer_id: str) -> Row:
        sales = [row for row in self.recent(self.lines[customer_id], 365) if row["kind"] == "sale"]
        promoted = [row for row in sales if row["promotion_id"] is not None]
        discounted = [row for row in sales if row["discount_minor"] > 0]

        def total(rows: list[Row], column: str) -> int:
            return sum(row[column] for row in rows)

        return {
            "line_count_365_days": len(sales),
            "promotion_line_share_365_days": ratio(len(promoted), len(sales)),
            "promotion_net_share_365_days": ratio(total(promoted, "net_minor"), total(sales, "net_minor")),
            "discounted_line_share_365_days": ratio(len(discounted), len(sales)),
            "discount_share_365_days": ratio(total(sales, "discount_minor"), total(sales, "list_minor")),
            "discount_depth_365_days": ratio(total(sales, "discount_minor"), total(discounted, "list_minor")),
        }

    def returns(self, customer_id: str) -> Row:
        lines = self.lines[customer_id]
        returned = [row for row in lines if row["kind"] == "return"]
        last_year = self.recent(returned, 365)
        sold = sum(row["net_minor"] for row in self.recent(lines, 365) if row["kind"] == "sale")
        value = -sum(row["net_minor"] for row in last_year)
        return {
            "return_line_count": len(returned),
            "return_line_count_365_days": len(last_year),
            "returned_net_minor_365_days": value,
            "returned_net_share_365_days": ratio(value, sold),
            "days_since_return": min((self.age(row["ordered_on"]) for row in returned), default=None),
        }

    def channels(self, customer_id: str) -> Row:
        orders = self.recent(self.orders(customer_id), 365)
        web = [row for row in orders if row["channel"] == "web"]
        places = [row["store_id"] for row in orders]
        return {
            "place_count_365_days": len(set(places)),
            "web_order_count_90_days": len(self.recent(web, 90)),
            "web_order_share_365_days": ratio(len(web), len(orders)),
            "weekend_order_share_365_days": ratio(
                sum(row["ordered_on"].strftime("%a") in ("Sat", "Sun") for row in orders), len(orders)
            ),
            "main_place_share_365_days": ratio(max((places.count(one) for one in places), default=0), len(orders)),
        }

    def contribution(self, customer_id: str) -> Row:
        receipts = self.recent(self.purchases[customer_id], 365)
        delivery = sum(row["delivery_cost_minor"] or 0 for row in receipts)
        service = sum(self.return_cost if row["is_return"] else self.order_cost for row in receipts)
        return {
            "receipt_count_365_days": len(receipts),
            "delivery_cost_minor_365_days": delivery,
            "service_cost_minor_365_days": service,
            "contribution_minor_365_days": sum(row["margin_minor"] for row in receipts) - delivery - service,
        }

    # -- categories

    @cached_property
    def category_days(self) -> dict[tuple[str, str], set[date]]:
        """The days on which a customer bought of a category."""
        found: dict[tuple[str, str], set[date]] = defaultdict(set)
        for customer_id, lines in list(self.lines.items()):
            for row in lines:
                if row["kind"] == "sale":
                    found[customer_id, row["category_id"]].add(row["ordered_on"])
        return dict(found)

    def _recent_days(self, wanted: Callable[[str, str], bool]) -> set[tuple[str, date]]:
        return {
            (customer_id, day)
            for (customer_id, category_id), days in self.category_days.items()
            if wanted(customer_id, category_id)
            for day in days
            if self.age(day) < 365
        }

    @cached_property
    def shop_day_count(self) -> int:
        return len(self._recent_days(lambda customer_id, category_id: True))

    @cached_property
    def shop_category_day_count(self) -> dict[str, int]:
        categories = {category_id for _, category_id in self.category_days}
        return {one: len(self._recent_days(lambda _, other, one=one: other == one)) for one in categories}

    def category(self, customer_id: str, category_id: str) -> Row:
        """Every column of features.customer_category for one pair."""
        days = sorted(self.category_days[customer_id, category_id])
        recent = [day for day in days if self.age(day) < 365]
        lines = [row for row in self.lines[customer_id] if row["category_id"] == category_id]
        last_year = self.recent(lines, 365)
        sold = sum(row["net_minor"] for row in last_year if row["kind"] == "sale")
        all_sold = sum(row["net_minor"] for row in self.recent(self.lines[customer_id], 365) if row["kind"] == "sale")
        own_days = len(
            {row["ordered_on"] for row in self.recent(self.lines[customer_id], 365) if row["kind"] == "sale"}
        )
        gap = Fraction((days[-1] - days[0]).days, len(days) - 1) if len(days) > 1 else None
        return {
            "customer_id": customer_id,
            "category_id": category_id,
            "day_count": len(days),
            "day_count_365_days": len(recent),
            "net_minor_365_days": sum(row["net_minor"] for row in last_year),
            "margin_minor_365_days": sum(row["margin_minor"] for row in last_year),
            "sold_net_minor_365_days": sold,
            "net_share_365_days": ratio(sold, all_sold),
            "day_share_365_days": ratio(len(recent), own_days),
            "lift_365_days": self._lift(len(recent), own_days, category_id),
            "days_since_order": self.age(days[-1]),
            "gap_count": len(days) - 1,
            "gap_days_mean": None if gap is None else float(gap),
            "due_ratio": None if gap is None else float(self.age(days[-1]) / gap),
            "last_ordered_at": max(row["ordered_at"] for row in lines if row["kind"] == "sale"),
        }

    def _lift(self, with_category: int, own_days: int, category_id: str) -> float | None:
        if not self.shop_category_day_count[category_id]:
            return None
        share = Fraction(self.shop_category_day_count[category_id], self.shop_day_count)
        return float((with_category + 5 * share) / (own_days + 5) / share)

    def categories(self, customer_id: str) -> list[Row]:
        return [self.category(one, category_id) for one, category_id in self.category_days if one == customer_id]

    def due(self, customer_id: str) -> Row:
        rows = self.categories(customer_id)
        rhythmic = [row["due_ratio"] for row in rows if row["gap_count"] >= 2]
        sold = [row["sold_net_minor_365_days"] for row in rows]
        return {
            "category_count": len(rows),
            "category_count_365_days": sum(row["day_count_365_days"] > 0 for row in rows),
            "category_count_90_days": sum(row["days_since_order"] < 90 for row in rows),
            "rhythmic_category_count": len(rhythmic),
            "due_category_count": sum(1 <= due < 3 for due in rhythmic),
            "overdue_category_count": sum(1.5 <= due < 3 for due in rhythmic),
            "abandoned_category_count": sum(due >= 3 for due in rhythmic),
            "due_ratio_max": max((due for due in rhythmic if due < 3), default=None),
            "top_category_net_share_365_days": ratio(max(sold, default=0), sum(sold)),
            "category_concentration_365_days": ratio(sum(one * one for one in sold), sum(sold) ** 2),
        }

    # -- browsing

    @cached_property
    def links(self) -> dict[str, list[tuple[datetime, str]]]:
        found: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        for row in self.facts["core.visitor_link"]:
            found[row["visitor_id"]].append((row["linked_at"], row["customer_id"]))
        return found

    def owner(self, visitor_id: str, moment: datetime) -> str | None:
        """Whom the visitor was recognised as last, at the moment or before; failing that, whom it was first."""
        links = self.links[visitor_id]
        if not links:
            return None
        before = [linked_at for linked_at, _ in links if linked_at <= moment]
        decisive = max(before) if before else min(linked_at for linked_at, _ in links)
        return min(customer_id for linked_at, customer_id in links if linked_at == decisive)

    @cached_property
    def events(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.facts["core.browsing_event"]:
            owner = self.owner(row["visitor_id"], row["occurred_at"])
            if owner is not None and self.age(row["occurred_on"]) < 90:
                found[owner].append(row)
        return found

    def weight(self, event: Row) -> Decimal:
        halved = Decimal(0.5 ** (self.age(event["occurred_on"]) / 14))
        return halved.quantize(Decimal("1e-9"), rounding=ROUND_HALF_UP)

    def score(self, events: list[Row], kind: str) -> Decimal:
        return sum((self.weight(row) for row in events if row["kind"] == kind), Decimal(0))

    @staticmethod
    def dwell(event: Row) -> int:
        return min(event["dwell_seconds"] or 0, 1800)

    def is_unbought(self, customer_id: str, event: Row) -> bool:
        """Whether the event shows interest in a category that no purchase of the category followed."""
        bought = [
            row["ordered_at"]
            for row in self.lines[customer_id]
            if row["kind"] == "sale" and row["category_id"] == event["category_id"]
        ]
        return event["category_id"] is not None and all(event["occurred_at"] > moment for moment in bought)

    def browsing(self, customer_id: str) -> Row:
        events = self.events[customer_id]
        unbought = [row for row in events if self.is_unbought(customer_id, row)]

        def count(kind: str, days: int) -> int:
            return sum(row["kind"] == kind for row in self.recent(events, days, "occurred_on"))

        def sessions(days: int) -> int:
            return len({row["session_id"] for row in self.recent(events, days, "occurred_on")})

        viewed = [row for row in self.recent(events, 30, "occurred_on") if row["kind"] == "view"]
        categories = {row["category_id"] for row in viewed} - {None}
        unbought_views = {row["category_id"] for row in unbought if row["kind"] == "view"}
        return {
            "session_count_30_days": sessions(30),
            "session_count_90_days": sessions(90),
            "days_since_visit": min((self.age(row["occurred_on"]) for row in events), default=None),
            **{f"view_count_{days}_days": count("view", days) for days in (7, 30, 90)},
            "search_count_30_days": count("search", 30),
            **{f"cart_count_{days}_days": count("cart", days) for days in (7, 30, 90)},
            "dwell_seconds_30_days": sum(self.dwell(row) for row in self.recent(events, 30, "occurred_on")),
            "view_score": float(self.score(events, "view")),
            "cart_score": float(self.score(events, "cart")),
            "dwell_score": float(sum((self.weight(row) * self.dwell(row) for row in events), Decimal(0))),
            "viewed_category_count_30_days": len(categories),
            "unbought_category_count_30_days": len(categories & unbought_views),
            "unbought_view_score": float(self.score(unbought, "view")),
            "unbought_cart_score": float(self.score(unbought, "cart")),
        }

    def category_browsing(self, customer_id: str) -> list[Row]:
        """Every row of features.customer_category_browsing of one customer."""
        events = self.events[customer_id]
        return [
            self._category_events(
                customer_id, category_id, [row for row in events if row["category_id"] == category_id]
            )
            for category_id in {row["category_id"] for row in events} - {None}
        ]

    def _category_events(self, customer_id: str, category_id: str, events: list[Row]) -> Row:
        unbought = [row for row in events if self.is_unbought(customer_id, row)]
        found: Row = {"customer_id": customer_id, "category_id": category_id}
        for kind in ("view", "cart"):
            of_kind = [row for row in events if row["kind"] == kind]
            found[f"{kind}_count_30_days"] = len(self.recent(of_kind, 30, "occurred_on"))
            found[f"{kind}_count_90_days"] = len(of_kind)
            found[f"{kind}_score"] = self.score(events, kind)
            found[f"unbought_{kind}_count_90_days"] = sum(row["kind"] == kind for row in unbought)
            found[f"unbought_{kind}_score"] = self.score(unbought, kind)
        found["dwell_seconds_30_days"] = sum(self.dwell(row) for row in self.recent(events, 30, "occurred_on"))
        found["dwell_score"] = sum((self.weight(row) * self.dwell(row) for row in events), Decimal(0))
        found["days_since_visit"] = min(self.age(row["occurred_on"]) for row in events)
        return found

    # -- contacts

    @cached_property
    def sent(self) -> dict[str, list[Row]]:
        """Offers of the last 365 days that reached their customer, with the answers."""
        answers: dict[str, set[str]] = defaultdict(set)
        for row in self.facts["core.receipt"]:
            answers[row["assignment_id"]].add(row["status"])
        redeemed = {row["assignment_id"] for row in self.facts["core.redemption"]}
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.recent(self.facts["core.offer_assignment"], 365, "assigned_on"):
            statuses = answers[row["assignment_id"]]
            if row["offer_id"] is not None and not statuses & {"rejected", "bounced"}:
                found[row["customer_id"]].append(
                    {
                        **row,
                        "opened": bool(statuses & {"opened", "clicked"}),
                        "clicked": "clicked" in statuses,
                        "redeemed": row["assignment_id"] in redeemed,
                    }
                )
        return found

    @cached_property
    def shop_rate(self) -> dict[str, Fraction]:
        everything = [row for rows in list(self.sent.values()) for row in rows]
        return {
            answer: Fraction(sum(row[answer] for row in everything), max(1, len(everything)))
            for answer in ("opened", "clicked", "redeemed")
        }

    def contacts(self, customer_id: str) -> Row:
        sent = self.sent[customer_id]
        found: Row = {f"offer_count_{days}_days": len(self.recent(sent, days, "assigned_on")) for days in (7, 30, 90)}
        found["offer_count_365_days"] = len(sent)
        found["days_since_offer"] = min((self.age(row["assigned_on"]) for row in sent), default=None)
        for answer, rate in (("opened", "open"), ("clicked", "click"), ("redeemed", "redemption")):
            count = sum(row[answer] for row in sent)
            shrunk = (count + 10 * self.shop_rate[answer]) / (len(sent) + 10)
            found[f"{answer}_count_365_days"] = count
            found[f"{rate}_rate_365_days"] = float(shrunk) if sent else None
        return found
