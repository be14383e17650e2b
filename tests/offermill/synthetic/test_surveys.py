"""Survey answers: of a few orders, in days, from 0 to 10, and lower after returns."""

from tests.offermill.synthetic.conftest import Landed


def test_some_orders_are_answered_and_returns_are_answered_worse(large: Landed) -> None:
    share = large.value("""
        select (select count(*) from survey_answers) / count(distinct order_id)
        from orders
        where customer_id is not null
    """)
    scores = dict(
        large.rows("""
            select kind, avg(score) from (
                select
                    answers.answer_id, answers.score, arg_max(order_lines.kind, orders.ordered_at) as kind
                from survey_answers as answers
                inner join orders
                    on right(orders.customer_id, 7) = right(answers.customer_id, 7)
                    and answers.answered_at - orders.ordered_at between interval 1 hour and interval 74 hours
                inner join order_lines using (order_id)
                group by all
            )
            group by kind
        """)
    )

    assert 0.02 < share < 0.04
    assert scores["return"] < scores["sale"] - 1
    assert large.rows("select min(score), max(score), min(question), max(question) from survey_answers") == [
        (0, 10, "nps", "nps")
    ]
    assert 0.1 < large.value("select count(comment) / count(*) from survey_answers") < 0.3
