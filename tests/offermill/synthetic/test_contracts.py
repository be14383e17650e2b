"""The demo shop's files go through the real intake: every row accepted but the few dirty ones."""

from datetime import date
from pathlib import Path

import pytest

from offermill import run as runs
from offermill import settings
from offermill.ingest.load import load
from offermill.paths import ROOT, ShopPaths
from offermill.run import Run
from offermill.synthetic import shop
from offermill.synthetic.sources import SOURCES
from offermill.warehouse import Warehouse

DAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder: Path = tmp_path_factory.mktemp("desk")
    shop.make(folder, customers=1_500, seed=4, start=date(2026, 3, 1), deliveries=1)
    chosen = settings.load(ROOT / "shop" / "shop.yml")
    return Run(DAY, runs.as_of(DAY, chosen), ShopPaths(folder), chosen, "0" * 64)


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_a_source_is_accepted_whole(desk: Run, source: str) -> None:
    with Warehouse.open(None) as warehouse:
        load(warehouse, desk, source=source)

        totals = warehouse.rows(
            "select sum(row_count) > 0, sum(row_count) - sum(accepted_count) - sum(duplicate_count), "
            "sum(conflict_count), sum(late_count) from meta.delivery"
        )
        rejects = warehouse.rows("select distinct column_name, left(reason, 2) from meta.reject")

    assert totals[0][0] is True
    assert totals[0][1] <= 3  # dirty rows of one delivery
    assert totals[0][2:] == (0, 0)
    assert set(rejects) <= {("quantity", '"-'), ("language", '"x'), ("dwell_seconds", '"-')}
