"""The policy of a night as a function of arrays: groups, limits and estimates in, one offer or nothing per person out.

The order: a pilot first (by its plan's costs, or at its worst case where nobody planned it), then exploration (at
expected cost), then the choice of the best with what is left of every limit. Who could be drawn into a pilot or to
explore but was not stands with those who choose.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

import numpy as np

from offermill.money import share_of
from offers import choosing, even_draw, night_limits, propensity, waiting
from offers.allocation import Choice
from offers.draws import Draw, Purse, draw, safe_size, usual_sizes
from offers.night_limits import NightLimit
from offers.people import (
    CHOOSE,
    EXPLORE,
    NOTHING,
    PILOT,
    Flags,
    Floats,
    Ints,
    Pairs,
    People,
    best_per_person,
    count_per_person,
    most_per_person,
)
from offers.waiting import Ahead

Limits = tuple[NightLimit, ...]

# Weighs every candidate at its expected cost.
_COST = NightLimit("cost", night_limits.UNLIMITED)


@dataclass(frozen=True)
class Rules:
    """What the policy is told: shares of the lots and how lots are named (salt and night begin their purpose)."""

    global_control: float
    campaign_control: float
    explore: float
    pilot: float
    lot: tuple[str, str]


@dataclass(frozen=True)
class Cohort:
    """What a planned pilot draws on a night.

    Attributes:
        size: the most people to draw.
        weights: how likely each candidate is in it beside the person's others; 0 for those that are no arm of it.
        control: how likely the control arm is beside them.
        money: what tonight's draws may cost at most, by expectation; None for what the limits allow.
    """

    size: int
    weights: Ints
    control: int
    money: int | None = None


@dataclass(frozen=True)
class Plan:
    """What the policy decided.

    Attributes:
        group: index into GROUPS by which each person's choice was made.
        chosen: each person's candidate, or NOTHING.
        lot: each person's second lot where one was drawn, else NaN.
        best: the candidate with the highest score above 0 of each person, or NOTHING.
        waiting: what keeping each person for a later night is worth, minor units.
        penalty: sum over the limits of shadow price x weight, of each candidate.
        chance: propensity of each candidate (see offers.propensity).
        pilot_control: each person's chance to be drawn into a pilot's control arm.
        standing: what may be explored, piloted and chosen; a score is value - waiting - penalty.
        limits: of the night, the budget first, before anything was given.
        choosing: the limits as those who choose had to keep them.
        left: what everything that was given leaves of each limit.
        choice: the allocation among those who choose; its values are those beyond waiting.
        is_cold: no candidate has evidence: the whole night is a pilot.
    """

    group: Ints
    chosen: Ints
    lot: Floats
    best: Ints
    waiting: Ints
    penalty: Floats
    chance: Floats
    pilot_control: Floats
    standing: propensity.Standing
    limits: Limits
    choosing: Limits
    left: Ints
    choice: Choice
    is_cold: bool


def decide(
    people: People,
    pairs: Pairs,
    limits: Limits,
    rules: Rules,
    planned: Cohort | None = None,
    ahead: Ahead | None = None,
) -> Plan:
    """Return the night's plan; what is given stays within every limit, in the limit's own measure.

    Without a planned pilot what has no evidence is piloted by equal lots, with the share of people and money that
    `rules` name for it, or with everybody when nothing has evidence. Without `ahead` the night chooses for itself
    alone; else an offer has to be worth more than keeping its customer for a later night.
    """
    is_cold = not bool(pairs.has_evidence.any())
    lots, limits = _pilot_lots(rules, planned, is_cold), night_limits.bound(limits, pairs)
    cohort, explorable = _cohort(people, pairs, limits, planned, lots), _explorable(people, pairs, limits, rules)
    pilot = _draw_pilot(people, pairs, limits, rules, cohort, lots, is_planned=planned is not None)
    left = night_limits.with_left(limits, night_limits.used(limits, pairs, pilot.chosen))
    explore = _draw_explorers(people, pairs, left, rules, explorable, purse(limits[0].available, rules.explore))
    left = night_limits.with_left(left, night_limits.used(limits, pairs, explore.chosen))
    group = _effective_groups(people, pilot, explore, is_cold)
    choosable = pairs.has_evidence & (pairs.value > 0) & night_limits.fitting(left, pairs)
    kept = _waiting(people, pairs, choosable, ahead)
    beyond = replace(pairs, value=pairs.value - kept[pairs.person])
    choosable &= beyond.value > 0
    mask = choosable & ~pairs.is_held_back & (group == CHOOSE)[pairs.person]
    given = np.concatenate([drawn.chosen[drawn.chosen != NOTHING] for drawn in (pilot, explore)])
    found = choosing.choose(beyond, left, mask, given, len(people))
    standing = propensity.Standing(explorable, cohort.weights, cohort.control, choosable, beyond.value - found.penalty)
    chosen, chances = _with_draws(found.plan, (pilot, explore)), _chances(rules, pilot, explore, lots)
    offered, controls = propensity.of_night(pairs, standing, chances, propensity.Taken(group == CHOOSE, chosen))
    return Plan(
        group=group,
        chosen=chosen,
        lot=_lots(people, (pilot, explore)),
        best=best_per_person(pairs, choosable & ~pairs.is_held_back, standing.score, len(people)),
        waiting=kept,
        penalty=found.penalty,
        chance=offered,
        pilot_control=controls,
        standing=standing,
        limits=limits,
        choosing=found.limits,
        left=np.array([limit.available for limit in limits]) - night_limits.used(limits, pairs, chosen),
        choice=found.choice,
        is_cold=is_cold,
    )


def _waiting(people: People, pairs: Pairs, choosable: Flags, ahead: Ahead | None) -> Ints:
    """Return what waiting is worth to each person; controls compete for no later money, and would wait like others."""
    if ahead is None:
        return np.zeros(len(people), dtype=np.int64)
    mask = choosable & ~pairs.is_held_back & (people.group >= EXPLORE)[pairs.person]
    competes = np.bincount(pairs.person, mask, len(people)) > 0
    return waiting.worth(pairs, mask, ahead, len(people), choosable & ~competes[pairs.person])


def purse(available: int, share: float) -> int:
    """Return the part of a limit that a share of the people may use."""
    return share_of(available, Decimal(str(share)))


@dataclass(frozen=True)
class _PilotLots:
    """Who stands for the pilot by tonight's lot: their groups, and the share of the lots that leads there."""

    groups: tuple[int, ...]
    share: float
    money_share: float


def _pilot_lots(rules: Rules, planned: Cohort | None, is_cold: bool) -> _PilotLots:
    if is_cold:
        return _PilotLots((EXPLORE, PILOT, CHOOSE), 1.0, 1.0)
    if planned is not None:
        # Those whom the lot lets explore are left to explore.
        return _PilotLots((PILOT, CHOOSE), 1.0 - rules.explore, 1.0)
    return _PilotLots((PILOT,), rules.pilot, rules.pilot)


def _cohort(people: People, pairs: Pairs, limits: Limits, planned: Cohort | None, lots: _PilotLots) -> Cohort:
    """Return who can be piloted: a plan's arms as they are planned, else every offer without evidence alike."""
    fits = night_limits.fitting(limits, pairs)
    if planned is not None:
        return replace(planned, weights=np.where(fits, planned.weights, 0))
    mask = ~pairs.has_evidence & fits
    mask &= ~_too_scarce(people, pairs, limits, mask, lots.money_share)
    return Cohort(len(people), mask.astype(np.int64), 1)


def _explorable(people: People, pairs: Pairs, limits: Limits, rules: Rules) -> Flags:
    """Tell which candidates are affordable to explore: known cost, within what exploration may use."""
    mask = pairs.has_evidence & (pairs.cost <= purse(limits[0].available, rules.explore))
    mask &= night_limits.fitting([limit.at_worst() for limit in limits], pairs)
    return mask & ~_too_scarce(people, pairs, limits, mask, rules.explore)


def _too_scarce(people: People, pairs: Pairs, limits: Limits, mask: Flags, share: float) -> Flags:
    """Tell which candidates are not drawn because a limit on them would make the whole cohort small.

    A cohort must keep every limit whoever is drawn, so one offer of 50 pieces would let 50 people be drawn. As few
    limits as possible give up their candidates, the tightest first, so that the cohort can be at least half as large
    as it could be. Every person with a candidate counts, whatever their lots: what may be drawn depends on no lot.
    """
    dropped, sizes = np.zeros(len(pairs), dtype=bool), []
    masks = []
    for _ in limits:
        open_rows = mask & ~dropped
        wanted, safe = _wanted(people, pairs, limits, open_rows, share), _safe(people, pairs, limits, open_rows)
        masks.append(dropped)
        sizes.append(min(wanted, *safe))
        tightest = int(np.argmin(safe))
        if tightest == 0 or safe[tightest] >= wanted:
            break
        dropped = dropped | limits[tightest].covers(pairs)
    return masks[next(at for at, size in enumerate(sizes) if 2 * size >= max(sizes))]


def _wanted(people: People, pairs: Pairs, limits: Limits, mask: Flags, share: float) -> int:
    """Return how many would be drawn if only the budget's usual part counted."""
    dearest = most_per_person(pairs, mask, pairs.cost, len(people))
    count = int((count_per_person(pairs, mask, len(people)) > 0).sum() * share)
    part = int(dearest.sum() * share)
    usual = purse(limits[0].available, share)
    return int(usual_sizes(np.int64(count), np.int64(part), usual))  # type: ignore[arg-type]


def _safe(people: People, pairs: Pairs, limits: Limits, mask: Flags) -> list[int]:
    """Return per limit how many of the people with a candidate in the mask could be drawn whatever they get."""
    has = count_per_person(pairs, mask, len(people)) > 0
    strict = [limit.at_worst() for limit in limits]
    dearest = [most_per_person(pairs, mask, limit.weights(pairs), len(people)) for limit in strict]
    return [safe_size(most[has], limit.available) for most, limit in zip(dearest, limits, strict=True)]


def _purses(limits: Limits, usual: int) -> list[Purse]:
    """Return a purse per limit, and one for the budget's usual part at expected cost."""
    strict = [Purse(limit.at_worst(), limit.available) for limit in limits]
    return [Purse(_COST, limits[0].available, usual), *strict]


def _draw_pilot(
    people: People, pairs: Pairs, limits: Limits, rules: Rules, cohort: Cohort, lots: _PilotLots, *, is_planned: bool
) -> Draw:
    could, purpose = np.isin(people.group, lots.groups), (rules.lot[0], "arm", rules.lot[1])
    purses = _purses(limits, purse(limits[0].available, lots.money_share))
    drawn = partial(draw, people, pairs)
    if is_planned:
        drawn, purses = partial(even_draw.draw, people, pairs, most=cohort.size), [*purses, *_of_plan(cohort)]
    return drawn(could=could, weights=cohort.weights, control=cohort.control, purses=purses, purpose=purpose)


def _of_plan(cohort: Cohort) -> list[Purse]:
    """Return the plan's own money as a purse, where it names any."""
    return [] if cohort.money is None else [Purse(_COST, cohort.money)]


def _draw_explorers(people: People, pairs: Pairs, left: Limits, rules: Rules, explorable: Flags, usual: int) -> Draw:
    return draw(
        people,
        pairs,
        could=people.group == EXPLORE,
        weights=explorable.astype(np.int64),
        control=0,
        purses=_purses(left, usual),
        purpose=(rules.lot[0], "explore", rules.lot[1]),
    )


def _effective_groups(people: People, pilot: Draw, explore: Draw, is_cold: bool) -> Ints:
    group = people.group.copy()
    group[people.group >= EXPLORE] = CHOOSE
    group[explore.members] = EXPLORE
    group[pilot.members] = PILOT
    return group


def _with_draws(plan: Ints, draws: Sequence[Draw]) -> Ints:
    chosen = plan.copy()
    for drawn in draws:
        chosen[drawn.members] = drawn.chosen
    return chosen


def _lots(people: People, draws: Sequence[Draw]) -> Floats:
    lot = np.full(len(people), np.nan)
    for drawn in draws:
        lot[drawn.members] = drawn.lot
    return lot


def _chances(rules: Rules, pilot: Draw, explore: Draw, lots: _PilotLots) -> propensity.Chances:
    return propensity.Chances(
        global_control=rules.global_control,
        campaign_control=rules.campaign_control,
        explore=rules.explore * explore.chance,
        pilot=lots.share * pilot.chance,
    )
