"""Segments against independent arithmetic."""

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
