"""What a pilot as large as a played shop's lets anybody gain who knows everything but the offers' mean effects.

    OMP_NUM_THREADS=1 PYTHONPATH=. .venv/bin/python benchmarks/pilot_ceiling.py DIR/shop-1 [DIR/shop-2 ...] --budget 60

DIR is the --work of benchmarks/closed_loop.py. The learner knows how people differ, and what offers cost, as exactly as
features tell (benchmarks/loop_ceiling.py), and how the mean effects of the offers scatter. Each offer's mean it knows
only as well as one signal of the shop's own pilot can tell it (benchmarks/pilot_signals.py): errors as large as the
signal has them for the people of that pilot are added to the truth, and the mean is what Bayes' rule then expects
(normal prior and errors). One allocation over everybody with the money of four weeks is valued by the truth, as a share
of the best. Nothing is written.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import nan
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import loop_nights, loop_rivals, pilot_signals
from benchmarks.closed_loop import CONTROLS, HORIZON_DAYS
from benchmarks.loop_rivals import UNKNOWN, Floats, Ints, Pairs
from benchmarks.pilot_signals import Chances
from models import uplift_step
from models.uplift_evidence import Evidence
from offermill.run import Run
from offermill.synthetic import truth
from offermill.warehouse import Warehouse

# The truth of the first choosing night is the sixth that is kept: of nights 0, 1, 8, 15, 22 and 29.
FIRST_CHOICE_WEEK = 5
FIGURES = (f"gain {FIRST_CHOICE_WEEK}", f"cost {FIRST_CHOICE_WEEK}", "told gain", "told cost")
# Allocated in hundredths of a minor unit, so that small effects are not rounded away.
FINE = 100


@dataclass(frozen=True)
class Shop:
    """Who may get what when the first nights choose, and how people differ; money in minor units.

    Attributes:
        offers: open to somebody.
        pairs: candidates outside the control groups; money in 1 / FINE minor units.
        place: (pairs,) the pair's offer, as a place in `offers`.
        shape: (persons, offers) margin that an offer brings before its cost, as features tell, over the offer's mean.
        mean: (offers,) true mean of that margin, of those to whom the offer is open.
    """

    offers: tuple[str, ...]
    pairs: Pairs
    place: Ints
    shape: Floats
    mean: Floats

    @classmethod
    def of(cls, folder: Path) -> "Shop":
        """Read a played shop."""
        with np.load(max((folder / "loop").glob("*.npz"), key=lambda path: int(path.stem))) as kept:
            figures, every = [kept[name] for name in FIGURES], kept["offers"].tolist()
            asked = pa.table({name: kept[name].tolist() for name in ("customer_id", "offer_id")})
            day = date.fromisoformat(str(kept["decided_on"]))
        pairs = _pairs(_with_guesses(folder, day, asked), every, figures)
        used, place = np.unique(pairs.offer, return_inverse=True)
        gain, cost, told_gain, told_cost = (each[:, used] for each in figures)
        told = np.maximum(told_gain + told_cost, 0.0)
        told_mean, mean = (
            np.bincount(place, each[pairs.person, place]) / np.bincount(place) for each in (told, gain + cost)
        )
        return cls(tuple(every[at] for at in used), pairs, place, told / told_mean, mean)

    def gained(self, means: Floats, money: int) -> int:
        """Return what somebody gains who believes these means of the offers; a mean of 0 is never worth its cost."""
        margin = means[self.place] * self.shape[self.pairs.person, self.place]
        effect = np.rint(FINE * margin - self.pairs.told_cost).astype(np.int64)
        return self.gain_of("best that features can tell", money, replace(self.pairs, told_gain=effect))

    def gained_by_guesses(self, money: int) -> int:
        """Return what somebody gains who believes the shop's own figures of its last night."""
        is_known = self.pairs.guess > UNKNOWN
        effect, cost = np.where(is_known, self.pairs.guess, -1), np.where(is_known, self.pairs.guessed_cost, 1)
        return self.gain_of("best that features can tell", money, replace(self.pairs, told_gain=effect, told_cost=cost))

    def gain_of(self, policy: str, money: int, pairs: Pairs | None = None) -> int:
        """Return the true gain of a policy of benchmarks/loop_rivals.py, told the figures of pairs."""
        rows, _ = loop_rivals.CHOICES[policy](pairs or self.pairs, None, money * FINE, 0)  # type: ignore[arg-type]
        return int(self.pairs.gain[rows].sum())


def _with_guesses(folder: Path, day: date, asked: pa.Table) -> pa.Table:
    def look(warehouse: Warehouse, run: Run) -> pa.Table:
        groups = warehouse.arrow("select customer_id, group_name from offers.assignment_group")
        guesses = warehouse.arrow("select customer_id, offer_id, effect_minor, cost_minor from models.offer_effect")
        return asked.join(groups, "customer_id").join(guesses, ["customer_id", "offer_id"])

    table = loop_nights.read(folder, day, look)
    free = table.filter(pc.invert(pc.is_in(table["group_name"], value_set=pa.array(CONTROLS))))
    return free.sort_by([("customer_id", "ascending"), ("offer_id", "ascending")])


def _pairs(table: pa.Table, offers: list[str], figures: list[Floats]) -> Pairs:
    person = truth.persons_of(table["customer_id"].to_pylist())
    offer = pc.index_in(table["offer_id"], value_set=pa.array(offers)).to_numpy().astype(np.int64)
    # Who came after the first choice has no truth of then.
    there = np.flatnonzero(person < len(figures[0]))
    person, offer = person[there], offer[there]
    money = [each[person, offer] for each in figures]
    money[2:2] = [pc.fill_null(table[name], UNKNOWN).to_numpy()[there] for name in ("effect_minor", "cost_minor")]
    gain, cost, guess, guessed, told_gain, told_cost = (np.rint(FINE * each).astype(np.int64) for each in money)
    return Pairs(person, offer, gain, cost, np.zeros(len(there), np.bool_), guess, guessed, told_gain, told_cost)


def signals(folder: Path, shop: Shop, seen: Evidence, offers: Sequence[str]) -> dict[str, Floats]:
    """Return the covariance (offers, offers) of what each signal says of the means of the offers in a pilot."""
    at = [shop.offers.index(name) for name in offers]
    mean, arm = shop.mean[at], np.array([offers.index(name) if name in offers else -1 for name in seen.arm.tolist()])
    margin, orders = seen.margin + seen.spent, seen.valued_orders + seen.spent
    earlier = np.asarray(seen.features[pilot_signals.EARLIER].to_numpy())
    said = mean * shop.shape[np.ix_(pilot_signals.persons(seen), at)]
    known = Chances.of(folder, seen, offers)
    told, of_outcomes, of_chances = known.told(seen), pilot_signals.of_outcomes, pilot_signals.of_chances
    return {
        "margin": of_outcomes(seen, offers, margin, earlier),
        "orders times the margin of one": of_outcomes(seen, offers, orders, earlier),
        "the same, habit by all features": of_outcomes(seen, offers, orders, pilot_signals.foretold(seen, orders)),
        "who bought, knowing who answers most": of_chances(told, arm, said, mean, redeemed=False),
        "and who redeemed": of_chances(told, arm, said, mean, redeemed=True),
        "the same, everybody's habit exactly": of_chances(known, arm, said, mean, redeemed=True),
    }


def means_of(seen: Evidence, offers: Sequence[str]) -> Floats:
    """Return (offers,) the mean margin before its cost that Offermill's model of a pilot expects of each offer."""
    model = uplift_step.fit(seen, seed=0)
    said = uplift_step.guess_of(model, seen, seen.margin_share, tuple(offers))
    is_open = seen.propensity[[*offers]].to_numpy() > 0
    return np.asarray(np.nanmean(np.where(is_open, said.effect + said.cost, np.nan), axis=0))


def believed(mean: Floats, errors: Floats, draw: Floats) -> Floats:
    """Return the means (offers,) that Bayes' rule expects after one pilot.

    Args:
        mean: the true means; the prior has their mean and spread.
        errors: (offers, offers) covariance of the pilot's errors.
        draw: (offers,) standard normal numbers.
    """
    spread = np.eye(len(mean)) * mean.var(ddof=1)
    told = mean + np.linalg.cholesky(errors) @ draw
    return np.asarray(mean.mean() + spread @ np.linalg.solve(spread + errors, told - mean.mean()))


Row = tuple[float, float, float]  # how far a mean is off, minor units; share of the best; its spread over pilots


def judged(folder: Path, money: int, draws: int, seed: int) -> dict[str, Row]:
    """Return name -> what each signal tells and what it lets somebody gain, for one shop."""
    shop, seen = Shop.of(folder), pilot_signals.pilot(folder)
    offers = [name for name in shop.offers if name in seen.depths]
    at = np.array([shop.offers.index(name) for name in offers])
    mean, random = shop.mean[at], np.random.default_rng(seed)

    def share(means: Floats) -> float:
        every = np.zeros(len(shop.offers))
        every[at] = np.maximum(means, 0.0)
        return shop.gained(every, money) / best

    best = shop.gain_of("best possible", money)
    found: dict[str, Row] = {"nothing: all offers alike": (nan, share(np.full(len(at), mean.mean())), 0.0)}
    for name, errors in signals(folder, shop, seen, offers).items():
        shares = [share(believed(mean, errors, random.standard_normal(len(at)))) for _ in range(draws)]
        found[name] = float(np.sqrt(np.diag(errors).mean())), float(np.mean(shares)), float(np.std(shares))
    # Whom the pilot asked and whom the first night may ask are not the same people: only how offers differ is compared.
    own = means_of(seen, offers)
    own *= mean.mean() / own.mean()
    found["Offermill's means from that pilot"] = float(np.sqrt(np.mean((own - mean) ** 2))), share(own), 0.0
    found["the means themselves"] = 0.0, share(mean), 0.0
    found["the means themselves, of untested offers too"] = 0.0, shop.gained(shop.mean, money) / best, 0.0
    found["Offermill's figures at the end of play"] = nan, shop.gained_by_guesses(money) / best, 0.0
    found["(how the true means scatter)"] = float(mean.std(ddof=1)), nan, nan
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, the mean of the shops."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shops", type=Path, nargs="+")
    parser.add_argument("--budget", type=int, default=60, help="whole money a night of the shops")
    parser.add_argument("--draws", type=int, default=50)
    given = parser.parse_args(arguments)
    money = given.budget * 100 * HORIZON_DAYS
    every = [judged(folder, money, given.draws, seed) for seed, folder in enumerate(given.shops)]
    print("| what is known of the means | error, minor units | share of the best | by luck of the pilot |")
    print("|---|---|---|---|")
    for name in every[0]:
        rows = [each[name] for each in every]
        error, share, spread = (float(np.mean(column)) for column in zip(*rows, strict=True))
        lowest, highest = (each(row[1] for row in rows) for each in (min, max))
        print(f"| {name} | {error:.1f} | {share:.2f} ({lowest:.2f}-{highest:.2f}) | {spread:.2f} |")


if __name__ == "__main__":
    main()
