"""Who is drawn by lot to explore or into a pilot, and what: uniform, with exact chances, inside the money.

A cohort is the `n` people with the smallest lots of all `N` who stand for it: each has the same chance n / N. What `n`
can be follows from the money alone, so it depends on nobody's place.
"""

from dataclasses import dataclass

import numpy as np

from offers import lots
from offers.people import NOTHING, Flags, Floats, Ints, Pairs, People, count_per_person, most_per_person


@dataclass(frozen=True)
class Purse:
    """The money of a cohort.

    Attributes:
        usual: what the cohort may cost when each member costs their dearest candidate.
        hard: what it must not cost whoever is drawn and whatever they get.
    """

    usual: int
    hard: int


@dataclass(frozen=True)
class Draw:
    """A cohort and what its members got.

    Attributes:
        members: people drawn, ascending.
        chosen: the candidate of each member; NOTHING for a pilot's control arm.
        lot: each member's second lot, which named the candidate.
        chance: each person's chance to be in the cohort if the first lot puts them where they can stand for it.
    """

    members: Ints
    chosen: Ints
    lot: Floats
    chance: Floats


def cohort_size(count: Ints, total: Ints, most: Ints, purse: Purse) -> Ints:
    """Return how many can be drawn of `count` people whose dearest candidates cost `total`, and `most` the dearest."""
    usual = purse.usual * count // np.maximum(total, 1)
    hard = np.where(most > 0, purse.hard // np.maximum(most, 1), count)
    return np.asarray(np.minimum(count, np.minimum(np.where(total > 0, usual, count), hard)), dtype=np.int64)


def draw(
    people: People, pairs: Pairs, *, could: Flags, mask: Flags, amount: Ints, purse: Purse, purpose: tuple[str, ...],
    has_control: bool,
) -> Draw:  # fmt: skip
    """Return the cohort among the people in `could`, and what the lots gave its members.

    Args:
        could: people whom the first lot lets stand for the cohort; they do if they have an open candidate.
        mask: candidates that may be drawn, those of people held back included.
        amount: what each candidate counts in the purse.
        purpose: salt and name of the second lot; the person's id is added.
        has_control: one more arm, nothing, as likely as each candidate.
    """
    counts = count_per_person(pairs, mask & ~pairs.is_held_back, len(people))
    stands = could & (counts > 0)
    dearest = most_per_person(pairs, mask, amount, len(people))
    members = _cohort(people, stands, dearest, purse)
    lot = np.array([lots.unit(*purpose, people.customer_id[member]) for member in members], dtype=np.float64)
    chosen = _named(pairs, mask & ~pairs.is_held_back, members, counts, lot, has_control)
    return Draw(members, chosen, lot, _chances(stands, dearest, purse))


def _cohort(people: People, stands: Flags, dearest: Ints, purse: Purse) -> Ints:
    standing = np.flatnonzero(stands)
    costs = dearest[standing]
    size = int(cohort_size(np.int64(len(costs)), costs.sum(), costs.max(initial=0), purse))  # type: ignore[arg-type]
    order = np.lexsort((standing, people.unit[standing]))
    return np.sort(standing[order[:size]])


def _chances(stands: Flags, dearest: Ints, purse: Purse) -> Floats:
    """Return n / N for everybody, each counted among those who stand: others' lots stay, their own puts them there."""
    costs = dearest[stands]
    count = len(costs) + (~stands).astype(np.int64)
    total = costs.sum() + np.where(stands, 0, dearest)
    most = np.maximum(costs.max(initial=0), dearest)
    return np.asarray(cohort_size(count, total, most, purse) / np.maximum(count, 1))


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
