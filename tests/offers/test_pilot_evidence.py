"""Differences, intervals and checks of a pilot against hand-made numbers and simulated pilots."""

from math import sqrt

import numpy as np
import pandas as pd
import pytest

from offers import pilot_evidence as evidence
from offers.pilot_evidence import Difference


def test_a_difference_with_its_interval_by_hand() -> None:
    # Means 6 and 4; variances 4 / 3 and 8 / 3 of four people each.
    arm, control = np.array([5.0, 5, 7, 7]), np.array([2.0, 4, 4, 6])

    found = evidence.difference(arm, control, limit=2.0)

    error = sqrt(4 / 3 / 4 + 8 / 3 / 4)
    assert found == Difference(
        2.0, pytest.approx(error), pytest.approx(2 - 2 * error), pytest.approx(2 + 2 * error), people=4, controls=4
    )


def test_one_person_is_no_arm() -> None:
    assert evidence.difference(np.array([5.0]), np.array([2.0, 4.0]), limit=2.0) is None


def test_earlier_money_takes_its_share_of_the_variance_away() -> None:
    rng = np.random.default_rng(1)
    before = rng.normal(0, 1, 4_000)
    arms = ["control", "a"] * 2_000
    values = 3 * before + rng.normal(0, 4, 4_000) + np.array([0.0, 1.0] * 2_000)

    found = evidence.adjusted(values, before, arms)

    # 9 of 9 + 16 parts of the variance.
    assert found.explained == pytest.approx(9 / 25, abs=0.03)
    assert found.values.std() == pytest.approx(sqrt(16 + 0.25), rel=0.03)
    assert found.values.mean() == pytest.approx(values.mean())


def test_nothing_is_adjusted_by_people_who_never_bought() -> None:
    values = np.array([1.0, 2.0])

    found = evidence.adjusted(values, np.zeros(2), ["control", "a"])

    assert (found.values is values, found.explained) == (True, 0.0)


def test_limits_follow_how_much_evidence_was_in() -> None:
    # One arm; half, then all: the published bounds of two looks. A last look at 80 % is final, too.
    assert evidence.limit_at([50], 100, alpha=0.05, arms=1, is_last=False) == pytest.approx(2.9626, abs=1e-4)
    assert evidence.limit_at([50, 100], 100, alpha=0.05, arms=1, is_last=True) == pytest.approx(1.9686, abs=1e-4)
    assert evidence.limit_at([80], 100, alpha=0.05, arms=1, is_last=True) == pytest.approx(1.9600, abs=1e-4)
    assert evidence.limit_at([50, 50], 100, alpha=0.05, arms=1, is_last=False) == pytest.approx(2.9626, abs=1e-4)
    # Four arms: each has 1 - 0.95^(1/4).
    assert evidence.limit_at([100], 100, alpha=0.05, arms=4, is_last=True) == pytest.approx(2.4909, abs=1e-4)


def chances(count: int, **shares: float) -> pd.DataFrame:
    return pd.DataFrame(shares, index=range(count))


def test_sample_ratio_is_a_chi_square_test() -> None:
    halves = chances(1_000, control=0.5, a=0.5)
    # (520 - 500)^2 / 500 + (480 - 500)^2 / 500 = 1.6 with one degree of freedom.
    assert evidence.sample_ratio(["control"] * 520 + ["a"] * 480, halves) == pytest.approx(0.2059, abs=1e-4)
    assert evidence.sample_ratio(["control"] * 600 + ["a"] * 400, halves) < 1e-9
    assert evidence.sample_ratio(["control"] * 1_000, halves) < 1e-9
    assert evidence.sample_ratio([], halves[:0]) == 1.0


def test_sample_ratio_knows_to_whom_an_arm_was_open() -> None:
    # Every second person can get b, too: 250 + 167 controls, 250 + 167 with a, 166 with b are what lots make.
    mixed = pd.concat([chances(500, control=0.5, a=0.5, b=0.0), chances(500, control=1 / 3, a=1 / 3, b=1 / 3)])
    named = ["control"] * 250 + ["a"] * 250 + ["control"] * 167 + ["a"] * 167 + ["b"] * 166

    assert evidence.sample_ratio(named, mixed) > 0.99
    # The same sizes with a single one who could not get what they got.
    assert evidence.sample_ratio(["b", *named[1:-1], "control"], mixed) == 0.0


def test_sample_ratio_errs_as_often_as_it_says() -> None:
    rng, found = np.random.default_rng(5), []
    mixed = pd.concat([chances(60, control=0.4, a=0.6, b=0.0), chances(90, control=0.2, a=0.3, b=0.5)])
    for _ in range(400):
        named = [rng.choice(["control", "a", "b"], p=one) for one in mixed.to_numpy()]
        found.append(evidence.sample_ratio(named, mixed))

    # 5 % of 400, give or take 4 standard deviations of sqrt(400 x 0.05 x 0.95).
    assert abs(int((np.array(found) < 0.05).sum()) - 20) <= 18


@pytest.mark.parametrize(
    ("arm", "control", "is_beyond"),
    [
        ((30, 1_000), (10, 1_000), True),  # 2 points above, 1 allowed
        ((19, 1_000), (10, 1_000), False),  # 0.9 points: not enough
        ((2, 50), (1, 50), False),  # 2 points, but by chance
        ((0, 0), (1, 50), False),
    ],
)
def test_annoyance_must_exceed_the_margin_and_chance(
    arm: tuple[int, int], control: tuple[int, int], is_beyond: bool
) -> None:
    assert evidence.is_beyond(arm, control, 0.01) is is_beyond


def test_over_simulated_pilots_intervals_at_all_looks_and_arms_hold_as_often_as_promised() -> None:
    rng = np.random.default_rng(5)
    pilots, people, looks = 500, 800, (400, 800)
    limits = [
        evidence.limit_at(looks[: count + 1], people, alpha=0.05, arms=3, is_last=count == 1) for count in range(2)
    ]
    arms = np.arange(people) % 5  # 0 and 1 are the control arm, twice as large
    held = [_all_hold(rng, arms, looks, limits) for _ in range(pilots)]

    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def _all_hold(rng: np.random.Generator, arms: np.ndarray, looks: tuple[int, ...], limits: list[float]) -> bool:
    """Tell whether all intervals of a pilot with a true effect of 0.3 in each arm hold it at both looks."""
    before = rng.exponential(1.0, len(arms))
    values = before + rng.exponential(1.0, len(arms)) + 0.3 * (arms > 1)
    for look, limit in zip(looks, limits, strict=True):
        arm = np.where(arms[:look] > 1, arms[:look], 0)
        found = evidence.adjusted(values[:look], before[:look], [str(one) for one in arm]).values
        for one in (2, 3, 4):
            gap = evidence.difference(found[arm == one], found[arm == 0], limit)
            if gap is None or not gap.lower <= 0.3 <= gap.upper:
                return False
    return True
