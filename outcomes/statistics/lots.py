"""Did the lots fall as they should? Sample ratio and contamination.

An arm of another size than its chances say (Fabijan and others, Diagnosing sample ratio mismatch, KDD 2019) means that
people were lost or added after the lot, and then no comparison holds. ALARM is small because every wave of every night
is checked.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest, chisquare

from models.data import Floats
from offers import pilot_evidence

# Chance of a false alarm for one wave.
ALARM = 0.001
# Chi-square is right only where each arm should have so many.
_ENOUGH = 5.0


def sample_ratio(treated: NDArray[np.bool_], chance: Floats) -> float:
    """Return how likely arms at least as uneven are, with each person's own chance of the offer; 1 without people.

    Exact (binomial) where everybody had one chance; else the chi-square test of `offers.pilot_evidence`.

    Args:
        treated: (n,).
        chance: (n,) given that the lot gave the offer or nothing.
    """
    if not len(treated):
        return 1.0
    if float(np.ptp(chance)) < 1e-9:
        return float(binomtest(int(treated.sum()), len(treated), float(chance[0])).pvalue)
    arms = np.where(treated, "offer", "control").tolist()
    return pilot_evidence.sample_ratio(arms, pd.DataFrame({"offer": chance, "control": 1 - chance}))


def arm_ratio(counts: Mapping[str, int], chances: Mapping[str, float]) -> float:
    """Return how likely arms at least as uneven are when everybody had the same chances; they are scaled to sum to 1.

    Pearson's chi-square; arms that should have fewer than five people are counted as one.
    """
    total, mass = sum(counts.values()), sum(chances.values())
    expected = {arm: total * chance / mass for arm, chance in chances.items()}
    small = {arm for arm, count in expected.items() if count < _ENOUGH}
    large = [arm for arm in expected if arm not in small]
    seen = [counts.get(arm, 0) for arm in large]
    due = [expected[arm] for arm in large]
    if small:
        seen.append(sum(counts.get(arm, 0) for arm in small))
        due.append(sum(expected[arm] for arm in small))
    return float(chisquare(seen, due).pvalue) if len(due) > 1 else 1.0
