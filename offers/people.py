"""Who stands for a decision tonight, as arrays: one entry per person, one per candidate (pair of person and offer)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from offers import people_kernels
from offers.people_kernels import NOTHING as NOTHING
from offers.people_kernels import Flags as Flags
from offers.people_kernels import Floats as Floats
from offers.people_kernels import Ints as Ints

GROUPS = ("excluded", "global_control", "control", "explore", "pilot", "choose")
EXCLUDED, GLOBAL_CONTROL, CONTROL, EXPLORE, PILOT, CHOOSE = range(len(GROUPS))


@dataclass(frozen=True)
class People:
    """One entry per person, by customer_id.

    Attributes:
        customer_id: the person's id.
        group: index into GROUPS, as the lots drew it (excluded where a rule keeps the person from every offer).
        unit: tonight's lot in [0, 1).
    """

    customer_id: NDArray[np.object_]
    group: Ints
    unit: Floats

    def __len__(self) -> int:
        return len(self.group)


@dataclass(frozen=True)
class Pairs:
    """One entry per candidate, by person and offer.

    Attributes:
        person, offer, campaign, channel: positions in the people and in the sorted ids of each.
        is_held_back: the person is in the campaign's control group.
        value, cost, worst: expected incremental margin, expected cost, most it can cost; minor units.
        ratio: E[d^2] / E[d] of what one redemption costs; the worst case where none is known; minor units.
        rate_error: relative standard error of the expected cost, which moves all of an offer's costs together.
        has_evidence: value and cost rest on randomised evidence; without it they are 0 and the worst case.
    """

    person: Ints
    offer: Ints
    campaign: Ints
    channel: Ints
    is_held_back: Flags
    value: Ints
    cost: Ints
    worst: Ints
    ratio: Floats
    rate_error: Floats
    has_evidence: Flags

    def __len__(self) -> int:
        return len(self.person)

    @cached_property
    def starts(self) -> Ints:
        """Return where the candidates of each person begin, for people up to the last who has any, and the end."""
        last = int(self.person[-1]) + 1 if len(self) else 0
        return np.searchsorted(self.person, np.arange(last + 1)).astype(np.int64)


def count_per_person(pairs: Pairs, mask: Flags, people: int) -> Ints:
    """Return how many candidates of each person the mask holds."""
    return np.bincount(pairs.person[mask], minlength=people).astype(np.int64)


def sum_per_person(pairs: Pairs, amount: Ints, people: int) -> Ints:
    """Return the sum of an amount over each person's candidates."""
    return np.bincount(pairs.person, weights=amount, minlength=people).astype(np.int64)


def most_per_person(pairs: Pairs, mask: Flags, amount: Ints, people: int) -> Ints:
    """Return the largest amount (0 or more) among each person's candidates in the mask; 0 without any."""
    most = np.zeros(people, dtype=np.int64)
    has = np.flatnonzero(np.diff(pairs.starts))
    if len(has):
        most[has] = np.maximum.reduceat(np.where(mask, amount, 0), pairs.starts[has])
    return most


def best_per_person(pairs: Pairs, mask: Flags, score: Floats, people: int) -> Ints:
    """Return the candidate with each person's highest score above 0 (the first on ties), NOTHING without one."""
    best = np.full(people, NOTHING, dtype=np.int64)
    people_kernels.best(pairs.starts, mask, score.astype(np.float64, copy=False), best)
    return best
