"""Intervals of simulated campaigns hold the truth as often as they say. The whole of it: benchmarks/measurement.py."""

import numpy as np
import pytest

from benchmarks import measurement
from benchmarks.measurement import DESIGNS, Found, Truth

CAMPAIGNS = 300
DESIGN = DESIGNS["90 : 10, 2,000"]
KNOWN = measurement.truth(DESIGN)


def told(campaigns: int, known: Truth) -> list[dict[str, Found]]:
    return [measurement.of_margin(measurement.draw(DESIGN, seed), known) for seed in range(campaigns)]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Found]]:
    return told(CAMPAIGNS, KNOWN)


@pytest.mark.parametrize("name", ["plain", "cuped"])
def test_intervals_hold_the_truth_as_often_as_they_say(name: str, rows: list[dict[str, Found]]) -> None:
    assert 0.93 <= measurement.coverage(rows, name) <= 0.97


def test_cuped_intervals_are_shorter(rows: list[dict[str, Found]]) -> None:
    assert np.median([row["cuped"].length / row["plain"].length for row in rows]) < 0.95


def test_a_wrong_truth_is_missed() -> None:
    wrong = Truth(KNOWN.margin + 150, KNOWN.basket, KNOWN.roi)
    assert measurement.coverage(told(40, wrong), "cuped") < 0.5


def test_ratios_hold_the_truth() -> None:
    found = [measurement.of_ratios(measurement.draw(DESIGN, seed), KNOWN) for seed in range(40)]
    assert [measurement.coverage(found, name) >= 0.9 for name in ("basket", "basket, cuped", "roi")] == [True] * 3


def test_daily_looks_keep_their_word_only_with_the_anytime_valid_interval() -> None:
    design = DESIGNS["no effect, 4,000"]
    held = [measurement.looked_daily(design, seed, Truth(0.0, 0.0, 0.0), looks=20) for seed in range(40)]
    sure, usual = np.mean(held, axis=0)
    assert sure >= 0.95
    assert usual < 0.9
