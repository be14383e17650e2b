"""How often the intervals of measured campaigns hold the truth: simulated campaigns whose effect is known.

    PYTHONPATH=. .venv/bin/python benchmarks/measurement.py [--campaigns 300] [--designs "half and half" ...] [--daily]

Every campaign draws people with a rate of orders and a size of basket of their own (margins with the demo's mean and
spread, or heavier tails), watches them before, draws lots, and watches them after. Shown per design: coverage of the
plain and the CUPED interval of the incremental margin, of the average basket (a ratio) and of the return on cost; how
long CUPED's is beside the plain one; the power of both. `--daily` looks every day as people's horizons end: coverage of
the anytime-valid intervals on all days together, and of ordinary ones looked at as often.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from models.data import Floats
from outcomes.statistics import always, comparison, cuped, roi
from outcomes.statistics.comparison import Sample

MARGIN_SHARE = 0.3
BEFORE_DAYS, HORIZON_DAYS = 364, 28
# Mean basket in minor units, and orders in 28 days of a usual person: a third of people buy, as in the demo shop.
BASKET, RATE = 2_200.0, 0.5
# Spread of the logarithm of people's rates, and of how a person's rate changes.
KEENNESS, CHANGE = 0.7, 0.6
LOOKS = 60


@dataclass(frozen=True)
class Design:
    """A campaign: people, the share of them with an offer, how much it lifts orders, and the tails of margins.

    Attributes:
        depth: discount on the orders of those with the offer.
        people_spread, basket_spread: of the logarithm, between people and between orders of one person.
        uneven: chances differ between people, and with them what they buy, as under a policy that chooses.
    """

    people: int
    share: float = 0.5
    lift: float = 0.25
    depth: float = 0.10
    people_spread: float = 0.5
    basket_spread: float = 0.6
    uneven: bool = False


DESIGNS = {
    "half and half, 1,000 people": Design(1_000),
    "half and half, 10,000": Design(10_000),
    "90 : 10, 2,000": Design(2_000, share=0.9),
    "95 : 5, 20,000": Design(20_000, share=0.95),
    "10 : 90, 3,000": Design(3_000, share=0.1),
    "heavy tails, 4,000": Design(4_000, people_spread=0.9, basket_spread=1.1),
    "heavy tails, 90 : 10, 10,000": Design(10_000, share=0.9, people_spread=0.9, basket_spread=1.1),
    "chosen by a policy, 10,000": Design(10_000, uneven=True),
    "no effect, 4,000": Design(4_000, lift=0.0, depth=0.0),
}


@dataclass(frozen=True)
class People:
    """n people: what they bought before, what each arm would make them do, and the chance of the offer."""

    before: Floats
    recent: Floats
    chance: Floats
    orders: Floats
    net: Floats
    given: Floats
    treated: np.ndarray

    @property
    def margin(self) -> Floats:
        """Margin of the horizon before the discount: what the return is counted on."""
        return self.net * MARGIN_SHARE

    @property
    def after(self) -> Floats:
        """Margin of the horizon, net of the discount."""
        return self.margin - self.given

    @property
    def covariates(self) -> list[Floats]:
        """What CUPED uses: margin before, and how lately they bought."""
        return [self.before, self.recent]

    @property
    def sample(self) -> Sample:
        return Sample(self.treated, self.chance)


def _baskets(counts: np.ndarray, usual: Floats, spread: float, rng: np.random.Generator) -> Floats:
    """Return (n,) the sum of so many log-normal baskets each."""
    owner = np.repeat(np.arange(len(counts)), counts)
    each = usual[owner] * np.exp(spread * rng.standard_normal(len(owner)) - spread**2 / 2)
    return np.bincount(owner, each, len(counts)).astype(np.float64)


def _chances(design: Design, keen: Floats) -> Floats:
    return np.clip(design.share + 0.25 * np.tanh(keen) * design.uneven, 0.05, 0.95)


def draw(design: Design, seed: int) -> People:
    """Return one campaign's people."""
    rng, n = np.random.default_rng(seed), design.people
    keen, size = rng.standard_normal(n), rng.standard_normal(n)
    rate = RATE * np.exp(KEENNESS * keen - KEENNESS**2 / 2)
    usual = BASKET * np.exp(design.people_spread * size - design.people_spread**2 / 2)
    earlier = rng.poisson(rate * BEFORE_DAYS / HORIZON_DAYS)
    before = MARGIN_SHARE * _baskets(earlier, usual, design.basket_spread, rng)
    recent = np.exp(-rng.exponential(1 / np.maximum(rate, 1e-9)))
    # People change: earlier behaviour explains a seventh of the demo's variance, and no more here.
    rate = rate * np.exp(CHANGE * rng.standard_normal(n) - CHANGE**2 / 2)
    chance = _chances(design, keen)
    treated = rng.random(n) < chance
    orders = rng.poisson(rate * (1 + design.lift * treated))
    net = _baskets(orders, usual, design.basket_spread, rng)
    return People(before, recent, chance, orders.astype(np.float64), net, design.depth * net * treated, treated)


@dataclass(frozen=True)
class Truth:
    """What the offer changes per person who gets it."""

    margin: float
    basket: float
    roi: float


def truth(design: Design) -> Truth:
    """Return the population's figures per person with the offer; rates and baskets are independent."""
    rate, share, depth = _mean_rate(design), MARGIN_SHARE, design.depth
    gained = rate * design.lift * BASKET * share
    cost = rate * (1 + design.lift) * BASKET * depth
    return Truth(gained - cost, -BASKET * depth, gained / cost - 1 if cost else float("nan"))


def _mean_rate(design: Design) -> float:
    """Return the mean rate of orders, weighted by the chance of the offer."""
    keen, weight = np.polynomial.hermite_e.hermegauss(80)
    weight = weight * _chances(design, keen)
    return float(np.average(RATE * np.exp(KEENNESS * keen - KEENNESS**2 / 2), weights=weight))


@dataclass(frozen=True)
class Found:
    """Per interval: whether it holds the truth, its length, whether it tells the effect from 0."""

    holds: bool
    length: float
    tells: bool


def of_margin(people: People, known: Truth) -> dict[str, Found]:
    """Return what the plain and the CUPED interval of the incremental margin say."""
    plain = comparison.difference(people.sample, people.after)
    return {
        "plain": _found(plain.interval(), known.margin),
        "cuped": _found(cuped.adjusted(plain, people.covariates).interval(), known.margin),
    }


def of_ratios(people: People, known: Truth) -> dict[str, Found]:
    """Return what the intervals of the average basket and of the return say."""
    sample = people.sample
    basket = comparison.ratio_difference(sample, people.after, people.orders)
    found = {
        "basket": _found(basket.interval(), known.basket),
        "basket, cuped": _found(cuped.adjusted(basket, people.covariates).interval(), known.basket),
    }
    if people.given.any():
        gross = cuped.adjusted(comparison.difference(sample, people.margin), people.covariates)
        returned = roi.of(gross, comparison.mean_of_treated(sample, people.given))
        low, high = returned.low, returned.high
        ends = (-np.inf if low is None else low, np.inf if high is None else high)
        found["roi"] = Found(ends[0] <= known.roi <= ends[1], ends[1] - ends[0], ends[0] > 0 or ends[1] < 0)
    return found


def _found(one: comparison.Interval, known: float) -> Found:
    return Found(one.low <= known <= one.high, one.high - one.low, one.low > 0 or one.high < 0)


def campaigns(design: Design, count: int, known: Truth, first: int = 1_000) -> Iterator[dict[str, Found]]:
    """Yield what is said of each campaign; `first` is the seed of the first."""
    for seed in range(count):
        people = draw(design, first + seed)
        yield of_margin(people, known) | of_ratios(people, known)


def coverage(rows: list[dict[str, Found]], name: str) -> float:
    """Return the share of campaigns whose interval holds the truth."""
    return float(np.mean([row[name].holds for row in rows if name in row])) if name in rows[0] else float("nan")


def summary(rows: list[dict[str, Found]]) -> dict[str, float]:
    """Return the figures of one design."""
    shorter = np.median([row["cuped"].length / row["plain"].length for row in rows])
    names = ("plain", "cuped", "basket", "basket, cuped", "roi")
    return {
        **{name: coverage(rows, name) for name in names},
        "length": float(shorter),
        "told, plain": float(np.mean([row["plain"].tells for row in rows])),
        "told, cuped": float(np.mean([row["cuped"].tells for row in rows])),
    }


def looked_daily(design: Design, seed: int, known: Truth, looks: int = LOOKS) -> tuple[bool, bool]:
    """Return whether the anytime-valid and the ordinary CUPED intervals held the truth on every one of the days."""
    people = draw(design, 1_000 + seed)
    ends = np.linspace(0, design.people, looks + 1).astype(int)[1:]
    sure, usual = True, True
    for end in ends:
        part = People(*(getattr(people, name)[:end] for name in People.__dataclass_fields__))
        if min(part.treated.sum(), (~part.treated).sum()) < always.START:
            continue
        adjusted = cuped.adjusted(comparison.difference(part.sample, part.after), part.covariates)
        found = adjusted.interval()
        low, high = always.interval(found, int(end), always.TIGHTEST)
        sure &= low <= known.margin <= high
        usual &= found.low <= known.margin <= found.high
    return sure, usual


def _percent(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=300)
    parser.add_argument("--designs", nargs="+", default=list(DESIGNS), choices=list(DESIGNS))
    parser.add_argument(
        "--first", type=int, default=1_000, help="seed of the first campaign; other seeds, other people"
    )
    parser.add_argument("--daily", action="store_true")
    given = parser.parse_args()
    console = Console(width=170)
    if given.daily:
        _show_daily(console, given.designs, given.campaigns)
    else:
        _show(console, given.designs, given.campaigns, given.first)


def _show(console: Console, designs: list[str], count: int, first: int) -> None:
    names = ["plain", "cuped", "basket", "basket, cuped", "roi", "length", "told, plain", "told, cuped"]
    table = Table("design", *names, title=f"{count} campaigns each: coverage of 95 % intervals, CUPED's length, power")
    for name in designs:
        found = summary(list(campaigns(DESIGNS[name], count, truth(DESIGNS[name]), first)))
        table.add_row(name, *(_percent(found[each]) for each in names))
    console.print(table)


def _show_daily(console: Console, designs: list[str], count: int) -> None:
    table = Table("design", "anytime-valid, all days", "ordinary, all days", title=f"{count} campaigns, {LOOKS} looks")
    for name in designs:
        design, known = DESIGNS[name], truth(DESIGNS[name])
        rows = [looked_daily(design, seed, known) for seed in range(count)]
        table.add_row(name, *(_percent(float(np.mean(column))) for column in zip(*rows, strict=True)))
    console.print(table)


if __name__ == "__main__":
    main()
