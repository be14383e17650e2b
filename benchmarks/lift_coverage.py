"""Whether the closed loop's lift is measured right: shops in which nothing is offered, and the loop's twins of them.

    OMP_NUM_THREADS=1 PYTHONPATH=. .venv/bin/python benchmarks/lift_coverage.py --work DIR
        [--customers 20000] [--seeds 1 2 3 4 5 11 12 13 14 15] [--draws 1000] [--played LOOP/shop-1 ...]

Each shop is the loop's (benchmarks/closed_loop.py) but for its offers: it is lived through as long, and
`loop_lift.lift` is asked of the same outcomes. Nothing was offered, so the lift is 0. Then control groups of the same
chance are drawn again and again, and it is counted how often the interval covers 0.

--played compares shops of the loop with their twins: the same people with the same trips of their own, but nothing
offered. What those who got offers brought more than their twins is the lift with the luck of the groups taken away.
DIR keeps the shops: what is there is not lived through again.
"""

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks import loop_lift, loop_nights, loop_report
from benchmarks.closed_loop import FIRST, HORIZON_DAYS
from benchmarks.loop_nights import Clock
from benchmarks.loop_rivals import Flags, Floats
from offermill import examples
from offermill.run import Run
from offermill.synthetic import play
from offermill.warehouse import Warehouse

NIGHTS = 60
# The loop's last night is lived through, and then four weeks without a new offer.
DAYS = NIGHTS + HORIZON_DAYS
GROUPS = ("offers.catalogue", "offers.campaign_control", "offers.assignment_group")


def lived(folder: Path, seed: int, customers: int) -> Path:
    """Return a shop that was lived through with nothing offered, loaded, and its people in their groups."""
    if (folder / "lived").is_file():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    examples.make("demo", folder, progress=lambda _: None, customers=customers, seed=seed, is_cold=True)
    for number in range(1, DAYS + 1):
        play.play_on(folder, None, start=FIRST + timedelta(days=number), days=1)
    end = FIRST + timedelta(days=DAYS)
    loop_nights.load(folder, end)
    run = Run.of_snapshot(folder, end)
    with Warehouse.open(run.shop.warehouse) as warehouse:
        steps = [step for step in loop_nights.needed() if step.address in GROUPS]
        loop_nights.perform(warehouse, run, steps, Clock())
    (folder / "lived").touch()
    return folder


def outcomes(folder: Path) -> pa.Table:
    """Return the rows that the loop measures its lift on."""
    with Warehouse.open(folder / "warehouse.duckdb", read_only=True) as warehouse:
        return loop_lift.outcomes(warehouse, FIRST)


@dataclass(frozen=True)
class Coverage:
    """What intervals did over many draws of the groups; money in minor units a person."""

    draws: int
    missed_below: int  # the whole interval is below 0
    missed_above: int
    mean: float
    scatter: float  # standard deviation of the estimates
    half: float  # mean half-width of the intervals

    @property
    def share(self) -> float:
        """Share of the draws whose interval covers 0."""
        return 1 - (self.missed_below + self.missed_above) / self.draws


def coverage(rows: pa.Table, draws: int, seed: int) -> Coverage:
    """Draw control groups again and again, everybody with the chance that the real ones had, and ask for the lift."""
    random, chance = np.random.default_rng(seed), float(rows["is_control"].to_numpy().mean())
    found = []
    for _ in range(draws):
        drawn = pa.array(random.random(rows.num_rows) < chance)
        found.append(loop_lift.lift(rows.set_column(rows.column_names.index("is_control"), "is_control", drawn)))
    lift, low, high = (np.array([each[name] for each in found]) for name in ("lift", "low", "high"))
    half = float((high - low).mean() / 2)
    return Coverage(draws, int((high < 0).sum()), int((low > 0).sum()), float(lift.mean()), float(lift.std()), half)


def together(found: Sequence[Coverage]) -> str:
    """Return the coverage over all shops with its standard error, in words."""
    draws = sum(each.draws for each in found)
    below, above = (sum(getattr(each, name) for each in found) for name in ("missed_below", "missed_above"))
    share = 1 - (below + above) / draws
    ratio = np.mean([each.scatter / (each.half / loop_lift.Z) for each in found])
    return (
        f"{share:.2%} of {draws:,} intervals cover 0, give or take {sqrt(share * (1 - share) / draws):.2%} (one "
        f"standard error); {below / draws:.2%} lie below, {above / draws:.2%} above. Estimates scatter {ratio:.3f} "
        "times as much as the intervals say."
    )


def _people(folder: Path) -> tuple[Flags, Floats]:
    rows = outcomes(folder)
    return rows["is_control"].to_numpy(zero_copy_only=False), rows["margin_minor"].to_numpy()


def against_twin(played: Path, twin: Path) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return what those who may get offers, and the controls, brought more than their twins, each with its error."""
    (control, margin), (same, without) = _people(played), _people(twin)
    if len(control) != len(same) or (control != same).any():
        raise SystemExit(f"{played} and {twin} do not have the same people in the same groups; is it another seed?")
    more = margin - without
    free, held = (
        (float(part.mean()), float(part.std(ddof=1)) / sqrt(len(part))) for part in (more[~control], more[control])
    )
    return free, held


def _lived_table(shops: dict[int, Path], draws: int) -> str:
    lines = ["| seed | covers 0 | mean lift | half-width | groups really drawn |", "|---|---|---|---|---|"]
    found = []
    for seed, folder in shops.items():
        rows = outcomes(folder)
        drawn, real = coverage(rows, draws, seed), loop_lift.lift(rows)
        found.append(drawn)
        lines.append(
            f"| {seed} | {drawn.share:.3f} | {drawn.mean:.1f} | {drawn.half:.1f} | {real['lift']:.1f} "
            f"[{real['low']:.1f}, {real['high']:.1f}] |"
        )
    return "\n".join([*lines, "", together(found)])


def _played_table(played: Sequence[Path], shops: dict[int, Path]) -> str:
    lines = [
        "| shop | truth | measured lift | more than their twins: people | controls |",
        "|---|---|---|---|---|",
    ]
    off = []
    for folder in played:
        seed = int(folder.name.removeprefix("shop-"))
        log = [line for line in loop_report.lines(folder.parent / "loop.jsonl") if line["seed"] == seed]
        true = next(line["lift"]["truth"] for line in log if "lift" in line)
        lift = loop_lift.lift(outcomes(folder))
        (more, error), (held, held_error) = against_twin(folder, shops[seed])
        off.append(more - true)
        lines.append(
            f"| {folder.parent.name} | {true:.1f} | {lift['lift']:.1f} [{lift['low']:.1f}, {lift['high']:.1f}] | "
            f"{more:.1f} +- {error:.1f} | {held:.1f} +- {held_error:.1f} |"
        )
    return "\n".join([*lines, "", f"People brought {np.mean(off):+.1f} more than the truth says, on the mean."])


def main(arguments: Sequence[str] | None = None) -> None:
    """Live through the shops and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5, 11, 12, 13, 14, 15])
    parser.add_argument("--draws", type=int, default=1_000)
    parser.add_argument("--played", type=Path, nargs="*", default=[])
    given = parser.parse_args(arguments)
    shops = {seed: lived(given.work / f"shop-{seed}", seed, given.customers) for seed in given.seeds}
    print(_lived_table(shops, given.draws))
    if given.played:
        print("\n" + _played_table(given.played, shops))


if __name__ == "__main__":
    main()
