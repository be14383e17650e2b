"""What other arms' rows say of a policy's spread, by hand, and the intervals it saves."""

import numpy as np
import pytest

from models import lent_spread, policy_value
from models.lent_spread import Scores
from models.policy_value import Log

EITHER = np.array([0, 1, 0, 1])


def to_arm_one(rows: int, chance: float) -> Scores:
    """Scores of 'arm 1 to everybody' without a guess: the outcome over its propensity."""
    return Scores(np.zeros((rows, 2)), np.tile([0.0, 1 / chance], (rows, 1)))


def test_every_row_speaks_for_every_arm() -> None:
    found = lent_spread.lent(to_arm_one(4, 0.5), EITHER, np.array([1.0, 1.0, 3.0, 3.0]), np.full((4, 2), 0.5))
    assert found is not None
    # The law: 0 with chance 1/2 (arm 0), 2 x 1 and 2 x 3 with 1/4 each; mean 2.
    assert found.variance == pytest.approx((2 * 2**2 + 0 + 4**2) / 4)
    assert found.third == pytest.approx((-2 * 2**3 + 0 + 4**3) / 4)
    # A row of outcome 1 pulls the mean by -1 and holds a square of 2; one of 3 pulls by 1 and holds 10.
    assert found.covariance == pytest.approx((-1 * 2 + 1 * 10) / 2)
    # Too few rows to be heavier than a normal law: as many degrees as rows.
    assert (found.degrees, found.plain_degrees) == (4.0, 4.0)


def test_an_outcome_is_lent_at_the_size_it_would_have_under_the_arm() -> None:
    action = np.tile([0, 1], 500)
    # Arm 1 pays twice as much; half of its rows buy, as do those of arm 0.
    outcome = np.where(action == 1, 20.0, 10.0) * (np.arange(1000) // 2 % 2)
    found = lent_spread.lent(to_arm_one(1000, 0.5), action, outcome, np.full((1000, 2), 0.5))
    assert found is not None
    # 40 with chance 1/4, else 0.
    assert found.variance == pytest.approx(40**2 * 1 / 4 * 3 / 4, rel=1e-2)


def test_buyers_are_lent_as_often_as_they_would_be() -> None:
    action = np.tile([0, 1], 5_000)
    # One in ten buys under arm 0, four in ten under arm 1, always for 10.
    place = np.arange(10_000) // 2 % 10
    outcome = np.where(place < np.where(action == 1, 4, 1), 10.0, 0.0)
    found = lent_spread.lent(to_arm_one(10_000, 0.5), action, outcome, np.full((10_000, 2), 0.5))
    assert found is not None
    # 20 with chance 1/2 x 4/10, else 0.
    assert found.variance == pytest.approx(20**2 * 0.2 * 0.8, rel=1e-2)


def test_an_arm_that_could_not_be_drawn_lends_nothing_and_no_outcomes_lend_nothing() -> None:
    sure = np.tile([1.0, 0.0], (4, 1))
    found = lent_spread.lent(
        Scores(np.tile([0.0, np.inf], (4, 1)), np.tile([1.0, 0.0], (4, 1))), np.zeros(4, int), np.arange(4.0), sure
    )
    assert found is not None
    assert found.variance == pytest.approx(np.var([0, 1, 2, 3]))
    assert lent_spread.lent(to_arm_one(4, 0.5), EITHER, np.zeros(4), np.full((4, 2), 0.5)) is None


WAVES, ROWS, EXPLORE, SPREAD = 400, 2_000, 0.1, 1.2
# Three standard errors of a share that is truly 0.95.
BAND = 3 * np.sqrt(0.95 * 0.05 / WAVES)


def heavy_wave(rng: np.random.Generator) -> Log:
    """Nine of ten get nothing; margins are lognormal with spread 1.2 and mean 10, half as much more with the offer."""
    action = (rng.random(ROWS) < EXPLORE).astype(int)
    basket = np.exp(SPREAD * rng.standard_normal(ROWS) - SPREAD**2 / 2)
    outcome = np.where(action == 1, 15.0, 10.0) * basket * (rng.random(ROWS) < 0.4)
    return Log(action, outcome, np.tile([1 - EXPLORE, EXPLORE], (ROWS, 1)), np.tile([4.0, 6.0], (ROWS, 1)))


def test_intervals_hold_where_few_rows_with_large_weights_decide() -> None:
    rng = np.random.default_rng(5)
    held = by_normal = 0
    for _ in range(WAVES):
        found = policy_value.difference(heavy_wave(rng), np.ones(ROWS, int), np.zeros(ROWS, int))
        assert found.interval is not None
        held += found.interval.low <= 0.4 * 5 <= found.interval.high
        by_normal += abs(found.interval.mean - 0.4 * 5) <= 1.96 * found.interval.plain_error
    assert 0.95 - BAND < held / WAVES < 0.95 + BAND
    # The plain interval does not: eighty rows of orders make its spread, and mean and spread are small together.
    assert by_normal / WAVES < 0.93
