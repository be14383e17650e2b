"""Seconds, rows per second and peak memory of every stage of a night, beside one scan of the same Parquet.

    PYTHONPATH=. .venv/bin/python benchmarks/night.py [--customers 20000 200000] [--keep DIR]

Each stage runs in a process of its own, so that its peak memory is its own; seconds include importing what it needs.
The scan is DuckDB summing three columns of the landed order lines once, in the same run on the same machine: read the
ratio, not the seconds. Training runs before the night, as it does weekly.
"""

import argparse
import json
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from offermill import examples, flows, night

DAY = date(2026, 6, 30)


def measured(work: Callable[..., object], *arguments: object) -> tuple[float, float]:
    """Return seconds and peak GiB of `work` in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measure, work, *arguments).result()


def _measure(work: Callable[..., object], *arguments: object) -> tuple[float, float]:
    started = perf_counter()
    work(*arguments)
    return perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def make_shop(folder: Path, customers: int) -> None:
    """Make the demo shop."""
    examples.make("demo", folder, customers=customers, seed=1, progress=lambda _: None)


def perform_stage(folder: Path, flow_name: str, stage_name: str) -> None:
    """Perform all steps of one stage."""
    stage = next(stage for stage in flows.named(flow_name).stages if stage.name == stage_name)
    for step in stage.steps:
        night.perform(step, folder, DAY)


def scan(folder: Path) -> int:
    """Read the landed order lines once with DuckDB; return their number."""
    import duckdb

    pattern = str(folder / "landing" / "order_lines" / "*.parquet")
    found = duckdb.sql(
        f"select count(*), sum(quantity), sum(list_amount), sum(net_amount) from read_parquet('{pattern}')"
    ).fetchall()
    return int(found[0][0])


def rows_of(folder: Path) -> int:
    """Return the number of order lines in the warehouse."""
    import duckdb

    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute("select count(*) from core.purchase_line").fetchall()
    return int(found[0][0])


def bench(folder: Path, customers: int) -> list[dict[str, object]]:
    """Return one row per stage: seconds, order lines per second, peak GiB, ratio to the scan."""
    results = [("make demo", *measured(make_shop, folder, customers))]
    scan(folder)  # the first reading warms the page cache, as the loading itself did
    scan_seconds = min(measured(scan, folder)[0] for _ in range(3))
    for flow in (flows.training(), flows.nightly()):
        for stage in flow.stages:
            name = f"{flow.name} {stage.name}"
            results.append((name, *measured(perform_stage, folder, flow.name, stage.name)))
            print(f"  {customers:>9,} {name:<22} {results[-1][1]:8.1f} s", file=sys.stderr, flush=True)
    lines = rows_of(folder)
    return [
        {
            "customers": customers,
            "order_lines": lines,
            "stage": name,
            "seconds": round(seconds, 2),
            "lines_per_second": round(lines / seconds),
            "peak_gib": round(peak, 2),
            "scan_seconds": round(scan_seconds, 3),
            "times_scan": round(seconds / scan_seconds, 1),
        }
        for name, seconds, peak in results
    ]


def main() -> None:
    """Measure the sizes asked for and print a table and JSON lines."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--customers", type=int, nargs="+", default=[20_000, 200_000])
    options.add_argument("--keep", type=Path, help="keep the shops in this folder")
    given = options.parse_args()
    base = given.keep or Path(tempfile.mkdtemp(prefix="offermill-bench-"))
    try:
        rows = [row for customers in given.customers for row in bench(base / f"shop-{customers}", customers)]
    finally:
        if given.keep is None:
            shutil.rmtree(base, ignore_errors=True)
    _print(rows)


def _print(rows: list[dict[str, object]]) -> None:
    table = Table(*rows[0], title="A night, stage by stage")
    for row in rows:
        table.add_row(*[f"{value:,}" if isinstance(value, int) else str(value) for value in row.values()])
    Console(width=140).print(table)
    for row in rows:
        print(json.dumps(row))


if __name__ == "__main__":
    main()
