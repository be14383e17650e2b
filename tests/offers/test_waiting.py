"""What keeping a customer for a later night is worth."""

from dataclasses import fields, replace
from datetime import date

import numpy as np
import pytest

from offers import night_caps, policy, waiting
from offers.limits import BUDGET, Cap
from offers.night_caps import NightCap
from offers.night_limits import NightLimit
from offers.people import CHOOSE, GLOBAL_CONTROL, NOTHING, Pairs, People
from offers.policy import Rules
from offers.waiting import Ahead

RULES = Rules(global_control=0.0, campaign_control=0.0, explore=0.0, pilot=0.0, lot=("salt", "2026-06-30"))
# (offer, value, cost): a small discount and a deep one.
SHALLOW, DEEP = (0, 100, 50), (1, 180, 100)


def people(count: int) -> People:
    ids = np.array([f"c{number}" for number in range(count)], dtype=object)
    return People(ids, np.full(count, CHOOSE), np.linspace(0, 0.9, count))


def pairs(persons: list[int], offers: list[tuple[int, int, int]]) -> Pairs:
    """Return the same candidates for each of the persons."""
    person = np.repeat(np.array(persons, dtype=np.int64), len(offers))
    offer, value, cost = (np.tile(np.array(column), len(persons)) for column in zip(*offers, strict=True))
    none, no, yes = np.zeros_like(person), np.zeros(len(person), dtype=bool), np.ones(len(person), dtype=bool)
    sure = np.zeros(len(person))
    return Pairs(person, offer, none, none, no, value, cost, cost, cost.astype(float), sure, yes)


def ahead(later: list[int], money: int, nights: int) -> Ahead:
    return Ahead(pairs(later, [SHALLOW, DEEP]), (NightLimit(BUDGET, money),), nights)


NOBODY: list[int] = []


def given(plan: policy.Plan, candidates: Pairs) -> list[tuple[int, int]]:
    """Return who got which offer."""
    rows = plan.chosen[plan.chosen != NOTHING]
    return list(zip(candidates.person[rows].tolist(), candidates.offer[rows].tolist(), strict=True))


def test_two_nights_bring_more_when_the_first_does_not_take_everybody_cheap() -> None:
    # 100 a night for two people: alone a night takes both at 50, and the next has money but nobody.
    tonight, limits = pairs([0, 1], [SHALLOW, DEEP]), (NightLimit(BUDGET, 100),)

    alone = policy.decide(people(2), tonight, limits, RULES)
    first = policy.decide(people(2), tonight, limits, RULES, ahead=ahead(NOBODY, 200, nights=2))
    served = [person for person, _ in given(first, tonight)]
    left = pairs([person for person in (0, 1) if person not in served], [SHALLOW, DEEP])
    second = policy.decide(people(2), left, limits, RULES, ahead=ahead(served, 200, nights=2))

    assert given(alone, tonight) == [(0, 0), (1, 0)]  # 200 in two nights
    assert [offer for _, offer in given(first, tonight)] == [1]
    assert [offer for _, offer in given(second, left)] == [1]  # 360


def test_waiting_is_worth_what_the_coming_nights_would_bring_but_for_one_night() -> None:
    # Money for both at their best: it has no price, so what counts is the best offer's 180.
    tonight = pairs([0, 1], [SHALLOW, DEEP])
    all_open = np.ones(len(tonight), dtype=bool)

    assert waiting.worth(tonight, all_open, ahead(NOBODY, 200, nights=2), 3).tolist() == [90, 90, 0]
    assert waiting.worth(tonight, all_open, ahead(NOBODY, 200, nights=10), 3).tolist() == [162, 162, 0]
    assert waiting.worth(tonight, all_open, ahead(NOBODY, 200, nights=1), 3).tolist() == [0, 0, 0]


def test_customers_who_are_open_later_compete_for_the_coming_money() -> None:
    # 18 others could use the 500 of ten nights too: money is worth 2, the shallow offer's value for its cost.
    tonight = pairs([0, 1], [SHALLOW, DEEP])

    worth = waiting.worth(tonight, np.ones(len(tonight), dtype=bool), ahead([*range(2, 20)], 500, nights=10), 20)

    assert worth.tolist() == [0] * 20


def test_no_later_night_of_a_tight_channel_makes_people_wait_for_it() -> None:
    # One place a night on channel 0 for ten people, who could have the shallow offer on channel 1 at once.
    persons = [*range(10)]
    tonight = replace(pairs(persons, [SHALLOW, DEEP]), channel=np.tile([1, 0], 10))
    places = NightLimit("sms", 1, measure="count", channels=np.array([True, False]))
    empty = Pairs(**{field.name: getattr(tonight, field.name)[:0] for field in fields(tonight)})
    later = Ahead(empty, (NightLimit(BUDGET, 100_000), replace(places, available=2)), nights=2)

    plan = policy.decide(people(10), tonight, (NightLimit(BUDGET, 100_000), places), RULES, ahead=later)

    assert sorted(offer for _, offer in given(plan, tonight)) == [0] * 9 + [1]


def test_controls_would_have_been_given_as_much_as_people_like_them_are() -> None:
    # 400 people of all values, every second one held back for good: money for a tenth of them in each of ten nights.
    rng = np.random.default_rng(1)
    alike = pairs([*range(400)], [SHALLOW, DEEP])
    tonight = replace(alike, value=(alike.value * np.repeat(rng.uniform(0.1, 2.0, 400), 2)).astype(np.int64))
    half = replace(people(400), group=np.tile([GLOBAL_CONTROL, CHOOSE], 200))
    later = Ahead(pairs(NOBODY, [SHALLOW, DEEP]), (NightLimit(BUDGET, 10_000),), nights=10)

    plan = policy.decide(half, tonight, (NightLimit(BUDGET, 1_000),), RULES, ahead=later)

    chance = np.bincount(tonight.person, plan.chance, 400)
    is_control = half.group == GLOBAL_CONTROL
    offered = len(given(plan, tonight))
    assert chance[~is_control].sum() == offered > 9
    assert chance[is_control].sum() == pytest.approx(offered, abs=5)


@pytest.mark.parametrize(
    ("cap", "used", "nights", "allowed"),
    [
        (Cap(BUDGET, "money", 600), 0, 28, 28 * 600),
        (Cap(BUDGET, "money", 700, period="week"), 0, 3, 300),  # a Monday
        (Cap(BUDGET, "money", 700, period="week"), 350, 14, 350 + 700),
        (Cap(BUDGET, "money", 3_000, period="month"), 600, 15, 1_200),  # the first of June
        (Cap(BUDGET, "money", 3_000, period="month"), 600, 40, 2_400 + 1_000),
        (Cap("template:a", "money", 900, period="campaign", ends_on=date(2026, 6, 9)), 0, 3, 300),
        (Cap("template:a", "money", 900, period="campaign", ends_on=date(2026, 6, 9)), 0, 30, 900),
    ],
)
def test_what_a_limit_allows_in_the_coming_nights(cap: Cap, used: int, nights: int, allowed: int) -> None:
    found = night_caps.in_nights(NightCap(cap, used, 0), date(2026, 6, 1), nights)

    assert found.available == allowed
