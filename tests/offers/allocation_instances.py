"""Random instances of the allocation, with what the tests recompute independently."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from scipy.optimize import Bounds, LinearConstraint, milp

from offers.allocation import Choice, Limit

SEGMENTS = ("s0", "s1", "s2")
CHANNELS = ("email", "sms", "app")


def instance(seed: int, customers: int, offers: int = 5, *, whole: bool = True) -> pa.Table:
    """Return random candidates: every customer has every offer; a segment per customer, a channel per offer."""
    rng = np.random.default_rng(seed)
    count = customers * offers
    value = rng.integers(-200, 2_000, count) if whole else rng.normal(500, 600, count)
    return pa.table(
        {
            "customer_id": np.repeat(np.arange(customers), offers),
            "offer_id": np.tile(np.arange(offers), customers),
            "value": value,
            "cost_minor": rng.integers(0, 1_500, count),
            "worst_minor": rng.integers(1_000, 4_000, count),
            "segment": np.repeat(rng.choice(SEGMENTS, customers), offers),
            "channel": np.array(CHANNELS)[np.tile(np.arange(offers) % 3, customers)],
        }
    )


def limits(seed: int, customers: int) -> list[Limit]:
    """Return limits of every kind: money, worst case, contacts, some of them loose."""
    rng = np.random.default_rng(seed)
    share = float(rng.uniform(0.02, 1.2))
    return [
        Limit("budget", int(400 * customers * share), "cost_minor"),
        Limit("worst", int(2_500 * customers * share), "worst_minor"),
        Limit("s0", int(100 * customers * share), "cost_minor", {"segment": "s0"}),
        Limit("sms", int(0.3 * customers * share), where={"channel": "sms"}),
        Limit("s1 or s2 by app", int(0.2 * customers * share), where={"segment": ["s1", "s2"], "channel": ["app"]}),
        Limit("offer 0", int(0.1 * customers * share), where={"offer_id": 0}),
    ]


def weight(candidates: pa.Table, limit: Limit) -> np.ndarray:
    """Return what each candidate uses of a limit."""
    counted = np.ones(candidates.num_rows, dtype=np.int64)
    for column, wanted in (limit.where or {}).items():
        listed = wanted if isinstance(wanted, list) else [wanted]
        counted &= np.isin(candidates[column].to_numpy(), listed)
    return counted * (candidates[limit.weight].to_numpy() if limit.weight else 1)


def broken(candidates: pa.Table, given: Sequence[Limit], choice: Choice) -> list[str]:
    """Return what the choice promises and does not keep: limits, one offer each, its sums, the bound of its prices."""
    rows, value = choice.rows, candidates["value"].to_numpy().astype(np.float64)
    customer = candidates["customer_id"].to_numpy()
    found = [] if len(np.unique(customer[rows])) == len(rows) else ["a customer has two offers"]
    net, bound = value.copy(), 0.0
    for limit in given:
        uses, price = weight(candidates, limit), choice.prices[limit.name]
        used = int(uses[rows].sum())
        if used != choice.used[limit.name]:
            found.append(f"{limit.name}: used {used}, not {choice.used[limit.name]}")
        if limit.at_most is not None and used > limit.at_most:
            found.append(f"{limit.name}: {used} is over {limit.at_most}")
        if used < (limit.at_least or 0):
            found.append(f"{limit.name}: {used} is under {limit.at_least}")
        if price < 0 and not limit.at_least:
            found.append(f"{limit.name}: price {price}")
        net -= price * uses
        bound += price * ((limit.at_most or 0) if price > 0 else (limit.at_least or 0))
    best = np.zeros(int(customer.max()) + 1)
    np.maximum.at(best, customer, np.where(value > 0, net, 0.0))
    bound += float(best.sum())
    if choice.value != float(value[rows].sum()) and abs(choice.value / value[rows].sum() - 1) > 1e-12:
        found.append(f"value {choice.value}, not {value[rows].sum()}")
    if not choice.value <= choice.upper_bound * (1 + 1e-12) or choice.upper_bound > bound * (1 + 1e-9) + 1e-6:
        found.append(f"bound {choice.upper_bound}; the prices prove {bound}, the value is {choice.value}")
    return found


def optimum(candidates: pa.Table, given: Sequence[Limit], value: np.ndarray | None = None) -> float | None:
    """Return the best value by SciPy's HiGHS, None if the minima cannot be reached; candidates of no value are out."""
    worth = candidates["value"].to_numpy().astype(np.float64)
    customer = candidates["customer_id"].to_numpy()
    rows = [*(customer[None, :] == np.unique(customer)[:, None]), *(weight(candidates, limit) for limit in given)]
    count = len(rows) - len(given)
    high = [1.0] * count + [np.inf if limit.at_most is None else float(limit.at_most) for limit in given]
    low = [-np.inf] * count + [float(limit.at_least or 0) for limit in given]
    solved = milp(
        -(worth if value is None else value),
        integrality=np.ones(len(worth)),
        bounds=Bounds(0, (worth > 0).astype(float)),
        constraints=LinearConstraint(np.array(rows, dtype=float), low, high),
        options={"mip_rel_gap": 0.0},
    )
    return None if solved.x is None else -float(solved.fun)
