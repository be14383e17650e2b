"""Loading night after night: what is loaded when, what is replaced, what is refused, and what is written down."""

import hashlib
import json
import stat
from datetime import date, datetime

import duckdb
import pytest

from offermill.errors import ConfigError, GateError, InputError, WarehouseError
from offermill.ingest.load import load

STORES = "store_id,store_name,city,kind\n"
ORDERS = "order_id,customer_id,store_id,channel,ordered_at,currency,delivery_cost\n"
MONDAY, TUESDAY = date(2026, 6, 29), date(2026, 6, 30)
HISTORY = date(1, 1, 1)


def order(number: str, cost: str = "", day: date = TUESDAY) -> str:
    return f"{number},c1,s1,store,{day} 10:00:00,EUR,{cost}\n"


def test_a_run_loads_history_once_and_every_delivery_up_to_its_day(desk):
    desk.declare("orders", history="orders_history.csv")
    desk.deliver("orders", ORDERS + order("h1", day=date(2025, 1, 1)), name="orders_history.csv")
    for day, number in ((MONDAY, "o1"), (TUESDAY, "o2"), (date(2026, 7, 1), "o3")):
        desk.deliver("orders", ORDERS + order(number, day=day), day)
    assert desk.load("orders") == {
        "rows": 3,
        "delivery_count": 3,
        "row_count": 3,
        "accepted_count": 3,
        "reject_count": 0,
        "duplicate_count": 0,
        "conflict_count": 0,
        "late_count": 0,
        "changed_files": [],
    }
    assert desk.rows("orders", "order_id", "_delivered_on", "_is_history", "_file", "_line") == [
        ("h1", HISTORY, True, "orders/orders_history.csv", 2),
        ("o1", MONDAY, False, "orders/orders_2026-06-29.csv", 2),
        ("o2", TUESDAY, False, "orders/orders_2026-06-30.csv", 2),
    ]


def test_a_second_run_of_the_same_day_finds_nothing_to_do(desk):
    desk.deliver("orders", ORDERS + order("o1"))
    desk.load("orders")
    before = desk.warehouse.rows("select * from meta.delivery")
    assert desk.load("orders")["delivery_count"] == 0
    assert desk.warehouse.rows("select * from meta.delivery") == before


def test_a_changed_delivery_of_tonight_replaces_only_itself(desk):
    desk.deliver("orders", ORDERS + order("o1", day=MONDAY), MONDAY)
    desk.deliver("orders", ORDERS + order("o2") + order("o3") + "bad\n")
    desk.load("orders")
    desk.deliver("orders", ORDERS + order("o3", "1.00"))
    desk.load("orders")
    assert desk.rows("orders", "order_id", "delivery_cost_minor") == [("o1", None), ("o3", 100)]
    assert desk.warehouse.count("meta.reject") == 0
    assert desk.warehouse.count("meta.delivery") == 2


def test_a_changed_older_delivery_is_reported_and_not_loaded(desk):
    desk.deliver("orders", ORDERS + order("o1", day=MONDAY), MONDAY)
    desk.deliver("orders", ORDERS + order("o2"))
    desk.load("orders")
    desk.deliver("orders", ORDERS + order("o9", day=MONDAY), MONDAY)
    assert desk.load("orders")["changed_files"] == ["orders/orders_2026-06-29.csv"]
    assert desk.rows("orders", "order_id") == [("o1",), ("o2",)]
    assert desk.warehouse.rows("select delivered_on, file, kind, description from meta.note") == [
        (
            MONDAY,
            "orders/orders_2026-06-29.csv",
            "changed_file",
            "changed, with its rules or its bytes, after it was loaded; to take the change, run 2026-06-29 again",
        )
    ]
    desk.load("orders", MONDAY)
    assert desk.rows("orders", "order_id") == [("o9",), ("o2",)]
    assert desk.load("orders")["changed_files"] == []
    assert desk.warehouse.count("meta.note") == 0


def test_new_rules_for_tonights_file_load_it_again(desk):
    desk.deliver("orders", ORDERS.replace("channel", "way") + order("o1"))
    desk.declare("orders", renames={"channel": "way"})
    desk.load("orders")
    desk.declare("orders", renames={"channel": "way"}, time_zone="UTC")
    assert desk.load("orders")["delivery_count"] == 1
    assert desk.rows("orders", "ordered_at") == [(datetime(2026, 6, 30, 10, 0),)]


def test_the_order_of_runs_does_not_matter_for_events_that_clash(desk):
    desk.deliver("orders", ORDERS + order("o1", "1.00", MONDAY) + order("o2", "1.00", MONDAY), MONDAY)
    desk.deliver("orders", ORDERS + order("o1", "2.00", MONDAY) + order("o3"))
    desk.load("orders")
    assert desk.rows("orders", "order_id", "delivery_cost_minor") == [("o1", 100), ("o2", 100), ("o3", None)]

    # The correction of Monday has no o1 any more, but o3: Tuesday's o1 is now the first, and its o3 the second.
    desk.deliver("orders", ORDERS + order("o3", "5.00", MONDAY), MONDAY)
    desk.load("orders", MONDAY)
    assert desk.rows("orders", "order_id", "delivery_cost_minor") == [("o3", 500), ("o1", 200)]
    assert desk.warehouse.rows("select key, file, other_file from meta.conflict") == [
        ("order_id=o3", "orders/orders_2026-06-30.csv", "orders/orders_2026-06-29.csv")
    ]


def test_a_clashing_later_delivery_whose_file_changed_waits_for_its_own_run(desk):
    desk.deliver("orders", ORDERS + order("o1", "1.00", MONDAY), MONDAY)
    desk.deliver("orders", ORDERS + order("o2"))
    desk.load("orders")
    desk.deliver("orders", ORDERS + order("o2", "1.00", MONDAY), MONDAY)
    desk.deliver("orders", ORDERS + order("o2") + order("o3"))
    desk.load("orders", MONDAY)
    assert desk.rows("orders", "order_id", "_delivered_on") == [("o2", MONDAY)]
    desk.load("orders")
    assert desk.rows("orders", "order_id", "_delivered_on") == [("o2", MONDAY), ("o3", TUESDAY)]


def test_as_many_bad_records_as_the_shop_allows_do_not_refuse_a_small_delivery(desk):
    desk.reject_rate_max, desk.reject_count_allowed = 0.01, 1
    desk.deliver("stores", STORES + "s1,Centrs,Riga,store\ns2,,Riga,store\n", MONDAY)
    desk.load("stores", MONDAY)
    assert desk.rows("stores", "store_id") == [("s1",)]
    desk.deliver("stores", STORES + "s1,Centrs,Riga,store\ns2,,Riga,store\ns3,,Riga,store\n")
    assert desk.refusal("stores", GateError).startswith("stores: delivery of 2026-06-30: 2 rejected")


def test_too_many_bad_records_refuse_the_delivery_and_lie_in_quarantine(desk, tmp_path):
    desk.reject_rate_max = 0.25
    desk.deliver("stores", STORES + "s1,Centrs,Riga,store\n", MONDAY)
    desk.load("stores", MONDAY)
    desk.deliver("stores", STORES + "s1,Centrs,Riga,store\ns2,,Riga,store\ns3,Web,,shop\ns4,x\n")
    assert desk.refusal("stores", GateError) == (
        "stores: delivery of 2026-06-30: 3 rejected and 0 conflicting of 4 records, more than the share of 0.25 "
        "allowed; "
        "nothing of the delivery was kept.\n"
        "  stores/stores_2026-06-30.csv:3: store_name is empty, and the contract requires a value; fill it in at the "
        "source.\n"
        '  stores/stores_2026-06-30.csv:4: kind "shop" is none of store, web.\n'
        '  stores/stores_2026-06-30.csv:5: has 2 fields where the header has 4; quote values that hold ",".\n'
        "Correct the delivery, or raise reject_rate_max of the source.\n"
        "The bad records lie in state/rejects/stores_2026-06-30.jsonl."
    )
    assert desk.rows("stores", "store_id", "_delivered_on") == [("s1", MONDAY)]
    kept = tmp_path / "state" / "rejects" / "stores_2026-06-30.jsonl"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [json.loads(line)["line"] for line in kept.read_text().splitlines()] == [3, 4, 5]
    desk.declare("stores", reject_rate_max=0.75)
    desk.load("stores")
    assert not kept.exists()


def test_a_refused_correction_leaves_what_was_loaded_before(desk):
    desk.reject_rate_max = 0.0
    desk.deliver("stores", STORES + "s1,Centrs,Riga,store\n")
    desk.load("stores")
    desk.deliver("stores", STORES + "s1,,Riga,store\n")
    with pytest.raises(GateError):
        desk.load("stores")
    assert desk.rows("stores", "store_name") == [("Centrs",)]


def test_a_required_source_before_its_first_delivery_lives_on_history(desk):
    desk.declare("stores", required=True, history="stores_history.csv")
    desk.deliver("stores", STORES + "s1,Centrs,Riga,store\n", name="stores_history.csv")
    desk.deliver("stores", STORES + "s1,Centrs,Riga,store\n", TUESDAY)
    assert desk.load("stores", MONDAY)["rows"] == 1


def test_a_day_may_have_several_files(desk):
    desk.declare("stores", files="stores_{date:%Y%m%d}_*.csv")
    desk.deliver("stores", STORES + "s1,Centrs,Riga,store\n", name="stores_20260630_a.csv")
    desk.deliver("stores", STORES + "s1,Centrs,Riga,store\ns2,Web,,web\n", name="stores_20260630_b.csv")
    desk.load("stores")
    assert desk.rows("stores", "store_id", "_file", "_line") == [
        ("s1", "stores/stores_20260630_a.csv", 2),
        ("s2", "stores/stores_20260630_b.csv", 3),
    ]
    assert desk.warehouse.rows(
        "select file, row_count, accepted_count, duplicate_count from meta.delivery order by 1"
    ) == [
        ("stores/stores_20260630_a.csv", 1, 1, 0),
        ("stores/stores_20260630_b.csv", 2, 1, 1),
    ]


def test_a_name_with_an_impossible_date_is_refused(desk):
    desk.deliver("stores", STORES, name="stores_2026-06-31.csv")
    assert desk.refusal("stores", InputError) == (
        "stores/stores_2026-06-31.csv: 2026-06-31 in the name is no day of the calendar; rename the file."
    )


def test_columns_that_are_not_read_are_noted(desk):
    desk.deliver("stores", "store_id,store_name,kind,manager\ns1,Centrs,store,X\n")
    desk.load("stores")
    assert desk.warehouse.rows("select kind, item_count, description from meta.note order by kind") == [
        ("absent_columns", 1, "left empty: city"),
        ("ignored_columns", 1, "not in the contract: manager"),
    ]


def test_the_manifest_says_what_was_read(desk):
    desk.deliver("stores", STORES + "s1,Centrs,Riga,store\n")
    desk.load("stores")
    assert desk.warehouse.rows(
        "select source, delivered_on, file, bytes, sha256, row_count, is_history from meta.delivery"
    ) == [
        (
            "stores",
            TUESDAY,
            "stores/stores_2026-06-30.csv",
            51,
            hashlib.sha256(b"store_id,store_name,city,kind\ns1,Centrs,Riga,store\n").hexdigest(),
            1,
            False,
        )
    ]


def test_json_lines_say_which_line_is_wrong(desk):
    desk.declare("stores", files="stores_{date}.jsonl")
    lines = [
        '{"store_id": "s1", "store_name": "Centrs", "city": null, "kind": "store", "extra": 1}',
        '{"store_id": 17, "store_name": "Seventeen", "kind": "web"}',
        "",
        "[1]",
        '{"store_id": "s4", "store_id": "s5", "store_name": "Twice", "kind": "web"}',
        '{"store_id": "s6", "store_name": {"lv": "Centrs"}, "kind": "web"}',
        '{"store_id": "s7"',
        '{"store_id": "s8", "store_name": "\\ud83d", "kind": "web"}',
    ]
    desk.deliver("stores", "\n".join(lines), name="stores_2026-06-30.jsonl")
    desk.load("stores")
    assert desk.rows("stores", "store_id", "store_name", "city", "_line") == [
        ("s1", "Centrs", None, 1),
        ("17", "Seventeen", None, 2),
    ]
    assert desk.rejects() == [
        (4, None, "is no JSON object; send one object a line."),
        (5, None, "holds the same name twice; keep one."),
        (6, None, "store_name holds a list or an object; send one plain value."),
        (7, None, "is not valid JSON at character 18: Expecting ',' delimiter."),
        (8, None, "store_name holds half of a surrogate pair, which is no text; export the record again."),
    ]


def test_parquet_is_matched_by_name_and_its_instants_are_kept(desk, tmp_path):
    folder = tmp_path / "landing" / "orders"
    folder.mkdir(parents=True)
    duckdb.sql(
        f"""
        copy (
            select 'EUR' as currency, 7 as order_id, 'c1' as customer_id, 's1' as store_id, 'web' as channel,
                timestamptz '2026-06-30 10:00:00+00' as ordered_at, 2.5::decimal(5,1) as delivery_cost
            union all
            select 'EUR', 8, null, 's1', 'web', timestamptz '2027-01-01 00:00:00+00', null
        ) to '{folder}/orders_2026-06-30.parquet'
        """
    )
    desk.declare("orders", files="orders_{date}.parquet")
    desk.load("orders")
    assert desk.rows("orders", "order_id", "customer_id", "ordered_at", "delivery_cost_minor", "_line") == [
        ("7", "c1", datetime(2026, 6, 30, 10, 0), 250, 1)
    ]
    assert desk.rejects() == [
        (
            2,
            "ordered_at",
            '"2027-01-01 00:00:00+00" is after the end of 2026-06-30: an event of the future. '
            "Check the clock at the source.",
        )
    ]


def test_a_damaged_parquet_file_is_refused(desk):
    desk.declare("stores", files="stores_{date}.parquet")
    desk.deliver("stores", b"PAR1 and then nothing", name="stores_2026-06-30.parquet")
    assert desk.refusal("stores", InputError).startswith(
        "stores/stores_2026-06-30.parquet: is not a whole Parquet file (Parquet magic bytes not found in footer."
    )


def test_a_warehouse_made_with_another_contract_is_refused(desk):
    desk.warehouse.execute("create schema raw")
    desk.warehouse.execute("create table raw.stores (store_id varchar, store_name varchar)")
    with pytest.raises(WarehouseError) as caught:
        desk.load("stores")
    assert str(caught.value) == (
        "raw.stores: the warehouse was made with another contract (_delivered_on, _file, _is_history, _line, city, "
        "kind "
        "differ). Move warehouse.duckdb away and run again: everything is loaded anew from landing/."
    )


def test_an_unknown_source_is_refused(desk):
    desk.sources = {}
    desk.declare("orders")
    with pytest.raises(ConfigError) as caught:
        load(desk.warehouse, desk.run(), source="order")
    assert str(caught.value) == "sources.order: is no known source. Did you mean 'orders'?"
