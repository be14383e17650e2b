"""Minima: reached where they can be, named with what can be reached where they cannot."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from offermill.errors import ConfigError
from offers.allocation import Limit, UnreachableMinimumError, allocate
from tests.offers.allocation_instances import broken, instance, limits, optimum, weight

# Two people; the second offer is worth less to both and sent by SMS.
TWO = pa.table(
    {
        "customer_id": ["anna", "anna", "boris", "boris"],
        "offer_id": ["a", "b", "a", "b"],
        "value": [10, 7, 9, 8],
        "channel": ["email", "sms", "email", "sms"],
    }
)
SMS = {"channel": "sms"}


def test_a_minimum_is_reached_where_it_costs_least() -> None:
    choice = allocate(TWO, [Limit("sms", None, where=SMS, at_least=1)])

    # Boris loses 1 by the SMS, Anna 3.
    assert (list(choice.rows), choice.value, choice.used) == ([0, 3], 18.0, {"sms": 1})
    assert choice.gap == 0.0


def test_the_price_of_a_minimum_is_what_one_more_costs() -> None:
    many = pa.table(
        {
            "customer_id": np.repeat(np.arange(100), 2),
            "offer_id": ["a", "b"] * 100,
            "value": np.ravel([[200, 200 - lost] for lost in range(1, 101)]),
            "channel": ["email", "sms"] * 100,
        }
    )

    choice = allocate(many, [Limit("sms", None, where=SMS, at_least=40)])

    # The forty who lose least lose 1, 2, ..., 40; one more would lose 41.
    assert choice.value == 100 * 200 - sum(range(1, 41))
    assert -41 <= choice.prices["sms"] <= -40


def test_a_minimum_that_is_reached_anyway_costs_nothing() -> None:
    choice = allocate(TWO, [Limit("mail", 2, where={"channel": "email"}, at_least=1)])

    assert (choice.value, choice.prices) == (19.0, {"mail": 0.0})


def test_an_unreachable_minimum_is_named_with_what_can_be_reached() -> None:
    with pytest.raises(UnreachableMinimumError) as refused:
        allocate(TWO, [Limit("sms", None, where=SMS, at_least=3), Limit("all", 2, at_least=1)])

    assert refused.value.achievable == {"sms": 2}
    assert str(refused.value) == (
        "allocate: no choice within the limits reaches every minimum: 'sms': at least 3 asked, at most 2 possible. "
        "Ask for less, or widen the limits that stand against it."
    )


def test_minima_that_stand_against_each_other_are_named() -> None:
    asked = [Limit("sms", None, where=SMS, at_least=1), Limit("mail", None, where={"channel": "email"}, at_least=2)]

    with pytest.raises(UnreachableMinimumError) as refused:
        allocate(TWO, asked)

    # With one person's SMS only one is left for the mail.
    assert refused.value.achievable == {"mail": 1}
    assert "reaches every minimum beside the minimum of 'sms': 'mail': at least 2 asked" in str(refused.value)


def test_what_loses_money_is_not_chosen_for_a_minimum_either() -> None:
    candidates = pa.table({"customer_id": [1, 2], "offer_id": ["a", "a"], "value": [5, -1]})

    with pytest.raises(UnreachableMinimumError) as refused:
        allocate(candidates, [Limit("contacts", None, at_least=2)])

    assert refused.value.achievable == {"contacts": 1}


def test_who_asks_for_what_can_be_reached_gets_it() -> None:
    asked = Limit("sms", 5, where=SMS, at_least=3)
    with pytest.raises(UnreachableMinimumError) as refused:
        allocate(TWO, [asked])

    choice = allocate(TWO, [replace(asked, at_least=refused.value.achievable["sms"])])

    assert choice.used == {"sms": 2}


def test_a_minimum_above_the_maximum_is_refused() -> None:
    with pytest.raises(ConfigError, match="'sms' asks for at least 3 and at most 2; the first must not be more"):
        allocate(TWO, [Limit("sms", 2, where=SMS, at_least=3)])


@pytest.mark.parametrize("seed", range(12))
def test_small_instances_with_minima_equal_highs(seed: int) -> None:
    candidates = instance(seed, customers=12, offers=4)
    rng = np.random.default_rng(seed)
    asked = [
        Limit("budget", int(rng.integers(2_000, 8_000)), "cost_minor", at_least=int(rng.integers(0, 3_000))),
        Limit("sms", None, where=SMS, at_least=int(rng.integers(0, 6))),
        Limit("s0", None, where={"segment": "s0"}, at_least=int(rng.integers(0, 4))),
    ]
    best = optimum(candidates, asked)

    if best is None:
        with pytest.raises(UnreachableMinimumError) as refused:
            allocate(candidates, asked)
        name, most = next(iter(refused.value.achievable.items()))
        alone = next(limit for limit in asked if limit.name == name)
        caps = [replace(limit, at_least=None) for limit in asked]
        assert most <= (optimum(candidates, caps, weight(candidates, alone).astype(float)) or 0)
    else:
        choice = allocate(candidates, asked)
        assert choice.value == pytest.approx(best, abs=0.5)
        assert broken(candidates, asked, choice) == []


def test_minima_of_many_customers_are_reached_and_cost_little() -> None:
    candidates = instance(4, customers=25_000)
    free = limits(3, 25_000)
    base = allocate(candidates, free)
    asked = [*free, Limit("app", None, where={"channel": "app"}, at_least=base.used["offer 0"] + 2_000)]

    choice = allocate(candidates, asked)

    assert broken(candidates, asked, choice) == []
    assert choice.gap < 5e-5
    assert choice.value <= base.upper_bound


def test_an_unreachable_minimum_of_many_customers_is_named() -> None:
    candidates = instance(5, customers=25_000)
    asked = [Limit("sms", 3_000, where=SMS), Limit("by sms", None, where=SMS, at_least=4_000)]

    with pytest.raises(UnreachableMinimumError) as refused:
        allocate(candidates, asked)

    assert refused.value.achievable == {"by sms": 3_000}
