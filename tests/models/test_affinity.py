"""How much people lean to what offers are on: orders that held it, beside the usual person's."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from models import affinity
from offermill.warehouse import Warehouse
from tests.models import shops
from tests.models.shops import NIGHT

ASKED = "select unnest(['c1', 'c2', 'c3']) as customer_id, $day as day"


_LINES = """
    select
        customer_id, order_id, 'p1' as product_id, category_id, kind, ordered_on, ordered_on as arrived_on,
        cast(ordered_on as timestamp) as ordered_at
    from (
        select 'c1' as customer_id, 'pets' as category_id, 'sale' as kind, 'o1' as order_id,
            date '2026-05-01' as ordered_on
        union all select 'c1', 'coffee', 'sale', unnest(['o2', 'o3', 'o4']), date '2026-05-02'
        union all select 'c1', 'coffee', 'return', 'o2', date '2026-05-03'
        union all select 'c1', 'coffee', 'sale', 'a year ago', date '2025-06-30'
        union all select 'c1', 'coffee', 'sale', 'tomorrow', date '2026-07-01'
        union all select 'c2', 'coffee', 'sale', unnest(['o5', 'o5']), date '2026-06-30'
        union all select 'c2', 'pets', 'sale', unnest(['o6', 'o7', 'o8', 'o9', 'o10']), date '2026-05-01'
    )
"""
_OFFERS = """
    select * from (
        values ('all-10', 'basket', null), ('coffee-20', 'category', 'coffee'), ('tea-20', 'category', 'tea')
    ) as offers (offer_id, target_kind, target_id)
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    """Ten orders of the last year, four with coffee: three of the four of c1, one (in two lines) of the six of c2."""
    with Warehouse.open(tmp_path / "warehouse.duckdb") as found:
        found.replace_table("core.purchase_line", _LINES)
        found.replace_table("offers.catalogue", _OFFERS)
        yield found


def asked(warehouse: Warehouse, folder: Path, days_before: int) -> pd.DataFrame:
    run, day = shops.run_of(folder), NIGHT - timedelta(days=days_before)
    people = pd.DataFrame({"customer_id": ["c2", "c1", "c3"], "day": pd.Timestamp(day)})
    return affinity.of(warehouse, run, affinity.shares(warehouse, run), ASKED, people, day=day)


def test_the_share_of_orders_that_hold_it_is_of_a_year_and_of_what_was_sold(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    assert affinity.shares(warehouse, shops.run_of(tmp_path)) == {"coffee-20": 0.4}


def test_affinity_is_ones_own_share_of_orders_beside_the_shops_with_two_usual_orders_more(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    found = asked(warehouse, tmp_path, 0)

    # c2: (1 / 0.4 + 2) / (6 + 2); c1: (3 / 0.4 + 2) / (4 + 2); nothing is known of c3.
    assert found["coffee-20"].tolist() == pytest.approx([0.5625, 9.5 / 6, 1.0])
    assert [*found.columns] == ["coffee-20"]


def test_on_an_earlier_day_later_orders_are_not_known(warehouse: Warehouse, tmp_path: Path) -> None:
    # The day before, c2 had bought pets five times, and a year ago was still in the year: c1 has four of five.
    assert asked(warehouse, tmp_path, 1)["coffee-20"].tolist() == pytest.approx([2 / 7, 12 / 7, 1.0])


def test_without_a_catalogue_nobody_leans_to_anything(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path / "warehouse.duckdb") as empty:
        assert affinity.shares(empty, shops.run_of(tmp_path)) == {}
