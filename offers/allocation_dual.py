"""Dual prices of the terms: the lowest Lagrangian bound, by cutting planes in a box that follows the best point.

The bound is convex and piecewise linear in the prices; a survey of the customers at some prices gives its height and
slope there, for every piece (group of customers) a plane. Kelley's method with a trust box and several cuts a pass:
Frangioni, Standard bundle methods (2020). Large problems begin at the prices of a sample of the customers; in a box
around them most customers' choice is the same everywhere, so that only the others need to be surveyed again and again.
"""

from dataclasses import dataclass, replace

import numpy as np

from offers.allocation_master import Master
from offers.allocation_problem import Problem, Survey
from offers.allocation_types import Floats, Ints

# Relative distance between the bound and the planes' floor at which the prices are good enough.
TOLERANCE = 1e-8
_SAMPLE_TOLERANCE = 1e-6
# Bounds of whole values are rounded down: a hundredth of a minor unit is nothing.
_WHOLE_TOLERANCE = 0.01
_MAX_PASSES = 150
_PIECES = 16
# A step that lowers the bound by this share of what the planes promised lets the box grow; others make it shrink.
_SERIOUS = 0.1
# Above this many customers the search begins at the prices of a sample of one in eight.
_MANY_CUSTOMERS = 16_000
_PART = 8
# The box around a sample's prices: this share of them, and of a typical price of the same weight, over the root of
# the sample's customers; around last night's prices: this share of the same. A box that proves too small is widened.
_NEAR_SAMPLE, _NEAR_LAST_NIGHT, _NEAR_HIGHEST, _WIDEN = 4.0, 0.05, 0.01, 4.0
_LEAST_BOX, _EDGE = 1e-6, 1e-3
# So many boxes are tried around last night's prices before a sample is asked, and around a sample's at all.
_LAST_NIGHT_BOXES, _MAX_BOXES = 3, 40
_FIRST_BOX = 0.1
# No price of a minimum is looked for above this many times the dearest candidate's value per unit.
_DEAREST = 16.0


@dataclass(frozen=True)
class Dual:
    """Prices of the terms, a typical high price of each, and how many surveys of all customers it took."""

    prices: Floats
    unit: Floats
    passes: int


def prices(problem: Problem, start: Floats | None = None, tolerance: float = TOLERANCE) -> Dual:
    """Return the prices (0 or more, one per term) at which the bound is as low as it gets, or nearly.

    Args:
        problem: the candidates and terms.
        start: prices to begin with, such as last night's.
        tolerance: relative height of the bound above its lowest that is good enough.
    """
    nothing = np.zeros(len(problem.terms.amount))
    if not problem.candidates or (problem.terms.left(problem.survey(nothing).used) >= 0).all():
        return Dual(nothing, nothing, 1)
    if problem.customers <= _MANY_CUSTOMERS:
        return _alone(problem, start, tolerance)
    if start is not None:
        unit = highest(problem.part(problem.customers // _MANY_CUSTOMERS))
        near = Dual(np.minimum(start, unit), unit, 0)
        radius = _NEAR_LAST_NIGHT * _spread(problem, near.prices) + _NEAR_HIGHEST * unit
        found = _around(problem, near, radius, tolerance, boxes=_LAST_NIGHT_BOXES)
        if found is not None:
            return found
    sample = problem.part(_PART)
    near = prices(sample, None, _SAMPLE_TOLERANCE)
    radius = (_NEAR_SAMPLE * _spread(problem, near.prices) + _NEAR_HIGHEST * near.unit) / sample.customers**0.5
    return _around(problem, near, radius, tolerance, boxes=_MAX_BOXES) or near


def _spread(problem: Problem, near: Floats) -> Floats:
    """Return how far prices are likely to be off: in proportion to themselves and to the dearest of the same weight."""
    column = problem.rules.column[problem.terms.limit]
    dearest = np.array([near[column == other].max() for other in column])
    return np.asarray(np.maximum(near, dearest / 2))


def bound(problem: Problem, prices: Floats) -> float:
    """Return what the prices prove that no choice exceeds; exact, and rounded down, where values are whole."""
    found = problem.survey(prices)
    left = problem.terms.left(found.used)
    if not problem.is_whole:
        return found.value + float(prices @ left)
    scaled = sum(round(price * problem.price_scale) * int(rest) for price, rest in zip(prices, left, strict=True))
    return float((int(found.value) * problem.price_scale + scaled) // problem.price_scale)


def rounded(problem: Problem, point: Floats) -> Floats:
    """Return the prices as multiples of a power of two that lets whole values be added up exactly."""
    if not problem.is_whole:
        return point
    return np.asarray(np.rint(point * problem.price_scale) / problem.price_scale)


def highest(problem: Problem) -> Floats:
    """Return for each term the price above which nothing that uses it is worth it."""
    found = np.zeros(len(problem.terms.amount))
    for term, weight in enumerate(np.abs(problem.dense)):
        used = weight > 0
        most = float((problem.arrays.value[used] / weight[used]).max()) if used.any() else 0.0
        found[term] = most if problem.terms.sign[term] > 0 else _DEAREST * most
    return found


def _alone(problem: Problem, start: Floats | None, tolerance: float) -> Dual:
    most = highest(problem)
    centre = np.zeros(len(most)) if start is None else np.minimum(start, most)
    search = _Search(problem, centre, (np.zeros(len(most)), most), tolerance)
    search.run(most if start is None else 0.1 * centre + 0.001 * most)
    return Dual(search.best, most, search.passes)


def _around(problem: Problem, near: Dual, radius: Floats, tolerance: float, boxes: int) -> Dual | None:
    """Return the best prices, looked for in a box around `near` that is moved until they are inside it.

    None if they are in none of so many boxes.
    """
    centre, most, passes = near.prices, near.unit, 0
    radius = np.maximum(radius, _LEAST_BOX * most.max())
    for _ in range(boxes):
        low, high = np.maximum(centre - radius, 0.0), centre + radius
        rest, base = _reduced(problem, centre, low, high)
        search = _Search(rest, centre, (low, high), tolerance, base)
        search.run(_FIRST_BOX * radius)
        passes += 2
        # Prices of whole values are rounded: at the edge is what is nearly there.
        centre, edge = search.best, _EDGE * radius
        too_low, too_high = (centre <= low + edge) & (low > 0), centre >= high - edge
        is_hopeless = (problem.terms.sign < 0) & (centre >= most) & (most > 0)
        if not (too_low | too_high).any() or is_hopeless.any() or search.base + search.lowest < 0:
            return Dual(centre, most, passes)
        radius = np.where(too_low | too_high, _WIDEN * radius, radius)
        radius = np.where(too_low, np.maximum(radius, centre), radius)
    return None


def _reduced(problem: Problem, centre: Floats, low: Floats, high: Floats) -> tuple[Problem, float]:
    """Return the problem of those who are undecided in the box, with what the others leave, and the others' value."""
    _, _, rest = problem.undecided(low, high)
    everybody, them = problem.survey(centre), rest.survey(centre)
    left = problem.terms.left(everybody.used - them.used)
    return replace(rest, terms=replace(problem.terms, amount=left)), everybody.value - them.value


class _Search:
    """Planes collected so far, the best prices, and the box in which the next are looked for.

    Args:
        problem: who is surveyed.
        start: the first prices to try.
        box: lowest and highest prices to look for.
        tolerance: relative height above the lowest that is good enough.
        base: value of those who are not surveyed.
    """

    def __init__(
        self,
        problem: Problem,
        start: Floats,
        box: tuple[Floats, Floats],
        tolerance: float,
        base: float = 0.0,
    ) -> None:
        self.problem, self.box, self.base = problem, box, base
        self.best, self.lowest, self.passes = rounded(problem, start), np.inf, 0
        self.tolerance = tolerance
        self.tried: set[tuple[float, ...]] = set()
        self.unit = np.maximum((box[1] - box[0]) / 2, 1e-12)
        self.master: Master | None = None

    def run(self, radius: Floats) -> None:
        """Try prices until the planes prove that the best cannot be bettered by more than the tolerance."""
        self._try(self.best)
        for _ in range(_MAX_PASSES):
            # A bound below 0 proves that the minima cannot be reached: nothing is worth less than 0.
            if self.base + self.lowest < 0:
                return
            low = np.maximum(self.best - radius, self.box[0])
            high = np.minimum(self.best + radius, self.box[1])
            raw, floor = self._planes().lowest(low, high)
            point, promised = rounded(self.problem, raw), self.lowest - floor
            if promised <= self._enough() or tuple(point) in self.tried:
                edge = 1e-9 * self.unit
                inside = ((raw > low + edge) | (low <= self.box[0])) & ((raw < high - edge) | (high >= self.box[1]))
                if inside.all():
                    return
                radius = radius * 4.0
                continue
            before = self.lowest
            self._try(point)
            radius = radius * (2.0 if before - self.lowest >= _SERIOUS * promised else 0.6)

    def _enough(self) -> float:
        least = _WHOLE_TOLERANCE if self.problem.is_whole else 0.0
        return max(self.tolerance * abs(self.base + self.lowest), least)

    def _planes(self) -> Master:
        if self.master is None:
            raise RuntimeError("no prices were tried")
        return self.master

    def _try(self, point: Floats) -> None:
        self.tried.add(tuple(point))
        self.passes += 1
        found, terms = self.problem.survey(point), self.problem.terms
        height = found.value + float(point @ terms.left(found.used))
        worth, usage = _pieces(found)
        if self.master is None:
            self.master = Master(point, self.unit, terms.amount.astype(np.float64))
        self.master.cut(worth, (terms.sign * usage[:, terms.limit]).astype(np.float64))
        if height < self.lowest:
            self.lowest, self.best = height, point


def _pieces(found: Survey) -> tuple[Floats, Ints]:
    """Return worth and usage of at most 16 groups of blocks."""
    blocks = len(found.worth)
    begins = np.linspace(0, blocks, min(_PIECES, blocks) + 1).astype(np.int64)[:-1]
    return np.add.reduceat(found.worth, begins), np.add.reduceat(found.usage, begins, axis=0)
