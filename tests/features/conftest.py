"""Feature and segment tables made from facts in memory."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from offermill import settings, sqlfiles
from offermill.paths import ShopPaths
from offermill.run import Run, as_of
from offermill.settings import Settings
from offermill.warehouse import Warehouse

SETTINGS = Settings(
    shop=settings.ShopSettings(id="test", name="Test", time_zone="Europe/Riga"),
    randomisation=settings.RandomisationSettings(salt="a salt for tests"),
    sources={},
)


@pytest.fixture
def run_at(tmp_path: Path) -> Callable[[date], Run]:
    """A run of a shop in a temporary folder for a date."""
    return lambda day: Run(day, as_of(day, SETTINGS), ShopPaths(tmp_path), SETTINGS, "0" * 64)


@pytest.fixture
def make_features() -> Callable[[Warehouse, Run], None]:
    """Makes every feature table, as the night does."""

    def make(warehouse: Warehouse, run: Run) -> None:
        for address in sqlfiles.tables("features"):
            warehouse.replace_table(address, sqlfiles.read(address).text, run.parameters)

    return make
