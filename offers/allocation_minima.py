"""Minima that no choice reaches: which they are, and how much can be reached."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from offermill.errors import ConfigError
from offers import allocation_dual, allocation_repair
from offers.allocation_kernels import NONE
from offers.allocation_problem import Problem, Terms, frozen
from offers.allocation_repair import Plan
from offers.allocation_types import Floats, Ints


class UnreachableMinimumError(ConfigError):
    """No choice within the limits reaches every `at_least`; caught by who would rather ask for less.

    Attributes:
        achievable: limit name -> the largest amount that can be reached, of each minimum that is out of reach.
    """

    def __init__(self, message: str, achievable: Mapping[str, int]) -> None:
        super().__init__(message)
        self.achievable = dict(achievable)


def reached(problem: Problem, names: Sequence[str]) -> Plan:
    """Return a plan that reaches every minimum, worth whatever it is; raise UnreachableMinimumError if there is none.

    Minima are maximised one after the other, alone and then each with those before it at what they ask for. Of many
    candidates the amounts are what was reached, which may be a few less than what can be.
    """
    minima = np.flatnonzero(problem.terms.sign < 0)
    alone = {int(term): _most(problem, int(term), minima[:0]) for term in minima}
    missed = {term: plan for term, plan in alone.items() if _reached(plan) < -int(problem.terms.amount[term])}
    plan, others = next(iter(alone.values())), minima[:0]
    for count, term in enumerate(minima if not missed else minima[:0]):
        plan, others = _most(problem, int(term), minima[:count]), minima[:count]
        if not plan.holds or _reached(plan) < -int(problem.terms.amount[term]):
            missed = {int(term): plan}
            break
    if missed:
        raise _unreachable(problem, names, missed, others)
    return _told(problem, plan)


def _reached(plan: Plan) -> int:
    return round(plan.value) if plan.holds else 0


def _most(problem: Problem, term: int, others: Ints) -> Plan:
    """Return the plan that uses the most of a term's limit within the caps and with some other minima reached."""
    terms = problem.terms
    kept = np.concatenate([np.flatnonzero(terms.sign > 0), others])
    arrays = problem.arrays._replace(value=_weight(problem, int(terms.limit[term])))
    asked = replace(
        problem,
        arrays=frozen(arrays),
        terms=Terms(terms.limit[kept], terms.sign[kept], terms.amount[kept]),
        price_scale=2**20,
    )
    dual = allocation_dual.prices(asked)
    return allocation_repair.plan(asked, dual.prices, dual.unit, allocation_dual.bound(asked, dual.prices))


def _weight(problem: Problem, limit: int) -> Floats:
    """Return what each candidate uses of a limit."""
    arrays, column = problem.arrays, problem.rules.column[limit]
    weight = np.ones(problem.candidates) if column == NONE else arrays.weights[column].astype(np.float64)
    return np.where(problem.rules.touches[arrays.kind, limit], weight, 0.0)


def _told(problem: Problem, plan: Plan) -> Plan:
    """Return the plan with its worth and what it leaves in terms of the problem itself."""
    held = plan.chosen[plan.chosen != NONE]
    left = problem.terms.left(problem.used(held))
    return replace(plan, left=left, value=float(problem.arrays.value[held].sum()), is_optimal=False)


def _unreachable(
    problem: Problem, names: Sequence[str], missed: Mapping[int, Plan], others: Ints
) -> UnreachableMinimumError:
    terms = problem.terms
    achievable = {names[terms.limit[term]]: _reached(plan) for term, plan in missed.items()}
    asked = {names[terms.limit[term]]: -int(terms.amount[term]) for term in missed}
    told = "; ".join(
        f"{name!r}: at least {asked[name]} asked, at most {most} possible" for name, most in achievable.items()
    )
    beside = ", ".join(repr(names[terms.limit[term]]) for term in others)
    reason = f" beside the minimum of {beside}" if beside else ""
    return UnreachableMinimumError(
        f"allocate: no choice within the limits reaches every minimum{reason}: {told}. "
        "Ask for less, or widen the limits that stand against it.",
        achievable,
    )
