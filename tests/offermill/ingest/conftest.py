"""A small shop in a temporary folder: real files, a real DuckDB in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from offermill import run as runs
from offermill.errors import OffermillError
from offermill.ingest.load import load
from offermill.ingest.sources import SourceSettings
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.settings import GateSettings, RandomisationSettings, Settings, ShopSettings
from offermill.warehouse import Warehouse

DAY = date(2026, 6, 30)


@dataclass
class Desk:
    """Lets a test deliver files and load them; every bad record is allowed unless the test says otherwise."""

    folder: Path
    warehouse: Warehouse
    sources: dict[str, SourceSettings] = field(default_factory=dict)
    currency: str = "EUR"
    currency_digits: int = 2
    reject_rate_max: float = 1.0
    reject_count_allowed: int = 0

    def declare(self, source: str, **settings: object) -> None:
        """Declare a source; without settings, CSV files named <source>_{date}.csv."""
        given = {"files": f"{source}_{{date}}.csv"} | settings
        self.sources[source] = SourceSettings.model_validate(given)

    def deliver(self, source: str, content: str | bytes, day: date = DAY, name: str | None = None) -> Path:
        """Write a file into landing/<source>/."""
        path = self.folder / "landing" / source / (name or f"{source}_{day}.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, day: date = DAY) -> Run:
        settings = Settings(
            shop=ShopSettings(
                id="shop",
                name="Shop",
                time_zone="Europe/Riga",
                currency=self.currency,
                currency_digits=self.currency_digits,
            ),
            randomisation=RandomisationSettings(salt="only for tests"),
            sources=self.sources,
            gates=GateSettings(reject_rate_max=self.reject_rate_max, reject_count_allowed=self.reject_count_allowed),
        )
        return Run(day, runs.as_of(day, settings), ShopPaths(self.folder), settings, "0" * 64)

    def load(self, source: str, day: date = DAY) -> dict[str, object]:
        """Load as the night does: in one transaction."""
        if source not in self.sources:
            self.declare(source)
        with self.warehouse.transaction():
            return load(self.warehouse, self.run(day), source=source)

    def rows(self, source: str, *columns: str) -> list[tuple[object, ...]]:
        """Return columns of raw.<source> in the order of delivery and line."""
        return self.warehouse.rows(
            f"select {', '.join(columns) or '*'} from raw.{source} order by _delivered_on, _file, _line"
        )

    def rejects(self) -> list[tuple[object, ...]]:
        """Return (line, column, reason) of every reject."""
        return self.warehouse.rows("select line, column_name, reason from meta.reject order by file, line")

    def refusal(self, source: str, kind: type[OffermillError], day: date = DAY) -> str:
        """Load, expect a refusal of exactly this kind, check that nothing was kept, and return the message."""
        with pytest.raises(kind) as caught:
            self.load(source, day)
        assert type(caught.value) is kind
        assert not self.warehouse.exists(f"raw.{source}") or not self.warehouse.rows(
            f"select 1 from raw.{source} where _delivered_on = $day", {"day": day}
        )
        return str(caught.value)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Warehouse.open() as warehouse:
        yield Desk(tmp_path, warehouse)
