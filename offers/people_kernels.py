"""The loops over each person's candidates, compiled: the best of them, and the chances over sets of open campaigns."""

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NOTHING = -1


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def best(starts: Ints, mask: Flags, score: Floats, found: Ints) -> None:
    """Write each person's candidate with the highest score above 0 (the first on ties) into `found`."""
    for person in range(len(starts) - 1):
        most, pick = 0.0, NOTHING
        for row in range(starts[person], starts[person + 1]):
            if mask[row] and score[row] > most:
                most, pick = score[row], row
        found[person] = pick


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _number(campaign: Ints, first: int, end: int, known: Ints, place: Ints) -> int:
    """Number the campaigns among a person's candidates from 0; return how many there are."""
    count = 0
    for row in range(first, end):
        at = 0
        while at < count and known[at] != campaign[row]:
            at += 1
        if at == count:
            known[count] = campaign[row]
            count += 1
        place[row - first] = at
    return count


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def chances(
    starts: Ints, campaign: Ints, held: Flags, explorable: Flags, weights: Ints, choosable: Flags, score: Floats,
    explore: Floats, pilot: Floats, is_choosing: Flags, chosen: Ints,
    campaign_control: float, control: int, widest: int, found: Floats, controls: Floats,
) -> None:  # fmt: skip
    """Add to `found` the chance of each candidate, to `controls` that of each person's pilot control arm.

    See offers.propensity for the formula.

    Args:
        starts: index of each person's first candidate, and the number of candidates at the end.
        widest: the most candidates that one person has.
    """
    known, place = np.empty(widest, dtype=np.int64), np.empty(widest, dtype=np.int64)
    for person in range(len(starts) - 1):
        first, end = starts[person], starts[person + 1]
        count = _number(campaign, first, end, known, place)
        tonight = 0
        for row in range(first, end):
            if not held[row]:
                tonight |= 1 << place[row - first]
        for subset in range(1, 1 << count):
            share = 1.0
            for at in range(count):
                share *= 1.0 - campaign_control if subset >> at & 1 else campaign_control
            to_explore, to_pilot, most, pick = 0, 0, 0.0, NOTHING
            for row in range(first, end):
                if subset >> place[row - first] & 1:
                    to_explore += explorable[row]
                    to_pilot += weights[row]
                    if choosable[row] and score[row] > most:
                        most, pick = score[row], row
            if is_choosing[person] and subset == tonight:
                pick = chosen[person]
            explores = explore[person] if to_explore > 0 else 0.0
            pilots = pilot[person] if to_pilot > 0 else 0.0
            if to_pilot > 0:
                controls[person] += share * pilots * control / (to_pilot + control)
            for row in range(first, end):
                if subset >> place[row - first] & 1:
                    if explorable[row]:
                        found[row] += share * explores / to_explore
                    if weights[row] > 0:
                        found[row] += share * pilots * weights[row] / (to_pilot + control)
            if pick != NOTHING:
                found[pick] += share * (1.0 - explores - pilots)
