"""Which plan each night drew by: the text as the first night read it is the plan, whatever the file says later."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from offermill.errors import ConfigError
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import pilot, tables
from offers.pilot import PilotPlan

HISTORY = "offers.pilot_history"

_FIRST = f"""
    select business_date, plan_sha256, plan from {HISTORY}
    where pilot_id = $pilot_id and business_date < $before
    order by business_date limit 1
"""

# People who were drawn on a night that drew by the plan; the night itself does not count when it runs again.
_DRAWN = f"""
    select coalesce(decisions.offer_id, 'control') as arm, count(*) as people
    from offers.decision_history as decisions
    semi join (select business_date from {HISTORY} where pilot_id = $pilot_id) as nights
        on decisions.business_date = nights.business_date
    where decisions.group_name = 'pilot' and decisions.business_date < $before
    group by all order by all
"""

_PROMISED = f"""
    select coalesce(sum(decisions.cost_minor), 0), coalesce(sum(decisions.worst_cost_minor), 0)
    from offers.decision_history as decisions
    semi join (select business_date from {HISTORY} where pilot_id = $pilot_id) as nights
        on decisions.business_date = nights.business_date
    where decisions.group_name = 'pilot' and decisions.business_date < $before
"""


@dataclass(frozen=True)
class Registered:
    """The plan as the first night that drew by it read it."""

    plan: PilotPlan
    first_night: date
    sha256: str


@dataclass(frozen=True)
class Tonight:
    """What a night has to do for the pilot.

    Attributes:
        plan: the plan that stands.
        drawn: people drawn before tonight, by arm.
        at_most: most people to draw tonight; 0 while it only waits for its last horizon.
        note: that the file was changed after the start, or an empty text.
    """

    plan: PilotPlan
    drawn: dict[str, int]
    at_most: int
    note: str


def sha256(text: str) -> str:
    """Return the fingerprint of a plan's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def first_night(warehouse: Warehouse, pilot_id: str, before: date = date.max) -> Registered | None:
    """Return the plan of a pilot as its first night before a date read it, or None when there was none."""
    if not warehouse.exists(HISTORY):
        return None
    rows = warehouse.rows(_FIRST, {"pilot_id": pilot_id, "before": before})
    if not rows:
        return None
    night, digest, text = rows[0]
    return Registered(pilot.parse(text, Path(f"{pilot_id}.yml")), night, digest)


def drawn(warehouse: Warehouse, pilot_id: str, before: date = date.max) -> dict[str, int]:
    """Return how many people nights before a date drew, by arm."""
    if not warehouse.exists(HISTORY) or not warehouse.exists("offers.decision_history"):
        return {}
    return dict(warehouse.rows(_DRAWN, {"pilot_id": pilot_id, "before": before}))


def promised(warehouse: Warehouse, pilot_id: str, before: date) -> tuple[int, int]:
    """Return what the offers that nights before a date drew were expected to cost, and at worst, in minor units."""
    if not warehouse.exists(HISTORY) or not warehouse.exists("offers.decision_history"):
        return 0, 0
    expected, worst = warehouse.rows(_PROMISED, {"pilot_id": pilot_id, "before": before})[0]
    return int(expected), int(worst)


def changed(registered: Registered, path: Path) -> str:
    """Return a sentence on how the file differs from the plan that stands, or an empty text."""
    if not path.is_file():
        return f"The plan's file pilots/{path.name} is gone."
    text = path.read_text(encoding="utf-8")
    if sha256(text) == registered.sha256:
        return ""
    said = _differences(registered.plan, text, path)
    return (
        f"The plan was changed after the start ({registered.first_night}): {said}. "
        f"What stands is the plan of that night (SHA-256 {registered.sha256[:12]}); the change is not followed."
    )


def _differences(stands: PilotPlan, text: str, path: Path) -> str:
    try:
        now = pilot.parse(text, path).model_dump(mode="json")
    except ConfigError as problem:
        return f"it cannot be read any more ({str(problem).splitlines()[0]})"
    before = stands.model_dump(mode="json")
    found = [f"{key} was {_short(before[key], now[key])}" for key in before if before[key] != now[key]]
    return "; ".join(found) or "comments only"


def _short(before: object, now: object) -> str:
    """Return `old, is new` for a value, or for the entries of a block that differ."""
    if isinstance(before, dict) and isinstance(now, dict):
        changes = [f"{name} {before[name]}, is {now[name]}" for name in before if before[name] != now[name]]
        return ", ".join(changes)
    return f"{before}, is {now}"


def tonight(warehouse: Warehouse, run: Run) -> Tonight | None:
    """Return what tonight has to do for a pilot; None when no plan draws or waits for its last horizon tonight.

    While a plan waits, nobody is drawn by it (`at_most` 0), nor into a pilot that nobody planned.
    """
    found = list(_standing(warehouse, run))
    return next((one for one in found if one.at_most), found[0] if found else None)


def _standing(warehouse: Warehouse, run: Run) -> Iterator[Tonight]:
    """Yield every plan that has begun and whose last look has not come, as its first night read it."""
    where, night = pilot.folder(run.shop, run.business_date), run.business_date
    for planned in pilot.plans(where):
        registered = first_night(warehouse, planned.id, night)
        stands = registered.plan if registered else planned
        if not stands.starts_on <= night <= stands.test.looks_on[-1]:
            continue
        before = drawn(warehouse, stands.id, night)
        left = max(stands.people - sum(before.values()), 0)
        note = changed(registered, where / f"{stands.id}.yml") if registered else ""
        yield Tonight(stands, before, min(stands.people_per_night, left) if stands.is_drawing(night) else 0, note)


def register(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Step: write offers.pilot_arm (tonight's arms and what is left to draw) and note the plan's text for the night.

    Raises:
        ConfigError: a plan cannot be meant as written, two draw on one night, or an arm is no offer of the catalogue.
    """
    found = tonight(warehouse, run)
    tables.create_if_missing(warehouse, HISTORY)
    warehouse.execute(f"delete from {HISTORY} where business_date = $business_date", run.parameters)
    rows = _rows(warehouse, found) if found and found.at_most else []
    warehouse.write("offers.pilot_arm", pa.Table.from_pylist(rows, schema=tables.schema("offers.pilot_arm")))
    if found is None or not found.at_most:
        return {"pilot_id": found.plan.id if found else None, "at_most": 0}
    warehouse.execute(
        f"insert into {HISTORY} values ($business_date, $pilot_id, $plan_sha256, $plan)", _noted(run, found)
    )
    return {"pilot_id": found.plan.id, "at_most": found.at_most, "note": found.note}


def _noted(run: Run, found: Tonight) -> dict[str, object]:
    text = (pilot.folder(run.shop, run.business_date) / f"{found.plan.id}.yml").read_text(encoding="utf-8")
    noted = {"pilot_id": found.plan.id, "plan_sha256": sha256(text), "plan": text}
    return {"business_date": run.business_date, **noted}


def _rows(warehouse: Warehouse, found: Tonight) -> list[dict[str, object]]:
    known = {offer for (offer,) in warehouse.rows("select offer_id from offers.catalogue")}
    for arm in found.plan.offers:
        if arm.offer not in known:
            raise ConfigError(
                f"pilots/{found.plan.id}.yml: arms: {arm.offer} is no offer of tonight's catalogue; put its template "
                "back into offers.yml, or take the plan's file away to end the pilot."
            )
    return [
        {
            "pilot_id": found.plan.id,
            "arm": arm.offer,
            "offer_id": None if arm.offer == pilot.CONTROL else arm.offer,
            "people": arm.people,
            "share": share,
            "drawn_before": found.drawn.get(arm.offer, 0),
            "at_most_tonight": found.at_most,
        }
        for arm, share in zip(found.plan.arms, found.plan.shares(), strict=True)
    ]
