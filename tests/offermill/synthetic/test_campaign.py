"""The pilot: randomised as logged, given only to those who may get offers, redeemed on orders that show it."""

import numpy as np
import pytest
from scipy.stats import chisquare

from offermill.synthetic.campaign import PILOT_ARMS, PILOT_WAVES
from tests.offermill.synthetic.conftest import Landed

SHARES = {
    "control": 0.40,
    "basket-percent-05": 0.12,
    "basket-percent-10": 0.12,
    "basket-percent-15": 0.12,
    "basket-percent-20": 0.12,
    "points-500": 0.06,
    "free-delivery": 0.06,
}


def test_arms_are_logged_with_the_chance_they_were_drawn_with(large: Landed) -> None:
    logged = large.rows(
        "select distinct arm, offer_id, propensity::text, is_randomised from offer_assignments order by 1"
    )

    expected = [(arm, None if arm == "control" else arm, f"{share:.8f}", True) for arm, share in sorted(SHARES.items())]
    assert logged == expected
    assert {arm: pct / 100 for arm, pct in PILOT_ARMS} == SHARES


def test_arm_shares_match_the_logged_propensities(large: Landed) -> None:
    counts = dict(large.rows("select arm, count(*) from offer_assignments group by 1"))
    total = sum(counts.values())

    test = chisquare([counts[arm] for arm in SHARES], [share * total for share in SHARES.values()])

    assert test.pvalue > 0.001


def test_arms_do_not_depend_on_who_people_are(large: Landed) -> None:
    """The mean purchase count before the pilot is the same in all arms, within its error."""
    rows = large.rows(
        """
        select arm, count(order_id) from offer_assignments as given
        left join orders on orders.customer_id = given.customer_id and ordered_at < assigned_at
        group by arm, given.assignment_id
        """
    )
    counts = {arm: np.array([count for name, count in rows if name == arm]) for arm in SHARES}
    means = np.array([each.mean() for each in counts.values()])
    errors = np.array([each.std() / len(each) ** 0.5 for each in counts.values()])

    assert (abs(means - np.average(means, weights=errors**-2.0)) < 3.5 * errors).all()


def test_each_person_is_in_one_of_four_waves(large: Landed) -> None:
    waves = large.rows(
        "select wave_id, valid_from::text, valid_until::text, count(*) from offer_assignments group by all order by 1"
    )

    assert [row[:3] for row in waves] == [
        ("spring-pilot-2026-04-13", "2026-04-13", "2026-05-10"),
        ("spring-pilot-2026-04-20", "2026-04-20", "2026-05-17"),
        ("spring-pilot-2026-04-27", "2026-04-27", "2026-05-24"),
        ("spring-pilot-2026-05-04", "2026-05-04", "2026-05-31"),
    ]
    assert len(PILOT_WAVES) == 4
    assert min(row[3] for row in waves) > 0.9 * max(row[3] for row in waves)
    assert large.value("select count(*) - count(distinct customer_id) from offer_assignments") == 0
    assert 0.5 < large.value("select count(*) from offer_assignments") / 20_000 < 0.7


def test_only_consenting_adults_with_a_recent_purchase_are_in_the_pilot(large: Landed) -> None:
    refused = large.value(
        """
        with latest as (
            select given.assignment_id, consents.customer_id, arg_max(is_granted, recorded_at) as is_granted
            from offer_assignments as given
            inner join consents on substr(consents.customer_id, 3) = substr(given.customer_id, 3)
            where consents.channel = 'email' and purpose = 'offers' and recorded_at < assigned_at
            group by all
        )
        select count(distinct given.assignment_id) from offer_assignments as given
        left join latest using (assignment_id) where coalesce(latest.is_granted, false) is false
        """
    )
    minors = large.value(
        "select count(*) from offer_assignments inner join customers using (customer_id) "
        "where birth_date + interval 18 years > assigned_at"
    )
    unregistered = large.value(
        "select count(*) from offer_assignments inner join customers using (customer_id) "
        "where registered_at > assigned_at"
    )

    assert (refused, minors, unregistered) == (0, 0, 0)


def test_redemptions_are_of_offers_given_to_that_customer_while_they_count(large: Landed) -> None:
    wrong = large.rows(
        """
        select redemption_id from redemptions inner join offer_assignments as given using (assignment_id)
        where redemptions.offer_id is distinct from given.offer_id
        or redemptions.customer_id <> given.customer_id
        or timezone('Europe/Riga', redeemed_at)::date not between valid_from and valid_until
        """
    )

    assert wrong == []
    assert large.value("select count(*) - count(distinct assignment_id) from redemptions") == 0
    assert large.value("select count(*) from redemptions") > 1_000


def test_the_order_of_a_redemption_shows_the_discount(large: Landed) -> None:
    rows = large.rows(
        """
        select
            redemptions.offer_id,
            redemptions.discount,
            sum(lines.discount) filter (promotion_id = redemptions.offer_id),
            max(delivery_cost),
            max(orders.channel)
        from redemptions inner join orders using (order_id) inner join order_lines as lines using (order_id)
        where substr(orders.customer_id, 3) = substr(redemptions.customer_id, 3)
        group by redemption_id, redemptions.offer_id, redemptions.discount
        """
    )
    percent = [row for row in rows if row[0].startswith("basket-percent")]
    delivery = {row[1:] for row in rows if row[0] == "free-delivery"}
    points = {row[1:3] for row in rows if row[0] == "points-500"}

    assert len(rows) == large.value("select count(*) from redemptions")
    assert [row for row in percent if row[1] != row[2]] == []
    assert {(str(row[0]), row[1], str(row[2]), row[3]) for row in delivery} == {("3.99", None, "4.50", "web")}
    assert {(str(discount), shelf) for discount, shelf in points} == {("5.00", None)}


@pytest.mark.parametrize(("offer", "pct"), [("basket-percent-05", 5), ("basket-percent-20", 20)])
def test_a_percentage_is_taken_off_each_line_where_the_shelf_gives_less(large: Landed, offer: str, pct: int) -> None:
    """Rounded half away from zero; purchases above the cap of 20.00 are scaled down and left out here."""
    wrong = large.rows(
        f"""
        with capped as (
            select order_id from order_lines group by 1 having sum(list_amount) * {pct} > 2000
        )
        select * from order_lines
        where kind = 'sale' and promotion_id = '{offer}' and order_id not in (select order_id from capped)
        and discount <> round(list_amount * {pct} / 100, 2)
        """
    )

    assert wrong == []
    assert large.value(f"select count(*) from order_lines where promotion_id = '{offer}'") > 100


def test_whoever_redeemed_was_reached_and_had_opened(large: Landed) -> None:
    unopened = large.value(
        """
        select count(*) from redemptions where assignment_id not in (
            select assignment_id from receipts
            where status = 'opened' and receipts.occurred_at <= redemptions.redeemed_at
        )
        """
    )
    statuses = dict(large.rows("select status, count(*) from receipts group by 1"))
    sent = large.value("select count(*) from offer_assignments where offer_id is not null")

    assert unopened == 0
    assert sorted(statuses) == ["accepted", "bounced", "clicked", "delivered", "opened", "rejected"]
    assert statuses["accepted"] + statuses["rejected"] == sent
    assert statuses["delivered"] + statuses["bounced"] == statuses["accepted"]
    reasons = {
        status: set(found) for status, found in large.rows("select status, list(reason) from receipts group by 1")
    }
    assert reasons["rejected"] == {"invalid e-mail address", "unknown contact", "contact is archived"}
    assert reasons["bounced"] == {"mailbox full", "unknown address", "blocked by the recipient"}
    assert reasons["delivered"] == {None}
