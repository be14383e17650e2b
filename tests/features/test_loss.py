"""The chance that a customer costs money, against a shop whose truth is known."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from features import loss
from features.loss import Floats, Means, Prior
from offermill.run import Run
from offermill.warehouse import Warehouse
from tests.features.facts import write_table

RunAt = Callable[[date], Run]

DAY = date(2026, 6, 30)


def customers(rows: list[tuple[int, int, int]]) -> pa.Table:
    """Contribution rows of (orders, sum, sum of squares)."""
    names = ("unit_count_365_days", "contribution_minor_365_days", "contribution_squares_365_days")
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def test_the_shops_variance_is_pooled_around_each_customers_own_mean() -> None:
    # 100 and 300: squares around 200 are 20000. -400 and -200: the same. One order tells nothing. 4 / (5 - 3) degrees.
    table = customers([(2, 400, 100_000), (2, -600, 200_000), (1, 50, 2_500)])

    assert loss.shop_variance(table) == 40_000 / 2


def test_a_customers_own_spread_counts_beside_four_orders_of_the_shop() -> None:
    found = loss.means(customers([(2, 400, 100_000), (1, 50, 2_500)]), variance=10_000.0)

    assert found.mean_minor.tolist() == [200.0, 50.0]
    assert found.variance.tolist() == [(20_000 + 4 * 10_000) / (2 - 1 + 4) / 2, 4 * 10_000 / (1 - 1 + 4) / 1]


def test_nobody_with_a_second_order_leaves_the_spread_at_one_minor_unit() -> None:
    table = customers([(1, 50, 2_500), (1, -50, 2_500)])

    assert loss.shop_variance(table) == 0.0
    assert loss.means(table, 0.0).variance.tolist() == [1.0, 1.0]


def test_the_chance_is_bayes_rule_on_the_grid() -> None:
    believed = Prior(np.array([-100.0, 100.0]), np.array([0.1, 0.9]))

    chance, shrunk = loss.chances(Means(np.array([-50.0]), np.array([5_000.0])), believed)

    # exp(-50^2 / 10000) and exp(-150^2 / 10000), times 0.1 and 0.9
    below, above = 0.1 * np.exp(-0.25), 0.9 * np.exp(-2.25)
    assert chance.tolist() == [pytest.approx(below / (below + above), abs=5e-7)]
    assert shrunk.tolist() == [pytest.approx(100 * (above - below) / (below + above))]


def shop(seed: int) -> tuple[Floats, Means]:
    """4 % of the customers lose 4.00 an order, the others bring 10.00; orders vary by 9.00, few customers have many."""
    dice = np.random.default_rng(seed)
    is_bad = dice.random(8_000) < 0.04
    truth = np.where(is_bad, dice.normal(-400, 150, 8_000), dice.normal(1_000, 350, 8_000))
    orders = dice.geometric(1 / 12, 8_000)
    return truth, Means(truth + dice.normal(0, 900, 8_000) / np.sqrt(orders), 900**2 / orders)


def test_who_is_called_unprofitable_is_and_many_who_are_are_found() -> None:
    truth, observed = shop(seed=3)

    chance, _ = loss.chances(observed, loss.prior(observed))

    called = (chance >= 0.9) & (observed.mean_minor < 0)
    assert (truth[called] < 0).mean() > 0.95
    assert (called & (truth < 0)).sum() / (truth < 0).sum() > 0.3


def test_the_chances_are_calibrated() -> None:
    truth, observed = shop(seed=4)

    chance, _ = loss.chances(observed, loss.prior(observed))

    for low, high in ((0.0, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 1.01)):
        told = (chance >= low) & (chance < high)
        error = 3 * np.sqrt(0.25 / told.sum())
        assert abs((truth[told] < 0).mean() - chance[told].mean()) < error, (low, high)


def test_only_customers_in_the_red_are_written(run_at: RunAt) -> None:
    shared = {"unit_count_365_days": 20, "contribution_squares_365_days": 21_000_000}
    rows = [
        {"customer_id": "a", "contribution_minor_365_days": -20_000, **shared},
        {"customer_id": "b", "contribution_minor_365_days": 20_000, **shared},
    ]
    with Warehouse.open() as warehouse:
        write_table(warehouse, "features.customer_contribution", rows)
        warehouse.execute("create schema segments")

        summary = loss.estimate(warehouse, run_at(DAY))

        assert warehouse.rows("select customer_id, unit_count_365_days, loss_chance from segments.loss_chance") == [
            ("a", 20, 1.0)
        ]
    assert summary == {"customers": 1}


def test_a_shop_where_nobody_costs_money_gets_an_empty_table(run_at: RunAt) -> None:
    with Warehouse.open() as warehouse:
        write_table(warehouse, "features.customer_contribution", [])

        assert loss.estimate(warehouse, run_at(DAY)) == {"customers": 0}
        assert list(warehouse.columns("segments.loss_chance").values()) == ["varchar", "bigint", "bigint", "double"]
