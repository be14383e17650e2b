"""Staging and core as a whole, on small random shops full of faults: the future, the order of rows and the sums."""

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from features.identity import link_persons
from offermill import businessday, settings, sqlfiles
from offermill.ingest import contracts
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.settings import Settings
from offermill.warehouse import Warehouse

DAY = date(2026, 6, 20)
START = datetime(2026, 6, 10)
RIGA = ZoneInfo("Europe/Riga")
SETTINGS = Settings(
    shop=settings.ShopSettings(id="test", name="Test", time_zone="Europe/Riga"),
    randomisation=settings.RandomisationSettings(salt="a salt for tests"),
    core=settings.CoreSettings(bot_events_per_day=3),
    sources={},
)
RUN = Run(DAY, businessday.interval(DAY, "Europe/Riga")[1], ShopPaths(Path("nowhere")), SETTINGS, "0" * 64)
SQL_TABLES = [*sqlfiles.tables("staging"), *sqlfiles.tables("core")]
CORE_TABLES = ["core.person_link", *sqlfiles.tables("core")]

Row = dict[str, Any]
Raw = dict[str, list[Row]]


class Shop:
    """Random raw rows of sixteen days around the business date; some of every source are wrong or late."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.raw: Raw = {name: [] for name in contracts.names()}
        self.records = [f"c{number}" for number in range(12)]
        for record in self.records:
            self.customer(record)
        for product in ("p0", "p1", "p2"):
            self.add("products", product_id=product, product_name=product, category_id=f"k-{product}",
                     category_name=product, cost_minor=self.chance.choice([None, 37, 150]))  # fmt: skip
        for number in range(60):
            self.order(f"o{number}")
        for number in range(80):
            self.event(f"e{number}")

    def moment(self) -> datetime:
        return START + timedelta(minutes=self.chance.randrange(16 * 24 * 60))

    def some(self, known: list[str], stranger: str) -> str:
        return stranger if self.chance.random() < 0.1 else self.chance.choice(known)

    def add(self, table: str, at: datetime | None = None, **values: object) -> None:
        """Add a row of the first load, or of a daily delivery on or after the day it happened."""
        is_history = self.chance.random() < 0.5
        day = (at or START).replace(tzinfo=ZoneInfo("UTC")).astimezone(RIGA).date()
        late = timedelta(days=self.chance.choice([0, 0, 0, 1, 3]))
        delivered_on = date(1, 1, 1) if is_history else day + late
        origin = {"_delivered_on": delivered_on, "_is_history": is_history, "_file": f"{table}-{delivered_on}"}
        self.raw[table].append({**values, **origin, "_line": len(self.raw[table]) + 2})

    def customer(self, record: str) -> None:
        opened = START - timedelta(days=self.chance.randrange(-8, 40))
        for _ in range(self.chance.choice([1, 1, 2])):
            self.add("customers", customer_id=record, registered_at=opened, language="lv",
                     status="active", points_balance=self.chance.randrange(99))  # fmt: skip
        for kind, value in (
            ("email", f"{self.chance.randrange(9)}@x.lv"),
            ("phone", f"2000000{self.chance.randrange(9)}"),
        ):
            self.add("contacts", customer_id=record, kind=kind, value=value)
        for channel in ("email", "sms"):
            at = self.moment()
            self.add("consents", at, customer_id=record, channel=channel, purpose="offers",
                     is_granted=self.chance.random() < 0.7, recorded_at=at)  # fmt: skip
        seen = self.moment()
        self.add("identity_links", seen, visitor_id=f"v{self.chance.randrange(4)}", customer_id=record, linked_at=seen)
        complained = self.moment()
        settled = complained + timedelta(days=self.chance.randrange(9)) if self.chance.random() < 0.5 else None
        for closed in (None, settled):
            self.add("complaints", closed or complained, complaint_id=f"t-{record}", opened_at=complained,
                     customer_id=self.some([record], "c-unknown"), closed_at=closed)  # fmt: skip
        if self.chance.random() < 0.3:
            self.add("strategic_customers", customer_id=record, owner="sales", expires_on=DAY)

    def order(self, order_id: str) -> None:
        at = self.moment()
        customer = None if self.chance.random() < 0.1 else self.some(self.records, "c-unknown")
        self.add("orders", at, order_id=order_id, customer_id=customer, store_id="s1", channel="store", ordered_at=at,
                 currency=self.some(["EUR"], "USD"))  # fmt: skip
        kind = self.chance.choice(["sale", "sale", "return"])
        for line in range(self.chance.randrange(4)):
            net, discount = self.chance.randrange(1, 999), self.chance.randrange(99)
            self.add("order_lines", at, order_id=order_id, line_number=line, kind=kind, net_amount_minor=net,
                     discount_minor=discount, list_amount_minor=net + discount,
                     product_id=self.some(["p0", "p1", "p2"], "p-unknown"),
                     quantity=Decimal(self.chance.randrange(1, 4000)) / 1000)  # fmt: skip
        if customer is not None and self.chance.random() < 0.3:
            self.add("redemptions", at, redemption_id=f"r-{order_id}", offer_id="x", customer_id=customer,
                     order_id=order_id, redeemed_at=at, discount_minor=100)  # fmt: skip
            credited = self.moment()
            self.add("credits", credited, credit_id=f"k-{order_id}", customer_id=customer, kind="gift",
                     amount_minor=100, credited_at=credited)  # fmt: skip
            self.add("survey_answers", credited, answer_id=f"q-{order_id}", customer_id=customer, question="nps",
                     score=self.chance.randrange(11), answered_at=credited)  # fmt: skip

    def event(self, event_id: str) -> None:
        at = self.moment()
        self.add("browsing_events", at, event_id=event_id, session_id="s", visitor_id=f"v{self.chance.randrange(2)}",
                 occurred_at=at, kind="view", product_id=self.some(["p0", "p1"], "p-unknown"))  # fmt: skip


def tables_of(raw: Raw) -> dict[str, list[Row]]:
    """Return every staging and core table made of the raw rows for DAY, core tables in their own order."""
    with Warehouse.open() as warehouse:
        warehouse.execute("create schema raw")
        for name, rows in raw.items():
            columns = contracts.load(name).raw_columns
            warehouse.execute(f"create table raw.{name} ({', '.join(f'{c} {kind}' for c, kind in columns.items())})")
            values = [[row.get(column) for column in columns] for row in rows]
            if values:
                marks = ", ".join("?" * len(columns))
                warehouse.connection.executemany(f"insert into raw.{name} values ({marks})", values)
        for address in SQL_TABLES:
            if address == sqlfiles.tables("core")[0]:
                link_persons(warehouse, RUN)
            warehouse.replace_table(address, sqlfiles.read(address).text, RUN.parameters)
        return {
            address: warehouse.arrow(f"select * from {address}" + ("" if address in CORE_TABLES else " order by all"))
            .to_pylist()
            for address in [*SQL_TABLES, "core.person_link"]
        }  # fmt: skip


def until_the_day(raw: Raw) -> Raw:
    """Return the raw rows of a landing area that ends with DAY."""
    orders_to_come = {row["order_id"] for row in raw["orders"] if row["_is_history"] and row["ordered_at"] >= RUN.as_of}

    def is_known(name: str, row: Row) -> bool:
        if not row["_is_history"]:
            return bool(row["_delivered_on"] <= DAY)
        event_time = contracts.load(name).event_time
        if name == "order_lines":
            return row["order_id"] not in orders_to_come
        return event_time is None or bool(row[event_time] < RUN.as_of)

    return {name: [row for row in rows if is_known(name, row)] for name, rows in raw.items()}


@pytest.mark.parametrize("seed", range(3))
def test_cutting_off_the_future_changes_no_cell(seed: int) -> None:
    raw = Shop(seed).raw
    cut = until_the_day(raw)
    assert sum(map(len, cut.values())) < sum(map(len, raw.values()))

    whole, ended = tables_of(raw), tables_of(cut)

    for address in CORE_TABLES:
        assert whole[address] == ended[address], address


@pytest.mark.parametrize("seed", range(3))
def test_the_order_in_which_rows_came_changes_no_byte(seed: int) -> None:
    shop = Shop(seed)
    shuffled = {name: shop.chance.sample(rows, len(rows)) for name, rows in shop.raw.items()}

    first, second = tables_of(shop.raw), tables_of(shuffled)

    for address, rows in first.items():
        assert rows == second[address], address


@pytest.mark.parametrize("seed", range(3))
def test_every_staged_record_is_a_fact_or_an_orphan_and_never_both(seed: int) -> None:
    tables = tables_of(until_the_day(Shop(seed).raw))
    orphans = defaultdict(list)
    for row in tables["core.orphan"]:
        orphans[row["table_name"]].append(row["key"])
    bot_days = {(row["visitor_id"], row["occurred_on"]) for row in tables["core.bot_visitor"]}

    def keys(address: str, name: str) -> list[str]:
        return [row[name] for row in tables[address]]

    lines = [f"{row['order_id']}/{row['line_number']}" for row in tables["core.purchase_line"]]
    staged_lines = [f"{row['order_id']}/{row['line_number']}" for row in tables["staging.order_lines"]]
    assert sorted(lines + orphans["order_lines"]) == sorted(staged_lines)
    assert sorted(keys("core.purchase", "order_id") + orphans["orders"]) == sorted(keys("staging.orders", "order_id"))
    redemptions = keys("core.redemption", "redemption_id") + orphans["redemptions"]
    assert sorted(redemptions) == sorted(keys("staging.redemptions", "redemption_id"))
    by_people = [
        row["event_id"]
        for row in tables["staging.browsing_events"]
        if (row["visitor_id"], row["occurred_on"]) not in bot_days
    ]
    events = set(keys("core.browsing_event", "event_id"))
    assert events | set(orphans["browsing_events"]) >= set(by_people)
    assert events.isdisjoint(orphans["browsing_events"])
    assert min(map(len, (lines, orphans["order_lines"], orphans["orders"], events, bot_days))) > 0


@pytest.mark.parametrize("seed", range(3))
def test_totals_are_those_of_a_slow_reckoning(seed: int) -> None:
    tables = tables_of(Shop(seed).raw)
    cost_of = {row["product_id"]: row["cost_minor"] for row in tables["core.product"]}
    leading = {row["record_id"]: row["customer_id"] for row in tables["core.person_link"]}
    since = {row["customer_id"]: row["registered_on"] for row in tables["core.customer"]}
    expected: dict[str, list[Any]] = {}
    for order in tables["staging.orders"]:
        person = leading.get(order["customer_id"])
        is_stranger = order["customer_id"] is not None and person is None
        is_early = person is not None and order["ordered_on"] < since[person]
        if order["currency"] != "EUR" or is_stranger or is_early:
            continue
        for line in tables["staging.order_lines"]:
            if line["order_id"] == order["order_id"] and line["product_id"] in cost_of:
                total = expected.setdefault(order["order_id"], [person, 0, 0, 0, 0, date(1, 1, 1)])
                sign = -1 if line["kind"] == "return" else 1
                amounts = (1, sign * line["net_minor"], sign * line["discount_minor"], sign * margin(line, cost_of))
                total[1:5] = [a + b for a, b in zip(total[1:5], amounts, strict=True)]
                total[5] = max(total[5], line["arrived_on"], order["arrived_on"])

    names = ("customer_id", "line_count", "net_minor", "discount_minor", "margin_minor", "arrived_on")
    found = {row["order_id"]: [row[name] for name in names] for row in tables["core.purchase"]}

    assert found == expected
    assert expected


def margin(line: Row, cost_of: dict[str, int | None]) -> int:
    """Return net less cost, the cost rounded half up (it is never negative here)."""
    unit_cost = cost_of[line["product_id"]]
    cost = line["quantity"] * unit_cost if unit_cost is not None else line["net_minor"] * Decimal("0.70")
    return int(line["net_minor"] - int(cost + Decimal("0.5")))
