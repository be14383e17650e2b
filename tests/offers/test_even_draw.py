"""Lots drawn together: exact chances for each person, and sums that hardly move."""

from dataclasses import replace

import numpy as np
import pytest

from offers import cohort_rates, even_kernels, policy
from offers.night_limits import NightLimit
from offers.people import NOTHING, PILOT, Pairs
from offers.policy import Cohort, Plan
from tests.offers.test_policy import RICH, RULES, budget, by_lot, flags, frequencies, pairs, people, uneven, used

E_MAIL, SMS = 0, 1
# (offer, campaign, value, cost, worst, has evidence): a cheap and a dear arm, and one for every third person.
ARMS = [(0, 0, 0, 20, 500, False), (1, 0, 0, 200, 900, False), (2, 0, 0, 50, 300, False)]


def settled(chances: list[list[float]], weights: np.ndarray, lots: np.ndarray) -> np.ndarray:
    starts = np.concatenate([[0], np.cumsum([len(one) for one in chances])])
    chosen = np.zeros(len(chances), dtype=np.int64)
    even_kernels.settle(starts, np.concatenate(chances), weights, lots, chosen)
    return chosen


def test_every_option_has_its_chance_and_every_sum_stays_near_its_mean() -> None:
    chances = [[0.5, 0.5], [0.2, 0.3, 0.5], [1.0], [0.05, 0.95], [0.25, 0.25, 0.25, 0.25], [0.9, 0.1], [0.4, 0.6]]
    flat, rng = np.concatenate(chances), np.random.default_rng(1)
    weights = np.column_stack([rng.integers(0, 2, len(flat)), rng.integers(0, 9, len(flat))]).astype(float)
    times, counts, sums = 6_000, np.zeros(len(flat)), []
    for _ in range(times):
        chosen = settled(chances, weights, rng.random(len(flat) + 1))
        counts[chosen] += 1
        sums.append(weights[chosen].sum(axis=0))

    deviation = np.sqrt(np.maximum(flat * (1 - flat), 1e-12) / times)
    assert np.abs((counts / times - flat) / deviation).max() < 4
    # Two people at most are open when the sums are given up: 2 x 1 and 2 x 8.
    off = np.abs(np.array(sums) - flat @ weights)
    assert off.max(axis=0).tolist() <= [2.0, 16.0]
    # Independent lots would move the second sum by this much on average.
    alone = np.sqrt(sum(np.cov(weights[at : at + len(one), 1], aweights=one, ddof=0) for at, one in _placed(chances)))
    assert off[:, 1].mean() < 0.5 * alone


def _placed(chances: list[list[float]]) -> list[tuple[int, list[float]]]:
    starts = np.cumsum([0, *(len(one) for one in chances)])
    return list(zip(starts.tolist(), chances, strict=False))


def test_a_size_that_is_whole_is_met_by_every_lot() -> None:
    chances, rng = [[0.7, 0.3]] * 10, np.random.default_rng(2)
    joins = np.tile([0.0, 1.0], 10)[:, None]

    sizes = {int(settled(chances, joins, rng.random(21)).sum() - 9 * 10) for _ in range(200)}

    # Options are numbered through: the sum of the numbers less 0 + 2 + ... + 18 is how many joined.
    assert sizes == {3}


def test_chances_rise_together_until_a_limit_is_full() -> None:
    # Ten people use 1 of the size; four of them 1 of a channel for one, the money suffices for a mean of 6 in all.
    standing = np.array([[1.0, 1.0, 10.0]] * 4 + [[1.0, 0.0, 10.0]] * 6)
    room = np.array([100.0, 1.0, 55.0])

    among, beside = cohort_rates.rates(standing, standing[[0, 9]], room)

    # A quarter of the four; the other six have 55 - 10 = 45 of the 60 they would use.
    assert among == pytest.approx([1 / 4] * 4 + [45 / 60] * 6)
    # A fifth on the channel still uses all of it; a seventh beside the six shares their 45.
    assert beside == pytest.approx([1 / 5, 45 / 70])


def test_others_have_the_chance_that_they_had_if_they_stood() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        use = rng.integers(0, 4, (12, 3)).astype(float) * (rng.random((12, 3)) < 0.8)
        use[:, 0] = 1.0
        room = np.array([8.0, 5.0, 6.0])

        among, beside = cohort_rates.rates(use[:8], use[8:], room)

        assert (among @ use[:8] <= room).all()
        joined = [cohort_rates.rates(np.vstack([use[:8], one]), use[:0], room)[0][-1] for one in use[8:]]
        assert beside == pytest.approx(joined)


def own_arms(count: int) -> Pairs:
    """Return candidates of which the third offer is open to every third person only; every second person has SMS."""
    whole = pairs(count, ARMS)
    channel = np.where(whole.person % 2 == 0, E_MAIL, SMS)
    keep = (whole.offer != 2) | (whole.person % 3 == 0)
    return Pairs(**{name: getattr(replace(whole, channel=channel), name)[keep] for name in whole.__dataclass_fields__})


def cohort(candidates: Pairs, size: int, **more: int) -> Cohort:
    return Cohort(size, np.array([2, 1, 3])[candidates.offer], control=2, **more)


def test_everybody_is_drawn_into_control_or_an_arm_of_their_own() -> None:
    candidates = own_arms(3_000)
    plan = policy.decide(people(3_000), candidates, RICH, RULES, cohort(candidates, 1_500))

    drawn = np.flatnonzero(plan.group == PILOT)
    arms = np.where(plan.chosen[drawn] == NOTHING, -1, candidates.offer[plan.chosen[drawn]])
    assert len(drawn) == 1_500
    assert set(drawn[arms == 2] % 3) == {0}
    # 500 people with all arms (lots 2 + 1 + 3 of 8), 1,000 without the third (2 + 1 of 5); control has 2.
    expected = {-1: 500 / 4 + 400, 0: 500 / 4 + 400, 1: 500 / 8 + 200, 2: 500 * 3 / 8}
    assert all(abs(int((arms == arm).sum()) - count) < 75 for arm, count in expected.items())
    # In no permanent control group, not held back; then half of those who stand.
    drawable = 0.9 * 0.8 * 0.5
    share = np.where(candidates.person % 3 == 0, 8, 5)
    assert np.allclose(plan.chance, drawable * np.array([2, 1, 3])[candidates.offer] / share)
    assert np.allclose(plan.pilot_control, drawable * 2 / np.where(np.arange(3_000) % 3 == 0, 8, 5))


def cost_of(plan: Plan, candidates: Pairs) -> int:
    given = plan.chosen[(plan.group == PILOT) & (plan.chosen != NOTHING)]
    return int(candidates.cost[given].sum())


def test_money_is_used_at_the_mean_of_each_person_s_lot() -> None:
    candidates = own_arms(3_000)
    plan = policy.decide(people(3_000), candidates, RICH, RULES, cohort(candidates, 3_000, money=60_000))

    # 1,000 people cost (2 x 20 + 200 + 3 x 50) / 8 = 48.75 on average, 2,000 cost (2 x 20 + 200) / 5 = 48: 60,000 pay
    # for about 1,240, while the dearest arm's 200 each would let 300 be drawn.
    assert 1_225 < int((plan.group == PILOT).sum()) <= 1_245
    assert 59_000 < cost_of(plan, candidates) <= 60_000


def test_a_full_channel_leaves_out_its_own_people_alone() -> None:
    candidates = own_arms(400)
    limits = budget(1_000_000, NightLimit("sms", 40, "count", channels=flags(2, SMS)))
    plan = policy.decide(people(400), candidates, limits, RULES, cohort(candidates, 400))

    drawn = np.flatnonzero(plan.group == PILOT)
    by_sms = drawn % 2 == 1
    given = plan.chosen[drawn] != NOTHING
    # All 200 who are told by e-mail; of the others as many as fill the 40 places but three (two sums are kept).
    assert int((~by_sms).sum()) == 200
    assert 36 <= int((by_sms & given).sum()) <= 40
    assert int(by_sms.sum()) > 50


@pytest.mark.parametrize("seed", range(20))
def test_no_limit_is_passed_whatever_the_lots_name(seed: int) -> None:
    rng = np.random.default_rng(seed)
    folk, candidates = by_lot(60, RULES, uneven(60), 2, rng)
    candidates = replace(candidates, channel=rng.integers(0, 2, len(candidates)))
    limits = budget(
        int(rng.integers(1_000, 6_000)),
        NightLimit("funder", int(rng.integers(1_000, 4_000)), "worst", offers=flags(5, 0, 3)),
        NightLimit("sms", int(rng.integers(2, 15)), "count", channels=flags(2, SMS)),
        NightLimit("store", int(rng.integers(500, 2_000)), people=rng.random(60) < 0.4),
    )
    planned = Cohort(40, rng.integers(0, 4, len(candidates)), control=2, money=int(rng.integers(800, 3_000)))

    plan = policy.decide(folk, candidates, limits, replace(RULES, lot=(f"salt {seed}", "2026-06-30")), planned)

    assert int((plan.group == PILOT).sum()) <= 40
    assert cost_of(plan, candidates) <= planned.money
    assert all(used(plan, candidates, limit) <= limit.available for limit in limits)


def test_logged_chances_are_the_true_frequencies_when_money_and_a_channel_are_tight() -> None:
    # Nobody knows anything but of the second offer, which is no arm; everybody lacks other arms.
    mixed = uneven(14)
    candidates = replace(
        mixed, channel=mixed.person % 2, has_evidence=mixed.offer == 1, value=np.zeros_like(mixed.value)
    )
    limits = budget(100_000, NightLimit("sms", 5, "count", channels=flags(2, SMS)))
    weights = np.array([1, 0, 2, 3, 1])[candidates.offer]
    planned = Cohort(9, weights, control=2, money=1_500)

    given, logged, deviation = frequencies(limits, candidates, 2, 600, planned)

    off = ((given - logged) / np.maximum(deviation, 1e-9))[weights > 0]
    assert given[weights > 0].sum() > 1
    assert np.abs(off).max() < 4.2
    assert abs(float((off**2).mean()) - 1) < 0.5
