"""CPU time of the offers stage's SQL on a shop whose night was run: `python -m benchmarks.offers_sql SHOP --date D`.

Each table is made anew in one transaction that is rolled back, so the shop stays as it is. CPU seconds of all threads
are printed, not wall time: they say the same on a busy machine.
"""

import argparse
from datetime import date
from pathlib import Path
from time import process_time

from offermill import sqlfiles
from offermill.run import Run
from offermill.warehouse import Warehouse

# These read the decision, which no SQL makes.
_AFTER = ("offers.decision_log", "offers.left_out", "offers.trial_balance")


def measure(folder: Path, day: date, repeats: int) -> dict[str, tuple[int, float]]:
    """Return rows and the least CPU seconds of `repeats` runs by table, in the flow's order."""
    run = Run.of_snapshot(folder, day)
    found: dict[str, tuple[int, float]] = {}
    with Warehouse.open(run.shop.warehouse) as warehouse:
        for _ in range(repeats):
            warehouse.connection.begin()
            for address in sqlfiles.tables("offers"):
                if address not in _AFTER:
                    started = process_time()
                    rows = warehouse.replace_table(address, sqlfiles.read(address).text, run.parameters)
                    spent = process_time() - started
                    found[address] = (rows, min(spent, found.get(address, (0, spent))[1]))
            warehouse.connection.rollback()
    return found


def main() -> None:
    """Print a table of rows and CPU seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shop", type=Path)
    parser.add_argument("--date", type=date.fromisoformat, required=True)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    found = measure(given.shop, given.date, given.repeats)
    for address, (rows, spent) in found.items():
        print(f"{address:32} {rows:>12,} {spent:8.2f} s")
    print(f"{'all':32} {'':>12} {sum(spent for _, spent in found.values()):8.2f} s")


if __name__ == "__main__":
    main()
