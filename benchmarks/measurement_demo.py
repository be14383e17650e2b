"""Effects per wave of a demo shop's pilot beside the generator's truth.

    PYTHONPATH=. .venv/bin/python benchmarks/measurement_demo.py --shop DIR

DIR is a demo shop whose night has run (outcomes.unit is there). Two figures per wave and in all, with CUPED intervals:
the chance to buy in the horizon, whose truth was noted at the draw; and incremental margin per person, whose truth is
asked of the same people as they stood on the first day the generator keeps (it keeps none of the waves' own).
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from models.data import Floats
from offermill.synthetic import state, truth
from offermill.warehouse import Warehouse
from outcomes import cells
from outcomes.cells import Cell
from outcomes.statistics import comparison, cuped

_DRAWN = "select customer_id, wave_id, offer_id from outcomes.unit where arm <> 'control' order by all"


def asked(folder: Path, drawn: pd.DataFrame) -> pd.DataFrame:
    """Return the truth of everybody who got an offer: change of the chance to buy, and of margin."""
    pilot = truth.pilot(folder).to_pandas()[["customer_id", "wave_id", "extra_chance", "chance_without", "chance_with"]]
    day = min(state.known_days(folder))
    margins = truth.effects(folder, drawn["customer_id"].tolist(), drawn["offer_id"].tolist(), on=day).to_pandas()
    found = drawn.assign(margin=margins["incremental_margin_minor"].to_numpy(dtype=float))
    return found.merge(pilot, on=["customer_id", "wave_id"], how="left")


def _interval(cell: Cell, outcome: Floats) -> comparison.Interval:
    return cuped.adjusted(comparison.difference(cell.sample, outcome), cell.covariates).interval()


def lines(warehouse: Warehouse, folder: Path) -> Iterator[tuple[str, ...]]:
    """Yield a row per wave, and one for all of them."""
    known = asked(folder, warehouse.frame(_DRAWN))
    for level in ("wave", "all"):
        for cell in cells.read(warehouse, level):
            mine = known if level == "all" else known[known["wave_id"] == cell.name]
            bought = _interval(cell, (cell.column("order_count") > 0).astype(np.float64))
            margin = _interval(cell, cell.column("margin_minor"))
            chance = float((mine["chance_with"] - mine["chance_without"]).mean())
            yield (
                cell.name,
                str(cell.sample.treated_count),
                f"{bought.mean:+.3f} ({bought.low:+.3f} to {bought.high:+.3f})",
                f"{chance:+.3f}",
                f"{margin.mean:+.1f} ({margin.low:+.1f} to {margin.high:+.1f})",
                f"{mine['margin'].mean():+.1f}",
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shop", type=Path, required=True)
    folder = parser.parse_args().shop
    table = Table("wave", "with an offer", "chance to buy", "truth", "margin, minor units", "truth")
    with Warehouse.open(folder / "warehouse.duckdb", read_only=True) as warehouse:
        for line in lines(warehouse, folder):
            table.add_row(*line)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
