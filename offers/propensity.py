"""The chance, over the night's lots, that the policy gives a person a certain offer.

A person's lots are: the permanent control group, the control group of each campaign, tonight's group, the place in its
cohort, and the lot that names the arm. Everything else (the estimates, the money, the prices, everybody else's lots) is
taken as it is tonight. For the candidate a of a person, summed over the sets S of campaigns that the person's lots may
leave open:

    P(a) = (1 - global) * sum_S P(S) * ( explore(S) / explorable offers in S        if a is explorable
                                       + pilot(S) weight of a / (weights in S + control's)   if a is in the pilot
                                       + (1 - explore(S) - pilot(S)) * [a is what the choice takes from S] )

explore(S) is the share that explores times the chance n / N to be in its cohort (the person counted among the N who
stand for it), 0 when S holds nothing to explore; pilot(S) likewise. What the choice takes from S is the best score
above 0 at tonight's prices; for somebody who did choose tonight, it is what was taken (the two differ only for the
few who spent the rest of the budget). The chance of nothing is 1 less the sum over the person's candidates.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from offers.people import NOTHING, Flags, Floats, Ints, Pairs, best_per_person, count_per_person, sum_per_person


@dataclass(frozen=True)
class Chances:
    """Shares of the lots; explore and pilot, per person, times the chance to be in the cohort."""

    global_control: float
    campaign_control: float
    explore: Floats
    pilot: Floats


@dataclass(frozen=True)
class Standing:
    """What each part of the policy may take: candidates to explore, in a pilot, to choose from, and their scores.

    `pilot` holds how likely each candidate is in a pilot beside the person's others (0: not in it), `control` how
    likely the control arm is; who has fewer than `needed` of them open does not stand for the pilot.
    """

    explorable: Flags
    pilot: Ints
    control: int
    needed: int
    choosable: Flags
    score: Floats


@dataclass(frozen=True)
class Taken:
    """What those who did choose tonight took: flags of people who chose, and each one's candidate or NOTHING."""

    is_choosing: Flags
    chosen: Ints


def of_offers(pairs: Pairs, standing: Standing, chances: Chances, taken: Taken) -> Floats:
    """Return the chance of each candidate."""
    total = np.zeros(len(pairs))
    held = _held_sets(pairs, len(taken.chosen))
    for free, chance in _open_sets(pairs.campaign_count, chances.campaign_control):
        total += chance * _given_open(pairs, free, standing, chances, _only_for(held, free, taken))
    return (1.0 - chances.global_control) * total


def of_pilot_control(pairs: Pairs, standing: Standing, chances: Chances, people: int) -> Floats:
    """Return each person's chance to be drawn into a pilot's control arm, which no candidate says."""
    total = np.zeros(people)
    for free, chance in _open_sets(pairs.campaign_count, chances.campaign_control):
        drawn, weights = _pilot(pairs, free[pairs.campaign], standing, chances, people)
        in_all = sum_per_person(pairs, weights, people) + standing.control
        total += chance * drawn * standing.control / np.maximum(in_all, 1)
    return (1.0 - chances.global_control) * total


def _pilot(pairs: Pairs, is_open: Flags, standing: Standing, chances: Chances, people: int) -> tuple[Floats, Ints]:
    """Return each person's chance to be drawn into the pilot, and how likely each open candidate is in it."""
    weights = np.where(is_open, standing.pilot, 0)
    arms = count_per_person(pairs, weights > 0, people)
    return np.where((arms >= standing.needed) & (arms > 0), chances.pilot, 0.0), weights


def _open_sets(campaign_count: int, control_share: float) -> Iterator[tuple[Flags, float]]:
    """Yield every set of campaigns that may be open, as flags, with its chance; sets with none open give nothing."""
    for flags in product((False, True), repeat=campaign_count):
        free = np.array(flags, dtype=bool)
        if free.any():
            yield free, float(np.where(free, 1.0 - control_share, control_share).prod())


def _held_sets(pairs: Pairs, people: int) -> Flags:
    """Return people x campaigns: the lots of tonight hold the person back from the campaign."""
    held = np.zeros((people, max(pairs.campaign_count, 1)), dtype=bool)
    held[pairs.person[pairs.is_held_back], pairs.campaign[pairs.is_held_back]] = True
    return held


def _only_for(held: Flags, free: Flags, taken: Taken) -> Taken:
    """Return what was taken by those whose own lots left exactly these campaigns open."""
    same = (held == ~free).all(axis=1)
    return Taken(taken.is_choosing & same, taken.chosen)


def _given_open(pairs: Pairs, free: Flags, standing: Standing, chances: Chances, taken: Taken) -> Floats:
    """Return the chance of each candidate given that exactly the campaigns in `free` are open."""
    people = len(taken.chosen)
    is_open = free[pairs.campaign]
    explorable = standing.explorable & is_open
    pilot, weights = _pilot(pairs, is_open, standing, chances, people)
    to_explore = count_per_person(pairs, explorable, people)
    to_pilot = sum_per_person(pairs, weights, people)
    explore = np.where(to_explore > 0, chances.explore, 0.0)
    best = best_per_person(pairs, standing.choosable & is_open, standing.score, people)
    best = np.where(taken.is_choosing, taken.chosen, best)
    found = np.where(explorable, (explore / np.maximum(to_explore, 1))[pairs.person], 0.0)
    found += weights * (pilot / np.maximum(to_pilot + standing.control, 1))[pairs.person]
    choosing = np.flatnonzero(best != NOTHING)
    found[best[choosing]] += (1.0 - explore - pilot)[choosing]
    return found
