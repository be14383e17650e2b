"""The RFM rule: what customers of the same recency, frequency and monetary class did before.

It is what a marketer would do without a model. Models must beat it to be used, and it scores where no model may.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data import Floats
from offermill import sqlfiles
from offermill.run import Run
from offermill.warehouse import Warehouse

SOURCE = "rfm"
HISTORY = "models.rfm_history"
# Classes per dimension: recency tells most, so it gets most; class 0 of recency is "no order yet".
_CLASSES = (10, 5, 4)
# A cell counts as if it held this many more customers that behave like the coarser cell around it; how many is
# chosen by the squared error on rows left out, so that the rule is as good as such a rule can be.
_PRIOR_ROWS = (20.0, 100.0, 500.0, 2500.0)
_FOLDS = 5

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class RfmBaseline:
    """Mean outcomes per cell of recency x frequency x monetary class.

    Attributes:
        edges: upper ends of the classes, one rising list per dimension.
        chance: share of customers who bought in the horizon, per cell.
        margin_minor: mean margin in the horizon, per cell, in minor units.
    """

    edges: tuple[Floats, Floats, Floats]
    chance: Floats
    margin_minor: Floats

    def cells(self, rfm: Floats) -> NDArray[np.int64]:
        """Return the cell number of every row of (recency, frequency, monetary)."""
        return _cells(rfm, self.edges)

    def predict_chance(self, rfm: Floats) -> Floats:
        """Return the share of the row's cell that bought."""
        return np.asarray(self.chance[self.cells(rfm)], dtype=np.float64)

    def predict_margin(self, rfm: Floats) -> Floats:
        """Return the mean margin of the row's cell in minor units."""
        return np.asarray(self.margin_minor[self.cells(rfm)], dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        """Return edges and cell means as plain JSON."""
        return {
            "edges": [edge.tolist() for edge in self.edges],
            "chance": np.round(self.chance, 8).tolist(),
            "margin_minor": np.round(self.margin_minor, 4).tolist(),
        }


def _edges(values: Floats, classes: int) -> Floats:
    known = values[~np.isnan(values)]
    if not len(known):
        return np.empty(0)
    return np.unique(np.quantile(known, np.arange(1, classes) / classes, method="lower"))


def _cells(rfm: Floats, edges: tuple[Floats, Floats, Floats]) -> NDArray[np.int64]:
    recency, frequency, monetary = (np.searchsorted(edge, rfm[:, i], side="left") for i, edge in enumerate(edges))
    recency = np.where(np.isnan(rfm[:, 0]), 0, recency + 1)
    return np.asarray((recency * (len(edges[1]) + 1) + frequency) * (len(edges[2]) + 1) + monetary, dtype=np.int64)


def _cell_means(outcome: Floats, cell: NDArray[np.int64], shape: Shape, prior_rows: float) -> Floats:
    """Return means per cell, pulled to recency x frequency, that to recency, and that to the mean of all."""
    size = shape[0] * shape[1] * shape[2]
    rows = np.bincount(cell, minlength=size).reshape(shape).astype(np.float64)
    sums = np.bincount(cell, outcome, minlength=size).reshape(shape)
    mean = np.full((1, 1, 1), outcome.mean())
    for axes in ((1, 2), (2,), ()):
        within, total = rows.sum(axis=axes, keepdims=True), sums.sum(axis=axes, keepdims=True)
        mean = (total + prior_rows * mean) / (within + prior_rows)
    return np.asarray(mean.ravel(), dtype=np.float64)


def _left_out_error(outcome: Floats, cell: NDArray[np.int64], shape: Shape, prior_rows: float) -> float:
    fold = np.arange(len(outcome)) % _FOLDS
    error = 0.0
    for number in range(_FOLDS):
        inside, outside = fold != number, fold == number
        means = _cell_means(outcome[inside], cell[inside], shape, prior_rows)
        error += float(((outcome[outside] - means[cell[outside]]) ** 2).sum())
    return error


def _best_means(outcome: Floats, cell: NDArray[np.int64], shape: Shape) -> Floats:
    best = min(_PRIOR_ROWS, key=lambda rows: _left_out_error(outcome, cell, shape, rows))
    return _cell_means(outcome, cell, shape, best)


def fit(rfm: Floats, bought: NDArray[np.bool_], margin_minor: Floats) -> RfmBaseline:
    """Return the rule learned from rows of (recency, frequency, monetary) and what followed."""
    recency, frequency, monetary = (_edges(rfm[:, i], classes) for i, classes in enumerate(_CLASSES))
    edges = (recency, frequency, monetary)
    shape = (len(recency) + 2, len(frequency) + 1, len(monetary) + 1)
    cell = _cells(rfm, edges)
    chance, margin = (_best_means(outcome, cell, shape) for outcome in (bought.astype(np.float64), margin_minor))
    return RfmBaseline(edges, chance, margin)


def from_history(warehouse: Warehouse, run: Run) -> RfmBaseline | None:
    """Return the rule learned from the last complete horizon before the business date; None without any order."""
    rows = warehouse.arrow(sqlfiles.read(HISTORY).text, run.parameters)
    if not rows.num_rows:
        return None
    rfm = np.column_stack([rows[name].to_numpy().astype(np.float64) for name in rows.column_names[1:4]])
    margin = rows["margin_minor_next"].to_numpy().astype(np.float64)
    return fit(rfm, rows["bought"].to_numpy().astype(bool), margin)


def model_id(run: Run) -> str:
    """Return the id under which scores of the rule are kept."""
    return f"{SOURCE}-{run.business_date.isoformat()}"
