"""The small linear program that says where the Lagrangian bound may be lowest: its cutting planes, solved by HiGHS."""

import highspy
import numpy as np

from offers.allocation_types import Floats

_OPTIONS = {"output_flag": False, "threads": 1, "presolve": "off", "solver": "simplex"}
_OPTIONS |= {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}


def solver(options: dict[str, object]) -> highspy.Highs:
    """Return a HiGHS solver with these options."""
    highs = highspy.Highs()
    for name, value in options.items():
        highs.setOptionValue(name, value)
    return highs


class Master:
    """The planes of every piece of the bound, collected pass by pass.

    The bound is prices x amounts + the sum of the pieces; a piece is at least `worth - usage x prices` for each
    plane. The program works with what differs from the first plane at `centre`, in units of `unit` and `scale`: HiGHS's
    tolerances are absolute, and the bound's last digits matter.

    Args:
        centre: the first prices that were tried.
        unit: how far from them prices are looked for, one per price; greater than 0.
        amounts: one per price.
    """

    def __init__(self, centre: Floats, unit: Floats, amounts: Floats) -> None:
        self.centre, self.unit, self.amounts = centre, unit, amounts
        self.scale, self.heights = 0.0, np.zeros(0)
        self._solver = solver(_OPTIONS)

    def cut(self, worth: Floats, usage: Floats) -> None:
        """Add a plane per piece: its worth, and its usage of each term (pieces x prices)."""
        count, heights = len(self.unit), worth - usage @ self.centre
        if not self.scale:
            self._begin(heights, usage.sum(axis=0))
        pieces, width = len(worth), count + 1
        indices = np.empty((pieces, width), dtype=np.int32)
        indices[:, :-1] = np.arange(count)
        indices[:, -1] = count + np.arange(pieces)
        values = np.hstack([usage * self.unit / self.scale, np.ones((pieces, 1))])
        starts = np.arange(0, pieces * width, width, dtype=np.int32)
        low, high = (heights - self.heights) / self.scale, np.full(pieces, highspy.kHighsInf)
        self._solver.addRows(pieces, low, high, values.size, starts, indices.ravel(), values.ravel())

    def _begin(self, heights: Floats, usage: Floats) -> None:
        self.heights = heights
        self.scale = max(float(np.abs(self.amounts - usage) @ self.unit), 1e-9)
        infinity = highspy.kHighsInf
        for cost in self.amounts * self.unit / self.scale:
            self._solver.addCol(cost, 0.0, 0.0, 0, [], [])
        for _ in heights:
            self._solver.addCol(1.0, -infinity, infinity, 0, [], [])

    def lowest(self, low: Floats, high: Floats) -> tuple[Floats, float]:
        """Return the prices from `low` to `high` at which the planes are lowest, and how low the bound is there."""
        count = len(self.unit)
        columns, steps = np.arange(count, dtype=np.int32), [(edge - self.centre) / self.unit for edge in (low, high)]
        self._solver.changeColsBounds(count, columns, *steps)
        self._solver.run()
        prices = self.centre + np.array(self._solver.getSolution().col_value[:count]) * self.unit
        base = float(self.centre @ self.amounts + self.heights.sum())
        return np.clip(prices, low, high), base + self._solver.getInfo().objective_function_value * self.scale
