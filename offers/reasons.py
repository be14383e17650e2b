"""Why each person gets what they get: a word and, where one decided, a limit; offers.explain says it in sentences."""

import numpy as np
from numpy.typing import NDArray

from offers.night_limits import used
from offers.people import (
    CHOOSE,
    CONTROL,
    EXCLUDED,
    EXPLORE,
    GLOBAL_CONTROL,
    NOTHING,
    PILOT,
    Flags,
    Ints,
    Pairs,
    People,
    best_per_person,
    count_per_person,
)
from offers.policy import Plan
from offers.rest import room

# Scores are sums of doubles; minor units.
_ROUNDING = 1e-6


def reasons(people: People, pairs: Pairs, plan: Plan, rules: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return one reason per person; `rules` holds the rule of those whom one excludes.

    The first that holds counts: exclusion, no candidate, the lots that hold back, the empty budget, then how the
    person's own group decided.
    """
    has = _has(people, pairs, plan)
    group, chosen, best = plan.group, plan.chosen, plan.best
    gets = chosen != NOTHING
    cases: list[tuple[Flags, object]] = [
        (group == EXCLUDED, rules),
        (~has["any"], "no_candidate"),
        ((group == GLOBAL_CONTROL) | (group == CONTROL), "held_back"),
        (np.full(len(people), plan.limits[0].available == 0), "budget_empty"),
        (~has["open"], "campaign_held_back"),
        (group == EXPLORE, "explored"),
        ((group == PILOT) & gets, "piloted"),
        (group == PILOT, "pilot_control"),
        ((group == CHOOSE) & _has_best_score(plan), "chosen"),
        ((group == CHOOSE) & gets, "chosen_from_rest"),
        (np.full(len(people), plan.is_cold), "not_drawn"),
        (~has["evidence"], "no_evidence"),
        (~has["gain"], "no_positive_value"),
        (~has["choosable"], "limit_full"),
        (best != NOTHING, "given_back"),
    ]
    return np.select([case for case, _ in cases], [np.asarray(word) for _, word in cases], default="below_price")


def _has_best_score(plan: Plan) -> Flags:
    """Tell who got a candidate with a score as good as their best (0 for nothing), but for rounding."""
    gets, score = plan.chosen != NOTHING, np.append(plan.standing.score, 0.0)
    # Index -1 (nothing) is the 0 at the end.
    return np.asarray(gets & (score[plan.chosen] >= score[plan.best] - _ROUNDING))


def _has(people: People, pairs: Pairs, plan: Plan) -> dict[str, Flags]:
    """Return per person whether there is any candidate, an open one, one with evidence, that gains, that fits."""
    is_open = ~pairs.is_held_back
    masks = {
        "any": np.ones(len(pairs), dtype=bool),
        "open": is_open,
        "evidence": is_open & pairs.has_evidence,
        "gain": is_open & pairs.has_evidence & (pairs.value > 0),
        "choosable": is_open & plan.standing.choosable,
    }
    return {name: count_per_person(pairs, mask, len(people)) > 0 for name, mask in masks.items()}


def moved(plan: Plan) -> Flags:
    """Tell who chooses but did not get the candidate with the best score: the last of a limit decided."""
    return np.asarray((plan.group == CHOOSE) & (plan.chosen != plan.best), dtype=bool)


def choosers(plan: Plan) -> Ints:
    """Return the candidate of each person who chooses; NOTHING for all others."""
    return np.where(plan.group == CHOOSE, plan.chosen, NOTHING)


def deciding_limits(people: People, pairs: Pairs, plan: Plan) -> NDArray[np.object_]:
    """Return per person the name of the limit that decided against a better offer, or None.

    For who did not get the candidate with the best score it is a limit that this candidate would exceed; for who
    chooses and gets nothing, a limit without room for their most valuable candidate, or the one whose price makes it
    dearest.
    """
    names, value = np.full(len(people), None, dtype=object), pairs.value.astype(np.float64)
    gains = ~pairs.is_held_back & pairs.has_evidence & (pairs.value > 0)
    nothing = (plan.group == CHOOSE) & (plan.chosen == NOTHING)
    wanted = best_per_person(pairs, gains & plan.standing.choosable, value, len(people))
    lost = best_per_person(pairs, gains, value, len(people))
    _name(names, nothing & (wanted != NOTHING), _dearest(pairs, plan, wanted))
    _name(names, nothing & (wanted == NOTHING) & (lost != NOTHING), _full(pairs, plan, lost))
    _name(names, moved(plan) & (plan.best != NOTHING), _full(pairs, plan, plan.best))
    return names


def _name(names: NDArray[np.object_], who: Flags, found: NDArray[np.object_]) -> None:
    names[who] = found[who]


def _dearest(pairs: Pairs, plan: Plan, rows: Ints) -> NDArray[np.object_]:
    """Return the limit whose price makes each person's candidate dearest; None where none has a price."""
    most, names = np.zeros(len(rows)), np.full(len(rows), None, dtype=object)
    for limit in plan.choosing:
        costs = plan.choice.prices[limit.name] * limit.weight(pairs, rows)
        names[costs > most] = limit.name
        most = np.maximum(most, costs)
    return names


def _full(pairs: Pairs, plan: Plan, rows: Ints) -> NDArray[np.object_]:
    """Return the first limit that has no room for each person's candidate; None where all have."""
    held, names = choosers(plan), np.full(len(rows), None, dtype=object)
    amounts = used(plan.choosing, pairs, held)
    for limit, amount in reversed(list(zip(plan.choosing, amounts, strict=True))):
        full = limit.weight(pairs, rows) > room(pairs, limit, limit.available - int(amount), held)
        names[full] = limit.name
    return names
