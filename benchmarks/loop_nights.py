"""The product's own steps for the closed loop, in one process and one connection: no gates, pages or export files.

What a decision needs is found by walking the flow backwards from the stage `offers`. Purchases, browsing, features,
segments, effects and targets are made anew on refresh nights only, and so are up to six days older than a real night's;
consents, customers, receipts, redemptions, rules, money and decisions are of every night. Models are trained on
training nights.
"""

from collections.abc import Callable, Container, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import process_time
from typing import Any

import pyarrow as pa

from offermill import flows, night, sqlfiles
from offermill.flows import Step
from offermill.run import Run
from offermill.synthetic import play
from offermill.synthetic.offers import Menu
from offermill.warehouse import Warehouse

# What Python steps read without saying so, and what the outcomes are counted from.
ROOTS = (
    *("models.offer_effect", "features.customer", "core.product", "core.category", "core.purchase_line"),
    *("core.purchase", "core.redemption", "core.offer_assignment", "segments.membership"),
    *("core.household", "core.suppression"),
)
# Tables that explain or show a night; no decision reads them.
UNREAD = ("offers.decision_log",)
WEEKLY_STAGES = ("features", "segments", "models")
WEEKLY_WORDS = (
    *("browsing", "visitor", "identity_links", "offers.target_", "strategic", "product", "category"),
    *("raw.order", "staging.order", "core.order", "core.purchase"),
)
# Models that no decision reads.
UNTRAINED = ("models.train_clusters", "models.train_propensity", "models.train_value")
LAST_STATES = 2


@dataclass
class Clock:
    """Seconds of one core by name, of one night: other work on the machine does not count."""

    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, started: float) -> None:
        """Add the time since `started`."""
        self.seconds[name] = round(self.seconds.get(name, 0.0) + process_time() - started, 3)


def needed() -> tuple[Step, ...]:
    """Return the steps of the night that decisions rest on, in order."""
    steps = {step.address: step for step in flows.nightly().steps if not flows.is_gate(step)}
    todo = [*ROOTS, *(address for address in steps if address.startswith("offers.") and address not in UNREAD)]
    found: set[str] = set()
    while todo:
        address = todo.pop()
        if address in steps and address not in found:
            found.add(address)
            todo += steps[address].reads
    return tuple(step for step in flows.nightly().steps if step.address in found)


def is_weekly(step: Step) -> bool:
    """Tell whether a step is performed on refresh nights only."""
    if step.address == "offers.catalogue":
        return False
    return step.address.split(".")[0] in WEEKLY_STAGES or any(word in step.address for word in WEEKLY_WORDS)


def training() -> tuple[Step, ...]:
    """Return the steps that train what decisions rest on; raw, staging and core are the night's."""
    stage = next(stage for stage in flows.training().stages if stage.name == "training")
    return tuple(step for step in stage.steps if step.address not in UNTRAINED)


def perform(warehouse: Warehouse, run: Run, steps: Iterable[Step], clock: Clock) -> None:
    """Perform steps one by one, each in a transaction of its own."""
    for step in steps:
        started = process_time()
        with warehouse.transaction():
            if step.call is None:
                warehouse.replace_table(step.address, sqlfiles.read(step.address).text, run.parameters)
            else:
                night.function_of(step)(warehouse, run, **dict(step.arguments))
        clock.add(step.address.split(".")[0] if step.address not in _OWN else step.address, started)


_OWN = ("models.training_snapshot", "models.train_uplift", "models.offer_effect", "offers.decision")


def decide(folder: Path, day: date, clock: Clock, *, refresh: bool, train: bool) -> None:
    """Perform the night of a date, as far as its decisions."""
    night.take_snapshot(folder, day)
    run = Run.of_snapshot(folder, day)
    steps = [step for step in needed() if refresh or train or not is_weekly(step)]
    first = [step for step in steps if step.address.split(".")[0] in ("raw", "staging", "core")]
    with Warehouse.open(run.shop.warehouse) as warehouse:
        perform(warehouse, run, first, clock)
        if train:
            perform(warehouse, run, training(), clock)
        perform(warehouse, run, [step for step in steps if step not in first], clock)


def load(folder: Path, day: date, sources: Container[str] | None = None, *, train: bool = False) -> None:
    """Load what was landed until a date (of all sources that decisions need, or some), make core of it, and train."""
    night.take_snapshot(folder, day)
    run = Run.of_snapshot(folder, day)
    steps = [step for step in needed() if step.address.split(".")[0] in ("raw", "staging", "core")]
    loaded = [step for step in steps if not step.address.startswith("raw.") or sources is None or step.name in sources]
    with Warehouse.open(run.shop.warehouse) as warehouse:
        perform(warehouse, run, [*loaded, *(training() if train else ())], Clock())


def read(folder: Path, day: date, look: Callable[[Warehouse, Run], Any]) -> Any:
    """Return what `look` finds in the warehouse after the night of a date."""
    run = Run.of_snapshot(folder, day)
    with Warehouse.open(run.shop.warehouse, read_only=True) as warehouse:
        return look(warehouse, run)


def without_history(folder: Path, day: date) -> pa.Table:
    """Return the pairs (customer_id, offer_id) that the rules would leave open had nobody been given anything before.

    The product's own SQL says so, in a transaction that is rolled back.
    """
    run = Run.of_snapshot(folder, day)
    steps = [step for step in needed() if step.address.startswith("offers.") and step.call is None]
    with Warehouse.open(run.shop.warehouse) as warehouse, suppress(_Undone), warehouse.transaction():
        for log in ("offers.decision_history", "core.offer_assignment", "core.receipt", "core.redemption"):
            warehouse.execute(f"delete from {log}")
        for step in steps:
            warehouse.replace_table(step.address, sqlfiles.read(step.address).text, run.parameters)
        pairs = warehouse.arrow("select customer_id, offer_id from offers.candidate order by all")
        raise _Undone
    return pairs


class _Undone(Exception):  # noqa: N818
    """Rolls a transaction back on purpose."""


def answer(folder: Path, decided_on: date, start: date, days: int, clock: Clock, *, given: bool = True) -> None:
    """Let the customers live days from `start`, with what the night of a date decided for them or with nothing new."""
    started = process_time()
    run = Run.of_snapshot(folder, decided_on)
    with Warehouse.open(run.shop.warehouse, read_only=True) as warehouse:
        decisions = warehouse.arrow("select * from offers.decision order by customer_id")
        menu = Menu.of_rows(warehouse.arrow("select * from offers.catalogue order by offer_id").to_pylist())
    play.play_on(folder, decisions if given else None, start=start, days=days, menu=menu)
    clock.add("play", started)
