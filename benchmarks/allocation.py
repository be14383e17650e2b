"""Seconds, gap and memory of the allocation beside HiGHS's LP, OR-Tools' PDLP and greedy by ratio, on one instance.

    PYTHONPATH=. .venv-comparison/bin/python benchmarks/allocation.py [--customers 10000 100000] [--minutes 15]

Each method solves the same instance (that of ../shared/bench/allocate_score.py) in a process of its own, highspy and
ortools never in one. The gap is the distance of a method's plan from the bound that our prices prove; an LP has no
plan, so its column is how far its optimum is below that bound. Read seconds as multiples of ours.
"""

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import pyarrow as pa

SCORE = Path(__file__).resolve().parents[2] / "shared" / "bench"
SHARE, SEED, OFFERS = 0.2, 7, 20
METHODS = ("ours", "greedy", "highs", "pdlp")


def instance(customers: int) -> tuple[list[np.ndarray], list[tuple[str, int, np.ndarray, bool]]]:
    """Return candidates' columns and the 14 limits: name, at most, which candidates count, and whether by cost."""
    sys.path.insert(0, str(SCORE))
    from allocate_score import best_without_limits
    from allocate_score import candidates as made

    columns = made(customers, OFFERS, SEED)
    customer, offer, value, cost, segment, channel = columns
    free = best_without_limits(customer, value)
    rng = np.random.default_rng(SEED + 1)
    limits = [("money", int(SHARE * cost[free].sum()), np.ones(len(value), bool), True)]
    for number in range(8):
        spent = cost[free][segment[free] == number].sum()
        limits.append((f"s{number}", int(SHARE * spent * rng.uniform(0.7, 1.6)), segment == number, True))
    for number in range(3):
        contacts = (channel[free] == number).sum()
        limits.append((f"c{number}", int(contacts * SHARE * rng.uniform(1.2, 2.4)), channel == number, False))
    for number in np.argsort(-np.bincount(offer[free], minlength=OFFERS))[:2]:
        limits.append((f"o{number}", int((offer[free] == number).sum() * SHARE * 0.8), offer == number, False))
    return columns, limits


def ours(columns: list[np.ndarray], limits: list[tuple[str, int, np.ndarray, bool]]) -> dict[str, float]:
    """Return the choice's value and bound."""
    from offers.allocation import Limit, allocate

    customer, offer, value, cost, segment, channel = columns
    table = pa.table(
        {"customer_id": customer, "offer_id": offer, "value": value, "cost": cost, "s": segment, "c": channel}
    )
    column = {"s": "s", "c": "c", "o": "offer_id"}
    given = [
        Limit(name, most, "cost" if by_cost else None, {column[name[0]]: int(name[1:])} if name != "money" else None)
        for name, most, _, by_cost in limits
    ]
    started = perf_counter()
    choice = allocate(table, given)
    return {"seconds": perf_counter() - started, "value": choice.value, "bound": choice.upper_bound}


def weights(columns: list[np.ndarray], limits: list[tuple[str, int, np.ndarray, bool]]) -> np.ndarray:
    """Return limits x candidates."""
    return np.array([np.where(counted, columns[3] if by_cost else 1, 0) for _, _, counted, by_cost in limits])


def greedy(columns: list[np.ndarray], limits: list[tuple[str, int, np.ndarray, bool]]) -> dict[str, float]:
    """Return the value of taking candidates by value per cost while they fit."""
    customer, value, cost = columns[0], columns[2], columns[3]
    started = perf_counter()
    uses, left = weights(columns, limits).T, np.array([most for _, most, _, _ in limits])
    served, total = set(), 0.0
    for row in np.argsort(-value / np.maximum(cost, 1), kind="stable"):
        if customer[row] not in served and (uses[row] <= left).all():
            left = left - uses[row]
            served.add(customer[row])
            total += value[row]
    return {"seconds": perf_counter() - started, "value": float(total)}


def highs(columns: list[np.ndarray], limits: list[tuple[str, int, np.ndarray, bool]]) -> dict[str, float]:
    """Return the linear relaxation's optimum by HiGHS."""
    from scipy.optimize import linprog

    matrix, high = rows(columns, limits)
    started = perf_counter()
    solved = linprog(-columns[2], A_ub=matrix, b_ub=high, bounds=(0, 1), method="highs")
    return {"seconds": perf_counter() - started, "value": float(-solved.fun)}


def pdlp(columns: list[np.ndarray], limits: list[tuple[str, int, np.ndarray, bool]]) -> dict[str, float]:
    """Return the linear relaxation's optimum by OR-Tools' PDLP, to a relative 1e-6."""
    from ortools.pdlp import solvers_pb2
    from ortools.pdlp.python import pdlp as solver

    matrix, high = rows(columns, limits)
    program = solver.QuadraticProgram()
    program.resize_and_initialize(matrix.shape[1], matrix.shape[0])
    program.objective_vector = -columns[2]
    program.constraint_matrix = matrix.tocsc()
    program.constraint_lower_bounds = np.full(len(high), -np.inf)
    program.constraint_upper_bounds = high.astype(np.float64)
    program.variable_lower_bounds, program.variable_upper_bounds = np.zeros(matrix.shape[1]), np.ones(matrix.shape[1])
    settings = solvers_pb2.PrimalDualHybridGradientParams()
    settings.num_threads = 2
    optimality = settings.termination_criteria.simple_optimality_criteria
    optimality.eps_optimal_relative = optimality.eps_optimal_absolute = 1e-6
    started = perf_counter()
    solved = solver.primal_dual_hybrid_gradient(program, settings)
    return {"seconds": perf_counter() - started, "value": float(columns[2] @ solved.primal_solution)}


def rows(columns: list[np.ndarray], limits: list[tuple[str, int, np.ndarray, bool]]):
    """Return the sparse matrix of limits and customers, and what each row may reach."""
    from scipy.sparse import csr_array, vstack

    _, customer = np.unique(columns[0], return_inverse=True)
    count = len(customer)
    one = csr_array((np.ones(count), (customer, np.arange(count))), shape=(customer.max() + 1, count))
    matrix = vstack([csr_array(weights(columns, limits).astype(np.float64)), one]).tocsr()
    return matrix, np.concatenate([[most for _, most, _, _ in limits], np.ones(one.shape[0])])


def measured(method: str, customers: int, minutes: float) -> dict[str, float] | None:
    """Return what a process of its own printed; None if it took too long or failed."""
    command = [sys.executable, __file__, "--one", method, "--customers", str(customers)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60 * minutes, check=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return None
    return json.loads(done.stdout.splitlines()[-1])


def one(method: str, customers: int) -> None:
    """Solve and print one line of JSON; compiled code and imports are warmed up on a small instance before."""
    solve = globals()[method]
    solve(*instance(300))
    columns, limits = instance(customers)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = solve(columns, limits)
    print(json.dumps({**found, "extra_gb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e6}))


def main() -> None:
    """Print a Markdown table, one line per size and method."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--customers", type=int, nargs="+", default=[10_000, 100_000])
    options.add_argument("--minutes", type=float, default=15.0, help="after which a method is given up")
    options.add_argument("--one", choices=METHODS, help="run this method here and print JSON")
    given = options.parse_args()
    if given.one:
        one(given.one, given.customers[0])
        return
    print("| customers | method | seconds | x ours | distance from the bound | extra GB |\n|---|---|---|---|---|---|")
    for customers in given.customers:
        base = measured("ours", customers, given.minutes)
        for method in METHODS:
            found = base if method == "ours" else measured(method, customers, given.minutes)
            if base is None or found is None:
                print(f"| {customers:,} | {method} | failed or above {given.minutes:g} minutes | | | |", flush=True)
                continue
            distance, ratio = 1 - found["value"] / base["bound"], found["seconds"] / base["seconds"]
            print(
                f"| {customers:,} | {method} | {found['seconds']:.2f} | {ratio:.1f} | {distance:.1e} "
                f"| {found['extra_gb']:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
