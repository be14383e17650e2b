"""A slow second opinion: the features of one customer, by plain loops over the raw core facts.

Written from the meanings in expectations/features, not from the SQL. Ratios are exact fractions until the end.
"""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from statistics import mean, median, stdev

from tests.features.oracle_categories import Categories
from tests.features.oracle_contacts import Browsing, Contacts
from tests.features.oracle_past import Row, ratio


class Oracle(Categories, Browsing, Contacts):
    """Features as of the end of `day`, one customer at a time."""

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

    # -- money

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
