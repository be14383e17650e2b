"""The policy on arrays: money, lots, and propensities that are the true frequencies over the lots."""

from dataclasses import replace

import numpy as np
import pytest

from offers import allocation_repair, lots, policy
from offers.draws import safe_size, safe_sizes, usual_sizes
from offers.limits import BUDGET
from offers.night_limits import NightLimit
from offers.people import (
    CHOOSE,
    CONTROL,
    EXCLUDED,
    EXPLORE,
    GLOBAL_CONTROL,
    NOTHING,
    PILOT,
    Pairs,
    People,
    count_per_person,
)  # fmt: skip
from offers.policy import Cohort, Plan, Rules

NIGHT = "2026-06-30"
RICH = (NightLimit(BUDGET, 1_000_000),)
RULES = Rules(
    global_control=0.1,
    campaign_control=0.2,
    explore=0.15,
    pilot=0.1,
    lot=("salt", NIGHT),
)
# (offer, campaign, value, cost, worst, has evidence) of everybody: two depths, and points nobody has tried.
OFFERS = [(0, 0, 300, 100, 500, True), (1, 0, 200, 150, 500, True), (2, 0, 0, 400, 400, False)]


def budget(available: int, *others: NightLimit) -> tuple[NightLimit, ...]:
    return (NightLimit(BUDGET, available), *others)


def people(count: int, group: int = CHOOSE) -> People:
    ids = np.array([f"c{number:04d}" for number in range(count)], dtype=object)
    return People(ids, np.full(count, group), np.array([lots.unit("salt", "night", one) for one in ids]))


def pairs(count: int, offers: list[tuple[int, int, int, int, int, bool]] = OFFERS) -> Pairs:
    """Return the same candidates for everybody."""
    columns = [np.tile(np.array(column), count) for column in zip(*offers, strict=True)]
    offer, campaign, value, cost, worst, evidence = columns
    person = np.repeat(np.arange(count), len(offers))
    held = np.zeros(len(person), dtype=bool)
    none, sure = np.zeros_like(person), np.zeros(len(person))
    return Pairs(person, offer, campaign, none, held, value, cost, worst, worst.astype(float), sure, evidence)


def spent(plan: Plan, candidates: Pairs, group: int, amount: str = "cost") -> int:
    chosen = plan.chosen[(plan.group == group) & (plan.chosen != NOTHING)]
    return int(getattr(candidates, amount)[chosen].sum())


def test_who_chooses_gets_the_best_within_the_budget() -> None:
    # 10 people, 500: five times the offer worth 300 for 100.
    plan = policy.decide(people(10), pairs(10), budget(500), RULES)

    assert [int(candidate) for candidate in plan.chosen if candidate != NOTHING] == [0, 3, 6, 9, 12]
    assert (plan.choice.value, plan.choice.upper_bound, plan.choice.used) == (1_500.0, 1_500.0, {"budget": 500})


def test_controls_and_excluded_get_nothing() -> None:
    for group in (EXCLUDED, GLOBAL_CONTROL, CONTROL):
        plan = policy.decide(people(5, group), pairs(5), RICH, RULES)

        assert list(plan.chosen) == [NOTHING] * 5
        assert list(plan.group) == [group] * 5


def test_who_is_held_back_from_a_campaign_gets_nothing_of_it() -> None:
    candidates = replace(pairs(2, [(0, 0, 300, 100, 500, True), (1, 1, 200, 100, 500, True)]))
    held = replace(candidates, is_held_back=np.array([True, False, False, False]))

    plan = policy.decide(people(2), held, RICH, RULES)

    assert list(plan.chosen) == [1, 2]


def test_exploration_is_uniform_over_what_has_evidence_and_is_affordable() -> None:
    candidates = pairs(3_000)
    plan = policy.decide(people(3_000, EXPLORE), candidates, budget(3_000_000), RULES)

    # 15 % of 30,000.00 pay for all 3,000 at 1.50 each; a lot between two with evidence: 1,500 each, give or take 110.
    offers = candidates.offer[plan.chosen]
    assert (plan.group == EXPLORE).all()
    assert set(offers) == {0, 1}
    assert abs(int((offers == 0).sum()) - 1_500) <= 110


def test_exploration_keeps_to_its_part_of_the_money() -> None:
    # 15 % of 100.00 = 15.00; the dearest costs 1.50: 10 people explore, the other 90 choose.
    plan = policy.decide(people(100, EXPLORE), pairs(100), budget(10_000), RULES)

    assert int((plan.group == EXPLORE).sum()) == 10
    assert spent(plan, pairs(100), EXPLORE) <= 1_500
    assert spent(plan, pairs(100), EXPLORE) + spent(plan, pairs(100), CHOOSE) <= 10_000


def test_without_any_evidence_the_night_is_a_pilot_paid_at_its_worst_case() -> None:
    cold = pairs(100, [(0, 0, 0, 500, 500, False), (1, 0, 0, 200, 200, False)])
    plan = policy.decide(people(100), cold, budget(10_000), RULES)

    # 100.00 pay for 20 people at the dearest offer's 5.00, whoever they are and whatever they get.
    assert plan.is_cold
    assert int((plan.group == PILOT).sum()) == 20
    assert set(plan.group) == {PILOT, CHOOSE}
    assert spent(plan, cold, PILOT, "worst") <= 20 * 500 == 10_000
    assert set(plan.chosen[plan.group == CHOOSE]) == {NOTHING}


def test_a_pilot_has_a_control_arm_as_large_as_each_offer() -> None:
    cold = pairs(3_000, [(0, 0, 0, 1, 1, False), (1, 0, 0, 1, 1, False)])
    plan = policy.decide(people(3_000), cold, RICH, RULES)

    arms = np.where(plan.chosen == NOTHING, -1, cold.offer[plan.chosen])
    # A third each, give or take 4 standard deviations of sqrt(3000 * 2/9) = 26.
    assert all(abs(int((arms == arm).sum()) - 1_000) <= 104 for arm in (-1, 0, 1))


def test_a_limit_on_one_offer_holds_beside_the_budget() -> None:
    limits = budget(10_000, NightLimit("basket", 3_000, offers=np.array([True, False, False])))
    plan = policy.decide(people(100), pairs(100), limits, RULES)

    chosen = pairs(100).offer[plan.choice.rows]
    assert int((chosen == 0).sum()) == 30  # 30.00 at 1.00
    assert plan.choice.used["budget"] <= 10_000


def test_no_money_no_offers() -> None:
    plan = policy.decide(people(10), pairs(10), budget(0), RULES)

    assert set(plan.chosen) == {NOTHING}


def test_a_night_without_candidates() -> None:
    nobody = pairs(0)

    plan = policy.decide(people(3), nobody, RICH, RULES)

    assert list(plan.chosen) == [NOTHING] * 3
    assert len(plan.chance) == 0


@pytest.mark.parametrize(
    ("costs", "hard", "size"),
    [
        ([150] * 100, 1_000, 6),  # 6 x 150 = 900
        ([0] * 100, 0, 100),  # cost nothing
        ([150] * 100, 0, 0),
        ([500, 10, 10, 10], 520, 3),  # 500 + 10 + 10
        ([500, 10, 10, 10], 499, 0),  # the dearest might be the one
        ([], 100, 0),
    ],
)
def test_a_cohort_is_safe_whoever_is_drawn(costs: list[int], hard: int, size: int) -> None:
    assert safe_size(np.array(costs, dtype=np.int64), hard) == size


def test_one_more_person_among_those_who_stand() -> None:
    rng = np.random.default_rng(5)
    for _ in range(300):
        costs, hard = rng.integers(0, 9, rng.integers(0, 7)), int(rng.integers(0, 30))
        extra = np.arange(10)

        found = safe_sizes(costs, extra, hard)

        assert found.tolist() == [safe_size(np.append(costs, one), hard) for one in extra]


def test_the_usual_part_of_the_money_pays_for_the_average_cost() -> None:
    counts, totals = np.array([100, 100, 100, 0]), np.array([15_000, 1_000, 0, 0])

    # 1,500 pay for 10 people at 150 each; 1,000 in all are paid whole.
    assert usual_sizes(counts, totals, 1_500).tolist() == [10, 100, 100, 0]


def by_lot(
    count: int, rules: Rules, candidates: Pairs, campaigns: int, rng: np.random.Generator
) -> tuple[People, Pairs]:
    """Return people in groups as the lots of another salt would draw them."""
    held = rng.random((count, campaigns)) < rules.campaign_control
    unit = rng.random(count)
    group = np.select([unit < rules.explore, unit < rules.explore + rules.pilot], [EXPLORE, PILOT], CHOOSE)
    group = np.where(held.all(axis=1), CONTROL, group)
    group = np.where(rng.random(count) < rules.global_control, GLOBAL_CONTROL, group)
    ids = np.array([f"c{number:04d}" for number in range(count)], dtype=object)
    return People(ids, group, unit), replace(candidates, is_held_back=held[candidates.person, candidates.campaign])


def frequencies(
    limits: tuple[NightLimit, ...], candidates: Pairs, campaigns: int, nights: int, planned: Cohort | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how often each candidate was given, the mean logged chance, and the deviation of their difference."""
    count = int(candidates.person.max()) + 1
    rng = np.random.default_rng(20260630)
    given, logged, variance = (np.zeros(len(candidates)) for _ in range(3))
    for night in range(nights):
        folk, held = by_lot(count, RULES, candidates, campaigns, rng)
        plan = policy.decide(folk, held, limits, replace(RULES, lot=(f"salt {night}", NIGHT)), planned)
        given[plan.chosen[plan.chosen != NOTHING]] += 1
        logged += plan.chance
        variance += plan.chance * (1 - plan.chance)
    return given / nights, logged / nights, np.sqrt(variance) / nights


def uneven(count: int) -> Pairs:
    """Return candidates in two campaigns whose values, costs and number differ from person to person."""
    rng = np.random.default_rng(7)
    whole = pairs(count, [*OFFERS, (3, 1, 250, 90, 300, True), (4, 1, 0, 200, 200, False)])
    keep = rng.random(len(whole)) < 0.8
    value = np.where(whole.has_evidence, rng.integers(-100, 400, len(whole)), 0)
    cost = np.where(whole.has_evidence, rng.integers(20, 200, len(whole)), whole.cost)
    mixed = replace(whole, value=value, cost=cost)
    fields = {name: getattr(mixed, name)[keep] for name in mixed.__dataclass_fields__}
    return Pairs(**fields)


def one_campaign(count: int) -> Pairs:
    candidates = uneven(count)
    return replace(candidates, campaign=np.zeros_like(candidates.campaign))


def test_logged_chances_are_the_true_frequencies_over_the_lots() -> None:
    # Money enough for all choices; 15 % of 20.00 let a few explore, 10 % of it let one or two into the pilot.
    candidates = replace(one_campaign(12), cost=np.minimum(one_campaign(12).cost, 50))

    given, logged, deviation = frequencies(budget(2_000), candidates, 1, 900)

    off = (given - logged) / np.maximum(deviation, 1e-9)
    assert given.sum() > 1
    assert np.abs(off).max() < 4.2
    assert abs(float((off**2).mean()) - 1) < 0.5


def flags(count: int, *set_ones: int) -> np.ndarray:
    return np.isin(np.arange(count), set_ones)


def test_logged_chances_hold_with_several_limits() -> None:
    # Who is drawn is bounded by the worst case (11.00 for at most 5.00 each) and by one piece of what nobody tried.
    limits = budget(2_000, NightLimit("sure", 1_100, chance=0.5), NightLimit("pieces", 1, "count", offers=flags(5, 2)))
    candidates = replace(one_campaign(12), cost=np.minimum(one_campaign(12).cost, 50))

    given, logged, deviation = frequencies(limits, candidates, 1, 900)

    off = (given - logged) / np.maximum(deviation, 1e-9)
    assert given.sum() > 1
    assert np.abs(off).max() < 4.2
    assert given[candidates.offer == 2].sum() > 0


def used(plan: Plan, candidates: Pairs, limit: NightLimit) -> int:
    """Return what everybody's offers weigh in a limit, added up one by one."""
    total = 0
    for row in plan.chosen[plan.chosen != NOTHING]:
        tables = (
            (limit.offers, candidates.offer),
            (limit.channels, candidates.channel),
            (limit.people, candidates.person),
        )
        if all(wanted is None or wanted[place[row]] for wanted, place in tables):
            total += 1 if limit.measure == "count" else int(getattr(candidates, limit.measure)[row])
    return total


@pytest.mark.parametrize("seed", range(30))
def test_no_limit_is_ever_exceeded_whoever_is_drawn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    folk, candidates = by_lot(40, RULES, uneven(40), 2, rng)
    candidates = replace(candidates, channel=rng.integers(0, 2, len(candidates)))
    limits = budget(
        int(rng.integers(0, 6_000)),
        NightLimit("funder", int(rng.integers(0, 3_000)), "worst", offers=flags(5, 0, 3)),
        NightLimit("post", int(rng.integers(0, 9)), "count", channels=flags(2, 1)),
        NightLimit("store", int(rng.integers(0, 2_000)), people=rng.random(40) < 0.4),
        NightLimit("pieces", int(rng.integers(0, 4)), "count", offers=flags(5, 2)),
        NightLimit("everybody", int(rng.integers(0, 30)), "count"),
    )

    plan = policy.decide(folk, candidates, limits, replace(RULES, explore=0.5, pilot=0.3, lot=(f"salt {seed}", NIGHT)))

    use = [used(plan, candidates, limit) for limit in limits]
    assert [one for one, limit in zip(use, limits, strict=True) if one > limit.available] == []
    assert plan.left.tolist() == [limit.available - one for one, limit in zip(use, limits, strict=True)]


def test_a_scarce_offer_does_not_keep_the_others_from_being_tried() -> None:
    # 10 pieces would let 10 people explore; without the offer 100 explore the other one, as the money allows.
    scarce = NightLimit("pieces", 10, "count", offers=flags(3, 0))
    plan = policy.decide(people(100, EXPLORE), pairs(100), budget(1_000_000, scarce), replace(RULES, explore=1.0))

    assert int((plan.group == EXPLORE).sum()) == 100
    assert set(pairs(100).offer[plan.chosen]) == {1}


def test_a_channel_that_all_offers_need_makes_the_cohort_small_instead() -> None:
    email = NightLimit("email", 10, "count", channels=flags(1, 0))
    plan = policy.decide(people(100, EXPLORE), pairs(100), budget(1_000_000, email), replace(RULES, explore=1.0))

    assert int((plan.group == EXPLORE).sum()) == 10


def test_the_penalty_adds_up_every_limit_that_has_a_price() -> None:
    # 10 people; three places by e-mail: worth 300 each, or 200 in the other channel for 150 of plenty.
    places = NightLimit("email", 3, "count", channels=flags(2, 0))
    candidates = replace(pairs(10, OFFERS[:2]), channel=np.tile([0, 1], 10))
    plan = policy.decide(people(10), candidates, budget(1_000_000, places), RULES)

    assert plan.choice.value == 3 * 300 + 7 * 200
    assert plan.choice.prices == {"budget": 0.0, "email": pytest.approx(100, abs=1)}
    assert plan.penalty[:2].tolist() == [plan.choice.prices["email"], 0.0]


def test_logged_chances_hold_with_two_campaigns() -> None:
    given, logged, deviation = frequencies(RICH, uneven(12), 2, 900)

    off = (given - logged) / np.maximum(deviation, 1e-9)
    assert np.abs(off).max() < 4.2


def test_logged_chances_hold_in_a_cold_pilot() -> None:
    cold = pairs(15, [(0, 0, 0, 500, 500, False), (1, 0, 0, 200, 200, False)])

    given, logged, deviation = frequencies(budget(2_500), cold, 1, 900)

    assert np.abs((given - logged) / deviation).max() < 4.2
    # (1 - 0.1) * (1 - 0.2) * 5 / N / 3 each, N people standing.
    assert 0.05 < logged.min() <= logged.max() < 0.15


def test_a_planned_pilot_ends_with_its_money() -> None:
    candidates = pairs(100, [(0, 0, 0, 100, 100, False)])
    cohort = Cohort(600, np.ones(100, dtype=np.int64), control=1, money=1_250)

    plan = policy.decide(people(100), candidates, RICH, RULES, cohort)

    # Every second gets the offer: 12.50 less the last two people's 2.00 pay for 20 or 21 people.
    assert int((plan.group == PILOT).sum()) in (20, 21)
    assert spent(plan, candidates, PILOT) <= 1_250


def test_logged_chances_hold_in_a_planned_pilot() -> None:
    candidates = pairs(12, [(0, 0, 0, 100, 100, False), (1, 1, 0, 200, 200, False), (2, 1, 50, 100, 100, True)])
    cohort = Cohort(5, np.select([candidates.offer == 0, candidates.offer == 1], [1, 3]), control=2)

    given, logged, deviation = frequencies(RICH, candidates, 2, 900, cohort)

    off = (given - logged) / np.maximum(deviation, 1e-9)
    assert given[candidates.offer == 1].sum() > given[candidates.offer == 0].sum() > 0
    assert np.abs(off).max() < 4.2


def test_under_a_tight_budget_the_chances_hold_on_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    # The price moves a little with everybody's lots, so single people near it differ; the sum does not.
    monkeypatch.setattr(allocation_repair, "FEW_CANDIDATES", 0)
    candidates = one_campaign(60)

    given, logged, _ = frequencies(budget(2_000), candidates, 1, 120)

    assert float(np.abs(given - logged).mean()) < 0.03
    assert abs(float(given.sum() - logged.sum())) < 0.03 * float(given.sum())


def test_chances_of_a_person_never_exceed_one() -> None:
    rng = np.random.default_rng(3)
    folk, candidates = by_lot(200, RULES, uneven(200), 2, rng)

    plan = policy.decide(folk, candidates, budget(5_000), RULES)

    total = np.zeros(200)
    np.add.at(total, candidates.person, plan.chance)
    assert total.max() <= 1.0 + 1e-12
    assert (plan.chance >= 0).all()
    given = plan.chosen[plan.chosen != NOTHING]
    assert (plan.chance[given] > 0).all()
    assert (count_per_person(candidates, np.ones(len(candidates), dtype=bool), 200) >= 0).all()
