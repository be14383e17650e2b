"""The rule of last resort: off unless the shop states it, and then arithmetic."""

import numpy as np
import pyarrow as pa
import pytest

from models import assumed
from models.assumed import Give, People
from offermill.warehouse import Warehouse


def test_a_lift_of_a_tenth_by_hand() -> None:
    people = People(chance=np.array([0.5, 1.0]), margin=np.array([1_000.0, -50.0]), basket=np.array([4_000.0, 100.0]))
    effect, error, cost, redeem, baseline = assumed.figures(people, Give(0.1, 300.0), 0.1)
    # 10 % of 4000 is more than the most it may cost, 300; nobody redeems more often than always.
    assert redeem.ravel().tolist() == [pytest.approx(0.55), 1.0]
    assert cost.ravel().tolist() == [pytest.approx(0.55 * 300), pytest.approx(10)]
    # The margin expected anyway grows by a tenth; an expected loss does not.
    assert effect.ravel().tolist() == [pytest.approx(100 - 165), pytest.approx(-10)]
    assert np.isnan(error).all()
    assert baseline.ravel().tolist() == [0.5, 1.0]


def test_a_gift_costs_what_it_costs() -> None:
    people = People(chance=np.array([0.2]), margin=np.array([500.0]), basket=np.array([2_000.0]))
    effect, _, cost, *_ = assumed.figures(people, Give(1.0, 150.0), 0.5)
    assert (cost[0, 0], effect[0, 0]) == (pytest.approx(0.3 * 150), pytest.approx(250 - 45))


def test_people_come_in_the_order_of_the_batch() -> None:
    with Warehouse.open() as warehouse:
        warehouse.replace_table(
            "features.customer",
            "select * from (values ('c1', 6000, 2), ('c2', 0, 0), ('c3', 9000, 1)) "
            "as people (customer_id, net_minor_365_days, order_count_365_days)",
        )
        warehouse.replace_table(
            "models.propensity_score", "select 'c1' as customer_id, 0.4::double as purchase_propensity"
        )
        warehouse.replace_table(
            "models.value_score", "select 'c1' as customer_id, 800::bigint as expected_margin_minor"
        )
        found = assumed.people(warehouse, pa.array(["c1", "c2"]))
    assert found.chance.tolist() == [0.4, 0.0]
    assert found.margin.tolist() == [800.0, 0.0]
    # c2 bought nothing in the year: the mean basket of all three, 15000 / 3.
    assert found.basket.tolist() == [3_000.0, 5_000.0]
