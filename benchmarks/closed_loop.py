"""Sixty nights of the demo shop played on: what the decisions gain, as a share of the best possible.

    OMP_NUM_THREADS=1 PYTHONPATH=. .venv/bin/python benchmarks/closed_loop.py [--customers 20000] [--nights 60]
        [--seeds 1 2 3 4 5] [--budget 60] [--work DIR] [--warm] [--report]

Every night the product's real steps decide (benchmarks/loop_nights.py), the demo shop's customers answer, and their
answers are loaded the next night. Gains are expected values by the generator's truth, of exactly the people and offers
chosen. The shop begins cold: the money of the first 28 nights goes into the pilot of night 1
(benchmarks/loop_pilots.py), whose horizon is over from night 29 on; then every night has its own. Policies beside the
product's (benchmarks/loop_rivals.py) have the nightly money from the start. Each night is a line of JSON in
DIR/loop.jsonl; a run that was broken off goes on where it stood.
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import loop_ceiling, loop_lift, loop_nights, loop_pilots, loop_report
from benchmarks.loop_nights import Clock
from benchmarks.loop_rivals import UNKNOWN, Bought, Ints, Pairs, Rival, Truth, all_rivals, bound_over_time
from offermill import examples
from offermill.run import Run
from offermill.synthetic import state, truth
from offermill.synthetic.clock import day_number
from offermill.synthetic.offers import Menu
from offermill.warehouse import Warehouse

FIRST = date(2026, 6, 30)
HORIZON_DAYS = 28
REFRESH_DAYS = 7
TRAIN_DAYS = 7
CONTROLS = ("global_control", "control")


@dataclass(frozen=True)
class Options:
    """What is played; `budget` is whole money a night."""

    customers: int
    nights: int
    budget: int
    is_warm: bool

    @property
    def first_choice(self) -> int:
        """The first night with evidence: the horizon of night 1's pilot is over."""
        return 0 if self.is_warm else 1 + HORIZON_DAYS

    def money(self, number: int) -> int:
        """Whole money of a night of the product: a cold shop's pilot has what 28 nights have."""
        if number >= self.first_choice:
            return self.budget
        return loop_pilots.money(number, self.budget * HORIZON_DAYS)

    def is_training(self, number: int) -> bool:
        """A night before which models are trained."""
        return number >= self.first_choice and (number - self.first_choice) % TRAIN_DAYS == 0

    def is_refreshing(self, number: int) -> bool:
        """A night on which purchases, features, segments and effects are made anew."""
        return number == 0 or (number - self.first_choice) % REFRESH_DAYS == 0

    def is_idle(self, number: int) -> bool:
        """A night without money, evidence or a plan for the next: its decisions can only be nothing for everybody."""
        waits = number < self.first_choice and not self.money(number) and not self.money(number + 1)
        return waits and not self.is_refreshing(number)


@dataclass
class Loop:
    """One shop on its way: policies beside, what is open to whom, the truths kept for the bound."""

    folder: Path
    options: Options
    rivals: list[Rival] = field(default_factory=all_rivals)
    truths: list[Truth] = field(default_factory=list)
    open_pairs: pa.Table | None = None
    decided_on: date = FIRST
    told: Truth | None = None

    def night(self, number: int) -> dict[str, Any]:
        """Decide one night, value everything, let the customers live the next day."""
        started, clock, day = process_time(), Clock(), FIRST + timedelta(days=number)
        is_idle = self.options.is_idle(number)
        if not is_idle:
            self._decide(number, day, clock)
        known = Truth.of(self.folder, day + timedelta(days=1), tuple(sorted(Menu.of_shop(self.folder).offers)))
        if self.options.is_refreshing(number):
            self.open_pairs = loop_nights.without_history(self.folder, day)
            self.truths = [*self.truths, known]
        if number == self.options.first_choice:
            offers = sorted(set(self.open_pairs["offer_id"].to_pylist()))  # type: ignore[index]
            self.told = loop_ceiling.told(self.folder, day, known, offers)
        pairs, own = _night_pairs(self, known), {} if is_idle else _own(self.folder, day, known)
        beside = {rival.name: asdict(self._bought(rival, pairs, known, day)) for rival in self.rivals}
        clock.add("truth", started + sum(clock.seconds.values()))
        loop_nights.answer(self.folder, self.decided_on, day + timedelta(days=1), 1, clock, given=not is_idle)
        forget(self.folder)
        line = {"night": number, "money": self.options.money(number) * 100, "own": own, "beside": beside}
        return line | {"seconds": round(process_time() - started, 2), "stages": clock.seconds}

    def _decide(self, number: int, day: date, clock: Clock) -> None:
        """Decide by the product's steps; where the next night has a pilot, plan it."""
        options, refresh = self.options, self.options.is_refreshing(number)
        set_budget(self.folder, options.money(number))
        loop_nights.decide(self.folder, day, clock, refresh=refresh, train=options.is_training(number))
        self.decided_on = day
        if number + 1 < options.first_choice and options.money(number + 1):
            set_budget(self.folder, options.money(number + 1))
            print(loop_pilots.plan(self.folder, day, number + 1, options.money(number + 1)), file=sys.stderr)

    def _bought(self, rival: Rival, pairs: Pairs, known: Truth, day: date) -> Bought:
        return rival.night(pairs, known, self.options.budget * 100, day_number(day), HORIZON_DAYS)

    def bounds(self, first: int) -> int:
        """What nobody can exceed in the 28 nights from `first`, with one offer a person."""
        seen = [number for number in range(self.options.nights) if self.options.is_refreshing(number)]
        chosen = [
            known
            for number, known in zip(seen, self.truths, strict=True)
            if first - REFRESH_DAYS < number < first + HORIZON_DAYS
        ]
        return bound_over_time(chosen, _night_pairs(self, chosen[-1]), self.options.budget * 100 * HORIZON_DAYS)


def set_budget(folder: Path, amount: int) -> None:
    """Write a night's money into the shop's offers.yml, as the marketer would."""
    path = folder / "offers.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'(?m)^(  amount: )"[^"]*"', rf'\g<1>"{amount}.00"', text, count=1), encoding="utf-8")


def forget(folder: Path) -> None:
    """Remove the generator's states but the first and the newest ones; nothing goes back to them."""
    for day in state.known_days(folder)[1 : -loop_nights.LAST_STATES]:
        shutil.rmtree(state.folder_of(folder, day))


def _night_pairs(loop: Loop, known: Truth) -> Pairs:
    """What may be offered to whom, with the truth and the product's estimates."""
    if loop.open_pairs is None:
        raise RuntimeError("no night has been decided")
    groups, guesses = loop_nights.read(loop.folder, loop.decided_on, _groups_and_guesses)
    table = loop.open_pairs.join(groups, "customer_id").join(guesses, ["customer_id", "offer_id"])
    table = table.sort_by([("customer_id", "ascending"), ("offer_id", "ascending")])
    person = truth.persons_of(table["customer_id"].to_pylist())
    offer = pc.index_in(table["offer_id"], value_set=pa.array(known.offers)).to_numpy().astype(np.int64)
    guess, cost = (pc.fill_null(table[name], UNKNOWN).to_numpy() for name in ("effect_minor", "cost_minor"))
    gain, true_cost = (each[person, offer].astype(np.int64) for each in (known.gain, known.cost))
    told_gain, told_cost = _told(loop.told, person, offer)
    is_control = pc.is_in(table["group_name"], value_set=pa.array(CONTROLS)).to_numpy()
    return Pairs(person, offer, gain, true_cost, is_control, guess, cost, told_gain, told_cost)


def _told(told: Truth | None, person: Ints, offer: Ints) -> tuple[Ints, Ints]:
    """What features tell of gains and costs; nothing before they are asked, and of people who came later."""
    gain, cost = np.zeros(len(person), np.int64), np.zeros(len(person), np.int64)
    if told is not None:
        there = person < len(told.buys)
        gain[there] = told.gain[person[there], offer[there]]
        cost[there] = told.cost[person[there], offer[there]]
    return gain, cost


def _groups_and_guesses(warehouse: Warehouse, run: Run) -> tuple[pa.Table, pa.Table]:
    groups = warehouse.arrow("select customer_id, group_name from offers.assignment_group")
    return groups, warehouse.arrow("select customer_id, offer_id, effect_minor, cost_minor from models.offer_effect")


def _own(folder: Path, day: date, known: Truth) -> dict[str, dict[str, int]]:
    """What the product decided, by group: people, offers, planned and worst cost, true gain and cost."""
    decided = loop_nights.read(folder, day, _decided)
    groups: dict[str, dict[str, int]] = {}
    for name in sorted(set(decided["group_name"].to_pylist())):  # type: ignore[index]
        rows = decided.filter(pc.equal(decided["group_name"], name))  # type: ignore[attr-defined,index]
        given = rows.filter(pc.is_valid(rows["offer_id"]))
        person = truth.persons_of(given["customer_id"].to_pylist())
        offer = pc.index_in(given["offer_id"], value_set=pa.array(known.offers)).to_numpy().astype(np.int64)
        sums = {"planned": "cost_minor", "worst": "worst_cost_minor", "believed": "value_minor"}
        groups[name] = {
            "people": rows.num_rows,
            "offers": given.num_rows,
            **{key: int(pc.sum(given[column]).as_py() or 0) for key, column in sums.items()},
            "gain": int(known.gain[person, offer].sum()),
            "cost": int(known.cost[person, offer].sum()),
        }
    return groups


def _decided(warehouse: Warehouse, run: Run) -> pa.Table:
    return warehouse.arrow("select * from offers.decision order by customer_id")


def play_seed(work: Path, seed: int, options: Options, log: Path) -> None:
    """Play one seed, or what is left of it."""
    done = [line for line in loop_report.lines(log) if line["seed"] == seed]
    if any("lift" in line for line in done):
        return
    folder = work / f"shop-{seed}"
    loop = _resumed(folder, seed, options, len(done))
    for number in range(len(done), options.nights):
        line = loop.night(number)
        _save(loop, number)
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"seed": seed, **line}) + "\n")
        print(f"seed {seed} {loop_report.progress(line)}", file=sys.stderr, flush=True)
    if options.nights <= options.first_choice:
        return
    end = {"bound_over_time": loop.bounds(options.nights - HORIZON_DAYS)} if options.nights > HORIZON_DAYS else {}
    end |= loop_lift.finish(folder, FIRST, options.nights, options.first_choice, log, seed)
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"seed": seed, **end}) + "\n")


def _resumed(folder: Path, seed: int, options: Options, nights: int) -> Loop:
    kept = folder / "loop" / f"{nights - 1}.npz"
    if nights and not kept.is_file():
        raise SystemExit(f"{folder}: {nights} nights are in the log, but {kept} is missing; begin with another --work.")
    if not nights:
        shutil.rmtree(folder, ignore_errors=True)
        made = {"customers": options.customers, "seed": seed, "is_cold": not options.is_warm}
        examples.make("demo", folder, progress=lambda _: None, **made)  # type: ignore[arg-type]
    loop = Loop(folder, options)
    if nights:
        _restore(loop, kept)
    return loop


def _save(loop: Loop, number: int) -> None:
    """Keep what the next night needs of the policies beside and of the truth."""
    place = loop.folder / "loop"
    place.mkdir(exist_ok=True)
    arrays = {f"live {rival.name}": rival.live_until for rival in loop.rivals}
    for week, known in enumerate(loop.truths):
        arrays |= {f"gain {week}": known.gain, f"cost {week}": known.cost, f"buys {week}": known.buys}
    pairs = loop.open_pairs.to_pydict() if loop.open_pairs is not None else {}
    names = {name: np.array(values, dtype=str) for name, values in pairs.items()}
    if loop.told is not None:
        arrays |= {"told gain": loop.told.gain, "told cost": loop.told.cost, "told buys": loop.told.buys}
    facts = {"offers": np.array(loop.truths[0].offers), "decided_on": np.array(str(loop.decided_on))}
    np.savez(place / f"{number}.npz", **facts, **arrays, **names)  # type: ignore[arg-type]
    (place / f"{number - 1}.npz").unlink(missing_ok=True)


def _restore(loop: Loop, kept: Path) -> None:
    with np.load(kept) as arrays:
        offers = tuple(map(str, arrays["offers"]))
        loop.decided_on = date.fromisoformat(str(arrays["decided_on"]))
        weeks = sum(name.startswith("gain ") for name in arrays)
        loop.truths = [
            Truth(offers, *(arrays[f"{name} {week}"] for name in ("gain", "cost", "buys"))) for week in range(weeks)
        ]
        if "told gain" in arrays:
            loop.told = Truth(offers, *(arrays[f"told {name}"] for name in ("gain", "cost", "buys")))
        for rival in loop.rivals:
            rival.live_until = arrays[f"live {rival.name}"]
        names = ("customer_id", "offer_id")
        loop.open_pairs = pa.table({name: pa.array(arrays[name].tolist(), pa.string()) for name in names})


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--budget", type=int, help="whole money a night; 3 for 1,000 customers")
    parser.add_argument("--from-night", type=int, default=30, help="shares are taken from this night on")
    parser.add_argument("--work", type=Path, help="folder of the shops and the log; needed to go on later")
    parser.add_argument(
        "--warm", action="store_true", help="with the demo's past pilot: decisions from the first night"
    )
    parser.add_argument("--report", action="store_true", help="only print the table of what is in the log")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Play the seeds asked for and print a table."""
    given = _options(arguments)
    options = Options(given.customers, given.nights, given.budget or max(3 * given.customers // 1_000, 5), given.warm)
    work = given.work or Path(tempfile.mkdtemp(prefix="offermill-loop-"))
    work.mkdir(parents=True, exist_ok=True)
    log = work / "loop.jsonl"
    if not given.report:
        for seed in given.seeds:
            play_seed(work, seed, options, log)
    print(loop_report.table(loop_report.lines(log), given.from_night))
    if given.work is None:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
