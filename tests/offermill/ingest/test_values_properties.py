"""Amounts and times against independent oracles: Python's Decimal and zoneinfo."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offermill.ingest.load import load
from offermill.warehouse import Warehouse
from tests.offermill.ingest.conftest import DAY, Desk

PRODUCTS = "product_id,product_name,category_id,category_name,brand,list_price,cost,is_age_restricted\n"
ORDERS = "order_id,customer_id,store_id,channel,ordered_at,currency,delivery_cost\n"

amounts = st.one_of(
    st.decimals(min_value=-5, max_value=10**6, places=2, allow_nan=False).map(str),
    st.decimals(min_value=0, max_value=100, places=4, allow_nan=False).map(str),
    st.integers(min_value=0, max_value=10**20).map(str),
    st.text(alphabet="0123456789.,-+eE ", min_size=1, max_size=12).filter(
        lambda text: "," not in text and text.strip()
    ),
)


def minor_units(text: str) -> int | None:
    """The slow way: a plain number without exponent, above 0, at most 16 digits before and 2 after the point."""
    text = text.strip()
    digits = text.lstrip("+-") if text[:1] in "+-" and text[1:2].isdigit() else text
    whole, point, fraction = digits.partition(".")
    if not whole.isdigit() or (point and not fraction.isdigit()):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    scaled = value * 100
    return int(scaled) if scaled == int(scaled) and value > 0 and len(whole.lstrip("0")) <= 16 else None


def loaded(source: str, text: str, columns: str, **declared: object) -> list[tuple[object, ...]]:
    with TemporaryDirectory() as folder, Warehouse.open() as warehouse:
        desk = Desk(Path(folder), warehouse)
        desk.declare(source, **declared)
        desk.deliver(source, text)
        load(warehouse, desk.run(DAY), source=source)
        return warehouse.rows(f"select _line, {columns} from raw.{source} order by _line")


@settings(max_examples=25, deadline=None)
@given(st.lists(amounts, min_size=1, max_size=40))
def test_amounts_are_exact_or_rejected(texts):
    text = PRODUCTS + "".join(f"p{i},A,c1,C,,{amount},,no\n" for i, amount in enumerate(texts))
    expected = [(line, minor_units(amount)) for line, amount in enumerate(texts, start=2)]
    assert loaded("products", text, "list_price_minor") == [row for row in expected if row[1] is not None]


def instants(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """All UTC times at which the zone's clocks show `local`, earliest first."""
    found = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(utc.replace(tzinfo=None) for utc in found if utc.astimezone(zone).replace(tzinfo=None) == local)


@pytest.mark.parametrize("name", ["Europe/Riga", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_local_times_around_every_change_of_clocks_are_the_first_occurrence_or_rejected(name):
    zone = ZoneInfo(name)
    quarters = [datetime(2025, 1, 1) + timedelta(minutes=15 * step) for step in range(4 * 24 * 365)]
    text = ORDERS + "".join(f"o{i},c1,s1,store,{local},EUR,\n" for i, local in enumerate(quarters))
    expected = [(line, found[0]) for line, local in enumerate(quarters, start=2) if (found := instants(local, zone))]
    assert loaded("orders", text, "ordered_at", time_zone=name, late_days=1000) == expected
