"""Small allocations solved to the proven optimum by HiGHS's branch and bound."""

import highspy
import numpy as np
from scipy.sparse import csc_array, vstack

from offers.allocation_problem import Problem
from offers.allocation_types import Ints

# Above this the gap of the dual prices is far below what anybody can measure, and branch and bound takes minutes.
MAX_CANDIDATES = 3_000
# A bound on work, not on time: the same instance gives the same answer on any machine.
_MAX_NODES = 20_000
_OPTIONS = {"output_flag": False, "threads": 1, "mip_rel_gap": 0.0, "mip_abs_gap": 0.5, "mip_max_nodes": _MAX_NODES}


def improve(problem: Problem, chosen: Ints, bound: float) -> tuple[Ints, float]:
    """Return the best choice and bound that HiGHS finds, or those given where the instance is too large."""
    if len(problem.rows) > MAX_CANDIDATES or not problem.has_whole_values:
        return chosen, bound
    solver = highspy.Highs()
    for name, value in _OPTIONS.items():
        solver.setOptionValue(name, value)
    solver.passModel(_model(problem))
    solver.run()
    found = np.flatnonzero(np.array(solver.getSolution().col_value) > 0.5)
    # Floating solvers may bend a limit by a hair: what they return is checked in whole numbers.
    if _is_allowed(problem, found) and problem.value_of(found) > problem.value_of(chosen):
        chosen = found
    proven = float(np.floor(-solver.getInfo().mip_dual_bound + 1e-6))
    return chosen, max(min(bound, proven), problem.value_of(chosen))


def _is_allowed(problem: Problem, found: Ints) -> bool:
    customers = problem.customer[found]
    return len(np.unique(customers)) == len(customers) and bool((problem.usage_of(found) <= problem.caps).all())


def _model(problem: Problem) -> highspy.HighsLp:
    count, customers = len(problem.rows), len(problem.starts) - 1
    one = csc_array((np.ones(count), (problem.customer, np.arange(count))), shape=(customers, count))
    matrix = csc_array(vstack([csc_array(problem.weights.astype(np.float64)), one]))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, matrix.shape[0]
    model.col_cost_ = -problem.value
    model.col_lower_, model.col_upper_ = np.zeros(count), np.ones(count)
    model.row_lower_ = np.full(matrix.shape[0], -highspy.kHighsInf)
    model.row_upper_ = np.concatenate([problem.caps.astype(np.float64), np.ones(customers)])
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    model.integrality_ = [highspy.HighsVarType.kInteger] * count
    return model
