"""`outcomes.fairness`: who is offered what, by an attribute that no decision ever reads."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import attrgetter

import pyarrow as pa

from offermill.remark import Remark, row_of
from offermill.run import Run
from offermill.warehouse import Warehouse
from outcomes import cells, effect
from outcomes.effect import Effect
from outcomes.statistics import simple

_COUNTS = "select * from outcomes.fairness_count order by attribute, value"
_NO_LOT = Remark("no_lot", "no lot gave or withheld an offer yet")


@dataclass(frozen=True)
class Count:
    """A row of outcomes.fairness_count."""

    attribute: str
    value: str
    customer_count: int
    eligible_count: int
    offered_count: int
    valued_count: int
    value_minor: int
    ended_count: int
    redeemed_count: int


@dataclass(frozen=True)
class Fairness:
    """How offers treat the people of one value of an attribute; shares with 95 % intervals, money in minor units.

    Attributes:
        offered_ratio: offered_share by that of everybody; 1 when all values are offered alike.
        offered_value_minor: what an offer was worth to them on average; None without an offer.
        incremental_margin_minor: what an offer changed per person (CUPED); None where `problem` says why not.
    """

    attribute: str
    value: str
    customer_count: int
    eligible_count: int
    offered_count: int
    offered_share: float | None
    offered_low: float | None
    offered_high: float | None
    offered_ratio: float | None
    offered_value_minor: int | None
    ended_count: int
    redeemed_count: int
    redeemed_share: float | None
    redeemed_low: float | None
    redeemed_high: float | None
    treated_count: int
    control_count: int
    incremental_margin_minor: int | None
    incremental_margin_low_minor: int | None
    incremental_margin_high_minor: int | None
    problem: str | None


def _type(name: str) -> pa.DataType:
    if name in ("attribute", "value", "problem", "problem_parts"):
        return pa.string()
    return pa.int64() if name.endswith(("_count", "_minor")) else pa.float64()


_SCHEMA = pa.schema([(name, _type(name)) for name in (*Fairness.__dataclass_fields__, "problem_parts")])


def measure(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Put the values of every audited attribute side by side; a shop that delivers none has none."""
    counts = [Count(*row) for row in warehouse.rows(_COUNTS)]
    effects = _effects(warehouse, float(run.settings.measurement.tightest_draws)) if counts else {}
    found = [row for _, group in groupby(counts, attrgetter("attribute")) for row in _attribute(list(group), effects)]
    rows = [asdict(row) | row_of(row.problem) for row in found]
    warehouse.write("outcomes.fairness", pa.Table.from_pylist(rows, schema=_SCHEMA))
    return {"attributes": len({row.attribute for row in found}), "values": len(found)}


def _effects(warehouse: Warehouse, tightest: float) -> dict[tuple[str, str], Effect]:
    found = {}
    for cell in cells.read(warehouse, cells.AUDITED):
        attribute, value = cell.name.split(cells.SEPARATOR)
        found[attribute, value] = effect.of_metric(cell, "margin", tightest)
    return found


def _attribute(counts: list[Count], effects: Mapping[tuple[str, str], Effect]) -> Iterator[Fairness]:
    """Yield the values of one attribute."""
    eligible = sum(count.eligible_count for count in counts)
    overall = sum(count.offered_count for count in counts) / eligible if eligible else 0.0
    for count in counts:
        yield _value(count, overall, effects.get((count.attribute, count.value)))


def _value(count: Count, overall: float, found: Effect | None) -> Fairness:
    offered, redeemed = (
        _share(count.offered_count, count.eligible_count),
        _share(count.redeemed_count, count.ended_count),
    )
    margin, low, high = _margin(found)
    return Fairness(
        attribute=count.attribute,
        value=count.value,
        customer_count=count.customer_count,
        eligible_count=count.eligible_count,
        offered_count=count.offered_count,
        offered_share=offered[0],
        offered_low=offered[1],
        offered_high=offered[2],
        offered_ratio=None if offered[0] is None or not overall else offered[0] / overall,
        offered_value_minor=round(count.value_minor / count.valued_count) if count.valued_count else None,
        ended_count=count.ended_count,
        redeemed_count=count.redeemed_count,
        redeemed_share=redeemed[0],
        redeemed_low=redeemed[1],
        redeemed_high=redeemed[2],
        treated_count=found.treated_count if found else 0,
        control_count=found.control_count if found else 0,
        incremental_margin_minor=margin,
        incremental_margin_low_minor=low,
        incremental_margin_high_minor=high,
        problem=found.problem if found else _NO_LOT,
    )


def _share(hits: int, base: int) -> tuple[float | None, float | None, float | None]:
    return (hits / base, *simple.share(hits, base)) if base else (None, None, None)


def _margin(found: Effect | None) -> tuple[int | None, int | None, int | None]:
    """Return the incremental margin of a value's people and its interval, where a lot tells it."""
    if found is None or found.cuped_effect is None or found.cuped_low is None or found.cuped_high is None:
        return None, None, None
    return round(found.cuped_effect), round(found.cuped_low), round(found.cuped_high)
