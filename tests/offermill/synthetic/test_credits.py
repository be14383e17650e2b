"""Credits: what is not credited at the till comes some days after the redemption, or late, or never."""

from tests.offermill.synthetic.conftest import Landed

OWED = "select * from redemptions where offer_id in ('points-500', 'free-delivery')"


def test_points_and_deliveries_are_credited_once_and_after_they_were_earned(small: Landed) -> None:
    credited = small.rows(f"""
        select owed.offer_id, credits.kind, credits.points, credits.amount
        from ({OWED}) as owed
        inner join credits on owed.assignment_id = credits.assignment_id
        where cast(credits.credited_at as date) between cast(owed.redeemed_at as date) + 1
            and cast(owed.redeemed_at as date) + 14
        group by all
        order by all
    """)

    assert [(*row[:3], str(row[3])) for row in credited] == [
        ("free-delivery", "delivery", None, "3.99"),
        ("points-500", "points", 500, "5.00"),
    ]
    assert small.value("select count(*) - count(distinct assignment_id) from credits") == 0


def test_a_few_are_never_credited_and_discounts_need_no_credit(large: Landed) -> None:
    owed = large.value(f"select count(*) from ({OWED})")
    credited = large.value(f"select count(*) from credits inner join ({OWED}) using (assignment_id)")

    assert 0.90 < credited / owed < 1
    assert large.value("select count(*) from credits where offer_id like 'basket%'") == 0
