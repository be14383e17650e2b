"""Who is drawn by lot to explore or into a pilot, and what: uniform, with exact chances, inside the money.

A cohort is the `n` people with the smallest lots of all `N` who could be drawn: each has the same chance n / N. What
`n` can be follows from the money alone, so it depends on nobody's place.
"""

from dataclasses import dataclass

import numpy as np

from offers import lots
from offers.people import NOTHING, Flags, Floats, Ints, Pairs, People, count_per_person, most_per_person


@dataclass(frozen=True)
class Draw:
    """A cohort and what its members got.

    Attributes:
        mask: candidates that could be drawn (each member's are equally likely).
        members: people drawn, ascending.
        chosen: the candidate of each member; NOTHING for a pilot's control arm.
        lot: each member's second lot, which named the candidate.
        chance: n / N, the chance of somebody who could be drawn to be drawn.
    """

    mask: Flags
    members: Ints
    chosen: Ints
    lot: Floats
    chance: float


def cohort_size(dearest: Ints, purse: int, hard: int) -> int:
    """Return how many people can be drawn.

    Args:
        dearest: what each person who could be drawn can cost at most.
        purse: what the cohort should cost at most on average over its members' dearest offers.
        hard: what it must not cost whoever is drawn and whatever they get.
    """
    if not len(dearest):
        return 0
    total, most = int(dearest.sum()), int(dearest.max())
    if most == 0:
        return len(dearest)
    on_average = purse * len(dearest) // total
    return min(len(dearest), on_average, hard // most)


def draw(
    people: People,
    pairs: Pairs,
    *,
    could: Flags,
    mask: Flags,
    amount: Ints,
    purse: int,
    hard: int,
    purpose: tuple[str, ...],
    has_control: bool,
) -> Draw:
    """Return the cohort among the people in `could` with candidates in `mask`, and what the lots gave them.

    Args:
        purpose: salt and name of the second lot; the person's id is added.
        has_control: one more arm, nothing, as likely as each candidate.
    """
    counts = count_per_person(pairs, mask, len(people))
    standing = np.flatnonzero(could & (counts > 0))
    dearest = most_per_person(pairs, mask, amount, len(people))[standing]
    size = cohort_size(dearest, purse, hard)
    order = np.lexsort((standing, people.unit[standing]))
    members = np.sort(standing[order[:size]])
    lot = np.array([lots.unit(*purpose, people.customer_id[member]) for member in members], dtype=np.float64)
    chosen = _named(pairs, mask, members, counts, lot, has_control)
    return Draw(mask, members, chosen, lot, size / len(standing) if len(standing) else 0.0)


def _named(pairs: Pairs, mask: Flags, members: Ints, counts: Ints, lot: Floats, has_control: bool) -> Ints:
    """Return the candidate that each member's lot names among theirs, in the order of offers."""
    rows = np.flatnonzero(mask)
    firsts = np.searchsorted(pairs.person[rows], members)
    arms = counts[members] + int(has_control)
    places = np.array([lots.pick(one, int(many)) for one, many in zip(lot, arms, strict=True)], dtype=np.int64)
    chosen = np.full(len(members), NOTHING, dtype=np.int64)
    gets = places < counts[members]
    chosen[gets] = rows[firsts[gets] + places[gets]]
    return chosen
