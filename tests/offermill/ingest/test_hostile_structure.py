"""Hostile inputs, part A: the structure of a CSV file. Each test is named after its row in the list."""

import gzip
import threading
import time
from pathlib import Path

import pytest

from offermill.errors import InputError
from offermill.ingest.sources import SourceSettings

HEADER = "store_id,store_name,city,kind\n"
FILE = "stores/stores_2026-06-30.csv"
GOOD = ("s1", "Centrs", "Riga", "store")
COLUMNS = ("store_id", "store_name", "city", "kind")


def test_h1_a_row_with_an_extra_column_is_rejected_and_the_others_keep_their_columns(desk):
    desk.deliver("stores", HEADER + "s1,Centrs,Riga,store\ns2,Purvs, and more,Riga,store\ns3,Web,,web\n")
    desk.load("stores")
    assert desk.rows("stores", *COLUMNS) == [GOOD, ("s3", "Web", None, "web")]
    assert desk.rejects() == [(3, None, 'has 5 fields where the header has 4; quote values that hold ",".')]


def test_h2_a_row_with_too_few_columns_is_rejected(desk):
    desk.deliver("stores", HEADER + "s1,Centrs,Riga,store\ns2,Purvs\n")
    desk.load("stores")
    assert desk.rows("stores", *COLUMNS) == [GOOD]
    assert desk.rejects() == [(3, None, 'has 2 fields where the header has 4; quote values that hold ",".')]


def test_h3_an_unterminated_quote_fails_the_file_and_swallows_nothing(desk):
    lines = "".join(f"s{i},Name {i},Riga,store\n" for i in range(20_000))
    desk.deliver("stores", HEADER + 's1,"Centrs,Riga,store\n' + lines)
    message = desk.refusal("stores", InputError)
    assert message == (
        f"{FILE}:2: a quote opened on this line is not closed where the field ends; it swallows lines 2 to 2511. "
        "Nothing was loaded; double the quotes inside values at the source."
    )


def test_h3_an_unterminated_quote_in_a_short_file_is_found_at_its_end(desk):
    desk.deliver("stores", HEADER + 's1,Centrs,Riga,store\ns2,"Purvs,Riga,store\ns3,Web,,web\n')
    assert desk.refusal("stores", InputError) == (
        f"{FILE}:3: a quote opened on this line is not closed where the field ends; it swallows lines 3 to 4. "
        "Nothing was loaded; double the quotes inside values at the source."
    )


def test_h3_a_quote_that_swallows_rows_until_the_next_quote_is_found(desk):
    desk.deliver("stores", HEADER + 's1,"Centrs,Riga,store\ns2,Purvs,Riga,store\ns3,"Web",,web\n')
    assert desk.refusal("stores", InputError).startswith(f"{FILE}:2: a quote opened on this line is not closed")


def test_h4_columns_in_another_order_load_the_same(desk):
    desk.deliver("stores", "kind,city,store_name,store_id\nstore,Riga,Centrs,s1\n")
    desk.load("stores")
    assert desk.rows("stores", *COLUMNS) == [GOOD]


def test_h5_renamed_headers_fail_with_expected_and_found(desk):
    desk.deliver("stores", "store_id,name,city,type\ns1,Centrs,Riga,store\n")
    assert desk.refusal("stores", InputError) == (
        f"{FILE}:1: the header does not fit the contract. Missing: store_name, kind. Found: store_id, name, city, "
        "type. "
        "Expected: store_id, store_name, city, kind. If a column only has another name, add "
        "`renames: {store_name: name}` to sources.stores."
    )


def test_h5_declared_renames_are_followed(desk):
    desk.declare("stores", renames={"store_name": "name", "kind": "type"})
    desk.deliver("stores", "store_id,name,city,type\ns1,Centrs,Riga,store\n")
    desk.load("stores")
    assert desk.rows("stores", *COLUMNS) == [GOOD]


def test_h5_a_misspelt_optional_column_is_not_taken_for_a_missing_one(desk):
    desk.deliver("stores", "store_id,store_name,citty,kind\ns1,Centrs,Riga,store\n")
    assert desk.refusal("stores", InputError).startswith(
        f"{FILE}:1: the header does not fit the contract. Missing: city."
    )


def test_h6_duplicate_header_names_fail(desk):
    desk.deliver("stores", "store_id,store_name,city,city,kind\ns1,Centrs,Riga,Jelgava,store\n")
    assert desk.refusal("stores", InputError) == (
        f"{FILE}:1: the header has city more than once, so nobody can tell which one is meant. "
        "Remove or rename the extra column at the source."
    )


def test_h7_a_header_in_the_middle_is_rejected_with_a_hint(desk):
    desk.deliver("stores", HEADER + "s1,Centrs,Riga,store\n" + HEADER + "s3,Web,,web\n")
    desk.load("stores")
    assert desk.rows("stores", "store_id", "_line") == [("s1", 2), ("s3", 4)]
    assert desk.rejects() == [
        (3, None, "repeats the header; the file looks concatenated. Deliver one export, not several glued together.")
    ]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r", "mixed"])
def test_h8_line_ends_of_any_kind_load_the_same(desk, ends):
    lines = ["store_id,store_name,city,kind", "s1,Centrs,Riga,store", "s2,Purvs,Riga,store", 's3,"We""b",,web', ""]
    text = "\r\n".join(lines[:2]) + "\r" + "\n".join(lines[2:]) if ends == "mixed" else ends.join(lines)
    desk.deliver("stores", text)
    desk.load("stores")
    assert desk.rows("stores", "store_id", "store_name", "city", "_line") == [
        ("s1", "Centrs", "Riga", 2),
        ("s2", "Purvs", "Riga", 3),
        ("s3", 'We"b', None, 4),
    ]


def test_h9_a_missing_file_fails_and_strange_names_are_mentioned(desk):
    desk.declare("stores", required=True)
    desk.deliver("stores", HEADER, name="stores_30062026.csv")
    assert desk.refusal("stores", InputError) == (
        "landing/stores: no file like stores_{date}.csv for 2026-06-30, and the source is required. "
        "The folder has stores_30062026.csv, which no declared name fits. Deliver the file and run again."
    )


def test_h9_an_empty_file_fails_even_when_the_source_is_optional(desk):
    desk.deliver("stores", "")
    assert desk.refusal("stores", InputError) == (
        f"{FILE}: the file is empty: not even a header. An export probably failed; deliver it again."
    )


def test_h9_a_header_without_records_fails_a_required_source(desk):
    desk.declare("stores", required=True)
    desk.deliver("stores", HEADER)
    assert desk.refusal("stores", InputError) == (
        f"{FILE}: has a header and no records, and the source is required. An export probably failed: deliver it "
        "again, "
        "or set `allow_empty: true` for the source if such days are normal."
    )


def test_h9_a_delivery_of_an_earlier_day_fails(desk):
    desk.declare("stores", required=True)
    desk.deliver("stores", HEADER + "s1,Centrs,Riga,store\n", name="stores_2026-06-28.csv")
    assert desk.refusal("stores", InputError) == (
        "landing/stores: the newest delivery is of 2026-06-28, older than the interval of 2026-06-30, and the "
        "source is "
        "required. Deliver the file of 2026-06-30 and run again."
    )


def test_h9_an_earlier_days_file_under_tonights_name_fails(desk):
    desk.declare("orders", required=True)
    desk.deliver(
        "orders",
        "order_id,customer_id,store_id,channel,ordered_at,currency,delivery_cost\n"
        "o1,c1,s1,store,2026-06-29 20:59:59,EUR,\n",
    )
    assert desk.refusal("orders", InputError) == (
        "orders/orders_2026-06-30.csv: the newest ordered_at is 2026-06-29 17:59 UTC, older than the interval of "
        "2026-06-30 (Europe/Riga); it looks like an earlier day's file under a new name. Deliver the right one, or set "
        "`allow_empty: true` for the source if a day may pass without events."
    )


def test_h9_an_optional_source_without_a_file_makes_an_empty_typed_table(desk):
    assert desk.load("stores")["rows"] == 0
    assert desk.warehouse.columns("raw.stores") == {
        "store_id": "varchar",
        "store_name": "varchar",
        "city": "varchar",
        "kind": "varchar",
        "_delivered_on": "date",
        "_is_history": "boolean",
        "_file": "varchar",
        "_line": "bigint",
    }


PRODUCTS = "product_id;product_name;category_id;category_name;brand;list_price;cost;is_age_restricted\n"


def test_h10_semicolons_fail_with_the_line_to_add(desk):
    desk.deliver("products", PRODUCTS + "p1;Piens;c1;Dairy;;1.234,50;;no\n")
    message = desk.refusal("products", InputError)
    assert message.endswith(' The header looks separated by ";": add `delimiter: ";"` to sources.products.')


def test_h10_a_decimal_comma_is_rejected_with_the_line_to_add(desk):
    desk.declare("products", delimiter=";")
    desk.deliver("products", PRODUCTS + "p1;Piens;c1;Dairy;;1.234,50;;no\n")
    desk.load("products")
    assert desk.rejects() == [
        (
            2,
            "list_price",
            '"1.234,50" has a decimal comma, which the source does not declare; add `decimal_separator: ","` '
            "to sources.products.",
        )
    ]


def test_h10_a_declared_dialect_is_read_exactly(desk):
    desk.declare("products", delimiter=";", decimal_separator=",", thousands_separator=".")
    desk.deliver("products", PRODUCTS + "p1;Piens;c1;Dairy;;1.234,50;0,9;no\np2;Siers;c1;Dairy;;12.34,50;;no\n")
    desk.load("products")
    assert desk.rows("products", "product_id", "list_price_minor", "cost_minor") == [("p1", 123450, 90)]
    assert desk.rejects() == [(3, "list_price", '"12.34,50" is not an amount such as 12.34.')]


def test_h11_a_file_without_its_done_marker_fails_after_the_deadline(desk):
    desk.declare("stores", done_marker="{file}.done", wait_seconds=0.3)
    desk.deliver("stores", HEADER + "s1,Centrs,Riga,store\n")
    started = time.monotonic()
    assert desk.refusal("stores", InputError) == (
        f"{FILE}: no done-marker stores_2026-06-30.csv.done after 0.3 seconds; the file may still be being written. "
        "Run again when it is there, or raise wait_seconds of the source."
    )
    assert time.monotonic() - started >= 0.3


def test_h11_a_file_is_taken_once_its_done_marker_is_there(desk):
    desk.declare("stores", done_marker="{file}.done")
    desk.deliver("stores", HEADER + "s1,Centrs,Riga,store\n")
    desk.deliver("stores", "", name="stores_2026-06-30.csv.done")
    desk.load("stores")
    assert desk.rows("stores", *COLUMNS) == [GOOD]


def grow(path: Path, stop: threading.Event) -> None:
    while not stop.wait(0.02):
        with path.open("a") as stream:
            stream.write("s9,Name,Riga,store\n")


def test_h11_a_growing_file_fails_after_the_deadline(desk):
    desk.declare("stores", stable_seconds=0.3, wait_seconds=0.5)
    path = desk.deliver("stores", HEADER)
    stop = threading.Event()
    writer = threading.Thread(target=grow, args=(path, stop))
    writer.start()
    try:
        message = desk.refusal("stores", InputError)
    finally:
        stop.set()
        writer.join()
    assert message.startswith(f"{FILE}: still growing after 0.5 seconds (")


def test_h12_spaces_quotes_and_a_trailing_delimiter_change_nothing(desk):
    desk.deliver(
        "products",
        "product_id,product_name,category_id,category_name,brand,list_price,cost,is_age_restricted\n"
        '  p1 ,"  Piens 2%\u00a0", c1 ,Dairy,  ,"1.50", 0.90 , no ,\n',
    )
    desk.load("products")
    assert desk.rows(
        "products", "product_id", "product_name", "category_id", "brand", "list_price_minor", "cost_minor"
    ) == [("p1", "Piens 2%", "c1", None, 150, 90)]
    assert desk.rejects() == []


def test_h41_a_gzip_bomb_is_refused_before_it_expands(desk):
    desk.declare("stores", files="stores_{date}.csv.gz")
    bomb = gzip.compress(HEADER.encode() + b"s1,Centrs,Riga,store\n" * 550_000, compresslevel=9)
    desk.deliver("stores", bomb, name="stores_2026-06-30.csv.gz")
    message = desk.refusal("stores", InputError)
    assert message.startswith(f"stores/stores_2026-06-30.csv.gz: {len(bomb):,} bytes of gzip hold more than ")
    assert message.endswith(
        "over 200 times as much; refused as a gzip bomb. If the file is honest, raise max_expansion of the source."
    )


def test_h41_damaged_gzip_is_refused(desk):
    desk.declare("stores", files="stores_{date}.csv.gz")
    whole = gzip.compress(HEADER.encode() + b"s1,Centrs,Riga,store\n" * 1000)
    desk.deliver("stores", whole[:-20], name="stores_2026-06-30.csv.gz")
    assert desk.refusal("stores", InputError) == (
        "stores/stores_2026-06-30.csv.gz: the gzip data is damaged or ends early (Compressed file ended before the "
        "end-of-stream marker was reached); deliver the file again, and use done_marker if it may still be written "
        "when "
        "the night starts."
    )


def test_h41_symbolic_links_are_refused(desk, tmp_path):
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text(HEADER + "s1,Centrs,Riga,store\n")
    folder = tmp_path / "landing" / "stores"
    folder.mkdir(parents=True)
    (folder / "stores_2026-06-30.csv").symlink_to(elsewhere)
    assert desk.refusal("stores", InputError) == (
        f"{FILE}: is a symbolic link; copy the file itself into landing/stores/."
    )


@pytest.mark.parametrize("name", ["../stores_{date}.csv", "stores_{date}.zip", "stores.csv"])
def test_h41_patterns_that_leave_the_folder_or_name_an_archive_are_refused(name):
    with pytest.raises(ValueError, match=r"without folders|must end with|must hold \{date\}"):
        SourceSettings(files=name)
