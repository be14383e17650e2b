"""A tiny shop whose truth is known: chances to buy that the tests choose, six snapshots, one night."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from offermill.paths import ShopPaths
from offermill.run import Run, as_of
from offermill.settings import ModelSettings, RandomisationSettings, Settings, ShopSettings
from offermill.warehouse import Warehouse

NIGHT = date(2026, 6, 30)
HORIZON = 28
SNAPSHOTS = [NIGHT - timedelta(days=HORIZON * k) for k in range(1, 7)]


def run_of(folder: Path, day: date = NIGHT, *, minimum_rows: int = 200, threads: int = 1) -> Run:
    settings = Settings(
        shop=ShopSettings(id="tiny", name="Tiny", time_zone="Europe/Riga"),
        randomisation=RandomisationSettings(salt="tests-only"),
        sources={},
        models=ModelSettings(seed=7, minimum_rows=minimum_rows, thread_count=threads),
    )
    return Run(day, as_of(day, settings), ShopPaths(folder), settings, "0" * 64)


def chance_of(tells: np.ndarray, strength: float) -> np.ndarray:
    return 1 / (1 + np.exp(1.0 - strength * tells))


def people(rows: int, seed: int, strength: float) -> pa.Table:
    """Customers with RFM columns that say nothing, one column that tells `strength` of who buys, and outcomes."""
    rng = np.random.default_rng(seed)
    tells = rng.standard_normal(rows)
    bought = rng.random(rows) < chance_of(tells, strength)
    margin = np.where(bought, 500 + 100 * np.round(3 * rng.standard_exponential(rows)), 0)
    return pa.table({
        "customer_id": [f"C{number:05d}" for number in range(rows)],
        "days_since_order": rng.integers(0, 200, rows),
        "order_count": rng.integers(1, 30, rows),
        "margin_minor": rng.integers(100, 90_000, rows),
        "tells": tells,
        "noise": rng.standard_normal(rows),
        "bought": bought,
        "order_count_next": bought.astype(np.int64),
        "net_minor_next": (3 * margin).astype(np.int64),
        "margin_minor_next": margin.astype(np.int64),
    })  # fmt: skip


def with_snapshots(warehouse: Warehouse, *, rows: int = 700, strength: float = 2.0) -> None:
    """Write models.training_snapshot: six dates, the same people, new draws each time."""
    for number, day in enumerate(SNAPSHOTS):
        drawn = people(rows, number, strength)
        dated = drawn.append_column("snapshot_on", pa.array([day] * rows, pa.date32()))
        warehouse.append("models.training_snapshot", dated.append_column("purpose", pa.array(["regular"] * rows)))


def with_customers(warehouse: Warehouse, *, rows: int = 300) -> None:
    """Write features.customer of tonight, and the purchases and customers that the RFM rule reads."""
    columns = ["customer_id", "days_since_order", "order_count", "margin_minor", "tells", "noise"]
    warehouse.write("features.customer", people(rows, 99, 1.0).select(columns))
    warehouse.replace_table(
        "core.customer", "select customer_id, date '2025-01-01' as registered_on from features.customer"
    )
    warehouse.replace_table("core.purchase", _PURCHASES)


# Everybody ordered 100 days ago; those with an even number again 5 days ago.
_PURCHASES = """
    select customer_id, ordered_on, ordered_on as arrived_on, cast(ordered_on as timestamp) as ordered_at,
        false as is_return, cast(1000 as bigint) as margin_minor
    from features.customer, (values (date '2026-06-30' - 100), (date '2026-06-30' - 5)) as days (ordered_on)
    where ordered_on < date '2026-05-01' or cast(right(customer_id, 1) as integer) % 2 = 0
"""
