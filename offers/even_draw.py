"""The draw of a planned pilot: everybody's lot among nothing, the control arm and their own open arms, drawn together.

Each person has the chances that the plan names, exactly, whoever else stands; but the lots are drawn together (the
cube method, offers.even_kernels), so that the cohort and what it uses of every limit are what was expected, but for a
few people. So a limit is filled by what lots cost on average, and is still never passed, whatever they name.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from offers import cohort_rates, even_kernels, lots
from offers.draws import Draw, Purse
from offers.people import NOTHING, Flags, Floats, Ints, Pairs, People, most_per_person, sum_per_person

# An option of a lot that is no candidate and not the control arm (which is NOTHING).
_OUT = NOTHING - 1


@dataclass(frozen=True)
class _Room:
    """A limit that a cohort could pass: what each candidate uses of it, and what a cohort may by its means."""

    amount: Ints
    room: int


def draw(
    people: People, pairs: Pairs, *, could: Flags, weights: Ints, control: int, purses: Sequence[Purse],
    purpose: tuple[str, ...], most: int,
) -> Draw:  # fmt: skip
    """Return the cohort among the people in `could`, and what the lots gave its members.

    Args:
        could: people whom the night's lot lets stand for the cohort; they do if they have an open candidate.
        weights: how likely each candidate is beside the person's others, those of people held back included; 0 for
            those that cannot be drawn.
        control: how likely nothing, the control arm, is beside them; at least 1.
        purses: one per limit; what is usual in one is never more than what is hard.
        purpose: salt and name of the lots; the person's id is added.
        most: how many people may be drawn.
    """
    shares = np.where(pairs.is_held_back, 0, weights)
    stands = could & (sum_per_person(pairs, shares, len(people)) > 0)
    tight = _tight(people, pairs, weights, purses, most)
    chance = _chances(people, pairs, weights, control, tight, stands, most)
    options = _options(people, pairs, shares, control, np.where(stands, chance, 0.0))
    taken = _settled(options, [limit.amount for limit in tight], purpose)
    drawn = options.row[taken] != _OUT
    members, chosen = options.person[taken[drawn]], options.row[taken[drawn]]
    order = np.argsort(members)
    members, chosen = members[order], chosen[order]
    return Draw(members, chosen, _lots(people, pairs, shares, control, members, chosen, purpose), chance)


def _tight(people: People, pairs: Pairs, weights: Ints, purses: Sequence[Purse], most: int) -> list[_Room]:
    """Return the limits that a cohort could pass, less what the lots may use beyond the mean; it hangs on no lot."""
    found: list[tuple[Ints, int, Ints]] = []
    for purse in purses:
        amount = np.where(weights > 0, purse.limit.weights(pairs), 0)
        room = purse.hard if purse.usual is None else min(purse.hard, purse.usual)
        dearest = np.sort(most_per_person(pairs, weights > 0, amount, len(people)))[::-1]
        if dearest[:most].sum() > room:
            found.append((amount, room, dearest))
    # As many people are open last as there are sums: the limits, and the size of the cohort.
    last = len(found) + 1
    return [_Room(amount, max(room - int(dearest[:last].sum()) - 1, 0)) for amount, room, dearest in found]


def _chances(
    people: People, pairs: Pairs, weights: Ints, control: int, tight: Sequence[_Room], stands: Flags, most: int
) -> Floats:
    """Return each person's chance to be drawn, those who do not stand counted among those who do; 0 without an arm."""
    columns = [np.ones(len(people))]
    for limit in tight:
        mean = np.zeros(len(people))
        even_kernels.dearest_means(pairs.starts, pairs.campaign, weights, limit.amount, control, mean)
        columns.append(mean)
    amount, room = np.column_stack(columns), np.array([most, *(limit.room for limit in tight)], dtype=np.float64)
    others = ~stands & (sum_per_person(pairs, weights, len(people)) > 0)
    chance = np.zeros(len(people))
    chance[stands], chance[others] = cohort_rates.rates(amount[stands], amount[others], room)
    return chance


@dataclass(frozen=True)
class _Options:
    """What each lot may name: people in the order of the night's lots, nothing first, then control, then the arms."""

    starts: Ints
    person: Ints
    row: Ints
    chance: Floats


def _options(people: People, pairs: Pairs, shares: Ints, control: int, chance: Floats) -> _Options:
    standing = np.flatnonzero(chance > 0)
    standing = standing[np.lexsort((standing, people.unit[standing]))]
    place = np.full(len(people), NOTHING, dtype=np.int64)
    place[standing] = np.arange(len(standing))
    rows = np.flatnonzero((shares > 0) & (place[pairs.person] != NOTHING))
    of_row = place[pairs.person[rows]]
    total = np.bincount(of_row, shares[rows], len(standing)) + control
    owner = np.concatenate([np.arange(len(standing)), np.arange(len(standing)), of_row])
    nothing = np.full(len(standing), NOTHING)
    named = np.concatenate([nothing - 1, nothing, rows])
    drawn = chance[standing]
    each = np.concatenate([1 - drawn, drawn * control / total, drawn[of_row] * shares[rows] / total[of_row]])
    order = np.argsort(owner, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(standing)))]).astype(np.int64)
    return _Options(starts, standing[owner[order]], named[order], each[order])


def _settled(options: _Options, amounts: Sequence[Ints], purpose: tuple[str, ...]) -> Ints:
    """Return the option that each lot named."""
    row, is_arm = options.row, options.row >= 0
    columns = [(row != _OUT).astype(np.float64)]
    for amount in amounts:
        used = np.where(is_arm, amount[np.maximum(row, 0)] if len(amount) else 0, 0)
        columns.append(used / max(int(used.max(initial=1)), 1))
    seed = int(hashlib.sha256("|".join(purpose).encode()).hexdigest()[:16], 16)
    units = np.random.default_rng(seed).random(len(row) + 1)
    taken = np.zeros(len(options.starts) - 1, dtype=np.int64)
    even_kernels.settle(options.starts, options.chance.copy(), np.column_stack(columns), units, taken)
    return taken


def _lots(
    people: People, pairs: Pairs, shares: Ints, control: int, members: Ints, chosen: Ints, purpose: tuple[str, ...]
) -> Floats:
    """Return a number in [0, 1) for each member that names the arm among theirs, in the order of offers, control last.

    A person's number is as likely in any place as in any other: the arm is drawn by its share, the place within it by
    a lot of the person's own.
    """
    total = sum_per_person(pairs, shares, len(people))[members]
    before = np.concatenate([[0], np.cumsum(shares)])
    first = before[pairs.starts[members]]
    width = np.where(chosen == NOTHING, control, shares[chosen])
    begin = np.where(chosen == NOTHING, total, before[chosen] - first)
    unit = np.array([lots.unit(*purpose, people.customer_id[member]) for member in members], dtype=np.float64)
    place = begin + np.minimum((unit * width).astype(np.int64), width - 1)
    return np.asarray((place + 0.5) / (total + control), dtype=np.float64)
