"""With which chance people who stand are drawn, so that all limits are kept: as alike as the limits allow.

Everybody's chance rises together; when a limit is full, the chances of those who use it stay, the others' rise on. It
follows from who stands and from what they would use, not from anybody's lot.
"""

import numpy as np
from numpy.typing import NDArray

from offers.people import Flags, Floats

# Two limits are full together when they differ by rounding; sums stay as much below a limit.
_ROUNDING = 1e-12


def rates(standing: Floats, others: Floats, room: Floats) -> tuple[Floats, Floats]:
    """Return the chance of everybody who stands, and of each of the others if they stood beside them.

    Args:
        standing, others: (n, k) and (m, k) what each person uses of k limits when drawn; 0: the limit is not theirs.
        room: (k,) what all who are drawn may use of each limit.
    """
    uses, of_person = np.unique(np.concatenate([standing, others]) > 0, axis=0, return_inverse=True)
    of_standing, of_others = np.split(of_person.reshape(-1), [len(standing)])
    totals = np.zeros(uses.shape)
    np.add.at(totals, of_standing, standing)
    among = _filled(totals[None], uses, room)[0]
    # People who would use the same have the same chance.
    alike, place = np.unique(np.column_stack([of_others, others]), axis=0, return_inverse=True)
    classes = alike[:, 0].astype(np.int64)
    grown = np.repeat(totals[None], len(alike), axis=0)
    grown[np.arange(len(alike)), classes] += alike[:, 1:]
    beside = _filled(grown, uses, room)[np.arange(len(alike)), classes]
    return among[of_standing], beside[place.reshape(-1)]


def _filled(totals: NDArray[np.float64], uses: Flags, room: Floats) -> Floats:
    """Return (cases, classes) chances.

    Args:
        totals: (cases, classes, limits) what all people of a class use of each limit together.
        uses: (classes, limits) which limits a class uses.
    """
    rate, is_open = np.zeros(totals.shape[:2]), np.ones(totals.shape[:2], dtype=bool)
    while is_open.any():
        before = np.einsum("jg,jgk->jk", np.where(is_open, 0.0, rate), totals)
        wanted = np.einsum("jg,jgk->jk", is_open.astype(np.float64), totals)
        level = np.divide(room - before, wanted, out=np.full_like(wanted, np.inf), where=wanted > 0)
        at = np.clip(level.min(axis=1), 0.0, 1.0)
        rate = np.where(is_open, at[:, None], rate)
        full = level <= at[:, None] + _ROUNDING
        is_open &= (at < 1)[:, None] & ~(full[:, None, :] & uses[None]).any(axis=2)
    return np.asarray(np.where(rate < 1, rate * (1 - _ROUNDING), rate), dtype=np.float64)
