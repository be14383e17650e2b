"""Who may not be told anything is few, known by an address or a record, and asked before it was delivered."""

from offers.channels import same_address
from tests.offermill.synthetic.conftest import Landed


def test_a_few_in_a_thousand_are_suppressed_and_every_value_leads_to_a_customer(large: Landed) -> None:
    people = large.value("select count(*) from customers where customer_id not like 'c2%'")
    found = large.rows("select kind, value from suppressions")
    known = {
        *(f"customer:{one}" for (one,) in large.rows("select customer_id from customers")),
        *(same_address.key(kind, value, "LV") for kind, value in large.rows("select kind, value from contacts")),
    }
    leading = [same_address.key(kind, value, "LV") in known for kind, value in found]

    assert 0.001 < len(found) / people < 0.006
    assert {kind for kind, _ in found} == {"email", "phone", "customer"}
    assert sum(leading) / len(leading) > 0.7, "the others gave an address that the shop does not have"
    assert large.value("select count(*) from suppressions where suppressed_at > '2026-06-30 21:00:00+00'") == 0
    assert large.value("select count(*) from suppressions where lifted_at is not null") == 0


def test_some_people_live_in_twos(large: Landed) -> None:
    sizes = large.rows("""
        with homes as (select household, count(distinct customer_id) as people from households group by household)
        select people, count(*) > 100 from homes group by people
    """)
    assert sizes == [(2, True)]


def test_some_allow_ads_of_those_who_allow_offers(large: Landed) -> None:
    share = """
        select
            count(distinct customer_id) filter (purpose = 'ads')
            / count(distinct customer_id) filter (purpose = 'offers')
        from consents
        where is_granted and channel = 'email' and customer_id not like 'c2%'
    """
    assert 0.25 < large.value(share) < 0.35
