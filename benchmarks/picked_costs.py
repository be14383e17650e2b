"""What the people that a budget picks cost, beside the plan, on people the model did not learn from.

    OMP_NUM_THREADS=1 PYTHONPATH=. .venv/bin/python benchmarks/picked_costs.py SHOP DATE [--until DATE]

SHOP is a played shop (benchmarks/closed_loop.py --work DIR makes DIR/shop-1), DATE a night of it. Its evidence (of
waves until a date) is cut into five parts by person; each is judged by a model of the other four, with costs learned
from redemptions and, beside it, in proportion to expected orders. Nothing is written.
"""

import argparse
from datetime import date
from pathlib import Path

import numpy as np

from models import data, judging, uplift_evidence, uplift_metrics, uplift_step
from models.picked import Picked, picked
from models.uplift import UpliftModel
from models.uplift_evidence import Evidence
from offermill.run import Run
from offermill.warehouse import Warehouse

PARTS = 5
SHARES = (1.0, 0.5, 0.2, 0.1)


def evidence(folder: Path, day: date, until: date | None) -> Evidence:
    """Return what the shop knew, of waves until a date."""
    run = Run.of_snapshot(folder, day)
    with Warehouse.open(run.shop.warehouse, read_only=True) as warehouse:
        seen = uplift_evidence.collect(warehouse, run, data.feature_columns(warehouse.columns(data.SNAPSHOT)))
    wave = seen.rows["assigned_on"].to_numpy(dtype="datetime64[D]")
    return seen if until is None else seen.part(np.asarray(wave <= np.datetime64(until)))


def judged(seen: Evidence, held: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> dict[tuple[str, float], Picked]:
    """Return plan and cost of those picked on the held-out people, by kind of cost and share of the budget."""
    learned, part = uplift_step.fit(seen.part(~held), seed=0), seen.part(held)
    by_orders = UpliftModel.restored(learned.parts(), learned.settings() | {"redemption": None})
    bench = judging.bench(seen, np.zeros((len(seen.rows), 1 + len(seen.depths))), held)
    found = {}
    for name, model in (("by redemptions", learned), ("by orders", by_orders)):
        guess = uplift_step.guess_of(model, part, seen.margin_share, bench.arms)
        for share in SHARES:
            price = uplift_metrics.price_for(guess.effect, guess.cost, share, bench.possible)
            found[name, share] = picked(bench, guess, price)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("shop", type=Path)
    parser.add_argument("day", type=date.fromisoformat)
    parser.add_argument("--until", type=date.fromisoformat)
    given = parser.parse_args()
    seen = evidence(given.shop, given.day, given.until)
    names, number = np.unique(seen.rows["customer_id"].to_numpy(dtype=str), return_inverse=True)
    part = np.random.default_rng(0).permutation(len(names))[number] % PARTS
    found = [judged(seen, part == each) for each in range(PARTS)]
    print("| costs | share of the budget | got what was picked | redeemed | spent / planned |\n|---|---|---|---|---|")
    for key in found[0]:
        every = [each[key] for each in found]
        planned, spent = (sum(getattr(one, name) * one.row_count for one in every) for name in ("planned", "spent"))
        people, redeemed = (sum(getattr(one, name) for one in every) for name in ("row_count", "redemption_count"))
        print(f"| {key[0]} | {key[1]:.0%} | {people:,} | {redeemed:,} | {spent / planned:.2f} |")


if __name__ == "__main__":
    main()
