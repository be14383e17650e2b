"""The last units of a plan: no person could get a more valuable candidate that still fits every limit.

The allocation leaves a plan near the best possible. `improved` gives away what is left until nobody's better candidate
fits. What somebody got is then the most valuable candidate that fits the room which everybody else leaves: who did not
get their best score can be told which limit was full, and it can be checked (`rooms`).
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pyarrow as pa

from offers.json_texts import JsonTexts
from offers.night_limits import Measure, NightLimit, used
from offers.people import NOTHING, Flags, Floats, Ints, Pairs

# Each round takes at least one person to a more valuable candidate; this many are never needed, and end in any case.
_MOST_ROUNDS = 1_000


def improved(pairs: Pairs, limits: Sequence[NightLimit], mask: Flags, score: Floats, chosen: Ints) -> Ints:
    """Return the plan with every switch taken that brings more value within the limits, the largest gain first.

    Args:
        mask: candidates that may be chosen.
        score: what breaks ties between candidates of the same value; then the first by offer wins.
        chosen: each person's candidate, or NOTHING.
    """
    plan = chosen.copy()
    rows = np.flatnonzero(mask)
    for _ in range(_MOST_ROUNDS):
        better = rows[_is_better(pairs, score, rows, plan[pairs.person[rows]])]
        switches = better[_fits(pairs, limits, better, plan)]
        if not len(switches):
            return plan
        _take(pairs, limits, switches, score, plan)
    return plan


def _is_better(pairs: Pairs, score: Floats, rows: Ints, held: Ints) -> Flags:
    """Tell which candidates are worth more than what the person holds; ties by score, then by place."""
    gets = held != NOTHING
    value, worth = np.where(gets, pairs.value[held], 0), np.where(gets, score[held], 0.0)
    same_value = gets & (pairs.value[rows] == value)
    same_score = same_value & (score[rows] == worth)
    return np.asarray(
        (pairs.value[rows] > value) | (same_value & (score[rows] > worth)) | (same_score & (rows < held)), dtype=bool
    )


def room(pairs: Pairs, limit: NightLimit, left: int, held: Ints) -> Ints:
    """Return how much of a limit each person may use while everybody else keeps what they have."""
    return np.asarray(max(left, 0) + limit.weight(pairs, held), dtype=np.int64)


def floor(pairs: Pairs, limit: NightLimit, amount: int, held: Ints) -> Ints:
    """Return how much of a limit with a minimum each person must use while everybody else keeps what they have."""
    weight = limit.weight(pairs, held)
    if limit.at_least is None:
        return np.zeros(len(held), dtype=np.int64)
    return np.asarray(np.maximum(np.minimum(limit.at_least, amount) - (amount - weight), 0), dtype=np.int64)


def _fits(pairs: Pairs, limits: Sequence[NightLimit], rows: Ints, plan: Ints) -> Flags:
    fits = np.ones(len(rows), dtype=bool)
    # The tightest first: most candidates fail there, and the others need not be looked at.
    amounts = used(limits, pairs, plan)
    for at in np.argsort([limit.available - amount for limit, amount in zip(limits, amounts, strict=True)]):
        open_rows = rows[fits]
        held, limit, amount = plan[pairs.person[open_rows]], limits[at], int(amounts[at])
        weight = limit.weight(pairs, open_rows)
        allowed = weight <= room(pairs, limit, limit.available - amount, held)
        fits[fits] = allowed & (weight >= floor(pairs, limit, amount, held))
    return fits


def _take(pairs: Pairs, limits: Sequence[NightLimit], switches: Ints, score: Floats, plan: Ints) -> None:
    """Take the switches that still fit, the largest gain first; `plan` is changed."""
    held = plan[pairs.person[switches]]
    gain = pairs.value[switches] - np.where(held != NOTHING, pairs.value[held], 0)
    order = switches[np.lexsort((switches, -score[switches], -gain))]
    weights = np.vstack([limit.weight(pairs, order) for limit in limits])
    before = np.vstack([limit.weight(pairs, plan[pairs.person[order]]) for limit in limits])
    amounts = used(limits, pairs, plan)
    most = np.array([limit.available for limit in limits])
    least = np.array([min(limit.at_least or 0, amount) for limit, amount in zip(limits, amounts, strict=True)])
    moved: set[int] = set()
    for at, row in enumerate(order):
        person = int(pairs.person[row])
        after = amounts + weights[:, at] - before[:, at]
        grows = weights[:, at] > before[:, at]
        if person not in moved and not (grows & (after > most)).any() and (after >= least).all():
            plan[person], amounts = row, after
            moved.add(person)


def rooms(pairs: Pairs, limits: Sequence[NightLimit], plan: Ints, rows: Ints) -> pa.DictionaryArray:
    """Return for the candidates at `rows` what their person may use of each limit they use, as JSON text.

    {"limit": [room, weight, measure, floor]}: the candidate fits if its weight is at most the room that everybody
    else's offers leave, and at least the floor that a minimum needs.
    """
    texts, held, amounts = JsonTexts(len(rows)), plan[pairs.person[rows]], used(limits, pairs, plan)
    for limit, amount in zip(limits, map(int, amounts), strict=True):
        columns = (
            room(pairs, limit, limit.available - amount, held),
            limit.weight(pairs, rows),
            floor(pairs, limit, amount, held),
        )
        texts.add(limit.name, columns, partial(_room, limit.measure))
    return texts.as_arrow()


def _room(measure: Measure, room: int, weight: int, floor: int) -> list[object] | None:
    return [room, weight, measure, floor] if weight or floor else None
