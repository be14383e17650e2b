"""Dual prices of the limits: minimise the Lagrangian bound by cutting planes in a box that follows the best point.

The bound is convex and piecewise linear in the prices; each pass over the candidates gives its value and a slope
(caps less usage). Kelley's method with a trust box: Frangioni, Standard bundle methods (2020).
"""

from collections.abc import Iterator

import numpy as np
from scipy.optimize import linprog

from offers.allocation_problem import PRICE_SCALE, Problem
from offers.allocation_types import Floats

# Relative distance between the bound and the planes' floor at which the prices are good enough.
_TOLERANCE = 1e-9
# Bounds of whole values are rounded down: a hundredth of a minor unit is nothing.
_WHOLE_TOLERANCE = 0.01
_MAX_PASSES = 150
# A step that lowers the bound by this share of what the planes promised lets the box grow; others make it shrink.
_SERIOUS = 0.1
# Above this many customers the search begins at the prices of a twentieth of them, in a box of a tenth around.
_MANY_CUSTOMERS = 20_000
_PART = 20
_FIRST_BOX = 0.1


def prices(problem: Problem) -> Floats:
    """Return one price >= 0 per limit (a multiple of 1 / PRICE_SCALE) that makes the bound as low as it gets."""
    nothing = np.zeros(len(problem.caps))
    if not len(problem.rows) or _all_fit(problem):
        return nothing
    highest = np.array([_densest(problem, limit) for limit in range(len(problem.caps))])
    if len(problem.starts) <= _MANY_CUSTOMERS:
        search = _Search(problem, nothing, highest, highest)
    else:
        near = prices(problem.part(_PART))
        search = _Search(problem, near, np.maximum(_FIRST_BOX * near, 1e-3 * highest), highest)
    for point in search.points():
        search.cut(point)
    return search.best


def _all_fit(problem: Problem) -> bool:
    _, chosen = problem.best(np.zeros(len(problem.caps)))
    return bool((problem.usage_of(chosen) <= problem.caps).all())


def _densest(problem: Problem, limit: int) -> float:
    """Return the price above which nothing that uses the limit is worth it."""
    weight = problem.weights[limit]
    used = weight > 0
    most = float((problem.value[used] / weight[used]).max()) if used.any() else 0.0
    return float(np.ceil(most * PRICE_SCALE) / PRICE_SCALE)


class _Search:
    """Cutting planes collected so far, the best prices and the box in which the next are looked for."""

    def __init__(self, problem: Problem, start: Floats, radius: Floats, highest: Floats) -> None:
        self.problem = problem
        self.highest = highest
        self.radius = radius
        self.best = np.minimum(start, highest)
        self.lowest = np.inf
        self.tried: set[tuple[float, ...]] = set()
        self.slopes: list[Floats] = []
        self.offsets: list[float] = []

    @property
    def tolerance(self) -> float:
        """Return how much lower the bound would have to get to be worth a pass."""
        return max(_TOLERANCE * abs(self.lowest), _WHOLE_TOLERANCE if self.problem.has_whole_values else 0.0)

    def points(self) -> Iterator[Floats]:
        """Yield prices to try until the planes prove that the best cannot be bettered by more than the tolerance."""
        yield self.best
        for _ in range(_MAX_PASSES):
            point, floor, is_inside = self._lowest_plane()
            promised = self.lowest - floor
            if promised <= self.tolerance or tuple(point) in self.tried:
                if is_inside:
                    return
                self.radius = np.minimum(self.radius * 4.0, self.highest)
                continue
            before = self.lowest
            yield point
            grow = 2.0 if before - self.lowest >= _SERIOUS * promised else 0.6
            self.radius = np.minimum(self.radius * grow, self.highest)

    def cut(self, point: Floats) -> None:
        """Evaluate the bound at a point and keep its plane."""
        self.tried.add(tuple(point))
        best, chosen = self.problem.best(point)
        slope = (self.problem.caps - self.problem.usage_of(chosen)).astype(np.float64)
        height = float(point @ self.problem.caps + best.sum())
        self.slopes.append(slope)
        self.offsets.append(height - float(slope @ point))
        if height < self.lowest:
            self.lowest, self.best = height, point

    def _lowest_plane(self) -> tuple[Floats, float, bool]:
        """Return where the planes' maximum is lowest in the box, how low, and whether the box did not cut it off."""
        low = np.maximum(self.best - self.radius, 0.0)
        high = np.minimum(self.best + self.radius, self.highest)
        slopes, offsets = np.array(self.slopes), np.array(self.offsets)
        # The master works in units of the highest price and of the highest plane, so that its tolerances mean the same.
        scale, unit = max(1.0, float(np.abs(offsets).max())), np.maximum(self.highest, 1e-12)
        solved = linprog(
            np.append(np.zeros(len(unit)), 1.0),
            A_ub=np.hstack([slopes * unit / scale, -np.ones((len(slopes), 1))]),
            b_ub=-offsets / scale,
            bounds=[*zip(low / unit, high / unit, strict=True), (None, None)],
            method="highs",
        )
        raw = solved.x[:-1] * unit
        inside = ((raw > low + 1e-9 * unit) | (low <= 0)) & ((raw < high - 1e-9 * unit) | (high >= self.highest))
        point = np.asarray(np.rint(np.clip(raw, low, high) * PRICE_SCALE) / PRICE_SCALE, dtype=np.float64)
        return point, float(solved.fun * scale), bool(inside.all())
