"""What keeps the choices of a played shop's model from the best: its effects, its arms' means, or its costs.

    OMP_NUM_THREADS=1 PYTHONPATH=. .venv/bin/python benchmarks/what_limits.py SHOP DATE

SHOP is a played shop (benchmarks/closed_loop.py --work DIR makes DIR/shop-1), DATE a night of it with evidence. Its
people are cut into five parts; each gets the estimates of a model of the other four. One allocation over everybody
within a few budgets is then valued by the generator's truth, with the model's figures and with single parts of them
replaced by the truth. Nothing is written.
"""

import argparse
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.loop_rivals import Flags, Floats, Truth
from benchmarks.picked_costs import evidence
from models import uplift_step
from models.uplift_evidence import Evidence
from offermill.synthetic import state, truth
from offers.allocation import Limit, allocate

FOLDS = 5
# Minor units a person.
BUDGETS = (3, 8, 15, 30)


def estimates(seen: Evidence) -> tuple[Floats, Floats]:
    """Return (n, offers) effects (-inf: nothing said) and costs by models that did not see the person."""
    arms = tuple(seen.depths)
    effect, cost = (np.zeros((len(seen.rows), len(arms))) for _ in range(2))
    place = uplift_step.folds_of(seen.rows["customer_id"].to_numpy(dtype=str), 0, FOLDS)
    for fold in range(FOLDS):
        model = uplift_step.fit(seen.part(place != fold), seed=0)
        said = uplift_step.guess_of(model, seen.part(place == fold), seen.margin_share, arms)
        effect[place == fold], cost[place == fold] = said.effect, said.cost
    return effect, cost


def truths(folder: Path, seen: Evidence) -> tuple[Floats, Floats]:
    """Return (n, offers) true gain and cost at the earliest day that the shop still knows."""
    known = Truth.of(folder, state.known_days(folder)[0], tuple(seen.depths))
    person = truth.persons_of(seen.rows["customer_id"].tolist())
    # Who registered later has no truth on that day.
    there = np.minimum(person, len(known.gain) - 1)
    return known.gain[there], known.cost[there]


def guesses(effect: Floats, cost: Floats, gain: Floats, paid: Floats, is_open: Flags) -> Iterator[tuple[str, Floats]]:
    """Return what is believed of everybody's gain before cost, by name."""
    margin, true = effect + cost, gain + paid
    own, right = (
        np.array([column[rows & np.isfinite(column)].mean() for column, rows in zip(each.T, is_open.T, strict=True)])
        for each in (margin, true)
    )
    yield "the model", margin
    yield "with the true mean of every offer", margin / own * right
    yield "the model's mean of every offer for everybody", np.broadcast_to(own, margin.shape)
    yield "the true mean of every offer for everybody", np.broadcast_to(right, margin.shape)


def chosen(margin: Floats, cost: Floats, is_open: Flags, money: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Return the people and offers of the best choice within the money, by figures that may be wrong."""
    value, price = margin - cost, np.maximum(cost, 0.5)
    people, offers = np.nonzero(is_open & np.isfinite(value) & (value > 0))
    table = {"customer_id": people, "offer_id": offers, "value": value, "cost": price}
    for name, figures in (("value", value), ("cost", price)):
        table[name] = np.rint(100 * figures[people, offers]).astype(np.int64)
    rows = allocate(pa.table(table), (Limit("budget", 100 * money, "cost"),)).rows
    return people[rows], offers[rows]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("shop", type=Path)
    parser.add_argument("day", type=date.fromisoformat)
    given = parser.parse_args()
    seen = evidence(given.shop, given.day, None)
    (effect, cost), (gain, paid) = estimates(seen), truths(given.shop, seen)
    is_open = seen.propensity[[*seen.depths]].to_numpy() > 0
    print("| effects | costs | " + " | ".join(f"{budget} a person" for budget in BUDGETS) + " |")
    print("|---|---|" + "---|" * len(BUDGETS))
    for name, margin in guesses(effect, cost, gain, paid, is_open):
        for what, costs in (("learned", cost), ("true", paid)):
            cells = []
            for budget in BUDGETS:
                money = budget * len(seen.rows)
                best, found = (chosen(*figures, is_open, money) for figures in ((gain + paid, paid), (margin, costs)))
                share = gain[found].sum() / gain[best].sum()
                cells.append(f"{share:.2f} ({paid[found].sum() / money:.2f})")
            print(f"| {name} | {what} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
