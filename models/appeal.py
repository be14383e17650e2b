"""How much of an offer is taken up: money redeemed per person, known long before what the offer changes is.

What people redeem is counted exactly, and few redemptions tell it; what an offer changes drowns in what people buy
anyway. Who does not want an offer neither redeems it nor buys more for it, so offers' effects are compared after taking
out a power of this size that the effects themselves choose (models.shrinkage.pooled).
"""

import numpy as np
from numpy.typing import NDArray

from models.data import Floats

# So many redemptions of a usual size are added to every offer's own.
_USUAL = 5.0


def sizes(arm: NDArray[np.int64], spent: Floats, propensity: Floats, worths: Floats) -> Floats | None:
    """Return (arms,) what an arm's offer is redeemed for per person, by what its orders are worth; None if nothing is.

    Args:
        arm: (n,) number of the arm drawn, 0 = control.
        spent: (n,) what each person's offer cost, 0 where it was not redeemed.
        propensity: (n, arms with control) chances of the draw.
        worths: (arms,) margin of an order that the arm brings about, as a ratio to a usual one.
    """
    found, counts = np.zeros(len(worths)), np.zeros(len(worths))
    for place in range(len(worths)):
        rows = np.flatnonzero(arm == place + 1)
        weight = 1 / propensity[rows, place + 1]
        counts[place] = (spent[rows] > 0).sum()
        found[place] = float(weight @ spent[rows]) / max(float(weight.sum()), 1e-12) / worths[place]
    if not found.any():
        return None
    own = counts / (counts + _USUAL)
    return np.asarray(own * found + (1 - own) * found.mean(), dtype=np.float64)
