"""The choice under limits on a chance and on the worst case, and nothing left that somebody could use."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from offers import choosing
from offers.limits import BUDGET
from offers.night_limits import NightLimit, used
from offers.people import NOTHING, Ints, Pairs
from offers.rest import improved

NOBODY: Ints = np.zeros(0, dtype=np.int64)


def pairs(value: list[int], cost: list[int], *, worst: int = 1_000, each: int = 1) -> Pairs:
    """Return candidates of people with `each` of them, without groups or campaigns."""
    count = len(value)
    zeros, flags = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=bool)
    person, offer = np.divmod(np.arange(count), each)
    most = np.full(count, worst)
    sure = np.zeros(count)
    return Pairs(
        person, offer, zeros, zeros, flags, np.array(value), np.array(cost), most, most.astype(float), sure, ~flags
    )


def choose(candidates: Pairs, *limits: NightLimit) -> choosing.Chosen:
    everybody = np.ones(len(candidates), dtype=bool)
    return choosing.choose(candidates, limits, everybody, NOBODY, int(candidates.person.max()) + 1)


def test_a_cap_on_a_chance_holds_when_customers_redeem_by_chance() -> None:
    # 100 expected of at most 1,000 each: every tenth redeems. 200.00 pay for 200 people by expectation; sure to 95 %
    # they pay for about 130.
    candidates = pairs([50] * 400, [100] * 400)
    rng = np.random.default_rng(1)

    found = choose(candidates, NightLimit(BUDGET, 20_000, chance=0.95))

    chosen = len(found.choice.rows)
    spent = 1_000 * rng.binomial(chosen, 0.1, 20_000)
    assert 120 <= chosen <= 140
    assert 0.01 < float((spent > 20_000).mean()) <= 0.05


def test_the_worst_case_stands_in_where_little_else_is_sure() -> None:
    # 20.00 at 10.00 each at worst: 2 people are sure. By Markov's bound 1.00 of expectation would be: 1 person.
    found = choose(pairs([50] * 30, [100] * 30), NightLimit(BUDGET, 2_000, chance=0.95))

    assert len(found.choice.rows) == 2


def test_earlier_nights_count_in_what_is_sure() -> None:
    candidates = pairs([50] * 400, [100] * 400)
    alone = choose(candidates, NightLimit(BUDGET, 20_000, chance=0.95))
    # Another 200 offers are still out: 100.00 more to spend in all, but twice the doubt.
    both = choose(
        candidates,
        NightLimit(BUDGET, 20_000, chance=0.95, reserved_before=20_000, variance_before=200 * 90_000.0, unspent=40_000),
    )

    assert 0 < len(both.choice.rows) != len(alone.choice.rows)
    assert choosing.overspend_chance(candidates, both.limits[0], both.choice.rows) <= 0.05


def test_a_hard_cap_holds_when_everybody_redeems() -> None:
    found = choose(pairs([50] * 30, [100] * 30), NightLimit(BUDGET, 5_500, "worst"))

    assert len(found.choice.rows) == 5


def best_value(candidates: Pairs, limits: tuple[NightLimit, ...], plan: Ints, person: int) -> int:
    """Return the largest value that a person could have while all others keep theirs, tried one by one."""
    options = [NOTHING, *np.flatnonzero(candidates.person == person)]
    found = [0]
    for option in options:
        trial = plan.copy()
        trial[person] = option
        use = used(limits, candidates, trial)
        if all(amount <= limit.available for amount, limit in zip(use, limits, strict=True)):
            found.append(int(candidates.value[option]) if option != NOTHING else 0)
    return max(found)


@pytest.mark.parametrize("seed", range(20))
def test_nobody_could_have_more_of_what_is_left(seed: int) -> None:
    rng = np.random.default_rng(seed)
    candidates = pairs(rng.integers(1, 300, 60).tolist(), rng.integers(1, 200, 60).tolist(), each=3)
    limits = (
        NightLimit(BUDGET, int(rng.integers(0, 1_500))),
        NightLimit("pieces", int(rng.integers(0, 5)), "count", offers=np.array([True, False, False])),
    )

    found = choose(candidates, *limits)

    for person in range(20):
        held = found.plan[person]
        has = int(candidates.value[held]) if held != NOTHING else 0
        assert has == best_value(candidates, limits, found.plan, person)
    assert found.choice.value == sum(int(candidates.value[row]) for row in found.plan if row != NOTHING)


def test_a_person_keeps_what_a_minimum_needs() -> None:
    # Two must be told by post (channel 1), and two are: the better offer by e-mail is not for them.
    candidates = pairs([100, 300] * 2, [10, 10] * 2, each=2)
    candidates = replace(candidates, channel=np.array([1, 0] * 2))
    post = NightLimit("post", 9, "count", at_least=2, channels=np.array([False, True]))
    everybody = np.ones(4, dtype=bool)

    plan = improved(candidates, (NightLimit(BUDGET, 100), post), everybody, candidates.value * 1.0, np.array([0, 2]))
    free = improved(candidates, (NightLimit(BUDGET, 100),), everybody, candidates.value * 1.0, np.array([0, 2]))

    assert plan.tolist() == [0, 2]
    assert free.tolist() == [1, 3]


def post(at_least: int) -> NightLimit:
    return NightLimit("post", 9, "count", at_least=at_least, channels=np.array([False, True]))


def test_a_minimum_is_reached_at_the_least_loss() -> None:
    # Three of ten must be told by post, which brings 100 instead of 300, and 290 instead of 300 to the last.
    candidates = pairs([300, 100] * 9 + [300, 290], [10, 10] * 10, each=2)
    candidates = replace(candidates, channel=np.array([0, 1] * 10))

    found = choose(candidates, NightLimit(BUDGET, 1_000), post(at_least=3))

    assert found.choice.value == 7 * 300 + 290 + 2 * 100
    assert found.plan[9] == 19


def test_a_minimum_out_of_reach_is_lowered_to_what_can_be_reached() -> None:
    candidates = replace(pairs([300, 100] * 4, [10, 10] * 4, each=2), channel=np.array([0, 1] * 4))

    found = choose(candidates, NightLimit(BUDGET, 1_000), post(at_least=6))

    assert [limit.at_least for limit in found.limits] == [None, 4]
    assert found.choice.value == 4 * 100


def test_of_equal_values_the_better_score_and_then_the_first_stay() -> None:
    for scores, first in product([(1.0, 2.0), (2.0, 1.0), (1.0, 1.0)], [0, 1]):
        candidates = pairs([100, 100], [10, 10], each=2)

        plan = improved(
            candidates, (NightLimit(BUDGET, 100),), np.ones(2, dtype=bool), np.array(scores), np.array([first])
        )

        assert plan.tolist() == [1 if scores == (1.0, 2.0) else 0]
