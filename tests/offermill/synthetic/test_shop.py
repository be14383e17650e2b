"""The demo shop as files: the same for the same seed, whole, typed as promised, with the dirt that is declared."""

import hashlib
import re
import tracemalloc
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from offermill.errors import InputError
from offermill.synthetic import shop
from offermill.synthetic.sources import SOURCES
from tests.offermill.synthetic.conftest import Landed

SHORT = {"start": date(2026, 1, 1), "end": date(2026, 5, 31), "deliveries": 3}


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_makes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        shop.make(tmp_path / name, customers=300, seed=3, **SHORT)

    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert len(digests(tmp_path / "one")) > 60


def test_another_seed_makes_another_shop(tmp_path: Path) -> None:
    for seed in (3, 4):
        shop.make(tmp_path / str(seed), customers=300, seed=seed, **SHORT)

    one, other = digests(tmp_path / "3"), digests(tmp_path / "4")

    same = {Path(name).parts[1] for name in one if one[name] == other.get(name) and "_history" in name}
    assert same - {"strategic_customers"} == {"stores"}  # one customer in a thousand is strategic: none of these 300


def test_two_processes_make_the_same_bytes_as_one(tmp_path: Path) -> None:
    for processes in (1, 2):
        shop.make(tmp_path / str(processes), customers=250, part_size=100, processes=processes, **SHORT)

    assert digests(tmp_path / "1") == digests(tmp_path / "2")
    assert [name for name in digests(tmp_path / "1") if "orders_history_2026-04" in name] == [
        f"landing/orders/orders_history_2026-04_part-000{part}.parquet" for part in range(3)
    ]


def test_every_part_holds_other_people(tmp_path: Path) -> None:
    shop.make(tmp_path, customers=200, part_size=100, **SHORT)

    files = f"{tmp_path}/landing/customers/customers_history_part-000"
    first, second = (
        duckdb.execute(f"select registered_at::text from '{files}{part}.parquet'").fetchall() for part in range(2)
    )
    assert len(set(first) & set(second)) == 0


def test_making_again_leaves_nothing_of_the_shop_before(tmp_path: Path) -> None:
    shop.make(tmp_path, customers=250, part_size=100, **SHORT)

    shop.make(tmp_path, customers=90, part_size=100, **SHORT)

    assert list(tmp_path.rglob("*part-0001*")) == []


def test_every_source_has_a_history_and_a_file_per_delivery_day(small: Landed) -> None:
    found = {
        place.name: sorted(path.name for path in place.iterdir()) for place in (small.folder / "landing").iterdir()
    }

    assert sorted(found) == sorted(SOURCES)
    days = [f"2026-06-{day}" for day in range(17, 31)]
    for name, source in SOURCES.items():
        daily = [file for file in found[name] if "_history" not in file]
        assert daily == [f"{name}_{day}.{source.extension}" for day in days], name
        assert any(re.fullmatch(rf"{name}_history.*\.parquet", file) for file in found[name]), name


def test_history_ends_where_the_deliveries_begin(small: Landed) -> None:
    ends = {
        name: small.value(f"select max({time}) < timestamptz '2026-06-16 21:00:00+00' from {files(small, name)}")
        for name, time in (("orders", "ordered_at"), ("browsing_events", "occurred_at"), ("consents", "recorded_at"))
    }

    assert ends == {"orders": True, "browsing_events": True, "consents": True}


def files(small: Landed, name: str) -> str:
    return f"read_parquet('{small.folder}/landing/{name}/*_history*.parquet')"


def test_parquet_columns_have_the_promised_types(small: Landed) -> None:
    found = {
        name: pq.read_schema(next((small.folder / "landing" / name).glob("*_history*.parquet"))).remove_metadata()
        for name in SOURCES
    }

    assert found == {name: source.schema for name, source in SOURCES.items()}


def test_text_files_write_local_times_with_their_offset_and_plain_decimals(small: Landed) -> None:
    folder = small.folder / "landing"
    order = duckdb.read_csv(f"{folder}/orders/orders_2026-06-17.csv.gz", all_varchar=True).fetchall()[0]
    line = duckdb.read_csv(f"{folder}/order_lines/order_lines_2026-06-17.csv.gz", all_varchar=True).fetchall()[0]

    assert re.fullmatch(r"2026-06-17T\d\d:\d\d:\d\d\+03:00", order[4]), order
    assert [bool(re.fullmatch(r"\d+\.\d\d", amount)) for amount in line[5:8]] == [True, True, True]
    assert (folder / "customers" / "customers_2026-06-17.csv").read_bytes().startswith(b"\xef\xbb\xbfcustomer_id,")
    assert (folder / "contacts" / "contacts_2026-06-17.csv").read_bytes().startswith(b"customer_id,")


REFERENCES = (
    ("orders", "customer_id", "customers"),
    ("orders", "store_id", "stores"),
    ("order_lines", "order_id", "orders"),
    ("order_lines", "product_id", "products"),
    ("contacts", "customer_id", "customers"),
    ("consents", "customer_id", "customers"),
    ("identity_links", "customer_id", "customers"),
    ("offer_assignments", "customer_id", "customers"),
    ("receipts", "assignment_id", "offer_assignments"),
    ("redemptions", "assignment_id", "offer_assignments"),
    ("redemptions", "order_id", "orders"),
    ("strategic_customers", "customer_id", "customers"),
    ("complaints", "customer_id", "customers"),
    ("credits", "customer_id", "customers"),
    ("credits", "assignment_id", "offer_assignments"),
    ("survey_answers", "customer_id", "customers"),
    ("audit_attributes", "customer_id", "customers"),
    ("browsing_events", "product_id", "products"),
    ("customers", "home_store_id", "stores"),
)


@pytest.mark.parametrize(("child", "column", "parent"), REFERENCES)
def test_every_reference_finds_its_row(small: Landed, child: str, column: str, parent: str) -> None:
    key = column.removeprefix("home_")
    lost = small.rows(
        f"select {column} from {child} where {column} is not null and {column} not in (select {key} from {parent})"
    )

    assert lost == []
    assert small.value(f"select count({column}) from {child}") > 0


def test_orders_and_lines_belong_together(small: Landed) -> None:
    assert small.value("select count(*) from orders where order_id not in (select order_id from order_lines)") == 0
    assert small.value("select count(*) - count(distinct order_id) from orders") == 0
    assert small.value("select count(*) - count(distinct (order_id, line_number)) from order_lines") == 0


def test_amounts_add_up_on_every_line(small: Landed) -> None:
    wrong = small.rows(
        "select * from order_lines where list_amount - discount <> net_amount or net_amount <= 0 or discount < 0 "
        "or quantity <= 0 limit 3"
    )

    assert wrong == []


def test_a_return_is_a_receipt_of_its_own_for_something_bought_before(small: Landed) -> None:
    mixed = small.value(
        "select count(*) from (select order_id from order_lines group by 1 having count(distinct kind) > 1)"
    )
    unbought = small.value(
        """
        with lines as (select * from order_lines inner join orders using (order_id))
        select count(*) from lines as back
        where kind = 'return' and customer_id is not null and ordered_at > timestamptz '2024-08-01' and not exists (
            select 1 from lines as bought where bought.kind = 'sale' and bought.product_id = back.product_id
            and bought.net_amount = back.net_amount and bought.ordered_at < back.ordered_at
            and substr(bought.customer_id, 3) = substr(back.customer_id, 3)
        )
        """
    )

    assert (mixed, unbought) == (0, 0)
    assert small.value("select count(*) from order_lines where kind = 'return'") > 500


def test_only_the_declared_number_of_rows_is_dirty(tmp_path: Path) -> None:
    summary = shop.make(
        tmp_path, customers=10_000, seed=2, start=date(2026, 5, 1), end=date(2026, 6, 30), deliveries=14
    )
    lines = f"read_csv('{tmp_path}/landing/order_lines/order_lines_2026-06-*.csv.gz', all_varchar = true)"
    people = f"read_csv('{tmp_path}/landing/customers/customers_2026-06-*.csv', all_varchar = true)"
    events = f"read_json('{tmp_path}/landing/browsing_events/*.jsonl')"

    found = {
        "order_lines": duckdb.execute(f"select count(*) from {lines} where quantity like '-%'").fetchall()[0][0],
        "customers": duckdb.execute(f"select count(*) from {people} where language = 'xx'").fetchall()[0][0],
        "browsing_events": duckdb.execute(
            f"select count(*) filter (dwell_seconds < 0) + count(*) - count(distinct event_id) from {events}"
        ).fetchall()[0][0],
    }

    assert {name: count for name, count in found.items() if count} == summary["dirty"]
    assert 0 < sum(found.values()) < 0.002 * sum(summary["deliveries"].values())


def test_nothing_of_the_truth_lies_under_landing(small: Landed) -> None:
    truth_columns = {"chance_without", "chance_with", "extra_chance", "persuasion", "sensitivity", "kind_of_shopper"}
    columns = {name for source in SOURCES.values() for name in source.columns}
    parquet = {name for path in small.folder.rglob("landing/**/*.parquet") for name in pq.read_schema(path).names}

    assert sorted(path.name for path in small.folder.iterdir()) == ["landing", "truth"]
    assert parquet == columns
    assert parquet & truth_columns == set()


def test_the_shop_is_a_believable_retailer(large: Landed) -> None:
    """Bounds from what the demo promises: 20 lines a customer, some returns, guests, promotions, second records."""
    lines = large.value("select count(*) from order_lines") / 20_000
    returned = large.value("select avg((kind = 'return')::int) from order_lines")
    guests = large.value("select avg((customer_id is null)::int) from orders")
    promoted = large.value("select avg((promotion_id is not null)::int) from order_lines")
    second = large.value(
        "select count(*) filter (customer_id like 'c2%') / 20000 from (select distinct customer_id from customers)"
    )
    saturday, tuesday = (large.value(f"select count(*) from orders where isodow(ordered_at) = {day}") for day in (6, 2))
    december, february = (
        large.value(f"select count(*) from orders where strftime(ordered_at, '%Y-%m') = '{month}'")
        for month in ("2025-12", "2026-02")
    )

    assert 18 < lines < 26
    assert 0.02 < returned < 0.10
    assert 0.05 < guests < 0.10
    assert 0.15 < promoted < 0.40
    assert 0.02 < second < 0.04
    assert 1.4 < saturday / tuesday < 1.8
    assert 1.2 < december / february < 1.8


def test_languages_names_and_phones_are_latvian_russian_and_english(small: Landed) -> None:
    cyrillic = small.rows(
        "select language, bool_and(regexp_matches(last_name, '^[А-Яа-яёЁ]+$')) from customers group by 1 order by 1"
    )
    phones = small.value("select bool_and(regexp_matches(value, '^[+]371 ?2')) from contacts where kind = 'phone'")

    assert cyrillic == [("en", False), ("lv", False), ("ru", True)]
    assert small.value("select count(*) > 100 from customers where last_name like '%š%' or last_name like '%ņ%'")
    assert phones


def test_a_second_record_shares_an_address_with_the_first(small: Landed) -> None:
    alone = small.rows(
        """
        with plain as (
            select customer_id, substr(customer_id, 3) as person, lower(replace(value, ' ', '')) as value from contacts
        )
        select second.customer_id from plain as second
        where second.customer_id like 'c2%' and not exists (
            select 1 from plain as first where first.customer_id = 'c1' || second.person and first.value = second.value
        )
        """
    )

    assert alone == []
    assert small.value("select count(*) from contacts where customer_id like 'c2%'") > 20


def test_minors_buy_no_wine(large: Landed) -> None:
    bought = large.value(
        """
        select count(*) from order_lines inner join orders using (order_id) inner join customers using (customer_id)
        inner join products using (product_id)
        where is_age_restricted and date_diff('year', birth_date, registered_at::date) < 17
        """
    )

    assert bought == 0
    assert large.value("select count(*) from customers where birth_date > date '2010-01-01'") > 50


def test_some_sessions_come_before_the_visitor_is_known(small: Landed) -> None:
    before, after = small.rows(
        "select count(*) filter (occurred_at < linked_at), count(*) filter (occurred_at >= linked_at) "
        "from browsing_events inner join identity_links using (visitor_id)"
    )[0]

    assert before > 200
    assert after > 2_000


def test_browsing_leads_purchases(large: Landed) -> None:
    """Known visitors buy more often in the three days after a cart than in the three days before it."""
    after, before = large.rows(
        """
        with carts as (
            select customer_id, occurred_at as carted_at
            from browsing_events inner join identity_links using (visitor_id)
            where kind = 'cart'
        )
        select
            count(*) filter (ordered_at between carted_at and carted_at + interval 3 days),
            count(*) filter (ordered_at between carted_at - interval 3 days and carted_at)
        from carts inner join orders using (customer_id)
        """
    )[0]

    assert after > 5 * before > 0


def test_memory_does_not_grow_with_the_number_of_parts(tmp_path: Path) -> None:
    def peak(parts: int) -> int:
        tracemalloc.start()
        shop.make(tmp_path, customers=200 * parts, part_size=200, start=date(2026, 4, 1), end=date(2026, 5, 31))
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(1)  # what is made once per process

    assert peak(4) < 1.3 * peak(1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"customers": 0},
            "the demo shop needs at least 1 customer and fewer daily deliveries than days; "
            "got 0 customers, 14 deliveries, 730 days",
        ),
        (
            {"deliveries": 730},
            "the demo shop needs at least 1 customer and fewer daily deliveries than days; "
            "got 20000 customers, 730 deliveries, 730 days",
        ),
        ({"start": date(2023, 1, 1)}, "the demo shop starts on 2024-01-08 or later; got 2023-01-01"),
    ],
)
def test_an_impossible_shop_is_refused(tmp_path: Path, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as error:
        shop.make(tmp_path, **arguments)  # type: ignore[arg-type]

    assert str(error.value) == message
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told(tmp_path: Path) -> None:
    said: list[str] = []

    shop.make(tmp_path, customers=150, part_size=100, progress=said.append, **SHORT)

    assert said == [
        "demo shop: 100 of 150 customers",
        "demo shop: 150 of 150 customers",
        "demo shop: 3 daily deliveries written",
    ]
