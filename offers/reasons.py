"""Why each person gets what they get, as one word per person; offers.explain says it in sentences."""

import numpy as np
from numpy.typing import NDArray

from offers.people import (
    CHOOSE,
    CONTROL,
    EXCLUDED,
    EXPLORE,
    GLOBAL_CONTROL,
    NOTHING,
    PILOT,
    Flags,
    Pairs,
    People,
    count_per_person,
)
from offers.policy import Plan


def reasons(people: People, pairs: Pairs, plan: Plan, rules: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return one reason per person; `rules` holds the rule of those whom one excludes.

    The first that holds counts: exclusion, no candidate, the lots that hold back, the empty budget, then how the
    person's own group decided.
    """
    has = _has(people, pairs)
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
        (best != NOTHING, "given_back"),
    ]
    return np.select([case for case, _ in cases], [np.asarray(word) for _, word in cases], default="below_price")


def _has_best_score(plan: Plan) -> Flags:
    """Tell who got a candidate with a score as good as their best (0 for nothing)."""
    gets, score = plan.chosen != NOTHING, np.append(plan.standing.score, 0.0)
    # Index -1 (nothing) is the 0 at the end.
    return np.asarray(gets & (score[plan.chosen] >= score[plan.best]))


def _has(people: People, pairs: Pairs) -> dict[str, Flags]:
    """Return per person whether there is any candidate, an open one, one with evidence, one that gains."""
    is_open = ~pairs.is_held_back
    masks = {
        "any": np.ones(len(pairs), dtype=bool),
        "open": is_open,
        "evidence": is_open & pairs.has_evidence,
        "gain": is_open & pairs.has_evidence & (pairs.value > 0),
    }
    return {name: count_per_person(pairs, mask, len(people)) > 0 for name, mask in masks.items()}
