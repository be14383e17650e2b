"""How long a night's policy takes, and how much memory, from arrays to the plan with every propensity.

    PYTHONPATH=. .venv/bin/python -m benchmarks.decide --people 20000 200000 1000000

People and candidates are made up: offers of two campaigns, effects between -1 and 3, six limits of all kinds (money, at
worst, with a chance, pieces, a channel, a group of people). Each size runs in a process of its own.
"""

import argparse
import resource
import subprocess
import sys
import time

import numpy as np

from offers import policy
from offers.limits import BUDGET
from offers.night_limits import NightLimit
from offers.people import CHOOSE, EXPLORE, GLOBAL_CONTROL, PILOT, Pairs, People

RULES = policy.Rules(global_control=0.05, campaign_control=0.1, explore=0.05, pilot=0.05, lot=("salt", "2026-06-30"))
OFFERS = 12
CAMPAIGNS = 2


def people(count: int, rng: np.random.Generator) -> People:
    """Return people in the groups of a night."""
    unit = rng.random(count)
    group = np.select([unit < 0.05, unit < 0.1, unit > 0.95], [EXPLORE, PILOT, GLOBAL_CONTROL], CHOOSE)
    ids = np.array([f"C{number:07d}" for number in range(count)], dtype=object)
    return People(ids, group.astype(np.int64), unit)


def pairs(count: int, each: int, rng: np.random.Generator) -> Pairs:
    """Return `each` candidates per person among the offers; the last offer has no evidence yet."""
    person = np.repeat(np.arange(count), each)
    offer = np.sort(rng.permuted(np.tile(np.arange(OFFERS), (count, 1)), axis=1)[:, :each], axis=1).ravel()
    known = offer < OFFERS - 1
    held = rng.random((count, CAMPAIGNS)) < RULES.campaign_control
    campaign = offer % CAMPAIGNS
    worst = (500 + 100 * offer).astype(np.int64)
    cost = np.where(known, rng.integers(20, 400, len(person)), worst)
    value = np.where(known, rng.integers(-100, 300, len(person)), 0)
    channel, is_held, sure = offer % 4, held[person, campaign], np.zeros(len(person))
    return Pairs(person, offer, campaign, channel, is_held, value, cost, worst, worst.astype(float), sure, known)


def limits(count: int, rng: np.random.Generator) -> tuple[policy.NightLimit, ...]:
    """Return six limits that bind in proportion to the number of people."""
    places = np.arange(OFFERS)
    return (
        NightLimit(BUDGET, 20 * count),
        NightLimit("campaign", 12 * count, offers=places % CAMPAIGNS == 0),
        NightLimit("funder", 30 * count, "worst", offers=places == 3),
        NightLimit("sure", 9 * count, chance=0.95, offers=places == 5),
        NightLimit("post", count // 20, "count", channels=np.arange(4) == 3),
        NightLimit("store", 5 * count, people=rng.random(count) < 0.2),
    )


def measure(count: int, each: int) -> None:
    """Print one row of the table: the first run compiles or loads what is compiled, the second is measured."""
    rng = np.random.default_rng(1)
    small = people(1_000, rng), pairs(1_000, each, rng), limits(1_000, rng)
    policy.decide(*small, RULES)
    folk, candidates, caps = people(count, rng), pairs(count, each, rng), limits(count, rng)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    start, cpu = time.perf_counter(), time.process_time()
    plan = policy.decide(folk, candidates, caps, RULES)
    seconds, busy = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"| {count:,} | {len(candidates):,} | {len(plan.choice.rows):,} | {plan.choice.gap:.1e} | {seconds:.1f} | "
        f"{busy:.1f} | {1e6 * busy / len(candidates):.2f} | {peak - before:.2f} |"
    )


def main() -> None:
    """Run every size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[20_000, 200_000, 1_000_000])
    parser.add_argument("--each", type=int, default=8, help="candidates per person")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        measure(given.one, given.each)
        return
    print("| people | candidates | chosen | gap | s | CPU-s | CPU-us per candidate | extra GiB |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for count in given.people:
        size = ["--one", str(count), "--each", str(given.each)]
        subprocess.run([sys.executable, "-m", "benchmarks.decide", *size], check=True)


if __name__ == "__main__":
    main()
