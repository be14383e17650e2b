"""`outcomes.lot`: did each wave's lots fall as they should, and did its controls stay without an offer?"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date

import pyarrow as pa

from offermill.run import Run
from offermill.warehouse import Warehouse
from outcomes import cells
from outcomes.cells import Cell
from outcomes.statistics import lots

_ARMS = """
    select wave_id, arm, count(*), cast(avg(cast(propensity as decimal(18, 15))) as double)
    from outcomes.unit
    where source = 'elsewhere'
    group by wave_id, arm
    order by wave_id, arm
"""
_LOST = """
    select wave_id, problem, count(*)
    from models.evidence_draw
    where problem in ('two_arms', 'no_propensity')
    group by wave_id, problem
"""


@dataclass(frozen=True)
class Lot:
    """The check of one wave.

    Attributes:
        control_expected: controls that the lots should have made of these people.
        ratio_chance: how likely lots make arms at least as uneven; below ALARM they were lost or added after the lot.
        arm_chance: the same for all arms of a wave run elsewhere, with the same chances for everybody; else None.
        offered_count, shared_address_count: controls who got an offer after all; whose address got somebody's offer.
    """

    wave_id: str
    starts_on: date
    treated_count: int
    control_count: int
    control_expected: float
    ratio_chance: float
    arm_chance: float | None
    is_uneven: bool
    offered_count: int
    shared_address_count: int
    is_contaminated: bool
    two_arms_count: int
    no_propensity_count: int


_SCHEMA = pa.schema(
    [
        ("wave_id", pa.string()),
        ("starts_on", pa.date32()),
        ("treated_count", pa.int64()),
        ("control_count", pa.int64()),
        ("control_expected", pa.float64()),
        ("ratio_chance", pa.float64()),
        ("arm_chance", pa.float64()),
        ("is_uneven", pa.bool_()),
        ("offered_count", pa.int64()),
        ("shared_address_count", pa.int64()),
        ("is_contaminated", pa.bool_()),
        ("two_arms_count", pa.int64()),
        ("no_propensity_count", pa.int64()),
    ]
)


def check(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Compare the arms of every wave with their chances, and count controls who were not left alone."""
    found = list(_lots(warehouse, run.settings.measurement.contaminated_share_max))
    warehouse.write("outcomes.lot", pa.Table.from_pylist([asdict(one) for one in found], schema=_SCHEMA))
    return {
        "waves": len(found),
        "uneven": sum(one.is_uneven for one in found),
        "contaminated": sum(one.is_contaminated for one in found),
    }


def _lots(warehouse: Warehouse, most: float) -> Iterator[Lot]:
    counts: dict[str, dict[str, int]] = {}
    chances: dict[str, dict[str, float]] = {}
    for wave, arm, count, chance in warehouse.rows(_ARMS):
        counts.setdefault(wave, {})[arm] = count
        chances.setdefault(wave, {})[arm] = chance
    lost = Counter({(wave, problem): count for wave, problem, count in warehouse.rows(_LOST)})
    for cell in cells.read(warehouse, "wave"):
        arms = lots.arm_ratio(counts[cell.name], chances[cell.name]) if cell.name in counts else None
        yield _lot(cell, arms, lost, most)


def _lot(cell: Cell, arms: float | None, lost: Counter[tuple[str, str]], most: float) -> Lot:
    rows = cell.rows
    treated = rows["is_treated"].to_numpy(dtype=bool)
    chance = rows["chance"].to_numpy(dtype=float)
    ratio, controls = lots.sample_ratio(treated, chance), rows[~treated]
    touched = Counter(controls["contamination"].dropna())
    return Lot(
        wave_id=cell.name,
        starts_on=cells.days_of(cell)[0],
        treated_count=int(treated.sum()),
        control_count=len(controls),
        control_expected=float((1 - chance).sum()),
        ratio_chance=ratio,
        arm_chance=arms,
        is_uneven=min(ratio, 1.0 if arms is None else arms) < lots.ALARM,
        offered_count=touched["offer_in_horizon"],
        shared_address_count=touched["shared_address"],
        is_contaminated=sum(touched.values()) > most * len(controls),
        two_arms_count=lost[cell.name, "two_arms"],
        no_propensity_count=lost[cell.name, "no_propensity"],
    )
