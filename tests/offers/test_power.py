"""Sizes of pilots: the textbook's numbers, and what simulated pilots of that size find."""

from math import sqrt

import numpy as np
import pytest

from offers import power
from offers.power import Cohort, Design, Spread


def test_half_a_standard_deviation_needs_sixty_three_people_an_arm() -> None:
    # Cohen's table, d = 0.5, two-sided 5 %, power 80 %: 62.8 (normal approximation), rounded up.
    assert power.cohort(Design(1), Spread.of_money(1.0), 0.5) == Cohort(63, 63, 1)


def test_a_chance_from_50_to_60_percent_needs_385_people_an_arm() -> None:
    # (1.95996 + 0.84162)^2 * (0.6 * 0.4 + 0.5 * 0.5) / 0.1^2 = 384.6
    assert power.cohort(Design(1), Spread.of_chance(0.5, 0.1), 0.1) == Cohort(385, 385, 1)


def test_what_was_bought_before_saves_its_share_of_the_people() -> None:
    whole = power.cohort(Design(1), Spread.of_money(749.0**2), 20.0)
    adjusted = power.cohort(Design(1), Spread.of_money(749.0**2, r2=0.25), 20.0)

    assert adjusted.arm == pytest.approx(0.75 * whole.arm, abs=1)


def test_the_error_of_four_arms_is_shared_among_them() -> None:
    # 1 - 0.95^(1/4) = 0.01274
    assert power.sidak(0.05, 4) == pytest.approx(0.012741, abs=1e-6)
    assert Design(4).limits == (pytest.approx(2.4909, abs=1e-4),)


def test_no_other_control_arm_makes_the_interval_of_four_arms_narrower() -> None:
    best = Cohort(1_000, 2_000, 4)
    assert Design(4).control_ratio == best.control / best.arm
    error = power.standard_error(Spread.of_money(1.0), best)
    others = [
        power.standard_error(Spread.of_money(1.0), Cohort((6_000 - control) // 4, control, 4))
        for control in range(200, 5_000, 50)
    ]

    assert error == pytest.approx(sqrt(1 / 1_000 + 1 / 2_000))
    assert error <= min(others) + 1e-9


def test_a_cohort_of_the_right_size_sees_just_the_effect_it_was_made_for() -> None:
    design, spread = Design(3, fractions=(0.5, 1.0)), Spread.of_money(400.0)
    people = power.cohort(design, spread, 2.0)

    assert power.detectable(design, spread, people) == pytest.approx(2.0, rel=0.002)
    assert power.power_of(design, spread, people, 2.0) == pytest.approx(0.8, abs=0.002)
    assert power.interval_width(design, spread, people) == pytest.approx(
        2 * design.limits[-1] * sqrt(400 / people.arm + 400 / people.control)
    )


def money(rng: np.random.Generator, people: int, pilots: int) -> tuple[np.ndarray, np.ndarray]:
    """Return margins as shops see them, most people 0 and few large, and each person's margin before."""
    level = rng.lognormal(0.0, 0.8, (pilots, people))
    now, before = (np.where(rng.random(level.shape) < 0.4, level * rng.lognormal(0, 0.4, level.shape), 0) for _ in "ab")
    return now, before


def test_simulated_pilots_of_skewed_money_find_the_effect_as_often_as_promised() -> None:
    rng = np.random.default_rng(7)
    history, earlier = money(rng, 100_000, 1)
    r2 = float(np.corrcoef(history[0], earlier[0])[0, 1] ** 2)
    spread, design, effect = Spread.of_money(float(history.var()), r2), Design(2), 0.3
    people = power.cohort(design, spread, effect)

    found, false = simulated(rng, design, people, effect)

    assert r2 > 0.03
    assert found == pytest.approx(0.8, abs=0.025)
    assert false <= 0.05 + 0.015


def simulated(rng: np.random.Generator, design: Design, people: Cohort, effect: float) -> tuple[float, float]:
    """Return how often an arm with the effect is found, and how often one of two arms without is."""
    pilots = 4_000
    now, before = money(rng, people.total, pilots)
    slope = np.array([np.cov(x, y)[0, 1] / x.var(ddof=1) for x, y in zip(before, now, strict=True)])
    adjusted = now - slope[:, None] * before
    control, first, second = np.split(adjusted, [people.control, people.control + people.arm], axis=1)
    error = np.sqrt(first.var(axis=1) / people.arm + control.var(axis=1) / people.control)
    z = [(arm.mean(axis=1) - control.mean(axis=1)) / error for arm in (first, second)]
    limit = design.limits[-1]
    found = float(((z[0] + effect / error) > limit).mean())
    return found, float(((np.abs(z[0]) > limit) | (np.abs(z[1]) > limit)).mean())


@pytest.mark.parametrize(
    ("people", "standing", "joining", "per_night", "nights"),
    [
        (1_000, 5_000, 0.0, 100, 10),  # the night's lot is the narrow place
        (1_000, 400, 50.0, 1_000, 13),  # 400 at once, then 600 at 50 a night
        (1_000, 400, 0.0, 100, None),  # they will never be so many
        (1_000, 5_000, 10.0, 0, None),  # no money for anybody
        (250, 100, 200.0, 100, 3),
    ],
)
def test_nights_to_fill_a_cohort(
    people: int, standing: int, joining: float, per_night: int, nights: int | None
) -> None:
    assert power.nights_needed(people, standing=standing, joining=joining, per_night=per_night) == nights
