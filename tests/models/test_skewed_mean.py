"""Intervals of skewed means by hand: the rows' own spread, what others lend to it, and when they are not believed."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from models import skewed_mean
from models.skewed_mean import Lent

# A hundred scores of -1 and 1: variance 100/99, no skewness, no large rows.
EVEN = np.tile([-1.0, 1.0], 50)
# As much said by other rows, of a variance of 1.2.
OTHERS = Lent(variance=1.2, third=0.0, covariance=0.0, degrees=99.0, plain_degrees=99.0)


def interval(scores: np.ndarray, lent: Lent | None = None) -> skewed_mean.Interval:
    return skewed_mean.interval(scores, None, 0.95, lambda: lent)


def degrees(found: skewed_mean.Interval) -> float:
    assert found.spread is not None
    return found.spread.degrees


def test_even_scores_get_students_interval() -> None:
    found = interval(EVEN)
    half = stats.t.ppf(0.975, 99) * np.sqrt(100 / 99) / 10
    assert (found.low, found.high) == (pytest.approx(-half), pytest.approx(half))
    assert found.top_share == pytest.approx(5 / 100)
    assert degrees(found) == 99.0


def test_one_large_score_leaves_few_degrees_and_an_end_far_above() -> None:
    found = interval(np.append(np.zeros(99), 100.0))
    # Centred: 99 scores of -1 and one of 99, which holds 99 / 100 of the spread.
    assert (found.mean, found.error) == (1.0, pytest.approx(np.sqrt((99 + 99**2) / 99 / 100)))
    assert degrees(found) == pytest.approx(2 / ((99**4 + 99) / (99**2 + 99) ** 2 - 1 / 100))
    assert found.top_share == pytest.approx((99**2 + 4) / (99**2 + 99))
    # Student's 4.18 errors below for two degrees, nearly twice as far above.
    assert (found.low, found.high) == (pytest.approx(1 - 4.18, abs=0.01), pytest.approx(1 + 7.66, abs=0.01))


def test_variances_that_agree_are_averaged_by_their_degrees() -> None:
    found = interval(EVEN, OTHERS)
    assert degrees(found) == 99 + 99
    assert found.error == pytest.approx(np.sqrt((100 / 99 + 1.2) / 2) / 10)
    assert found.plain_error == pytest.approx(np.sqrt(100 / 99) / 10)
    assert interval(EVEN, replace(OTHERS, degrees=9 * 99.0)).error == pytest.approx(
        np.sqrt((100 / 99 + 9 * 1.2) / 10) / 10
    )


def test_a_variance_that_contradicts_the_scores_is_hardly_heard() -> None:
    found = interval(EVEN, replace(OTHERS, variance=100.0))
    # Logarithms 4.6 apart, three standard errors being 0.6: what is left speaks for a tenth of a row.
    left = 2 / (2 / 99 + np.log(99) ** 2 - 9 * (2 / 99 + 2 / 99))
    share = 99 / (99 + left)
    assert left < 0.11
    assert found.spread is not None
    assert found.spread.is_contradicted
    assert found.error == pytest.approx(np.sqrt(share * 100 / 99 + (1 - share) * 100) / 10, rel=1e-3)


def test_scores_whose_large_rows_did_not_come_are_believed_less() -> None:
    # By the lent law four rows' worth of degrees: the geometric mean with the own 99.
    found = interval(EVEN, replace(OTHERS, plain_degrees=4.0))
    assert degrees(found) == pytest.approx(np.sqrt(99 * 4) + 99)


def test_skewness_told_by_rows_that_do_not_move_with_the_mean_needs_no_correction_below() -> None:
    skewed = replace(OTHERS, third=1.0, covariance=1.0)
    together, apart = interval(EVEN, skewed), interval(EVEN, replace(skewed, covariance=0.0))
    student = stats.t.ppf(0.975, 198) * together.error
    # Mean and spread small together: the end above reaches farther; spread known without the mean: the end below.
    assert together.high > 1.03 * student
    assert together.low == pytest.approx(-student)
    assert apart.low < -1.01 * student
    assert apart.high == pytest.approx(student)


def test_nobody_is_asked_when_the_scores_know_their_spread() -> None:
    def never() -> Lent:
        raise AssertionError("was asked")

    assert degrees(skewed_mean.interval(np.tile(EVEN, 20), None, 0.95, never)) == 1_999


def test_one_draw_has_no_interval_and_equal_scores_have_none_to_doubt() -> None:
    one = skewed_mean.interval(np.array([1.0, 2.0]), np.array([7, 7]), 0.95)
    assert (one.mean, one.low, one.high) == (1.5, -np.inf, np.inf)
    same = interval(np.full(9, 3.0))
    assert (same.low, same.high, same.error) == (3.0, 3.0, 0.0)


def test_more_rows_shorten_an_interval_by_their_root_and_by_what_they_teach_of_the_spread() -> None:
    one_large = interval(np.append(np.zeros(99), 100.0))
    assert one_large.half_width(1) == pytest.approx((one_large.high - one_large.low) / 2)
    # Two degrees of freedom become 206: nearly the normal 1.96 errors a side, where the hundred rows needed 5.9.
    assert one_large.half_width(100) == pytest.approx(2.05 / 10, rel=0.01)
    assert one_large.half_width(1) == pytest.approx(5.92, rel=0.01)


def test_what_is_lent_never_shortens_the_interval() -> None:
    alone, helped = interval(EVEN), interval(EVEN, replace(OTHERS, variance=0.9))
    assert helped.error < alone.error
    assert (helped.low, helped.high) == (alone.low, alone.high)
    assert helped.half_width(4) == pytest.approx(stats.t.ppf(0.975, 399) * np.sqrt(100 / 99) / 20)
