"""`outcomes.effect`, `outcomes.roi`: what offers brought, by wave, campaign, segment, offer and channel, and in all."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from models.skewed_mean import Interval
from offermill.remark import Remark, row_of
from offermill.run import Run
from offermill.warehouse import Warehouse
from outcomes import cells
from outcomes.cells import Cell
from outcomes.statistics import always, comparison, cuped, lots, roi
from outcomes.statistics.comparison import Contrast, Sample

# Figures per person with an offer; times their number they are what the offers brought.
PER_PERSON = {"margin": "margin_minor", "revenue": "net_minor", "orders": "order_count"}
# Figures per order.
PER_ORDER = {"basket": "net_minor", "margin_per_order": "margin_minor"}


@dataclass(frozen=True)
class Effect:
    """One figure of one comparison; effects are per person with an offer, or per order, None where none can be told.

    Attributes:
        open_count: people whose horizon is not over; they do not count yet.
        contaminated_count: controls who got an offer after all or share an address with somebody offered.
        low, high: of one look; `always_low`, `always_high` hold for somebody who looks every day.
        total: effect times people with an offer, with CUPED; None for a figure per order.
        is_told: the CUPED interval leaves 0 out.
        rows_needed: so many people in these proportions would tell an effect of this size; None when it is told.
    """

    level: str
    name: str
    metric: str
    starts_on: date
    ends_on: date
    treated_count: int
    control_count: int
    open_count: int
    contaminated_count: int
    treated_mean: float | None = None
    control_mean: float | None = None
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    cuped_effect: float | None = None
    cuped_low: float | None = None
    cuped_high: float | None = None
    explained_share: float | None = None
    always_low: float | None = None
    always_high: float | None = None
    total: float | None = None
    total_low: float | None = None
    total_high: float | None = None
    is_told: bool = False
    problem: str | None = None
    rows_needed: int | None = None


@dataclass(frozen=True)
class Return:
    """What the cost of a comparison's offers brought; margins are before that cost, money in minor units."""

    level: str
    name: str
    treated_count: int
    control_count: int
    incremental_margin_minor: int | None
    cost_minor: int
    roi: float | None
    roi_low: float | None
    roi_high: float | None
    problem: str | None


_TEXTS, _DATES = ("level", "name", "metric", "problem", "problem_parts"), ("starts_on", "ends_on")


def _type(name: str) -> pa.DataType:
    if name in _TEXTS:
        return pa.string()
    if name in _DATES:
        return pa.date32()
    if name == "is_told":
        return pa.bool_()
    return pa.int64() if name.endswith(("_count", "_minor", "_needed")) else pa.float64()


def _table(kind: type[Effect] | type[Return], rows: Iterable[Effect | Return]) -> pa.Table:
    schema = pa.schema([(name, _type(name)) for name in (*kind.__dataclass_fields__, "problem_parts")])
    return pa.Table.from_pylist([asdict(row) | row_of(row.problem) for row in rows], schema=schema)


def measure(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Compare people with an offer and people a lot left without one; the interval says how sure each figure is."""
    tightest = float(run.settings.measurement.tightest_draws)
    effects: list[Effect] = []
    returns: list[Return] = []
    for cell in _cells(warehouse):
        effects += of_cell(cell, tightest)
        if cell.level != cells.CUMULATED:
            returns.append(return_of(cell))
    warehouse.write("outcomes.effect", _table(Effect, effects))
    warehouse.write("outcomes.roi", _table(Return, returns))
    return {"figures": len(effects), "told": sum(one.is_told for one in effects)}


def _cells(warehouse: Warehouse) -> Iterator[Cell]:
    for level in cells.LEVELS:
        for cell in cells.read(warehouse, level):
            yield cell
            if level == "all":
                yield from cells.cumulated(cell)


def of_cell(cell: Cell, tightest: float) -> Iterator[Effect]:
    """Yield every figure of a comparison."""
    for metric in (*PER_PERSON, *PER_ORDER):
        yield of_metric(cell, metric, tightest)


def of_metric(cell: Cell, metric: str, tightest: float) -> Effect:
    """Return one figure of a comparison, or why it cannot be told."""
    sample = cell.sample
    known = _counted(cell, sample, metric)
    problem = sample.problem or _uneven(sample) or _nothing_ordered(cell, sample, metric)
    if problem:
        rows_needed = sample.rows_to_begin if problem == sample.problem else None
        return replace(known, problem=problem, rows_needed=rows_needed)
    return _figure(cell, sample, known, tightest)


def _counted(cell: Cell, sample: Sample, metric: str) -> Effect:
    """Return a figure's row without the figure."""
    starts_on, ends_on = cells.days_of(cell)
    complete = cell.complete
    return Effect(
        level=cell.level,
        name=cell.name,
        metric=metric,
        starts_on=starts_on,
        ends_on=ends_on,
        treated_count=sample.treated_count,
        control_count=sample.control_count,
        open_count=len(cell.rows) - len(complete),
        contaminated_count=int((~complete["is_treated"] & complete["contamination"].notna()).sum()),
    )


def _uneven(sample: Sample) -> str:
    chance = lots.sample_ratio(sample.treated, sample.chance)
    if chance >= lots.ALARM:
        return ""
    due = round(float((1 - sample.chance).sum()))
    said = "arms are uneven beyond chance: {count} without an offer, {due} were due; see outcomes.lot"
    return Remark("uneven", said, count=sample.control_count, due=due)


def _nothing_ordered(cell: Cell, sample: Sample, metric: str) -> str:
    if metric in PER_PERSON:
        return ""
    orders = cell.column("order_count")
    least = min(int((orders[arm] > 0).sum()) for arm in (sample.treated, ~sample.treated))
    if least >= comparison.LEAST:
        return ""
    said = "too few people who ordered: {count} in an arm, at least {least} are needed"
    return Remark("few_ordered", said, count=least, least=comparison.LEAST)


def _contrast(cell: Cell, sample: Sample, metric: str) -> Contrast:
    if metric in PER_PERSON:
        return comparison.difference(sample, cell.column(PER_PERSON[metric]))
    return comparison.ratio_difference(sample, cell.column(PER_ORDER[metric]), cell.column("order_count"))


def _figure(cell: Cell, sample: Sample, known: Effect, tightest: float) -> Effect:
    contrast = _contrast(cell, sample, known.metric)
    better = cuped.adjusted(contrast, cell.covariates)
    plain, found = contrast.interval(), better.interval()
    is_told = found.low > 0 or found.high < 0
    return replace(
        known,
        effect=plain.mean,
        low=plain.low,
        high=plain.high,
        cuped_effect=found.mean,
        cuped_low=found.low,
        cuped_high=found.high,
        explained_share=better.explained,
        is_told=is_told,
        rows_needed=None if is_told else comparison.rows_for(found, len(sample), abs(found.mean)),
        **_means(cell, sample, known.metric),
        **_always(sample, found, tightest),
        **_totals(sample, known.metric, found),
    )


def _means(cell: Cell, sample: Sample, metric: str) -> dict[str, Any]:
    """Return the figure of those with an offer, and of their counterparts."""
    upper = cell.column({**PER_PERSON, **PER_ORDER}[metric])
    lower = cell.column("order_count") if metric in PER_ORDER else np.ones(len(sample))
    held, odds = ~sample.treated, sample.odds
    return {
        "treated_mean": float(upper[sample.treated].sum() / lower[sample.treated].sum()),
        "control_mean": float((odds * upper)[held].sum() / (odds * lower)[held].sum()),
    }


def _always(sample: Sample, found: Interval, tightest: float) -> dict[str, Any]:
    if min(float(sample.treated_count), sample.control_worth) < always.START:
        return {"always_low": None, "always_high": None}
    low, high = always.interval(found, len(sample), tightest)
    return {"always_low": low, "always_high": high}


def _totals(sample: Sample, metric: str, found: Interval) -> dict[str, Any]:
    if metric in PER_ORDER:
        return {}
    people = sample.treated_count
    return {"total": people * found.mean, "total_low": people * found.low, "total_high": people * found.high}


def return_of(cell: Cell) -> Return:
    """Return what the offers of a comparison brought for what they cost."""
    sample, cost = cell.sample, cell.column("cost_minor")
    given = int(cost[sample.treated].sum())
    common = (cell.level, cell.name, sample.treated_count, sample.control_count)
    problem = sample.problem or _uneven(sample)
    if problem:
        return Return(*common, None, given, None, None, None, problem)
    gross = cuped.adjusted(comparison.difference(sample, cell.column("margin_minor") + cost), cell.covariates)
    found = roi.of(gross, comparison.mean_of_treated(sample, cost))
    brought = round(float(gross.scores.mean()) * sample.treated_count)
    return Return(*common, brought, given, found.estimate, found.low, found.high, found.problem or None)
