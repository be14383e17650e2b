"""How certain it is that a customer costs more than they bring, when their few orders are mostly chance.

Empirical Bayes with a prior of free form: how true means are spread over the customers of the shop is estimated
from all of them on a grid (Kiefer & Wolfowitz 1956, by expectation-maximisation as in Laird 1978). A bell curve
would pull the few customers who really cost money to the middle of the many who do not.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from offermill.run import Run
from offermill.warehouse import Warehouse

Floats = NDArray[np.float64]

GRID_POINTS = 61
# The grid spans all but the most extreme observed means; single freaks would make it coarse.
GRID_QUANTILES = (0.001, 0.999)
STEPS = 100
# Enough customers for the shape of the prior; drawn by hash, so the same on every machine.
SAMPLE_ROWS = 10_000
# A customer's own spread between orders counts beside the shop's as if that were known from this many orders.
SHOP_ORDERS = 4
DIGITS = 6

SAMPLE = """
with sample as (
    select * from features.customer_contribution
    order by md5(customer_id || '/' || $models_seed), customer_id limit $sample_rows
)
select * from sample order by customer_id
"""
IN_THE_RED = "select * from features.customer_contribution where contribution_minor_365_days < 0 order by customer_id"


@dataclass(frozen=True)
class Means:
    """Observed mean contribution per order of n customers, and the variance of each mean."""

    mean_minor: Floats
    variance: Floats


@dataclass(frozen=True)
class Prior:
    """How likely each true mean on the grid is in this shop; weights sum to 1."""

    grid_minor: Floats
    weight: Floats


def _columns(table: pa.Table) -> tuple[Floats, Floats, Floats]:
    count, total, squares = (
        table[name].cast(pa.float64()).to_numpy()
        for name in ("unit_count_365_days", "contribution_minor_365_days", "contribution_squares_365_days")
    )
    return count, total, np.maximum(squares - total * total / count, 0.0)


def shop_variance(table: pa.Table) -> float:
    """Return the variance between orders of one customer, pooled over the shop; 0 when nobody ordered twice."""
    count, _, around_own_mean = _columns(table)
    freedom = count.sum() - len(count)
    return float(around_own_mean.sum() / freedom) if freedom > 0 else 0.0


def means(table: pa.Table, variance: float) -> Means:
    """Return the observed means of customers, each with a variance between its own and the shop's."""
    count, total, around_own_mean = _columns(table)
    own = (around_own_mean + SHOP_ORDERS * variance) / (count - 1 + SHOP_ORDERS)
    # One minor unit at least: customers whose orders are all alike are not known exactly.
    return Means(total / count, np.maximum(own, 1.0) / count)


def _likelihood(observed: Means, grid: Floats) -> Floats:
    """n x g: how well each true mean explains each observed one, 1 for the best of the grid."""
    log = -0.5 * (observed.mean_minor[:, None] - grid) ** 2 / observed.variance[:, None]
    return np.asarray(np.exp(log - log.max(axis=1, keepdims=True)), dtype=np.float64)


def _posterior(likelihood: Floats, weight: Floats) -> Floats:
    joint = likelihood * weight
    return np.asarray(joint / joint.sum(axis=1, keepdims=True), dtype=np.float64)


def prior(observed: Means) -> Prior:
    """Estimate how true means are spread from what was observed of all customers."""
    low, high = np.quantile(observed.mean_minor, GRID_QUANTILES)
    grid = np.linspace(min(low, 0.0) - 1.0, max(high, 0.0) + 1.0, GRID_POINTS)
    likelihood = _likelihood(observed, grid)
    weight = np.full(GRID_POINTS, 1 / GRID_POINTS)
    for _ in range(STEPS):
        weight = _posterior(likelihood, weight).mean(axis=0)
    return Prior(grid, weight)


def chances(observed: Means, believed: Prior) -> tuple[Floats, Floats]:
    """Return n chances that the true mean is below zero, and n shrunk means."""
    after = _posterior(_likelihood(observed, believed.grid_minor), believed.weight)
    below = after[:, believed.grid_minor < 0].sum(axis=1)
    return np.round(np.clip(below, 0.0, 1.0), DIGITS), (after * believed.grid_minor).sum(axis=1)


def _whole(amount: Floats) -> NDArray[np.int64]:
    """Return amounts rounded to whole minor units, halves away from zero."""
    return (np.sign(amount) * np.floor(np.abs(amount) + 0.5)).astype(np.int64)


def estimate(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Write segments.loss_chance for every customer whose contribution of 365 days is below zero."""
    sample = warehouse.arrow(SAMPLE, {**run.parameters, "sample_rows": SAMPLE_ROWS})
    in_the_red = warehouse.arrow(IN_THE_RED)
    chance, shrunk = np.empty(0), np.empty(0)
    if len(in_the_red):
        variance = shop_variance(sample)
        chance, shrunk = chances(means(in_the_red, variance), prior(means(sample, variance)))
    columns = {
        "customer_id": in_the_red["customer_id"],
        "unit_count_365_days": in_the_red["unit_count_365_days"],
        "shrunk_contribution_per_order_minor": pa.array(_whole(shrunk)),
        "loss_chance": pa.array(chance, type=pa.float64()),
    }
    return {"customers": warehouse.write("segments.loss_chance", pa.table(columns))}
