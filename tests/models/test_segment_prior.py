"""Effects per segment: right on average, pulled to the mean where evidence is thin, straight between tested depths."""

import numpy as np
import pyarrow as pa
import pytest

from models import segment_prior
from models.policy_value import Log
from models.segment_prior import ALL, Known, Prior


def learned(rows: int, seed: int, recent: float, old: float, noise: float = 40.0, worth: float = 1.0) -> Prior:
    """One offer whose effect is `recent` for the half that bought lately and `old` for the other; costs 5 each time."""
    rng = np.random.default_rng(seed)
    days = rng.integers(0, 200, rows).astype(float)
    action = rng.integers(0, 2, rows)
    effect = np.where(days < 66, recent, old)
    outcome = 100 + action * effect + rng.normal(0, noise, rows)
    log = Log(action, outcome, np.full((rows, 2), 0.5), np.full((rows, 2), 100.0))
    features = pa.table({"days_since_order": days, "order_count_365_days": rng.integers(1, 9, rows).astype(float)})
    return segment_prior.learn(
        log,
        ["ten"],
        features,
        spent=5.0 * action,
        redeemed=0.5 * action,
        bought=np.full(rows, 0.25),
        order_worths={"ten": worth},
    )


def test_segments_differ_where_people_do() -> None:
    found = learned(6_000, 1, recent=30.0, old=0.0).offers["ten"]
    assert sorted(found) == ["0.0", "0.1", "1.0", "1.1", "2.0", "2.1", ALL]
    assert found["0.0"].effect == pytest.approx(30, abs=8)
    assert found["2.1"].effect == pytest.approx(0, abs=8)
    assert found[ALL].effect == pytest.approx(30 / 3, abs=4)
    assert (found["0.0"].cost, found["0.0"].redeem_chance) == (pytest.approx(5), pytest.approx(0.5))
    assert found["0.0"].baseline_chance == pytest.approx(0.25)
    assert all(
        3 * one.error > abs(one.effect - (30 if name[0] == "0" else 0)) for name, one in found.items() if name != ALL
    )


def test_orders_worth_twice_gain_twice_before_the_cost() -> None:
    plain, twice = (learned(2_000, 1, 30.0, 0.0, worth=worth).offers["ten"]["0.0"] for worth in (1.0, 2.0))
    assert twice.effect + 5 == pytest.approx(2 * (plain.effect + 5))
    assert (twice.cost, twice.error) == (plain.cost, pytest.approx(2 * plain.error))


def test_an_offer_for_few_is_compared_with_those_who_could_have_got_it() -> None:
    # A quarter may get the gift: they bring 100 more anyway, and 20 more with it. Lots: control, ten and gift alike.
    rng, rows = np.random.default_rng(6), 8_000
    may = rng.random(rows) < 0.25
    chance = np.where(may[:, None], [1 / 3, 1 / 3, 1 / 3], [1 / 2, 1 / 2, 0.0])
    action = (rng.random(rows)[:, None] > chance.cumsum(axis=1)).sum(axis=1)
    outcome = 100 + 100 * may + np.array([0.0, 10.0, 20.0])[action] + rng.normal(0, 20, rows)
    # The guess knows nothing of who brings more: the comparison alone must be right.
    log, none = Log(action, outcome, chance, np.full((rows, 3), 125.0)), np.zeros(rows)

    found = segment_prior.learn(log, ["ten", "gift"], pa.table({"x": none}), spent=none, redeemed=none, bought=none)

    ten, gift = (found.of(offer, ALL) for offer in ("ten", "gift"))
    assert abs(ten.effect - 10) < 3 * ten.error < 15
    assert 5 < gift.effect < 35
    assert outcome[action == 2].mean() - outcome[action == 0].mean() > 80


def test_thin_evidence_is_pulled_to_the_mean_and_the_mean_to_zero() -> None:
    # Noise of 400 on 50 people: the raw segments scatter by 100 and more, and there is nothing behind it.
    found = learned(300, 2, recent=0.0, old=0.0, noise=400.0).offers["ten"]
    assert max(abs(one.effect) for one in found.values()) < 45
    assert min(one.error for one in found.values()) > 10


def test_an_offer_hardly_anybody_got_has_no_prior() -> None:
    rng = np.random.default_rng(4)
    action = (np.arange(500) < 20).astype(int)
    log = Log(action, rng.normal(0, 1, 500), np.full((500, 2), 0.5), np.zeros((500, 2)))
    none = np.zeros(500)
    found = segment_prior.learn(log, ["ten"], pa.table({"x": none}), spent=none, redeemed=none, bought=none)
    assert dict(found.offers) == {}


def test_a_prior_is_restored_from_its_json() -> None:
    prior = learned(2_000, 3, recent=30.0, old=0.0)
    again = Prior.of_json(prior.to_json())
    assert again.of("ten", "0.0").effect == pytest.approx(prior.of("ten", "0.0").effect, abs=1e-6)
    assert again.of("ten", "never seen") == again.of("ten", ALL)
    days = pa.table({"days_since_order": [1.0, None, 190.0], "order_count_365_days": [1.0, None, 8.0]})
    assert again.segments.of(days).tolist() == ["0.0", "-.-", "2.1"]


def known(effect: float, error: float, cost: float) -> Known:
    return Known(effect, error, cost, cost / 10, 0.3, 100)


def test_between_two_depths_everything_is_straight() -> None:
    siblings = [(0.20, known(40, 3, 8)), (0.10, known(20, 4, 4))]
    between = segment_prior.interpolated(0.15, siblings)
    assert between == Known(30.0, pytest.approx(np.hypot(2, 1.5)), 6.0, pytest.approx(0.6), 0.3, 100)
    below = segment_prior.interpolated(0.05, siblings)
    assert below is not None
    assert (below.effect, below.cost) == (10.0, 2.0)
    assert segment_prior.interpolated(0.25, siblings) is None
    assert segment_prior.interpolated(0.15, []) is None
