"""Makes the demo shop: two years of source files under ``landing/`` and the truth beside them."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from offermill.errors import InputError
from offermill.synthetic import assortment, daily, landing, register, state
from offermill.synthetic.landing import Rows
from offermill.synthetic.part import PART, Plan, make_part
from offermill.synthetic.period import Timed
from offermill.synthetic.sources import SOURCES
from offermill.synthetic.world import World

EARLIEST = assortment.WEEKS_FROM + timedelta(days=7)  # promotions are planned from here


def quiet(message: str) -> None:
    """The default for progress: says nothing."""


def make(
    folder: Path,
    *,
    customers: int = 20_000,
    seed: int = 1,
    start: date = date(2024, 7, 1),
    end: date = date(2026, 6, 30),
    deliveries: int = 14,
    part_size: int = PART,
    processes: int = 1,
    pilot: bool = True,
    progress: Callable[[str], None] = quiet,
) -> dict[str, Any]:
    """Write ``landing/`` and ``truth/`` under ``folder`` (replacing both) and return the row counts.

    ``customers`` is the number of persons; about 3 % of them have a second record. ``part_size`` of them are in memory
    at once. ``pilot=False`` makes a cold shop: it never offered anything, so nothing is known of what offers change.
    The bytes of the files depend on all arguments but ``processes``, and on the offers.yml of the shop.

    Raises:
        InputError: an impossible size or period.
    """
    plan = Plan(folder, seed, start, end, customers, deliveries, part_size, pilot)
    _check(plan)
    for name in ("landing", "truth"):
        shutil.rmtree(folder / name, ignore_errors=True)
    counts, recent = _gather(plan, processes, progress)
    world = World.of(seed, start, end, customers)
    world.save(folder)
    fixed = fixed_sources(folder, world)
    for name, table in fixed.items():
        counts[name] = landing.write_history(folder, SOURCES[name], 0, table, np.zeros(table.num_rows, np.int64))
    written = daily.write(folder, world, recent, fixed, plan.first_delivery, plan.end_day)
    progress(f"demo shop: {deliveries} daily deliveries written")
    return {"customers": customers, "history": counts, **written}


def _check(plan: Plan) -> None:
    days = (plan.end - plan.start).days + 1
    if plan.customers < 1 or not 0 <= plan.deliveries < days:
        raise InputError(
            f"the demo shop needs at least 1 customer and fewer daily deliveries than days; "
            f"got {plan.customers} customers, {plan.deliveries} deliveries, {days} days"
        )
    if plan.start < EARLIEST:
        raise InputError(f"the demo shop starts on {EARLIEST} or later; got {plan.start}")


def _gather(
    plan: Plan, processes: int, progress: Callable[[str], None]
) -> tuple[dict[str, int], dict[str, list[Timed]]]:
    """Make all parts; returns the rows of history by source, and the rows of the daily deliveries."""
    recent: dict[str, list[Timed]] = {}
    counts: dict[str, int] = {}
    for part, (made, late) in enumerate(_parts(plan, processes)):
        progress(f"demo shop: {min((part + 1) * plan.part_size, plan.customers):,} of {plan.customers:,} customers")
        for name, rows in made.items():
            counts[name] = counts.get(name, 0) + rows
        for name, timed in late.items():
            recent.setdefault(name, []).append(timed)
    return counts, recent


def _parts(plan: Plan, processes: int) -> Iterator[tuple[dict[str, int], dict[str, Timed]]]:
    work = partial(make_part, plan)
    if processes == 1:
        yield from map(work, range(plan.parts))
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, range(plan.parts))


def fixed_sources(folder: Path, world: World) -> Rows:
    """The sources that are delivered whole every day."""
    standing = world.end + timedelta(days=1)
    owners = [state.load_people(folder, standing, part)[0] for part in state.parts(folder, standing)]
    return {
        "products": assortment.products(world.goods),
        "stores": assortment.stores(),
        "strategic_customers": pa.concat_tables([register.strategic(folk, world) for folk in owners]),
    }
