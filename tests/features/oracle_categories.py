"""A slow second opinion on what customers buy: their categories, by plain loops over the raw core facts."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from functools import cached_property

from tests.features.oracle_past import Past, Row, ratio


class Categories(Past):
    """Rows of features.customer_category, and what features.customer says of them."""

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
