"""The statistics of experiments, by hand and against other packages."""

from math import log, sqrt

import numpy as np
import pytest
from scipy import stats

from models import skewed_mean
from outcomes.statistics import always, comparison, cuped, lots, roi
from outcomes.statistics.comparison import Sample


def half(*outcomes: float) -> tuple[Sample, np.ndarray]:
    """People who took turns with and without the offer, each outcome 100 times."""
    treated = np.tile([True, False], 100 * len(outcomes) // 2)
    return Sample(treated, np.full(len(treated), 0.5)), np.tile(outcomes, 100)


def normal(rows: int, share: float, seed: int, gain: float = 0.0) -> tuple[Sample, np.ndarray]:
    rng = np.random.default_rng(seed)
    treated = rng.random(rows) < share
    outcome = np.where(treated, 3.0, 1.0) * rng.standard_normal(rows) + gain * treated
    return Sample(treated, np.full(rows, share)), outcome


def test_the_difference_is_welchs() -> None:
    sample, outcome = normal(4_000, 0.1, seed=1, gain=0.5)
    welch = stats.ttest_ind(outcome[sample.treated], outcome[~sample.treated], equal_var=False)
    found = comparison.difference(sample, outcome).interval()
    low, high = welch.confidence_interval(0.95)
    assert found.mean == pytest.approx(outcome[sample.treated].mean() - outcome[~sample.treated].mean())
    assert found.plain_error == pytest.approx(found.mean / welch.statistic, rel=1e-3)
    # Never shorter than Welch's; a little longer where one arm's shape is another (models.lent_spread).
    assert 0.999 <= (found.high - found.low) / (high - low) <= 1.1


def test_controls_count_as_often_as_they_would_have_had_the_offer() -> None:
    treated = np.repeat([True, False, False], 40)
    chance = np.repeat([0.5, 0.75, 0.5], 40)
    outcome = np.repeat([10.0, 4.0, 8.0], 40)
    found = comparison.difference(Sample(treated, chance), outcome)
    # Odds 3 and 1: without the offer (3 x 4 + 1 x 8) / 4 = 5.
    assert found.scores.mean() == pytest.approx(10 - 5)
    # (3 + 1)^2 / (3^2 + 1^2) of two halves of 40.
    assert Sample(treated, chance).control_worth == pytest.approx(40 * 16 / 10)


def test_a_ratio_is_that_of_the_sums_and_moves_as_a_bootstrap_does() -> None:
    rng = np.random.default_rng(3)
    rows, treated = 3_000, np.arange(3_000) % 2 == 0
    orders = rng.poisson(1.2, rows).astype(float)
    net = orders * rng.gamma(2.0, 10 + 2 * treated)
    sample = Sample(treated, np.full(rows, 0.5))
    found = comparison.ratio_difference(sample, net, orders)
    ratios = [net[arm].sum() / orders[arm].sum() for arm in (treated, ~treated)]
    assert found.scores.mean() == pytest.approx(ratios[0] - ratios[1])
    again = []
    for _ in range(300):
        drawn = [rng.choice(np.flatnonzero(arm), arm.sum()) for arm in (treated, ~treated)]
        one, other = (net[rows].sum() / orders[rows].sum() for rows in drawn)
        again.append(one - other)
    # The spread of 300 bootstrapped figures is itself known to 1 / sqrt(600).
    assert found.interval().error == pytest.approx(np.std(again), rel=3 / sqrt(600))


def test_rows_of_one_person_are_one_draw() -> None:
    sample, outcome = normal(400, 0.5, seed=5)
    doubled = Sample(np.tile(sample.treated, 2), np.full(800, 0.5), np.tile(np.arange(400), 2))
    once = comparison.difference(sample, outcome).interval()
    twice = comparison.difference(doubled, np.tile(outcome, 2)).interval()
    assert twice.error == pytest.approx(once.error, rel=0.01)


def test_too_few_people_tell_nothing() -> None:
    sample = Sample(np.arange(100) < 90, np.full(100, 0.9))
    assert sample.problem == "too few people without an offer: worth 10, at least 30 are needed"
    assert sample.rows_to_begin == 100 * 30 / 10


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_a_row_without_a_counterpart_is_refused(chance: float) -> None:
    with pytest.raises(ValueError, match="not above 0 and below 1"):
        Sample(np.array([True, False]), np.array([0.5, chance]))


def test_cuped_takes_off_what_was_so_before() -> None:
    rng = np.random.default_rng(7)
    before, noise = rng.standard_normal(2_000), rng.standard_normal(2_000)
    treated = rng.random(2_000) < 0.3
    plain = comparison.difference(Sample(treated, np.full(2_000, 0.3)), 2 * before + noise + treated)
    found = cuped.adjusted(plain, [before])
    # 2^2 of 2^2 + 1 is explained; what is left is the noise.
    assert found.explained == pytest.approx(4 / 5, abs=0.02)
    assert found.interval().error / plain.interval().error == pytest.approx(sqrt(1 / 5), rel=0.03)
    # The arms' chance difference in `before` is off: what is left errs by the noise's difference alone.
    expected = noise[treated].mean() - noise[~treated].mean()
    assert found.scores.mean() - 1 == pytest.approx(expected, abs=0.005)


def test_cuped_needs_people_for_each_covariate_and_something_that_varies() -> None:
    sample, outcome = normal(60, 0.5, seed=9)
    plain = comparison.difference(sample, outcome)
    used = cuped.adjusted(plain, [np.ones(60)])
    assert used is plain
    few = Sample(np.arange(60) < 15, np.full(60, 0.25))
    assert cuped.adjusted(comparison.difference(few, outcome), [outcome]).explained == 0.0


def test_a_return_has_fiellers_interval() -> None:
    rng = np.random.default_rng(11)
    treated = np.arange(20_000) % 2 == 0
    sample = Sample(treated, np.full(20_000, 0.5))
    cost = np.where(treated, rng.gamma(4.0, 0.5, 20_000), 0.0)
    margin = 5 + 4 * treated + 3 * rng.standard_normal(20_000)
    gross, spent = comparison.difference(sample, margin), comparison.mean_of_treated(sample, cost)
    found = roi.of(gross, spent)
    assert found.estimate == pytest.approx(gross.scores.mean() / spent.scores.mean() - 1)
    ends = np.array([found.low, found.high], dtype=float)
    assert ends == pytest.approx(_fieller(gross.scores, spent.scores), rel=0.02)


def _fieller(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """The textbook's roots of (a - r b)^2 = z^2 var(a - r b), less 1."""
    a, b, z = upper.mean(), lower.mean(), 1.96
    vary = np.cov(upper, lower) / len(upper)
    roots = np.roots([b**2 - z**2 * vary[1, 1], -2 * (a * b - z**2 * vary[0, 1]), a**2 - z**2 * vary[0, 0]])
    return np.sort(roots) - 1


def test_a_cost_that_cannot_be_told_from_nothing_has_no_return() -> None:
    sample, margin = half(10.0, 5.0)
    nothing = comparison.mean_of_treated(sample, np.zeros(len(sample)))
    assert roi.of(comparison.difference(sample, margin), nothing).problem == "nothing was spent"
    one = np.zeros(len(sample))
    one[0] = 1.0
    noisy = margin + np.random.default_rng(1).standard_normal(len(sample))
    found = roi.of(comparison.difference(sample, noisy), comparison.mean_of_treated(sample, one))
    assert (found.high, found.problem) == (None, "the cost cannot be told from 0")


def test_the_sequence_is_as_wide_as_the_paper_says() -> None:
    # rho^2 = (-2 log a + log(-2 log a) + 1) / n; at n rows n rho^2 + 1 = g; sqrt(g / (g - 1) log(g / a^2)).
    g = -2 * log(0.05) + log(-2 * log(0.05)) + 2
    assert always.widening(2_000, 2_000, 0.95) == pytest.approx(sqrt(g / (g - 1) * log(g / 0.05**2)))
    assert always.widening(2_000, 2_000, 0.95) == pytest.approx(3.04, abs=0.01)


def test_the_sequence_is_longer_than_one_look_on_both_sides() -> None:
    found = skewed_mean.Interval(mean=10.0, error=1.0, low=8.0, high=13.0, level=0.95, plain_error=1.0)
    times = always.widening(500, 2_000, 0.95) / stats.norm.ppf(0.975)
    assert always.interval(found, 500, 2_000) == pytest.approx((10 - 2 * times, 10 + 3 * times))


def test_lots_that_fell_unevenly_are_told() -> None:
    treated = np.arange(1_000) < 560
    assert lots.sample_ratio(treated, np.full(1_000, 0.5)) == stats.binomtest(560, 1_000, 0.5).pvalue < lots.ALARM
    assert lots.sample_ratio(np.arange(1_000) < 510, np.full(1_000, 0.5)) > 0.5
    assert lots.sample_ratio(np.array([], dtype=bool), np.array([])) == 1.0


def test_lots_with_chances_of_their_own_are_judged_by_them() -> None:
    chance = np.repeat([0.2, 0.8], 500)
    treated = np.concatenate([np.arange(500) < 100, np.arange(500) < 400])
    assert lots.sample_ratio(treated, chance) == pytest.approx(1.0)
    # 45 too many of variance 1000 x 0.2 x 0.8 = 160.
    more = np.concatenate([np.arange(500) < 120, np.arange(500) < 425])
    assert lots.sample_ratio(more, chance) == pytest.approx(stats.chi2.sf(45**2 / 160, 1))


def test_arms_are_judged_by_pearson_with_the_small_ones_together() -> None:
    found = lots.arm_ratio({"control": 60, "a": 40, "b": 3}, {"control": 0.5, "a": 0.46, "b": 0.02, "c": 0.02})
    due = [51.5, 103 * 0.46, 103 * 0.04]
    squares = (60 - due[0]) ** 2 / due[0] + (40 - due[1]) ** 2 / due[1] + (3 - due[2]) ** 2 / due[2]
    assert found == pytest.approx(stats.chi2.sf(squares, 2))
    assert lots.arm_ratio({"control": 7}, {"control": 1.0}) == 1.0
