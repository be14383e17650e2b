"""The chance, over the night's lots, that the policy gives a person a certain offer.

A person's lots are: the permanent control group, the control group of each campaign, tonight's group, the place in its
cohort, and the lot that names the arm. Everything else (the estimates, the money, the prices, everybody else's lots) is
taken as it is tonight. For the candidate a of a person, summed over the sets S of campaigns that the person's lots may
leave open:

    P(a) = (1 - global) * sum_S P(S) * ( explore(S) / explorable offers in S        if a is explorable
                                       + pilot(S) weight of a / (weights in S + control's)   if a is in the pilot
                                       + (1 - explore(S) - pilot(S)) * [a is what the choice takes from S] )

explore(S) is the share that explores times the chance n / N to be in its cohort (the person counted among the N who
stand for it), 0 when S holds nothing to explore; pilot(S) likewise, for a planned pilot with the chance that
offers.even_draw gives everybody by what they could use of the limits. What the choice takes from S is the best score
above 0 at tonight's prices; for somebody who did choose tonight, it is what was taken (the two differ only for the
few who took the last of a limit). The chance of nothing is 1 less the sum over the person's candidates.
"""

from dataclasses import dataclass

import numpy as np

from offers import people_kernels
from offers.people import Flags, Floats, Ints, Pairs


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
    likely the control arm is.
    """

    explorable: Flags
    pilot: Ints
    control: int
    choosable: Flags
    score: Floats


@dataclass(frozen=True)
class Taken:
    """What those who did choose tonight took: flags of people who chose, and each one's candidate or NOTHING."""

    is_choosing: Flags
    chosen: Ints


def of_night(pairs: Pairs, standing: Standing, chances: Chances, taken: Taken) -> tuple[Floats, Floats]:
    """Return the chance of each candidate, and each person's to be drawn into a pilot's control arm.

    No candidate says the second: it is a part of the chance of nothing.
    """
    offers, control = np.zeros(len(pairs)), np.zeros(len(taken.chosen))
    people_kernels.chances(
        pairs.starts,
        pairs.campaign,
        pairs.is_held_back,
        standing.explorable,
        standing.pilot,
        standing.choosable,
        standing.score,
        chances.explore,
        chances.pilot,
        taken.is_choosing,
        taken.chosen,
        chances.campaign_control,
        standing.control,
        int(np.diff(pairs.starts).max(initial=0)),
        offers,
        control,
    )
    drawable = 1.0 - chances.global_control
    return drawable * offers, drawable * control
