"""The loops of lots that are drawn together, compiled: see offers.even_draw for what they are for."""

import numba
import numpy as np

from offers.people_kernels import Floats, Ints

# Chances below this are rounding.
_NONE = 1e-12


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def dearest_means(starts: Ints, campaign: Ints, weights: Ints, amounts: Ints, control: int, found: Floats) -> None:
    """Write what each person's lot uses of an amount on average, at most over the campaigns that may be open to them.

    Whom a lot holds back from a campaign has fewer arms, and their mean may be higher; so the dearest of all sets of
    campaigns counts, whichever are open tonight.
    """
    for person in range(len(starts) - 1):
        first, end = starts[person], starts[person + 1]
        known = np.empty(end - first, dtype=np.int64)
        count = 0
        for row in range(first, end):
            if weights[row] > 0 and not (known[:count] == campaign[row]).any():
                known[count] = campaign[row]
                count += 1
        for subset in range(1, 1 << count):
            total, lots = 0.0, float(control)
            for at in range(count):
                for row in range(first, end):
                    if subset >> at & 1 and weights[row] > 0 and campaign[row] == known[at]:
                        total += weights[row] * amounts[row]
                        lots += weights[row]
            found[person] = max(found[person], total / lots)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _null(matrix: Floats, found: Floats) -> None:
    """Write a vector that the matrix (k, k + 1) takes to 0; the matrix is used up."""
    rows, columns = matrix.shape
    pivot = np.full(columns, -1)
    for row in range(rows):
        best = -1
        for column in range(columns):
            if pivot[column] < 0 and (best < 0 or abs(matrix[row, column]) > abs(matrix[row, best])):
                best = column
        if abs(matrix[row, best]) <= _NONE:
            continue
        pivot[best] = row
        matrix[row] /= matrix[row, best]
        for other in range(rows):
            if other != row:
                matrix[other] -= matrix[other, best] * matrix[row]
    free = 0
    while pivot[free] >= 0:
        free += 1
    for column in range(columns):
        found[column] = -matrix[pivot[column], free] if pivot[column] >= 0 else 0.0
    found[free] = 1.0


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _left(starts: Ints, chance: Floats, person: int, chosen: Ints) -> int:
    """Return how many options a person has left; write the last one into `chosen`."""
    count = 0
    for option in range(starts[person], starts[person + 1]):
        if chance[option] > 0:
            chosen[person] = option
            count += 1
    return count


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _step(chance: Floats, options: Ints, others: Ints, along: Floats, lot: float, change: Floats) -> None:
    """Move the chances of options along a direction until one is 0, there or back by lot, so that means stay."""
    for at in range(len(options)):
        change[options[at]] += along[at]
        change[others[at]] -= along[at]
    there, back = np.inf, np.inf
    for at in range(len(options)):
        for option in (options[at], others[at]):
            if change[option] < -_NONE:
                there = min(there, chance[option] / -change[option])
            elif change[option] > _NONE:
                back = min(back, chance[option] / change[option])
    far = there if lot * (there + back) < back else -back
    for at in range(len(options)):
        for option in (options[at], others[at]):
            moved = chance[option] + far * change[option]
            chance[option] = moved if moved > _NONE else 0.0
            change[option] = 0.0


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _open(starts: Ints, chance: Floats, window: Ints, held: int, after: int, chosen: Ints) -> tuple[int, int]:
    """Keep those of the window who are not settled, fill it up with the next who are not; return how many, and next."""
    still = 0
    for at in range(held):
        if _left(starts, chance, window[at], chosen) > 1:
            window[still] = window[at]
            still += 1
    while still < len(window) and after < len(starts) - 1:
        if _left(starts, chance, after, chosen) > 1:
            window[still] = after
            still += 1
        after += 1
    return still, after


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _free(starts: Ints, chance: Floats, window: Ints, chosen: Ints, options: Ints, others: Ints) -> int:
    """Write options whose chance may move, each against its person's last one; return how many."""
    count = 0
    for person in window:
        for option in range(starts[person], chosen[person]):
            if chance[option] > 0 and count < len(options):
                options[count], others[count] = option, chosen[person]
                count += 1
    return count


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def settle(starts: Ints, chance: Floats, weights: Floats, lots: Floats, chosen: Ints) -> None:
    """Write one option of every person into `chosen`, each with its chance; sums of weights stay near their means.

    The flight of the cube method (Deville and Tille, Biometrika 91, 2004), a few people at a time (Chauvet and Tille,
    Computational Statistics 21, 2006). Each step moves the chances of at most k + 1 options along a direction that
    changes no sum, and settles at least one of them. When fewer people are left than there are sums, the last sum is
    given up, and so on: no more than k people were open then, so a sum ends within k of its largest weights of its
    mean, the first one the last to move.

    Args:
        starts: (n + 1) index of each person's first option, and the number of options.
        chance: (options) chance of each, of every person 1 together; used up.
        weights: (options, k) what each counts in the k sums.
        lots: one more number in [0, 1) than there are options.
    """
    kept = weights.shape[1]
    window, held, after = np.empty(kept + 1, dtype=np.int64), 0, 0
    options, others = np.empty(kept + 1, dtype=np.int64), np.empty(kept + 1, dtype=np.int64)
    along, change = np.empty(kept + 1), np.zeros(len(chance))
    for lot in lots:
        held, after = _open(starts, chance, window, held, after, chosen)
        count = _free(starts, chance, window[:held], chosen, options[: kept + 1], others)
        if count == 0:
            return
        kept = min(kept, count - 1)
        matrix = np.empty((kept, count))
        for at in range(count):
            matrix[:, at] = weights[options[at], :kept] - weights[others[at], :kept]
        _null(matrix, along[:count])
        _step(chance, options[:count], others[:count], along[:count], lot, change)
