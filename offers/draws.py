"""Who is drawn by lot to explore, or to try what nobody planned, and what: with exact chances, inside every limit.

A cohort is the `n` people with the smallest lots of all `N` who stand for it: each has the same chance n / N. What `n`
can be follows from the limits and from who stands alone, so it depends on nobody's place. A planned pilot is drawn
otherwise: offers.even_draw.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from offers import lots
from offers.night_limits import NightLimit
from offers.people import NOTHING, Flags, Floats, Ints, Pairs, People, count_per_person, most_per_person


@dataclass(frozen=True)
class Purse:
    """What a cohort may use of one limit.

    Attributes:
        limit: says what each candidate counts in it.
        hard: what the cohort must not use whoever is drawn and whatever they get.
        usual: what it may use when each member takes their dearest candidate; None: all of `hard`.
    """

    limit: NightLimit
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
    people: People, pairs: Pairs, *, could: Flags, weights: Ints, control: int, purses: Sequence[Purse],
    purpose: tuple[str, ...],
) -> Draw:  # fmt: skip
    """Return the cohort among the people in `could`, and what the lots gave its members.

    Args:
        could: people whom the first lot lets stand for the cohort; they do if they have an open candidate.
        weights: how likely each candidate is beside the person's others, those of people held back included; 0 for
            those that cannot be drawn.
        control: how likely one more arm, nothing, is beside them; 0 for no such arm.
        purses: one per limit, at least one.
        purpose: salt and name of the second lot; the person's id is added.
    """
    shares = np.where(pairs.is_held_back, 0, weights)
    stands = could & (count_per_person(pairs, shares > 0, len(people)) > 0)
    dearest = [most_per_person(pairs, weights > 0, purse.limit.weights(pairs), len(people)) for purse in purses]
    members = _cohort(people, stands, _size(stands, dearest, purses))
    lot = np.array([lots.unit(*purpose, people.customer_id[member]) for member in members], dtype=np.float64)
    return Draw(members, _named(pairs, shares, control, members, lot), lot, _chances(stands, dearest, purses))


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
    size = count
    for amount, purse in zip(dearest, purses, strict=True):
        costs, extra = amount[stands], amount[others]
        size = np.minimum(size, safe_sizes(costs, extra, purse.hard))
        if purse.usual is not None:
            size = np.minimum(size, usual_sizes(count, costs.sum() + extra, purse.usual))
    chance[others] = size / count
    return chance


def _cohort(people: People, stands: Flags, size: int) -> Ints:
    standing = np.flatnonzero(stands)
    order = np.lexsort((standing, people.unit[standing]))
    return np.sort(standing[order[:size]])


def _named(pairs: Pairs, shares: Ints, control: int, members: Ints, lot: Floats) -> Ints:
    """Return the candidate that each member's lot names among theirs, in the order of offers; control comes last."""
    rows = np.flatnonzero(shares)
    ends = np.cumsum(shares[rows])
    firsts = np.searchsorted(pairs.person[rows], members)
    behind = np.searchsorted(pairs.person[rows], members, side="right")
    before = np.where(firsts > 0, ends[np.maximum(firsts, 1) - 1], 0) if len(rows) else np.zeros(0, dtype=np.int64)
    total = (ends[behind - 1] - before if len(rows) else before) + control
    places = np.minimum((lot * total).astype(np.int64), total - 1)
    found = np.searchsorted(ends, before + places, side="right")
    return np.where(found < behind, rows[np.minimum(found, max(len(rows) - 1, 0))] if len(rows) else 0, NOTHING)
