"""Random core facts that are nasty on purpose: ties, late arrivals, returns before sales, guests, shared visitors.

Local dates follow Europe/Riga, so that instants near midnight fall on another date than in UTC.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from offermill.expectations import load
from offermill.warehouse import Warehouse

Row = dict[str, Any]
Facts = dict[str, list[Row]]

ZONE = ZoneInfo("Europe/Riga")
FIRST_DAY = date(2024, 9, 1)
LAST_DAY = date(2026, 6, 30)
CATEGORIES = ["bread", "fish", "milk", "wine", "yarn"]
# Days a record may arrive late: mostly at once.
DELAYS = [0, 0, 0, 0, 0, 0, 1, 2, 9, 40]
CORE_TABLES = (
    "core.customer",
    "core.purchase",
    "core.purchase_line",
    "core.browsing_event",
    "core.visitor_link",
    "core.offer_assignment",
    "core.receipt",
    "core.redemption",
    "core.strategic_customer",
)


def as_of(day: date) -> datetime:
    """The end of a local day as naive UTC."""
    return datetime.combine(day + timedelta(days=1), time(), ZONE).astimezone(UTC).replace(tzinfo=None)


def local_date(moment: datetime) -> date:
    """The local date of a naive UTC instant."""
    return moment.replace(tzinfo=UTC).astimezone(ZONE).date()


def write(warehouse: Warehouse, facts: Facts) -> None:
    """Write every table that features, segments and snapshots read; tables without rows are empty."""
    for address in (*CORE_TABLES, "models.evidence_draw"):
        write_table(warehouse, address, facts.get(address, []))


def write_table(warehouse: Warehouse, address: str, rows: list[Row]) -> None:
    """Write one table with the column types its expectations promise; what a row leaves out is null."""
    columns = load(address).columns
    table = pa.table({name: pa.array([row.get(name) for row in rows]) for name in columns})
    warehouse.connection.register("rows_given", table)
    casts = ", ".join(f"cast({name} as {column.type}) as {name}" for name, column in columns.items())
    warehouse.replace_table(address, f"select {casts} from rows_given")
    warehouse.connection.unregister("rows_given")


@dataclass
class Maker:
    """Makes facts from a seed; `facts` grows with every call."""

    random: random.Random
    customer_count: int = 60
    facts: Facts = field(default_factory=lambda: defaultdict(list))

    @property
    def customers(self) -> list[str]:
        return [f"c{number}" for number in range(self.customer_count)]

    def day(self) -> date:
        return FIRST_DAY + timedelta(days=self.random.randrange((LAST_DAY - FIRST_DAY).days + 20))

    def moment(self, day: date) -> datetime:
        """A naive UTC instant near `day`; few distinct ones, some at local midnight to the second."""
        if self.random.random() < 0.1:
            return as_of(day)
        if self.random.random() < 0.1:
            return as_of(day) - timedelta(seconds=1)
        return datetime.combine(day, time(self.random.choice([0, 9, 9, 17, 22, 23]), self.random.choice([0, 30])))

    def arrived_on(self, moment: datetime) -> date:
        return local_date(moment) + timedelta(days=self.random.choice(DELAYS))

    def make(self) -> Facts:
        """Return all facts."""
        self.make_customers()
        for number in range(self.customer_count * 14):
            self.make_purchase(f"o{number}")
        for number in range(self.customer_count * 25):
            self.make_event(f"e{number}")
        self.make_links()
        for number in range(self.customer_count * 6):
            self.make_assignment(f"a{number}")
        return self.facts

    def make_customers(self) -> None:
        for customer_id in self.customers:
            moment = self.moment(self.day() if self.random.random() < 0.3 else FIRST_DAY)
            self.facts["core.customer"].append(
                {
                    "customer_id": customer_id,
                    "registered_at": moment,
                    "registered_on": local_date(moment),
                    "status": "active",
                    "language": "lv",
                    "tier": self.random.choice([None, None, "gold"]),
                    "points_balance": self.random.choice([None, 0, 120]),
                    "record_count": 1,
                }
            )

    def _buyer(self) -> str | None:
        # Low numbers buy often, high numbers hardly; one order in twelve is a guest's.
        if self.random.random() < 1 / 12:
            return None
        return self.customers[int(self.customer_count * self.random.random() ** 2)]

    def _order_day(self, customer_id: str | None) -> date:
        """Some customers are regular to the day, some buy twice a day, the rest at random."""
        day = self.day()
        if customer_id is not None and int(customer_id[1:]) % 3 == 0:
            return FIRST_DAY + timedelta(days=(day - FIRST_DAY).days // 14 * 14)
        return day

    def make_purchase(self, order_id: str) -> None:
        customer_id = self._buyer()
        moment = self.moment(self._order_day(customer_id))
        is_return = self.random.random() < 0.12
        order = {
            "order_id": order_id,
            "customer_id": customer_id,
            "record_id": customer_id,
            "store_id": self.random.choice(["s1", "s2", "web"]),
            "channel": self.random.choice(["store", "store", "web"]),
            "ordered_at": moment,
            "ordered_on": local_date(moment),
            "arrived_on": self.arrived_on(moment),
        }
        lines = [self._line(order, number + 1, is_return) for number in range(self.random.choice([1, 1, 2, 3, 5]))]
        totals = {name: sum(line[name] for line in lines) for name in ("net_minor", "discount_minor", "margin_minor")}
        delivery = self.random.choice([None, 0, 290, 490])
        counts = {"delivery_cost_minor": delivery, "line_count": len(lines), "is_return": is_return}
        self.facts["core.purchase"].append({**order, **totals, **counts})
        self.facts["core.purchase_line"] += lines

    def _line(self, order: Row, number: int, is_return: bool) -> Row:
        shared = ("order_id", "customer_id", "store_id", "channel", "ordered_at", "ordered_on", "arrived_on")
        list_minor = self.random.choice([1, 99, 250, 999, 12_345, self.random.randrange(1, 9_999)])
        discount = self.random.choice([0, 0, list_minor // 10, list_minor // 2]) if list_minor > 1 else 0
        net = list_minor - discount
        cost = self.random.choice([net // 2, net - 1, net + 300])
        sign = -1 if is_return else 1
        category = self.random.choice(CATEGORIES)
        amounts = {"list": list_minor, "discount": discount, "net": net, "cost": cost, "margin": net - cost}
        return {
            **{name: order[name] for name in shared},
            **{f"{name}_minor": sign * amount for name, amount in amounts.items()},
            "line_number": number,
            "product_id": f"{category}-1",
            "category_id": category,
            "kind": "return" if is_return else "sale",
            "quantity": sign,
            "promotion_id": self.random.choice([None, None, "p1"]),
        }

    def make_event(self, event_id: str) -> None:
        moment = self.moment(self.day())
        kind = self.random.choice(["view", "view", "view", "search", "cart"])
        visitor = self.random.randrange(self.customer_count)
        self.facts["core.browsing_event"].append(
            {
                "event_id": event_id,
                "session_id": f"v{visitor}-{moment:%Y%m%d}",
                "visitor_id": f"v{visitor}",
                "occurred_at": moment,
                "occurred_on": local_date(moment),
                "arrived_on": self.arrived_on(moment),
                "kind": kind,
                "category_id": self.random.choice([*CATEGORIES, None]),
                "dwell_seconds": self.random.choice([None, 0, 15, 61, 7_200]),
            }
        )

    def make_links(self) -> None:
        """Most visitors are recognised once, after some of their events; some belong to two people, even at once."""
        for number in range(0, self.customer_count, 1):
            seen: set[tuple[str, datetime]] = set()
            for _ in range(self.random.choice([0, 1, 1, 2, 3])):
                moment = self.moment(self.day())
                for customer_id in {self.random.choice(self.customers), self.random.choice([f"c{number}"])}:
                    if self.random.random() < 0.7 and (customer_id, moment) not in seen:
                        seen.add((customer_id, moment))
                        self.facts["core.visitor_link"].append(
                            {
                                "visitor_id": f"v{number}",
                                "customer_id": customer_id,
                                "linked_at": moment,
                                "arrived_on": self.arrived_on(moment),
                            }
                        )

    def make_assignment(self, assignment_id: str) -> None:
        moment = self.moment(self.day())
        customer_id = self.random.choice(self.customers)
        offer_id = self.random.choice([None, "basket-percent-10", "points-500"])
        self.facts["core.offer_assignment"].append(
            {
                "assignment_id": assignment_id,
                "customer_id": customer_id,
                "campaign_id": "pilot",
                "wave_id": f"w{moment:%Y%m}",
                "arm": offer_id or "control",
                "offer_id": offer_id,
                "channel": "email",
                "is_randomised": self.random.random() < 0.5,
                "assigned_at": moment,
                "assigned_on": local_date(moment),
                "arrived_on": self.arrived_on(moment),
            }
        )
        for number in range(self.random.choice([0, 1, 2, 3])):
            self._receipt(f"{assignment_id}-{number}", assignment_id, customer_id, moment)
        if self.random.random() < 0.2:
            self._redemption(assignment_id, customer_id, offer_id, moment)

    def _receipt(self, receipt_id: str, assignment_id: str, customer_id: str, sent_at: datetime) -> None:
        moment = sent_at + timedelta(days=self.random.choice([0, 1, 20]))
        statuses = ["accepted", "delivered", "opened", "opened", "clicked", "bounced", "rejected"]
        self.facts["core.receipt"].append(
            {
                "receipt_id": receipt_id,
                "assignment_id": assignment_id,
                "customer_id": customer_id,
                "channel": "email",
                "status": self.random.choice(statuses),
                "occurred_at": moment,
                "occurred_on": local_date(moment),
                "arrived_on": self.arrived_on(moment),
            }
        )

    def _redemption(self, assignment_id: str, customer_id: str, offer_id: str | None, sent_at: datetime) -> None:
        moment = sent_at + timedelta(days=self.random.choice([0, 3, 25]))
        self.facts["core.redemption"].append(
            {
                "redemption_id": f"r-{assignment_id}",
                "assignment_id": self.random.choice([assignment_id, None]),
                "offer_id": offer_id or "points-500",
                "customer_id": customer_id,
                "order_id": "o1",
                "redeemed_at": moment,
                "redeemed_on": local_date(moment),
                "arrived_on": self.arrived_on(moment),
                "discount_minor": 500,
            }
        )


def make(seed: int, customer_count: int = 60) -> Facts:
    """Return random facts; the same seed gives the same facts."""
    return Maker(random.Random(seed), customer_count).make()
