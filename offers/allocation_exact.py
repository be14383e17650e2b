"""Small allocations solved to the proven optimum by HiGHS's branch and bound."""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array

from offers.allocation_problem import Ints, Problem

# Above this the gap of the dual prices is far below what anybody can measure, and branch and bound takes minutes.
MAX_CANDIDATES = 3_000
# A bound on work, not on time: the same instance gives the same answer on any machine.
_MAX_NODES = 50_000


def improve(problem: Problem, chosen: Ints, bound: float) -> tuple[Ints, float]:
    """Return the best choice and bound that HiGHS finds, or those given where the instance is too large."""
    if len(problem.rows) > MAX_CANDIDATES or not problem.has_whole_values:
        return chosen, bound
    one = _one_per_customer(problem)
    solved = milp(
        -problem.value.astype(np.float64),
        integrality=np.ones(len(problem.rows)),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(one, -np.inf, 1),
            LinearConstraint(problem.weights.astype(np.float64), -np.inf, problem.caps.astype(np.float64)),
        ],
        options={"mip_rel_gap": 0, "node_limit": _MAX_NODES},
    )
    if solved.x is None:
        return chosen, bound
    found = np.flatnonzero(solved.x > 0.5).astype(np.int64)
    # Floating solvers may bend a limit by a hair: what they return is checked in whole numbers.
    is_valid = bool((problem.usage_of(found) <= problem.caps).all())
    if is_valid and problem.value_of(found) > problem.value_of(chosen):
        chosen = found
    proven = float(np.floor(-solved.mip_dual_bound + 1e-6)) if solved.mip_dual_bound is not None else bound
    return chosen, max(min(bound, proven), problem.value_of(chosen))


def _one_per_customer(problem: Problem) -> csr_array:
    count = len(problem.rows)
    shape = (len(problem.starts), count)
    return coo_array((np.ones(count), (problem.customer, np.arange(count))), shape=shape).tocsr()
