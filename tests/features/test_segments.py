"""Segments against independent arithmetic."""

import math
from collections import Counter
from collections.abc import Callable
from datetime import date

from offermill import sqlfiles
from offermill.run import Run
from offermill.warehouse import Warehouse
from tests.features import facts as made

Make = Callable[[Warehouse, Run], None]
RunAt = Callable[[date], Run]

DAY = date(2026, 6, 30)


def test_the_chance_of_a_loss_is_the_normal_distribution_function(run_at: RunAt) -> None:
    """Customers whose shrunk mean lies from 5 deviations below to 5 above zero."""
    deviations = [number / 4 for number in range(-20, 21)]
    with Warehouse.open() as warehouse:
        # own_share = 0.5 and deviation = 1000 * sqrt(0.5) for one receipt; the shop's mean is 0.
        prior = {"customer_count": 2, "mean_minor": 0.0, "variance_within": 1e6, "variance_between": 1e6}
        made.write_table(warehouse, "segments.contribution_prior", [prior])
        scale = 2 * 1000 * math.sqrt(0.5)
        rows = [
            {
                "customer_id": f"c{number:02}",
                "receipt_count_365_days": 1,
                "contribution_minor_365_days": round(deviation * scale),
                "margin_minor_365_days": 0,
                "delivery_cost_minor_365_days": 0,
                "service_cost_minor_365_days": 0,
            }
            for number, deviation in enumerate(deviations)
        ]
        made.write_table(warehouse, "features.customer_contribution", rows)
        parameters = {**run_at(DAY).parameters, "segments_unprofitable_chance": 0.0}

        warehouse.replace_table("segments.unprofitable", sqlfiles.read("segments.unprofitable").text, parameters)

        found = warehouse.rows("select loss_chance from segments.unprofitable order by customer_id")
    expected = [0.5 * math.erfc(row["contribution_minor_365_days"] / scale / math.sqrt(2)) for row in rows]
    below_zero = [chance for chance, row in zip(expected, rows, strict=True) if row["contribution_minor_365_days"] < 0]
    assert len(found) == len(below_zero) == 20
    assert max(abs(chance - wanted) for (chance,), wanted in zip(found, below_zero, strict=True)) < 1.5e-7


def quintile(values: list[int], value: int) -> int:
    """1 + five times the share of values strictly below, cut to whole."""
    return 1 + 5 * sum(other < value for other in values) // len(values)


def test_rfm_scores_are_quintiles_by_rank_on_random_customers(make_features: Make, run_at: RunAt) -> None:
    with Warehouse.open() as warehouse:
        made.write(warehouse, made.make(seed=12))
        make_features(warehouse, run_at(DAY))
        warehouse.replace_table("segments.rfm", sqlfiles.read("segments.rfm").text, run_at(DAY).parameters)
        sql = """
            select days_since_order, order_count_365_days, margin_minor_365_days,
                recency_score, frequency_score, money_score
            from segments.rfm as rfm
            inner join features.customer as customers on rfm.customer_id = customers.customer_id
        """
        rows = warehouse.rows(sql)

    days, orders, margins = ([row[i] for row in rows] for i in range(3))
    assert len(rows) > 50
    assert [row[3:] for row in rows] == [
        (quintile([-day for day in days], -row[0]), quintile(orders, row[1]), quintile(margins, row[2])) for row in rows
    ]


def test_overlap_counts_every_pair_of_memberships(run_at: RunAt) -> None:
    memberships = [
        {"customer_id": f"c{number}", "family": family, "segment": f"s{number % modulus}"}
        for number in range(30)
        for family, modulus in (("rfm", 2), ("lifecycle", 3), ("cluster", 5))
    ]
    with Warehouse.open() as warehouse:
        made.write_table(warehouse, "segments.membership", memberships)
        warehouse.replace_table("segments.overlap", sqlfiles.read("segments.overlap").text, run_at(DAY).parameters)
        found = {(one, other): count for one, other, count in warehouse.rows("select * from segments.overlap")}

    expected = Counter(
        (f"{one['family']}:{one['segment']}", f"{other['family']}:{other['segment']}")
        for one in memberships
        for other in memberships
        if one["customer_id"] == other["customer_id"]
    )
    assert found == expected
