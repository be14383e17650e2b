"""The choice among those who choose: the allocation within every limit, and no last unit left that somebody could use.

The allocation gives prices and a plan. Afterwards nobody could have a more valuable candidate that fits what is left:
so who did not get the candidate with their best score is explained by the limits that were full (see `rooms`).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from offers.allocation import Choice, Limit, allocate
from offers.night_limits import NightLimit
from offers.people import Flags, Ints, Pairs

_WEIGHTS = ("cost", "worst")


def choose(pairs: Pairs, limits: Sequence[NightLimit], mask: Flags) -> Choice:
    """Return the choice among the candidates in the mask, as rows of `pairs`."""
    rows = np.flatnonzero(mask)
    return _mapped(rows, allocate(_table(pairs, limits, rows), [_limit(limit) for limit in limits]))


def _table(pairs: Pairs, limits: Sequence[NightLimit], rows: Ints) -> pa.Table:
    covered = {f"in {limit.name}": limit.covers(pairs, rows) for limit in limits if not _is_about_all(limit)}
    return pa.table(
        {
            "customer_id": pairs.person[rows],
            "offer_id": pairs.offer[rows],
            "value": pairs.value[rows],
            **{name: getattr(pairs, name)[rows] for name in _WEIGHTS},
            **covered,
        }
    )


def _is_about_all(limit: NightLimit) -> bool:
    return limit.offers is None and limit.channels is None and limit.people is None


def _limit(limit: NightLimit) -> Limit:
    return Limit(
        limit.name,
        limit.available,
        None if limit.measure == "count" else limit.measure,
        None if _is_about_all(limit) else {f"in {limit.name}": True},
    )


def _mapped(rows: Ints, found: Choice) -> Choice:
    return replace(found, rows=rows[found.rows])
