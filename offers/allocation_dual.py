"""Dual prices of the limits: minimise the Lagrangian bound by cutting planes in a box that follows the best point.

The bound is convex and piecewise linear in the prices; each pass over the candidates gives its value and a slope
(caps less usage). Kelley's method with a trust box: Frangioni, Standard bundle methods (2020).
"""

from collections.abc import Iterator

import numpy as np
from scipy.optimize import linprog

from offers.allocation_problem import PRICE_SCALE, Floats, Problem

# Relative distance between the bound and the cutting planes' floor at which the prices are good enough.
_TOLERANCE = 1e-9
_MAX_PASSES = 120
# A step that lowers the bound by this share of what the planes promised moves the box's centre.
_SERIOUS = 0.1


def prices(problem: Problem) -> Floats:
    """Return one price >= 0 per limit (a multiple of 1 / PRICE_SCALE) that makes the bound as low as it gets."""
    count = len(problem.caps)
    if not len(problem.rows) or _all_fit(problem):
        return np.zeros(count)
    search = _Search(problem)
    for point in search.points():
        search.cut(point)
    return search.best


def _all_fit(problem: Problem) -> bool:
    _, chosen = problem.best(problem.scores(np.zeros(len(problem.caps))))
    return bool((problem.usage_of(chosen) <= problem.caps).all())


class _Search:
    """Cutting planes collected so far, the best prices and the box in which the next are looked for."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        # Above value / weight of the densest candidate nothing is chosen.
        self.highest = np.array([_densest(problem, limit) for limit in range(len(problem.caps))])
        self.slopes: list[Floats] = []
        self.offsets: list[float] = []
        self.best = np.zeros(len(problem.caps))
        self.lowest = np.inf
        self.radius = self.highest.copy()

    def points(self) -> Iterator[Floats]:
        """Yield prices to try until the planes prove that the best cannot be bettered by more than the tolerance."""
        yield self.best
        for _ in range(_MAX_PASSES):
            point, floor, is_inside = self._lowest_plane()
            promised = self.lowest - floor
            if is_inside and promised <= _TOLERANCE * abs(self.lowest):
                return
            before = self.lowest
            yield point
            gained = before - self.lowest
            self.radius = np.minimum(self.radius * (2.0 if gained >= _SERIOUS * promised else 0.6), self.highest)

    def cut(self, point: Floats) -> None:
        """Evaluate the bound at a point and keep its plane."""
        most, chosen = self.problem.best(self.problem.scores(point))
        slope = (self.problem.caps - self.problem.usage_of(chosen)).astype(np.float64)
        height = float(point @ self.problem.caps + most.sum())
        self.slopes.append(slope)
        self.offsets.append(height - float(slope @ point))
        if height < self.lowest:
            self.lowest, self.best = height, point

    def _lowest_plane(self) -> tuple[Floats, float, bool]:
        """Return where the planes' maximum is lowest in the box, how low, and whether the box did not cut it off."""
        low = np.maximum(self.best - self.radius, 0.0)
        high = np.minimum(self.best + self.radius, self.highest)
        slopes, offsets = np.array(self.slopes), np.array(self.offsets)
        scale = max(1.0, float(np.abs(offsets).max()))
        unit = np.maximum(self.highest, 1e-12)
        constraint = np.hstack([slopes * unit / scale, -np.ones((len(slopes), 1))])
        solved = linprog(
            np.append(np.zeros(len(unit)), 1.0),
            A_ub=constraint,
            b_ub=-offsets / scale,
            bounds=[*zip(low / unit, high / unit, strict=True), (None, None)],
            method="highs",
        )
        point = _grid(np.clip(solved.x[:-1] * unit, low, high))
        inside = ((point > low) | (low <= 0)) & ((point < high) | (high >= self.highest))
        return point, float(solved.fun * scale), bool(inside.all())


def _grid(point: Floats) -> Floats:
    return np.asarray(np.rint(point * PRICE_SCALE) / PRICE_SCALE, dtype=np.float64)


def _densest(problem: Problem, limit: int) -> float:
    weight = problem.weights[limit]
    used = weight > 0
    if not used.any():
        return 0.0
    return float(np.ceil((problem.value[used] / weight[used]).max() * PRICE_SCALE) / PRICE_SCALE)
