"""Complaints: few, more after returns, told when made and again when settled."""

from tests.offermill.synthetic.conftest import Landed


def test_every_complaint_is_made_once_and_settled_at_most_once(small: Landed) -> None:
    counts = small.rows("""
        with records as (
            select complaint_id, count(*) as records, count(closed_at) as settled, count(distinct opened_at) as openings
            from complaints
            group by complaint_id
        )
        select records, settled, openings, count(*) from records group by all order by all
    """)
    known = {(records, settled, openings): count for records, settled, openings, count in counts}

    # Settled in the history, open to this day, and told twice: open first, settled later.
    assert set(known) == {(1, 0, 1), (1, 1, 1), (2, 1, 1)}
    assert known[1, 1, 1] > 10 * known[2, 1, 1] > 0


def test_returns_are_complained_of_more_often_than_sales(large: Landed) -> None:
    # A complaint comes 1 to 3 days after its order, under one of the person's two records.
    share = dict(
        large.rows("""
            with receipts as (
                select
                    orders.order_id,
                    any_value(order_lines.kind) as kind,
                    any_value(right(orders.customer_id, 7)) as person,
                    any_value(cast(orders.ordered_at as date)) as day
                from orders
                inner join order_lines using (order_id)
                where orders.customer_id is not null
                group by orders.order_id
            ),
            complained as (
                select distinct receipts.order_id
                from receipts
                inner join complaints
                    on receipts.person = right(complaints.customer_id, 7)
                    and cast(complaints.opened_at as date) - receipts.day between 1 and 3
            )
            select kind, avg(cast(complained.order_id is not null as integer))
            from receipts left join complained using (order_id)
            group by kind
        """)
    )

    assert 0.001 < share["sale"] < 0.01
    assert 0.04 < share["return"] < 0.09
    assert large.value("select count(*) from complaints where closed_at <= opened_at") == 0
