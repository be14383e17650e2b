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
# A cell counts as if it held this many more customers that behave like the coarser cell around it. How many, for each
# of the three steps, is chosen by the squared error on rows left out: the rule is as good as such a rule can be.
_PRIOR_ROWS = (20.0, 100.0, 500.0, 2500.0)
_FOLDS = 5

Shape = tuple[int, int, int]
Priors = tuple[float, float, float]


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


@dataclass(frozen=True)
class _Sums:
    """Rows and sums of an outcome per cell."""

    rows: Floats
    sums: Floats

    @classmethod
    def of(cls, outcome: Floats, cell: NDArray[np.int64], shape: Shape) -> "_Sums":
        size = int(np.prod(shape))
        rows = np.bincount(cell, minlength=size).astype(np.float64)
        sums = np.bincount(cell, outcome, minlength=size).astype(np.float64)
        return cls(rows.reshape(shape), sums.reshape(shape))

    def less(self, other: "_Sums") -> "_Sums":
        return _Sums(self.rows - other.rows, self.sums - other.sums)

    def means(self, priors: Priors) -> Floats:
        """Return means per cell, pulled to recency x frequency, that to recency, and that to the mean of all."""
        mean = np.full((1, 1, 1), self.sums.sum() / self.rows.sum())
        for prior, axes in zip(priors, ((1, 2), (2,), ()), strict=True):
            rows, sums = (part.sum(axis=axes, keepdims=True) for part in (self.rows, self.sums))
            mean = (sums + prior * mean) / (rows + prior)
        return np.asarray(mean, dtype=np.float64)

    def squared_error(self, means: Floats) -> float:
        """Return the squared error of the means on these rows, less the part that no mean changes."""
        return float((self.rows * means**2 - 2 * self.sums * means).sum())


def _best_means(outcome: Floats, cell: NDArray[np.int64], shape: Shape) -> Floats:
    whole = _Sums.of(outcome, cell, shape)
    fold = np.arange(len(outcome)) % _FOLDS
    parts = [_Sums.of(outcome[fold == number], cell[fold == number], shape) for number in range(_FOLDS)]

    def left_out_error(priors: Priors) -> float:
        return sum(part.squared_error(whole.less(part).means(priors)) for part in parts)

    choices: list[Priors] = [(a, b, c) for a in _PRIOR_ROWS for b in _PRIOR_ROWS for c in _PRIOR_ROWS]
    return whole.means(min(choices, key=left_out_error)).ravel()


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
