"""Who is drawn by lot to explore or into a pilot, and what: uniform, with exact chances, inside every limit.

A cohort is the `n` people with the smallest lots of all `N` who stand for it: each has the same chance n / N. What `n`
can be follows from the limits and from who stands alone, so it depends on nobody's place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from offers import lots
from offers.people import NOTHING, Flags, Floats, Ints, Pairs, People, count_per_person, most_per_person


@dataclass(frozen=True)
class Purse:
    """What a cohort may use of one limit.

    Attributes:
        amount: what each candidate counts in it, one per pair.
        hard: what the cohort must not use whoever is drawn and whatever they get.
        usual: what it may use when each member takes their dearest candidate; None: all of `hard`.
    """

    amount: Ints
    hard: int
    usual: int | None = None


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


def safe_sizes(costs: Ints, extra: Ints, hard: int) -> Ints:
    """Return how many people can be drawn so that the dearest of them together cost at most `hard`.

    Args:
        costs: what each person who stands costs at most.
        extra: one more person's cost; there is one answer for each, with that person among those who stand.
    """
    dearest = np.sort(costs)[::-1]
    sums = np.concatenate([[0], np.cumsum(dearest)])
    place = np.searchsorted(-dearest, -extra, side="left")
    before = np.searchsorted(sums, hard, side="right") - 1
    behind = np.searchsorted(sums, hard - extra, side="right") - 1
    # Those in front of the added person fit alone; else the person takes a place, if there is room.
    return np.asarray(np.where(before < place, before, np.maximum(behind + 1, place)), dtype=np.int64)


def safe_size(costs: Ints, hard: int) -> int:
    """Return how many of these people can be drawn so that the dearest of them together cost at most `hard`."""
    return int(np.searchsorted(np.cumsum(np.sort(costs)[::-1]), hard, side="right"))


def usual_sizes(count: Ints, total: Ints, usual: int) -> Ints:
    """Return how many of `count` people can be drawn when people cost what they do on average."""
    return np.asarray(np.where(total > usual, usual * count // np.maximum(total, 1), count), dtype=np.int64)


def draw(
    people: People, pairs: Pairs, *, could: Flags, mask: Flags, purses: Sequence[Purse], purpose: tuple[str, ...],
    has_control: bool,
) -> Draw:  # fmt: skip
    """Return the cohort among the people in `could`, and what the lots gave its members.

    Args:
        could: people whom the first lot lets stand for the cohort; they do if they have an open candidate.
        mask: candidates that may be drawn, those of people held back included.
        purses: one per limit, at least one.
        purpose: salt and name of the second lot; the person's id is added.
        has_control: one more arm, nothing, as likely as each candidate.
    """
    counts = count_per_person(pairs, mask & ~pairs.is_held_back, len(people))
    stands = could & (counts > 0)
    dearest = [most_per_person(pairs, mask, purse.amount, len(people)) for purse in purses]
    members = _cohort(people, stands, _size(stands, dearest, purses))
    lot = np.array([lots.unit(*purpose, people.customer_id[member]) for member in members], dtype=np.float64)
    chosen = _named(pairs, mask & ~pairs.is_held_back, members, counts, lot, has_control)
    return Draw(members, chosen, lot, _chances(stands, dearest, purses))


def _size(stands: Flags, dearest: Sequence[Ints], purses: Sequence[Purse]) -> int:
    count = int(stands.sum())
    size = count
    for most, purse in zip(dearest, purses, strict=True):
        costs = most[stands]
        size = min(size, safe_size(costs, purse.hard))
        if purse.usual is not None:
            size = min(size, int(usual_sizes(np.int64(count), costs.sum(), purse.usual)))  # type: ignore[arg-type]
    return size


def _chances(stands: Flags, dearest: Sequence[Ints], purses: Sequence[Purse]) -> Floats:
    """Return n / N for everybody, each counted among those who stand: others' lots stay, their own puts them there."""
    chance = np.full(len(stands), _size(stands, dearest, purses) / max(int(stands.sum()), 1))
    others = np.flatnonzero(~stands)
    count = np.full(len(others), int(stands.sum()) + 1)
    size = count.copy()
    for most, purse in zip(dearest, purses, strict=True):
        costs, extra = most[stands], most[others]
        size = np.minimum(size, safe_sizes(costs, extra, purse.hard))
        if purse.usual is not None:
            size = np.minimum(size, usual_sizes(count, costs.sum() + extra, purse.usual))
    chance[others] = size / count
    return chance


def _cohort(people: People, stands: Flags, size: int) -> Ints:
    standing = np.flatnonzero(stands)
    order = np.lexsort((standing, people.unit[standing]))
    return np.sort(standing[order[:size]])


def _named(pairs: Pairs, mask: Flags, members: Ints, counts: Ints, lot: Floats, has_control: bool) -> Ints:
    """Return the candidate that each member's lot names among theirs, in the order of offers."""
    rows = np.flatnonzero(mask)
    firsts = np.searchsorted(pairs.person[rows], members)
    arms = counts[members] + int(has_control)
    places = np.minimum((lot * arms).astype(np.int64), arms - 1)
    chosen = np.full(len(members), NOTHING, dtype=np.int64)
    gets = places < counts[members]
    chosen[gets] = rows[firsts[gets] + places[gets]]
    return chosen
