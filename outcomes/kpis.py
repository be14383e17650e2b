"""`outcomes.kpi`: budget, return, breakage, fatigue, freshness, registration, segments and satisfaction."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from offermill.remark import Remark, restored, row_of
from offermill.run import Run
from offermill.warehouse import Warehouse
from outcomes.statistics import comparison, simple
from outcomes.statistics.comparison import LEAST, Sample

# One answer per person, the latest of half a year; the permanent control group beside everybody else.
_NPS_DAYS = 182
_NPS = """
    select
        groups.group_name <> 'global_control' as is_offered,
        case when latest.score >= 9 then 100 when latest.score <= 6 then -100 else 0 end as points
    from (
        select customer_id, arg_max(score, answered_at) as score
        from core.survey_answer
        where
            question = 'nps' and answered_at < $as_of and arrived_on <= $business_date
            and date_diff('day', answered_on, $business_date) < $nps_days
        group by customer_id
    ) as latest
    inner join offers.assignment_group as groups on latest.customer_id = groups.customer_id
    order by latest.customer_id
"""
_BUDGET = """
    select
        cast(coalesce(sum(closing_reserved), 0) as bigint),
        cast(coalesce(sum(closing_posted + closing_overrun), 0) as bigint),
        (select left_minor from offers.budget where limit_name = 'budget')
    from offers.trial_balance
    where limit_name = 'budget'
"""
_FRESHNESS = """
    select avg(date_diff('day', contact_on, $business_date)), count(*)
    from offers.contact
    where valid_until > $business_date
"""
_NOTHING = Remark("nothing", "nothing to count yet")
_ROI = "select roi, roi_low, roi_high, treated_count, problem, problem_parts from outcomes.roi where level = 'all'"


@dataclass(frozen=True)
class Kpi:
    """One key figure of one group; `problem` says why there is no value or no interval.

    Attributes:
        unit: share, minor units, days, points or ratio.
        base_count: people, offers or orders that it rests on, so that pages can leave out the small ones.
    """

    kpi: str
    group_name: str
    unit: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    hit_count: int | None = None
    base_count: int | None = None
    problem: str | None = None


_SCHEMA = pa.schema(
    [
        ("kpi", pa.string()),
        ("group_name", pa.string()),
        ("unit", pa.string()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("hit_count", pa.int64()),
        ("base_count", pa.int64()),
        ("problem", pa.string()),
        ("problem_parts", pa.string()),
    ]
)


def measure(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Collect the key figures, each with its interval where it is a sample of something."""
    parts = (_shares(warehouse), _budget(warehouse, run), _roi(warehouse), _freshness(warehouse, run))
    found = [one for part in (*parts, _nps(warehouse, run)) for one in part]
    rows = [asdict(one) | row_of(one.problem) for one in found]
    warehouse.write("outcomes.kpi", pa.Table.from_pylist(rows, schema=_SCHEMA))
    return {"figures": len(found), "without_value": sum(one.value is None for one in found)}


def _shares(warehouse: Warehouse) -> Iterator[Kpi]:
    rows = warehouse.rows("select kpi, group_name, hit_count, base_count from outcomes.kpi_share order by all")
    for kpi, group, hits, base in rows:
        if base:
            yield Kpi(kpi, group, "share", hits / base, *simple.share(hits, base), hits, base)
        else:
            yield Kpi(kpi, group, "share", hit_count=0, base_count=0, problem=_NOTHING)


def _budget(warehouse: Warehouse, run: Run) -> Iterator[Kpi]:
    ((reserved, posted, left),) = warehouse.rows(_BUDGET, run.parameters)
    for name, amount in (("reserved", reserved), ("posted", posted), ("left", left)):
        problem = Remark("no_budget", "tonight has no budget") if amount is None else None
        yield Kpi("budget", name, "minor units", None if amount is None else float(amount), problem=problem)


def _roi(warehouse: Warehouse) -> Iterator[Kpi]:
    rows = warehouse.rows(_ROI)
    for value, low, high, base, sentence, parts in rows:
        problem = restored(sentence, json.loads(parts)) if parts else sentence
        yield Kpi("roi", "all", "ratio", value, low, high, base_count=base, problem=problem)
    if not rows:
        yield Kpi("roi", "all", "ratio", base_count=0, problem=Remark("no_lot", "no offer was given by lot yet"))


def _freshness(warehouse: Warehouse, run: Run) -> Iterator[Kpi]:
    ((days, base),) = warehouse.rows(_FRESHNESS, run.parameters)
    problem = None if base else Remark("no_offer_counts", "no offer counts tonight")
    yield Kpi("freshness", "all", "days", days, base_count=base, problem=problem)


def _few_answers(where: str) -> Remark:
    return Remark("few_answers", f"fewer than {{least}} answers{where}", least=LEAST)


def _nps(warehouse: Warehouse, run: Run) -> Iterator[Kpi]:
    """Yield promoters less detractors per 100 answers: with offers, without, and the difference that offers make."""
    rows = warehouse.frame(_NPS, {**run.parameters, "nps_days": _NPS_DAYS})
    offered, points = rows["is_offered"].to_numpy(dtype=bool), rows["points"].to_numpy(dtype=np.float64)
    for name, chosen in (("offers", points[offered]), ("control", points[~offered])):
        if len(chosen) >= LEAST:
            yield Kpi("nps", name, "points", *simple.mean(chosen), base_count=len(chosen))
        else:
            yield Kpi("nps", name, "points", base_count=len(chosen), problem=_few_answers(""))
    share = run.settings.randomisation.global_control_share
    if min(offered.sum(), (~offered).sum()) < LEAST or not 0 < share < 1:
        yield Kpi("nps", "difference", "points", base_count=len(rows), problem=_few_answers(" in an arm"))
        return
    found = comparison.difference(Sample(offered, np.full(len(rows), 1 - share)), points).interval()
    yield Kpi("nps", "difference", "points", found.mean, found.low, found.high, base_count=len(rows))
