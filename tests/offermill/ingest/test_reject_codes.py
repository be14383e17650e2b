"""Why a record was not taken is told by a code and a detail too, which never hold the value."""

from offermill.ingest import meta
from offermill.warehouse import Warehouse
from tests.offermill.ingest.conftest import Desk

HEADER = "product_id,product_name,category_id,category_name,brand,list_price,cost,is_age_restricted\n"


def codes(desk: Desk) -> list[tuple[object, ...]]:
    return desk.warehouse.rows(
        "select column_name, reason_code, reason_detail from meta.reject order by source, file, line"
    )


def test_a_bad_value_is_told_by_code_and_limit(desk: Desk) -> None:
    desk.deliver(
        "products",
        HEADER
        + 'p1,A,c1,C,,"1,50",,no\n'
        + "p2,A,c1,C,,1.505,,no\n"
        + "p3,A,c1,C,,a lot,,no\n"
        + "p4,A,c1,C,,-1.00,,no\n"
        + "p5,A,c1,C,,1.00,,perhaps\n"
        + ",A,c1,C,,1.00,,no\n"
        + "p\u200b7,A,c1,C,,1.00,,no\n"
        + "p8,A,c1,C\n",
    )
    desk.load("products")
    assert codes(desk) == [
        ("list_price", "decimal_comma", '`decimal_separator: ","` to sources.products'),
        ("list_price", "too_fine", "2"),
        ("list_price", "no_amount", None),
        ("list_price", "not_above", "0"),
        ("is_age_restricted", "no_boolean", None),
        ("product_id", "missing", None),
        ("product_id", "hidden_in_id", None),
        (None, "field_count", "8"),
    ]


def test_a_bad_record_of_json_is_told_by_code(desk: Desk) -> None:
    good = '"store_name": "Rīga", "city": "Rīga", "kind": "store"'
    lines = (
        "{",
        "[]",
        '{"store_id": "s1", "store_id": "s2"}',
        f'{{"store_id": NaN, {good}}}',
        f'{{"store_id": ["s1"], {good}}}',
        f'{{"store_id": "s1", {good}}}',
    )
    desk.declare("stores", files="stores_{date}.jsonl")
    desk.deliver("stores", "\n".join(lines) + "\n", name="stores_2026-06-30.jsonl")
    desk.load("stores")
    assert codes(desk) == [
        (None, "no_json", None),
        (None, "no_object", None),
        (None, "same_name", None),
        (None, "no_constant", "NaN"),
        (None, "not_flat", "store_id"),
    ]


def test_a_warehouse_of_an_earlier_release_gets_the_columns() -> None:
    with Warehouse.open() as warehouse:
        meta.ensure(warehouse)
        for table, column in (
            ("meta.reject", "reason_code"),
            ("meta.reject", "reason_detail"),
            ("meta.note", "detail"),
        ):
            warehouse.execute(f"alter table {table} drop column {column}")
        warehouse.execute("insert into meta.reject (source, reason) values ('orders', 'is empty')")
        with warehouse.transaction():
            meta.ensure(warehouse)
            warehouse.execute("delete from meta.reject where source = 'products'")
            warehouse.execute("insert into meta.reject (source, reason_code) values ('orders', 'missing')")
        meta.ensure(warehouse)
        assert warehouse.rows("select reason, reason_code, reason_detail from meta.reject order by reason_code") == [
            (None, "missing", None),
            ("is empty", None, None),
        ]
        assert "detail" in warehouse.columns("meta.note")
