"""Costs follow the season that last year's orders tell: by the shop, and by the category of what an offer is on."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models import season
from models.effect_ladder import _Columns
from offermill import sqlfiles
from offermill.warehouse import Warehouse
from tests.features import facts
from tests.models import shops

WAVE = shops.NIGHT - timedelta(days=181)
OFFERS = [
    ("ten", "percent", "basket", None, 10),
    ("twenty", "percent", "basket", None, 20),
    ("toys", "percent", "category", "toys", 20),
    ("bear", "gift", "product", "p1", None),
    ("tea", "percent", "category", "tea", 20),
]


def orders_of(day: date) -> tuple[int, int]:
    """All orders of a day and those with toys: twice as many in winter, twice as many with toys in summer."""
    return (10, 4) if 4 <= day.month <= 9 else (20, 2)


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    """Two years of orders up to the night, and the index of tonight and of the wave."""
    first = shops.NIGHT - timedelta(days=729)
    rows = []
    for day in (first + timedelta(days=number) for number in range(730)):
        whole, toys = orders_of(day)
        rows += [(f"{day}-{number}", day, "toys" if number < toys else "coffee") for number in range(whole)]
    names, days, categories = zip(*rows, strict=True)
    with Warehouse.open() as opened:
        lines = {"order_id": names, "ordered_on": days, "category_id": categories}
        opened.write("test.line", pa.table(lines))
        opened.replace_table(
            "core.purchase_line",
            """
            select *, 'sale' as kind, ordered_on as arrived_on, cast(ordered_on as timestamp) as ordered_at
            from test.line
        """,
        )
        catalogue = [dict(zip(("offer_id", "kind", "target_kind", "target_id", "depth_pct"), each, strict=True))
                     for each in OFFERS]  # fmt: skip
        facts.write_table(opened, "offers.catalogue", [each | {"template_id": each["kind"]} for each in catalogue])
        facts.write_table(opened, "core.product", [{"product_id": "p1", "category_id": "toys"}])
        select, run = sqlfiles.read(season.INDEX).text, shops.run_of(Path("nowhere"))
        opened.replace_table(season.INDEX, select, run.parameters | {"models_evidence_days": 181})
        yield opened


def drawn(day: date = WAVE) -> pd.DataFrame:
    """Evidence of one wave; only one depth of the basket was tried."""
    return pd.DataFrame({"arm": ["control", "ten", "toys", "bear"], "assigned_on": [day] * 4})


def index_of(warehouse: Warehouse, kind: str, target: str, day: date) -> float:
    found = warehouse.value(
        f"select season_index from {season.INDEX} where target_kind = $kind and target_id = $target and day = $day",
        {"kind": kind, "target": target, "day": day},
    )
    return float(found)


def test_an_offer_follows_the_shop_or_its_category(warehouse: Warehouse) -> None:
    # Tried in winter, given in summer: half the orders, twice the toys.
    known = season.levels(warehouse, drawn())
    found = season.factors(warehouse, shops.run_of(Path("nowhere")), known)

    def ratio(kind: str, target: str) -> float:
        return index_of(warehouse, kind, target, shops.NIGHT) / index_of(warehouse, kind, target, WAVE)

    assert found == pytest.approx({
        "ten": ratio("basket", "all"), "twenty": ratio("basket", "all"), "toys": ratio("category", "toys"),
        "bear": ratio("category", "toys"),
    }, rel=1e-5)  # fmt: skip
    assert found["ten"] == pytest.approx(0.5, abs=0.03)
    assert found["toys"] > 1.4


def test_an_offer_that_was_not_tried_is_left_alone(warehouse: Warehouse) -> None:
    known = season.levels(warehouse, drawn())
    assert sorted(known) == ["bear", "ten", "toys"]
    assert "tea" not in season.factors(warehouse, shops.run_of(Path("nowhere")), known)


def test_a_wave_whose_season_is_not_known_tells_none(warehouse: Warehouse) -> None:
    two = pd.concat([drawn(), drawn(WAVE - timedelta(days=10)).query("arm == 'ten'")])
    assert sorted(season.levels(warehouse, two)) == ["bear", "toys"]


def test_without_indices_costs_stay_as_they_were_found() -> None:
    with Warehouse.open() as empty:
        assert season.levels(empty, drawn()) == {}
        assert season.factors(empty, shops.run_of(Path("nowhere")), {"ten": 1.2}) == {}


def test_redemptions_that_come_anyway_follow_and_what_an_offer_adds_does_not() -> None:
    # Of the first offer's 0.4 redemptions 0.3 come anyway; all 0.5 of the second; the third adds more than is redeemed.
    columns = _Columns.empty(1, 3)
    effects, costs, redeemed = ([[30.0, 40.0, 50.0]], [[10.0, 20.0, 20.0]], [[0.4, 0.5, 0.2]])
    added = [[0.1, 0.0, 0.3]]
    told = (np.array(each) for each in (effects, [[1.0] * 3], costs, redeemed, [[0.5] * 3], added))
    columns.set([0, 1, 2], [*told])

    columns.follow(np.array([2.0, 1.2, 3.0]))

    assert columns.cost == pytest.approx(np.array([[17.5, 24.0, 20.0]]))
    assert columns.effect == pytest.approx(np.array([[22.5, 36.0, 50.0]]))
    assert columns.redeem == pytest.approx(np.array([[0.7, 0.6, 0.2]]))


def test_without_knowing_what_an_offer_adds_all_of_its_cost_follows() -> None:
    columns = _Columns.empty(1, 1)
    columns.set([0], [np.array([[each]]) for each in (30.0, 1.0, 10.0, np.nan, 0.5)])
    columns.follow(np.array([1.5]))
    assert (columns.cost.tolist(), columns.effect.tolist()) == ([[15.0]], [[25.0]])
