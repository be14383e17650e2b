"""Go, wait, extend or stop: what the plan's criteria make of the evidence, with the sentence why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from offermill.money import to_minor
from offers import pilot_evidence, power
from offers.pilot import CONTROL, PilotPlan
from offers.pilot_evidence import Difference
from offers.pilot_people import Seen
from offers.power import Design, Spread

GO, WAIT, EXTEND, STOP = "go", "wait", "extend", "stop"


@dataclass(frozen=True)
class Verdict:
    """What to do with an arm, and the sentence why; the date of the look that decided, or None while none has."""

    word: str
    why: str
    on: date | None = None


@dataclass(frozen=True)
class Alarm:
    """Why an arm must stop whatever it brings."""

    why: str


@dataclass(frozen=True)
class Look:
    """The evidence as it stood on one date of looks_on.

    Attributes:
        limit: standard errors to each side of an interval.
        explained: share of the variance that earlier margin took away.
        complete: people whose horizon had ended, in all arms.
        differences: of each offer from the control arm, where both have people.
        is_last: the plan has no later look.
    """

    on: date
    limit: float
    explained: float
    complete: int
    differences: Mapping[str, Difference]
    is_last: bool


def alarms(plan: PilotPlan, seen: Seen, cost_minor: int, sample_ratio: float, digits: int) -> dict[str, Alarm]:
    """Return the arms that must stop at once: all of them for money or a wrong draw, one for annoying people."""
    everywhere = _everywhere(plan, cost_minor, sample_ratio, digits)
    if everywhere:
        return {arm.offer: everywhere for arm in plan.offers}
    found = {}
    for arm in plan.offers:
        for name, most, said in (
            ("has_opted_out", plan.stop.opt_outs_above_control, "opted out"),
            ("has_complained", plan.stop.complaints_above_control, "complained"),
        ):
            counts, control = _count(seen, arm.offer, name), _control_count(seen, arm.offer, name)
            if pilot_evidence.is_beyond(counts, control, most):
                found[arm.offer] = Alarm(
                    f"{_share(counts)} {said} against {_share(control)} in the control arm: more than {most:.1%} above "
                    "it, and beyond chance."
                )
    return found


def _everywhere(plan: PilotPlan, cost_minor: int, sample_ratio: float, digits: int) -> Alarm | None:
    if sample_ratio < plan.stop.sample_ratio_alpha:
        return Alarm(
            f"The arms' sizes are not what the lots make (p = {sample_ratio:.1e}, the plan stops below "
            f"{plan.stop.sample_ratio_alpha:g}): find out who is missing before believing any difference."
        )
    if cost_minor > to_minor(plan.money.at_most, digits):
        return Alarm(
            f"The pilot has cost or still owes {cost_minor / 10**digits:,.{digits}f}, more than the plan's "
            f"{plan.money.at_most}."
        )
    return None


def _count(seen: Seen, arm: str, name: str) -> tuple[int, int]:
    rows = seen.rows[seen.rows["arm"] == arm]
    return int(rows[name].sum()), len(rows)


def _control_count(seen: Seen, arm: str, name: str) -> tuple[int, int]:
    rows = seen.rows[seen.controls_of(arm, seen.rows)]
    return int(rows[name].sum()), len(rows)


def _share(counts: tuple[int, int]) -> str:
    return f"{counts[0] / counts[1]:.1%}"


def of_arm(plan: PilotPlan, arm: str, looks: Sequence[Look], alarm: Alarm | None, digits: int) -> Verdict:
    """Return the verdict on an arm: the first look that decided, unless an alarm stops it."""
    if arm == CONTROL:
        return Verdict("", "")
    if alarm:
        return Verdict(STOP, alarm.why)
    for look in looks:
        decided = _decided(plan, arm, look, digits)
        if decided:
            return decided
    return Verdict(WAIT, _wait(plan, looks))


def _wait(plan: PilotPlan, looks: Sequence[Look]) -> str:
    later = [on for on in plan.test.looks_on if not looks or on > looks[-1].on]
    if not later:
        return "At the last look nobody's horizon was complete: no night drew people in time."
    return f"{'Undecided so far' if looks else 'No look yet'}; the next look is on {later[0]}."


def _decided(plan: PilotPlan, arm: str, look: Look, digits: int) -> Verdict | None:
    found = look.differences.get(arm)
    if found is None:
        return Verdict(STOP, "Fewer than two people with a complete horizon.", look.on) if look.is_last else None
    said = _interval(plan, found, digits)
    if found.lower > _bound(plan, plan.go.lower_bound_above, digits):
        return Verdict(GO, f"{said}, above {plan.go.lower_bound_above}.", look.on)
    if found.upper < _bound(plan, plan.stop.upper_bound_below, digits):
        return Verdict(STOP, f"{said}, below {plan.stop.upper_bound_below}: it does harm.", look.on)
    return _at_the_end(plan, arm, look, said, found, digits) if look.is_last else None


def _at_the_end(plan: PilotPlan, arm: str, look: Look, said: str, found: Difference, digits: int) -> Verdict:
    go = _bound(plan, plan.go.lower_bound_above, digits)
    if found.estimate <= go:
        return Verdict(STOP, f"{said}: undecided, and no better than {plan.go.lower_bound_above}.", look.on)
    people = next(one.people for one in plan.arms if one.offer == arm)
    wanted = _needed(plan, found, go)
    if wanted <= plan.extend.at_most_times * people:
        return Verdict(EXTEND, f"{said}: undecided; a new pilot of {wanted:,} people an arm would decide it.", look.on)
    return Verdict(
        STOP,
        f"{said}: undecided; to decide it {wanted:,} people an arm would be needed, more than "
        f"{plan.extend.at_most_times:g} x {people:,}.",
        look.on,
    )


def _needed(plan: PilotPlan, found: Difference, go: float) -> int:
    """Return the people in the arm of a new pilot of this arm alone, if the effect is what was estimated."""
    # The error of the difference speaks of the variance per person in two arms of these sizes.
    per_person = found.error**2 / (1 / found.people + 1 / found.controls)
    design = Design(1, plan.test.alpha, plan.test.power)
    return power.cohort(design, Spread(per_person, per_person), found.estimate - go).arm


def _bound(plan: PilotPlan, text: str, digits: int) -> float:
    return float(text) if plan.test.metric == "conversion" else float(to_minor(text, digits))


def _interval(plan: PilotPlan, found: Difference, digits: int) -> str:
    sure = f"{1 - plan.test.alpha:.0%}"
    if plan.test.metric == "conversion":
        return (
            f"{found.estimate * 100:+.2f} points ({sure} interval over all arms and looks: {found.lower * 100:+.2f} to "
            f"{found.upper * 100:+.2f})"
        )
    scale = 10**digits
    return (
        f"{found.estimate / scale:+.{digits}f} per person ({sure} interval over all arms and looks: "
        f"{found.lower / scale:+.{digits}f} to {found.upper / scale:+.{digits}f})"
    )
