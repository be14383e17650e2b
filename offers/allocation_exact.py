"""Which switches to make: HiGHS's branch and bound over a few, or its linear relaxation over many."""

from dataclasses import dataclass
from typing import Self

import highspy
import numpy as np

from offers.allocation_master import solver
from offers.allocation_types import Flags, Floats, Ints

_OPTIONS: dict[str, object] = {"output_flag": False, "threads": 1}


@dataclass(frozen=True)
class Switches:
    """What might be held instead, one entry per switch; of a customer's switches at most one is made.

    Attributes:
        customer: who switches.
        candidate: to what; -1: to nothing.
        gain: value gained; below 0 where it is lost.
        change: what it uses more of each term (terms x switches); below 0 where it uses less.
        left: what is left of each term before any switch; below 0 where it does not hold.
    """

    customer: Ints
    candidate: Ints
    gain: Floats
    change: Ints
    left: Ints

    def only(self, kept: Flags) -> Self:
        """Return these of the switches."""
        return type(self)(self.customer[kept], self.candidate[kept], self.gain[kept], self.change[:, kept], self.left)

    def after(self, taken: Flags) -> Ints:
        """Return what is left of each term once these were made."""
        return np.asarray(self.left - self.change[:, taken].sum(axis=1), dtype=np.int64)


@dataclass(frozen=True)
class Found:
    """Which switches to make; whether nothing better exists; whether any choice holds the terms."""

    taken: Flags
    is_optimal: bool
    is_possible: bool = True


def best(switches: Switches, *, nodes: int, near_enough: float) -> Found:
    """Return switches that hold the terms and gain the most, or none of them.

    Args:
        switches: a few.
        nodes: a bound on work, not on time: the same instance gives the same answer on any machine.
        near_enough: distance from the bound, in the unit of values, at which the search may end.
    """
    none = np.zeros(len(switches.gain), dtype=np.bool_)
    highs = solver({**_OPTIONS, "mip_rel_gap": 0.0, "mip_abs_gap": near_enough, "mip_max_nodes": nodes})
    model = _model(switches, np.ones(len(none), dtype=np.int64))
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(none)
    highs.passModel(model)
    if (switches.left >= 0).all():
        start = highspy.HighsSolution()
        start.col_value = [0.0] * len(none)
        highs.setSolution(start)
    highs.run()
    status, values = highs.getModelStatus(), np.array(highs.getSolution().col_value)
    if status == highspy.HighsModelStatus.kInfeasible:
        return Found(none, is_optimal=True, is_possible=False)
    taken = values > 0.5 if len(values) == len(none) else none
    # Floating solvers may bend a limit by a hair: what they return is checked in whole numbers.
    if not is_allowed(switches, taken) or (is_allowed(switches, none) and switches.gain[taken].sum() <= 0):
        taken = none
    return Found(taken, is_optimal=status == highspy.HighsModelStatus.kOptimal)


def relaxed(switches: Switches, counts: Ints) -> Floats | None:
    """Return how often each switch is made in the linear relaxation, where each stands for `counts` customers.

    None if it has no solution.
    """
    # Presolving takes a hundred times longer than solving: a handful of rows, thousands of columns.
    highs = solver({**_OPTIONS, "presolve": "off"})
    highs.passModel(_model(switches, counts))
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.array(highs.getSolution().col_value)


def is_allowed(switches: Switches, taken: Flags) -> bool:
    """Tell whether the switches hold every term, and nobody makes two."""
    who = switches.customer[taken]
    return len(np.unique(who)) == len(who) and bool((switches.after(taken) >= 0).all())


def _model(switches: Switches, counts: Ints) -> highspy.HighsLp:
    terms, count = switches.change.shape
    # Who has one switch needs no row: its column has a bound.
    _, first, group, sizes = np.unique(switches.customer, True, True, True)
    row = np.where(sizes > 1, terms + np.cumsum(sizes > 1) - 1, -1)[group]
    rows = terms + int((sizes > 1).sum())
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, rows
    model.col_cost_ = -switches.gain
    model.col_lower_, model.col_upper_ = np.zeros(count), counts.astype(np.float64)
    model.row_lower_ = np.full(rows, -highspy.kHighsInf)
    model.row_upper_ = np.concatenate([switches.left.astype(np.float64), counts[first[sizes > 1]]])
    places = np.hstack([np.tile(np.arange(terms), (count, 1)), row[:, None]])
    values = np.hstack([switches.change.T, (row >= 0)[:, None]]).astype(np.float64)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.concatenate([[0], np.cumsum((values != 0).sum(axis=1))])
    model.a_matrix_.index_, model.a_matrix_.value_ = places[values != 0], values[values != 0]
    return model
