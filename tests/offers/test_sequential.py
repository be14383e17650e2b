"""Bounds for several looks: published values, and what a simulated walk does."""

import numpy as np
import pytest

from offers import sequential


@pytest.mark.parametrize(
    ("looks", "published"),
    [
        # The bounds that the program of Lan and DeMets gives for O'Brien-Fleming-like spending at two-sided 5 %.
        (1, [1.9600]),
        (2, [2.9626, 1.9686]),
        (3, [3.7103, 2.5114, 1.9930]),
        (5, [4.8769, 3.3570, 2.6803, 2.2898, 2.0310]),
    ],
)
def test_bounds_are_the_published_ones(looks: int, published: list[float]) -> None:
    found = sequential.bounds([(look + 1) / looks for look in range(looks)], 0.05)

    assert [round(one, 4) for one in found] == published


def test_the_last_look_spends_what_is_left_when_fewer_people_came_than_planned() -> None:
    # Half and 80 % of the plan: the last look is final, with 5 / 8 of its evidence seen before.
    early, last = sequential.bounds([0.5, 0.8], 0.05)

    assert round(early, 4) == 2.9626
    assert crossed(drift=0.0, fractions=[0.5, 0.8], limits=(early, last))[0] == pytest.approx(0.05, abs=0.003)


def crossed(*, drift: float, fractions: list[float], limits: tuple[float, ...]) -> tuple[float, float]:
    """Return how often 200,000 simulated comparisons leave the bounds at some look: at all, and first upwards."""
    share = np.array(fractions) / fractions[-1]
    rng = np.random.default_rng(20260630)
    steps = rng.normal(drift * np.diff(share, prepend=0), np.sqrt(np.diff(share, prepend=0)), (200_000, len(share)))
    z = steps.cumsum(axis=1) / np.sqrt(share)
    out = np.abs(z) > np.array(limits)
    first = out.argmax(axis=1)
    upwards = out.any(axis=1) & (z[np.arange(len(z)), first] > 0)
    return float(out.any(axis=1).mean()), float(upwards.mean())


def test_all_looks_together_err_as_often_as_they_may() -> None:
    fractions = [0.3, 0.6, 1.0]

    assert crossed(drift=0.0, fractions=fractions, limits=sequential.bounds(fractions, 0.05))[0] == pytest.approx(
        0.05, abs=0.002
    )


def test_the_drift_gives_the_wanted_power() -> None:
    fractions = [0.5, 1.0]
    limits = sequential.bounds(fractions, 0.05)
    drift = sequential.drift_for(0.8, fractions, limits)

    assert sequential.chance_above(drift, fractions, limits) == pytest.approx(0.8, abs=1e-8)
    assert crossed(drift=drift, fractions=fractions, limits=limits)[1] == pytest.approx(0.8, abs=0.004)


def test_one_look_needs_the_textbook_s_drift() -> None:
    # z(0.975) + z(0.8) = 1.95996 + 0.84162
    assert sequential.drift_for(0.8, [1.0], sequential.bounds([1.0], 0.05)) == pytest.approx(2.80158, abs=1e-5)


def test_hardly_anything_is_spent_on_a_first_glance() -> None:
    assert sequential.bounds([0.01, 1.0], 0.05) == (8.0, pytest.approx(1.95996, abs=1e-4))
