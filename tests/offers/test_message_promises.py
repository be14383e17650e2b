"""A redemption code belongs to one person, offer and night for ever: the gate of offers holds it."""

from datetime import date

from offermill import expectations, gx
from offermill.warehouse import Warehouse
from tests.literal_tables import make
from tests.offers.channels.leaving import Row, message, withdrawn

DAY, BEFORE = date(2026, 6, 30), date(2026, 6, 20)


def broken(*earlier: Row) -> list[str]:
    """Return the promises about tonight's messages that are broken when these decisions stand in the history."""
    tonight = [message(1), message(2, code=None), withdrawn(3)]
    own = {"business_date": DAY, **{name: tonight[0][name] for name in ("customer_id", "offer_id", "code")}}
    taken_back = {"business_date": BEFORE, **{name: tonight[2][name] for name in ("customer_id", "offer_id", "code")}}
    promised = expectations.load("offers.message")
    with Warehouse.open() as warehouse:
        make(warehouse, "offers.message", tonight)
        make(warehouse, "offers.decision_history", [own, taken_back, *earlier])
        with gx.session(warehouse.connection, {}) as session:
            outcomes = session.run("select * from offers.message", promised.checks, key=promised.key)
    checks = zip(promised.checks, outcomes, strict=True)
    return [check.description for check, outcome in checks if not outcome.is_success]


def test_a_code_may_come_back_with_the_same_promise_only() -> None:
    assert broken() == []
    other = {"business_date": BEFORE, "customer_id": "c9", "offer_id": "mug"}
    reused = ["No code was ever given to another offer or another person"]
    assert broken(other | {"code": message(1)["code"]}) == reused
    assert broken(other | {"code": None}) == []
    own = {"business_date": BEFORE, "customer_id": message(1)["customer_id"], "offer_id": message(1)["offer_id"]}
    assert broken(own | {"code": message(1)["code"]}) == reused
