"""Hostile inputs, part E: ids and keys. Each test is named after its row in the list of hostile inputs."""

import csv
import io
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offermill.errors import InputError

STORES = "store_id,store_name,city,kind\n"
ORDERS = "order_id,customer_id,store_id,channel,ordered_at,currency,delivery_cost\n"
FILE = "orders/orders_2026-06-30.csv"
YESTERDAY = date(2026, 6, 29)


def stores(ids: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([["store_id", "store_name", "city", "kind"], *([i, "Name", "", "web"] for i in ids)])
    return text.getvalue()


def order(number: str, cost: str = "", at: str = "2026-06-30 10:00:00") -> str:
    return f"{number},c1,s1,store,{at},EUR,{cost}\n"


def test_h32_ids_stay_the_text_they_are(desk):
    ids = [
        "00123",
        "12345678901234567890",
        "1E5",
        "A0eebc99-9C0B",
        "a0eebc99-9c0b",
        "0x1F",
        "+371",
        "1.0",
        "nan",
        "NULL",
    ]
    desk.deliver("stores", stores(ids))
    desk.load("stores")
    assert [row[0] for row in desk.rows("stores", "store_id")] == ids


def test_h32_ids_that_already_are_floats_in_parquet_are_refused(desk, tmp_path):
    folder = tmp_path / "landing" / "stores"
    folder.mkdir(parents=True)
    names = pa.array(["a", "b"])
    table = pa.table({"store_id": pa.array([1.0, None]), "store_name": names, "city": names, "kind": names})
    pq.write_table(table, folder / "stores_2026-06-30.parquet")
    desk.declare("stores", files="stores_{date}.parquet")
    assert desk.refusal("stores", InputError) == (
        "stores/stores_2026-06-30.parquet: store_id is double, so leading zeros and long numbers are already lost; "
        "deliver ids as text (in pandas: dtype=str when reading)."
    )


def test_h33_ids_that_look_like_paths_are_data(desk, tmp_path):
    ids = [
        "../../etc/passwd",
        "a/b",
        "CON",
        "x" * 300,
        "with space",
        "'; drop table raw.stores; --",
        "{{ ds }}",
        "$(id)",
    ]
    desk.deliver("stores", stores(ids))
    desk.load("stores")
    assert [row[0] for row in desk.rows("stores", "store_id")] == ids
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["landing", "stores", "stores_2026-06-30.csv"]


@pytest.mark.parametrize("empty", ["", "   ", "\u00a0"])
def test_h33_an_empty_id_is_rejected(desk, empty):
    desk.deliver("stores", stores([empty]))
    desk.load("stores")
    assert desk.rejects() == [(2, "store_id", "is empty, and the contract requires a value; fill it in at the source.")]


def test_h34_the_same_key_with_equal_content_counts_once(desk):
    desk.deliver("orders", ORDERS + order("o1", "1.50") + order("o1", "1.500") + order("o1", "1.50"))
    summary = desk.load("orders")
    assert desk.rows("orders", "order_id", "_line") == [("o1", 2)]
    assert (summary["accepted_count"], summary["duplicate_count"], summary["conflict_count"]) == (1, 2, 0)


def test_h34_the_same_key_with_different_content_is_a_conflict_and_no_row_stays(desk):
    desk.deliver("orders", ORDERS + order("o1", "1.50") + order("o1", "1.50") + order("o2") + order("o1", "9.99"))
    summary = desk.load("orders")
    assert desk.rows("orders", "order_id") == [("o2",)]
    assert summary["conflict_count"] == 3
    assert desk.warehouse.rows("select key, line, other_line, difference from meta.conflict order by line") == [
        ("order_id=o1", 2, 5, "delivery_cost_minor: 150 / 999"),
        ("order_id=o1", 3, 5, "delivery_cost_minor: 150 / 999"),
        ("order_id=o1", 5, 2, "delivery_cost_minor: 999 / 150"),
    ]


def test_h34_across_deliveries_the_earlier_event_stays(desk):
    desk.deliver(
        "orders",
        ORDERS + order("o1", "1.50", "2026-06-29 10:00:00") + order("o2", "", "2026-06-29 11:00:00"),
        YESTERDAY,
    )
    desk.deliver("orders", ORDERS + order("o1", "9.99", "2026-06-29 10:00:00") + order("o2", "", "2026-06-29 11:00:00"))
    desk.load("orders")
    assert desk.rows("orders", "order_id", "delivery_cost_minor", "_delivered_on") == [
        ("o1", 150, YESTERDAY),
        ("o2", None, YESTERDAY),
    ]
    assert desk.warehouse.rows("select * from meta.conflict") == [
        (
            "orders",
            date(2026, 6, 30),
            "order_id=o1",
            FILE,
            2,
            "orders/orders_2026-06-29.csv",
            2,
            "delivery_cost_minor: 999 / 150",
        )
    ]


def test_h34_a_later_delivery_of_an_entity_supersedes_and_is_no_conflict(desk):
    desk.deliver("stores", STORES + "s1,Old name,Riga,store\n", YESTERDAY)
    desk.deliver("stores", STORES + "s1,New name,Riga,store\n")
    desk.load("stores")
    assert desk.rows("stores", "store_name", "_delivered_on") == [
        ("Old name", YESTERDAY),
        ("New name", date(2026, 6, 30)),
    ]
    assert desk.warehouse.count("meta.conflict") == 0


def test_h34_a_conflict_does_not_show_personal_values(desk):
    header = "customer_id,kind,value,updated_at\n"
    desk.deliver(
        "contacts",
        header + "c1,email,anna@example.com,2026-06-01 10:00:00\nc1,email,anna@example.com,2026-06-02 10:00:00\n",
    )
    desk.load("contacts")
    assert desk.warehouse.rows("select distinct key, difference from meta.conflict order by all") == [
        ("customer_id=c1, kind=email, value=(personal)", "updated_at: 2026-06-01 07:00:00 / 2026-06-02 07:00:00"),
        ("customer_id=c1, kind=email, value=(personal)", "updated_at: 2026-06-02 07:00:00 / 2026-06-01 07:00:00"),
    ]
