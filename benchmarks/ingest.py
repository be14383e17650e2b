"""Measure loading: lines a second, processor seconds and peak memory per table and format.

    python -m benchmarks.ingest --lines 1000000 order_lines:csv order_lines:parquet orders:csv orders:jsonl

Each pair runs in a process of its own, so that the peak is its own.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb

from offermill import run as runs
from offermill.ingest.load import load
from offermill.ingest.sources import SourceSettings
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.settings import RandomisationSettings, Settings, ShopSettings
from offermill.warehouse import Warehouse

DAY = date(2026, 6, 30)
SELECTS = {
    "order_lines": """
        select 'o' || (i // 6) as order_id, i % 6 as line_number, 'p' || (i * 7919 % 30000) as product_id,
            'sale' as kind, (1 + i % 3)::decimal(12, 3) as quantity, amount as list_amount,
            0::decimal(10, 2) as discount, amount as net_amount, null::varchar as promotion_id
        from (select i, ((100 + i % 5000) * 0.01::decimal(4, 2))::decimal(10, 2) as amount from range({lines}) as t(i))
    """,
    "orders": """
        select 'o' || i as order_id, 'c' || (i * 7919 % 1000000) as customer_id, 's1' as store_id, 'store' as channel,
            timestamp '2024-07-01' + to_seconds(i * 17 % (86400 * 240)) as ordered_at, 'EUR' as currency,
            null::decimal(10, 2) as delivery_cost
        from range({lines}) as t(i)
    """,
}
FORMATS = {
    "csv": "format csv, header",
    "csv.gz": "format csv, header",
    "jsonl": "format json",
    "parquet": "format parquet",
}


def settings_for(table: str, ending: str) -> Settings:
    """Return settings of a shop with one source, delivered as history."""
    return Settings(
        shop=ShopSettings(id="bench", name="Bench", time_zone="Europe/Riga"),
        randomisation=RandomisationSettings(salt="benchmark salt"),
        sources={table: SourceSettings(history=f"{table}.{ending}")},
    )


def measure(table: str, ending: str, lines: int) -> None:
    """Make the file, load it, print one row."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "landing" / table / f"{table}.{ending}"
        path.parent.mkdir(parents=True)
        with duckdb.connect() as maker:
            maker.execute("set enable_progress_bar = false")
            maker.execute(f"copy ({SELECTS[table].format(lines=lines)}) to '{path}' ({FORMATS[ending]})")
        settings = settings_for(table, ending)
        run = Run(DAY, runs.as_of(DAY, settings), ShopPaths(Path(folder)), settings, "0" * 64)
        wall, processor = time.perf_counter(), time.process_time()
        with Warehouse.open(Path(folder) / "warehouse.duckdb") as warehouse:
            warehouse.execute("set enable_progress_bar = false")
            with warehouse.transaction():
                accepted = load(warehouse, run, source=table)["accepted_count"]
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{table:12} {ending:8} {accepted:>12,} lines {wall:7.1f} s {lines / wall:>10,.0f} lines/s "
            f"{processor:7.1f} cpu-s {peak:6,.0f} MB",
            flush=True,
        )


def main() -> None:
    """Measure the pairs named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("pairs", nargs="*", default=[f"{table}:{ending}" for table in SELECTS for ending in FORMATS])
    arguments = parser.parse_args()
    for pair in arguments.pairs:
        table, ending = pair.split(":")
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(table, ending, arguments.lines))
        process.start()
        process.join()


if __name__ == "__main__":
    main()
