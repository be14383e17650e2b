"""A slow second opinion on visits and contacts, by plain loops over the raw core facts."""

from collections import defaultdict
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property

from tests.features.oracle_past import Past, Row


class Browsing(Past):
    """What is known of a customer's visits."""

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


class Contacts(Past):
    """What is known of the offers sent to a customer, and of the answers."""

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
