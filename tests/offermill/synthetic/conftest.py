"""Demo shops made once for all tests, and a reader that sees their files as a pipeline would."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from offermill.synthetic import shop


@dataclass(frozen=True)
class Landed:
    """A demo shop on disk, with every source as a view of all its files, dirty rows left out."""

    folder: Path
    summary: dict[str, Any]
    warehouse: duckdb.DuckDBPyConnection

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.warehouse.execute(sql).fetchall()

    def value(self, sql: str) -> Any:
        return self.rows(sql)[0][0]


def landed(folder: Path, summary: dict[str, Any]) -> Landed:
    """Open what a shop has landed so far."""
    warehouse = duckdb.connect()
    warehouse.execute("set threads = 1; set timezone = 'UTC'")
    for place in sorted((folder / "landing").iterdir()):
        warehouse.execute(f"create view {place.name} as {_select(place)}")
    return Landed(folder, summary, warehouse)


def _select(place: Path) -> str:
    history = f"select * from read_parquet('{place}/*_history*.parquet', union_by_name = true)"
    daily = f"{place}/{place.name}_2*"
    if not list(place.glob(f"{place.name}_2*")):
        return history
    if place.name == "browsing_events":
        texts = f"select * from read_json('{daily}', format = 'newline_delimited') where dwell_seconds >= 0"
    else:
        texts = f"select * from read_csv('{daily}', all_varchar = true, header = true, union_by_name = true)"
    clean = {"order_lines": "where quantity not like '-%'", "customers": "where language <> 'xx'"}.get(place.name, "")
    casts = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in _columns(place).items())
    return f"{history} union all by name select {casts} from ({texts} {clean})"


def _columns(place: Path) -> dict[str, str]:
    described = duckdb.execute(f"describe select * from read_parquet('{place}/*_history*.parquet')").fetchall()
    return {name: kind for name, kind, *_ in described}


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Landed:
    """2,000 customers with 14 daily deliveries."""
    folder = tmp_path_factory.mktemp("small")
    return landed(folder, shop.make(folder, customers=2_000, seed=5))


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Landed:
    """20,000 customers, for what needs numbers."""
    folder = tmp_path_factory.mktemp("large")
    return landed(folder, shop.make(folder, customers=20_000, seed=7, deliveries=1))
