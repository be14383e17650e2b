"""Hostile inputs, part C: numbers and money. Each test is named after its row in the list of hostile inputs."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offermill.errors import InputError

PRODUCTS = "product_id,product_name,category_id,category_name,brand,list_price,cost,is_age_restricted\n"
LINES = "order_id,line_number,product_id,kind,quantity,list_amount,discount,net_amount,promotion_id\n"
ORDERS = "order_id,customer_id,store_id,channel,ordered_at,currency,delivery_cost\n"


def product(price: str) -> str:
    return PRODUCTS + f'p1,Piens,c1,Dairy,,"{price}",,no\n'


@pytest.mark.parametrize(
    "price", ["nan", "inf", "-inf", "1e400", "-", "N/A", "1.5e3", "0x10", "1_000", ".5", "5.", "٥"]
)
def test_h19_h20_what_is_no_plain_amount_is_rejected(desk, price):
    desk.deliver("products", product(price))
    desk.load("products")
    assert desk.rejects() == [(2, "list_price", f'"{price}" is not an amount such as 12.34.')]


def test_h19_an_empty_optional_amount_is_unknown_and_a_required_one_is_rejected(desk):
    desk.deliver("products", product(""))
    desk.load("products")
    assert desk.rows("products", "product_id", "list_price_minor") == [("p1", None)]
    desk.deliver("order_lines", LINES + "o1,1,p1,sale,1,1.00,0,,\n")
    desk.load("order_lines")
    assert desk.rejects() == [
        (2, "net_amount", "is empty, and the contract requires a value; fill it in at the source.")
    ]


def test_h20_too_many_digits_are_rejected_and_never_rounded(desk):
    desk.deliver("products", product("5.005"))
    desk.load("products")
    assert desk.rejects() == [
        (2, "list_price", '"5.005" has more than 2 digits after the point; nothing is rounded silently.')
    ]


def test_h20_zeros_behind_the_last_digit_change_nothing(desk):
    desk.deliver("products", product("5.0500"))
    desk.load("products")
    assert desk.rows("products", "list_price_minor") == [(505,)]


def test_h21_negative_and_zero_amounts_are_rejected_with_the_way_to_send_returns(desk):
    desk.deliver(
        "order_lines",
        LINES
        + "o1,1,p1,return,1,2.00,0,2.00,\n"
        + "o1,2,p1,sale,-1,2.00,0,2.00,\n"
        + "o1,3,p1,sale,1,2.00,0,-2.00,\n"
        + "o1,4,p1,sale,1,2.00,0,0.00,\n"
        + "o1,5,p1,sale,1,2.00,-0.01,2.01,\n",
    )
    desk.load("order_lines")
    assert desk.rows("order_lines", "line_number", "kind", "net_amount_minor") == [(1, "return", 200)]
    hint = "A return is a line of kind return with positive amounts."
    assert desk.rejects() == [
        (3, "quantity", f'"-1" is not above 0. {hint}'),
        (4, "net_amount", f'"-2.00" is not above 0. {hint}'),
        (5, "net_amount", f'"0.00" is not above 0. {hint}'),
        (6, "discount", '"-0.01" is below 0.'),
    ]


def test_h22_an_amount_beyond_eighteen_digits_is_rejected(desk):
    desk.deliver("products", PRODUCTS + f"p1,A,c1,C,,{'9' * 16}.99,,no\np2,B,c1,C,,1{'0' * 16}.00,,no\n")
    desk.load("products")
    assert desk.rows("products", "product_id", "list_price_minor") == [("p1", 10**18 - 1)]
    assert desk.rejects() == [(3, "list_price", f'"1{"0" * 16}.00" has more than 16 digits before the point.')]


def test_h22_a_sum_beyond_64_bits_fails_and_never_wraps(desk):
    desk.deliver("products", PRODUCTS + "".join(f"p{i},A,c1,C,,{'9' * 16}.99,,no\n" for i in range(10)))
    assert desk.refusal("products", InputError) == (
        f"products: delivery of 2026-06-30: the sum of list_price_minor is {10 * (10**18 - 1)}, more than "
        f"{2**63 - 1} minor units; nothing was loaded. Look for amounts in a wrong unit."
    )


def test_h23_another_currency_is_rejected(desk):
    desk.deliver(
        "orders",
        ORDERS + "o1,c1,s1,store,2026-06-30 10:00:00,EUR,\no2,c1,s1,store,2026-06-30 10:00:00,USD,\n",
    )
    desk.load("orders")
    assert desk.rows("orders", "order_id") == [("o1",)]
    assert desk.rejects() == [
        (3, "currency", '"USD" is not the shop\'s currency EUR; amounts are never mixed or converted.')
    ]


def test_h23_yen_have_no_cents(desk):
    desk.currency, desk.currency_digits = "JPY", 0
    desk.deliver("products", PRODUCTS + "p1,A,c1,C,,500.00,,no\np2,B,c1,C,,500.50,,no\n")
    desk.load("products")
    assert desk.rows("products", "product_id", "list_price_minor") == [("p1", 500)]
    assert desk.rejects() == [
        (3, "list_price", '"500.50" has more than 0 digits after the point; nothing is rounded silently.')
    ]


def parquet(desk, **columns: pa.Array) -> Path:
    names = ("p1", "p2", "p3")
    table = pa.table(
        {
            "product_id": pa.array(names),
            "product_name": pa.array(names),
            "category_id": pa.array(["c1"] * 3),
            "category_name": pa.array(["C"] * 3),
            "brand": pa.array([None] * 3, pa.string()),
            "cost": pa.array([None] * 3, pa.decimal128(10, 2)),
            "is_age_restricted": pa.array([False] * 3),
        }
        | columns
    )
    path = desk.folder / "landing" / "products" / "products_2026-06-30.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(table, path)
    desk.declare("products", files="products_{date}.parquet")
    return path


def test_h20_decimals_of_a_parquet_file_are_exact_or_rejected(desk):
    prices = [Decimal("12.340"), Decimal("0.005"), Decimal("99999999999999999.000")]
    parquet(desk, list_price=pa.array(prices, pa.decimal128(20, 3)))
    desk.load("products")
    assert desk.rows("products", "product_id", "list_price_minor") == [("p1", 1234)]
    assert desk.rejects() == [
        (2, "list_price", '"0.005" has more than 2 digits after the point; nothing is rounded silently.'),
        (3, "list_price", '"99999999999999999.000" has more than 16 digits before the point.'),
    ]


def test_h20_floats_of_a_parquet_file_are_read_as_they_would_be_written(desk):
    parquet(desk, list_price=pa.array([12.34, 0.1 + 0.2, float("nan")]))
    desk.load("products")
    assert desk.rows("products", "product_id", "list_price_minor") == [("p1", 1234)]
    assert desk.rejects() == [
        (2, "list_price", '"0.30000000000000004" has more than 2 digits after the point; nothing is rounded silently.'),
        (3, "list_price", '"nan" is not an amount such as 12.34.'),
    ]


def test_h20_json_numbers_never_pass_through_a_float(desk):
    desk.declare("order_lines", files="order_lines_{date}.jsonl")
    line = '{{"order_id":"o1","line_number":{0},"product_id":"p1","kind":"sale","quantity":1,"list_amount":{1},'
    line += '"discount":0,"net_amount":{1},"promotion_id":null}}\n'
    amounts = ["1234567890123456.78", "0.10", "1E2", "NaN"]
    text = "".join(line.format(number, amount) for number, amount in enumerate(amounts, start=1))
    desk.deliver("order_lines", text, name="order_lines_2026-06-30.jsonl")
    desk.load("order_lines")
    assert desk.rows("order_lines", "line_number", "net_amount_minor") == [(1, 123456789012345678), (2, 10)]
    assert desk.rejects() == [
        (3, "list_amount", '"1E2" is not an amount such as 12.34.'),
        (4, None, "holds NaN, which is no JSON value; send null."),
    ]


def test_h25_a_price_below_cost_is_the_shops_business(desk):
    desk.deliver("products", PRODUCTS + "p1,A,c1,C,,1.00,2.00,no\n")
    desk.load("products")
    assert desk.rows("products", "list_price_minor", "cost_minor") == [(100, 200)]
