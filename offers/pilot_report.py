"""`offermill pilot report`: what a pilot found so far, and by its own plan whether to go on, wait, extend or stop."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from offermill.errors import ConfigError
from offermill.money import to_minor
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import pilot, pilot_evidence, pilot_people, pilot_registry, pilot_verdicts
from offers.people import Floats
from offers.pilot import PilotPlan
from offers.pilot_evidence import Difference
from offers.pilot_people import Seen
from offers.pilot_verdicts import Alarm, Look, Verdict


@dataclass(frozen=True)
class ArmFound:
    """One arm: people drawn and complete, what they did (of those complete), what it cost, and the verdict."""

    arm: str
    drawn: int
    planned: int
    complete: int
    buyers: int
    mean: float | None
    difference: Difference | None
    redeemed: int
    given_minor: int
    opted_out: int
    complained: int | None
    contaminated: int
    verdict: Verdict


@dataclass(frozen=True)
class Report:
    """Everything that is printed; money in minor units, means in the metric's unit (minor units or a share).

    Attributes:
        note: that the plan was changed after the start, or an empty text.
        look: the newest date of looks_on that has come, or None before the first.
        limit: standard errors that the intervals are wide to each side at that look.
        explained: share of the variance that earlier margin took away.
        sample_ratio: how likely the lots make arms as uneven as these.
        spent_minor, open_minor: given so far; what offers that still count are expected to cost.
    """

    plan: PilotPlan
    business_date: date
    first_night: date
    sha256: str
    note: str
    look: date | None
    limit: float | None
    explained: float
    sample_ratio: float
    spent_minor: int
    open_minor: int
    arms: tuple[ArmFound, ...]
    currency: str
    digits: int

    def as_dict(self) -> dict[str, object]:
        """Return the report for machines."""
        said = {name: value for name, value in asdict(self).items() if name != "plan"}
        return {"pilot_id": self.plan.id, **said, "plan": self.plan.model_dump(mode="json")}


def report(shop: ShopPaths, day: date, pilot_id: str) -> Report:
    """Return what the pilot found up to `day`, judged by the plan as its first night read it.

    Raises:
        ConfigError: there is no such plan, or no night has drawn by it yet.
    """
    run = Run.of_snapshot(shop.folder, day)
    with Warehouse.open(shop.warehouse, read_only=True) as warehouse:
        return of_warehouse(warehouse, run, pilot_id)


def of_warehouse(warehouse: Warehouse, run: Run, pilot_id: str) -> Report:
    """Return the report from an open warehouse.

    Raises:
        ConfigError: see `report`.
    """
    path = pilot.path_of(run.shop, pilot_id)
    stands = pilot_registry.first_night(warehouse, pilot_id, run.business_date + timedelta(days=1))
    if stands is None:
        raise ConfigError(_not_begun(run, path))
    seen = pilot_people.read(warehouse, run, stands.plan)
    note = pilot_registry.changed(stands, path)
    return _report(run, stands, note, seen)


def _not_begun(run: Run, path: Path) -> str:
    if not path.is_file():
        known = ", ".join(sorted(other.stem for other in path.parent.glob("*.yml"))) or "none"
        return f"pilots/{path.name}: no such plan. There are: {known}."
    plan = pilot.read(path)
    return (
        f"pilot {plan.id}: no night up to {run.business_date} has drawn people by its plan; it draws from "
        f"{plan.starts_on} to {plan.last_night_on}. Run those nights first."
    )


def _report(run: Run, stands: pilot_registry.Registered, note: str, seen: Seen) -> Report:
    plan, digits = stands.plan, run.settings.shop.currency_digits
    looks = list(_looks(plan, run.business_date, seen))
    spent, still_open = _money(plan, run.business_date, seen, digits)
    ratio = pilot_evidence.sample_ratio(seen.rows["arm"].tolist(), seen.chances)
    alarms = pilot_verdicts.alarms(plan, seen, spent + still_open, ratio, digits)
    newest = looks[-1] if looks else None
    return Report(
        plan=plan,
        business_date=run.business_date,
        first_night=stands.first_night,
        sha256=stands.sha256,
        note=note,
        look=newest.on if newest else None,
        limit=newest.limit if newest else None,
        explained=newest.explained if newest else 0.0,
        sample_ratio=ratio,
        spent_minor=spent,
        open_minor=still_open,
        arms=tuple(_arms(plan, seen, looks, alarms, digits)),
        currency=run.settings.shop.currency,
        digits=digits,
    )


def _looks(plan: PilotPlan, day: date, seen: Seen) -> Iterator[Look]:
    """Yield the evidence at every look that has come, each as it stood on its date."""
    complete: list[int] = []
    for on in (look for look in plan.test.looks_on if look <= day):
        rows = seen.complete_on(on, plan.horizon_days)
        complete.append(len(rows))
        if not complete[-1]:
            continue
        values = _values(plan, rows)
        is_last = on == plan.test.looks_on[-1]
        limit = pilot_evidence.limit_at(
            complete, plan.people, alpha=plan.test.alpha, arms=len(plan.offers), is_last=is_last
        )
        found = _differences(plan, seen, rows, values.values, limit)
        yield Look(on, limit, values.explained, len(rows), found, is_last)


def _values(plan: PilotPlan, rows: pd.DataFrame) -> pilot_evidence.Adjusted:
    raw = pilot_people.outcome(rows, plan.test.metric)
    if not plan.test.adjusted_by_days:
        return pilot_evidence.Adjusted(raw, 0.0)
    return pilot_evidence.adjusted(raw, rows["before_minor"].to_numpy(dtype=float), rows["arm"].tolist())


def _differences(
    plan: PilotPlan, seen: Seen, rows: pd.DataFrame, values: Floats, limit: float
) -> dict[str, Difference]:
    """Return each arm less those of the control arm to whom it was open.

    The lots of the arm and of control have the same ratio for everybody who could get it, so both are of one kind.
    """
    arm = rows["arm"].to_numpy()
    found = {
        one.offer: pilot_evidence.difference(values[arm == one.offer], values[seen.controls_of(one.offer, rows)], limit)
        for one in plan.offers
    }
    return {name: one for name, one in found.items() if one is not None}


def _money(plan: PilotPlan, day: date, seen: Seen, digits: int) -> tuple[int, int]:
    """Return what the pilot has given, and what its offers that still count are expected to cost."""
    rows = seen.rows
    waiting = rows[(pd.to_datetime(rows["valid_until"]) > pd.Timestamp(day)) & (rows["redemption_count"] == 0)]
    each = {arm.offer: to_minor(getattr(arm, f"{plan.money.counts}_cost"), digits) for arm in plan.arms}
    return int(rows["given_minor"].sum()), int(sum(each.get(arm, 0) for arm in waiting["arm"]))


def _arms(plan: PilotPlan, seen: Seen, looks: list[Look], alarms: dict[str, Alarm], digits: int) -> Iterator[ArmFound]:
    complete = seen.complete_on(looks[-1].on, plan.horizon_days) if looks else seen.rows.iloc[:0]
    for arm in plan.arms:
        drawn, ended = seen.rows[seen.rows["arm"] == arm.offer], complete[complete["arm"] == arm.offer]
        yield ArmFound(
            arm=arm.offer,
            drawn=len(drawn),
            planned=arm.people,
            complete=len(ended),
            buyers=int(ended["bought"].sum()),
            mean=float(pilot_people.outcome(ended, plan.test.metric).mean()) if len(ended) else None,
            difference=looks[-1].differences.get(arm.offer) if looks else None,
            redeemed=int(drawn["redemption_count"].sum()),
            given_minor=int(drawn["given_minor"].sum()),
            opted_out=int(drawn["has_opted_out"].sum()),
            complained=int(drawn["has_complained"].sum()) if seen.knows_complaints else None,
            contaminated=int(drawn["is_contaminated"].sum()),
            verdict=pilot_verdicts.of_arm(plan, arm.offer, looks, alarms.get(arm.offer), digits),
        )
