"""Without randomised evidence the answer is what a pilot would need."""

import pytest
from scipy.stats import norm

from models import evidence


def test_rows_per_arm_follow_the_textbook() -> None:
    z = norm.ppf(0.975) + norm.ppf(0.8)
    assert evidence.rows_per_arm(0.3, 0.03) == pytest.approx(z**2 * 2 * 0.3 * 0.7 / 0.03**2, rel=0.01)


def test_a_pilot_of_that_size_finds_the_change_four_times_in_five() -> None:
    rows = evidence.rows_per_arm(0.2, 0.03)
    error = (0.2 * 0.8 / rows + 0.23 * 0.77 / rows) ** 0.5
    assert norm.cdf(0.03 / error - 1.96) == pytest.approx(0.8, abs=0.03)


def test_the_need_is_said_in_people() -> None:
    assert evidence.pilot_need(0.31) == (
        "A pilot needs a control arm and at least one offer arm, drawn at random with logged propensities. At the "
        "present chance to buy of 31%, an arm of 3,727 people shows a change of 3 points; half that change needs "
        "14,907."
    )
    assert evidence.pilot_need(None) == (
        "A pilot needs a control arm and at least one offer arm, drawn at random with logged propensities, and 200 "
        "people or more in each."
    )


def test_arms_with_too_few_people_are_left_out() -> None:
    rows = {"control": 500, "a": 199, "b": 200}
    assert evidence.arms_with_evidence(rows, ["a", "b", "c"]) == ["b"]


def test_no_arm_with_enough_people_is_no_evidence() -> None:
    with pytest.raises(evidence.NoEvidence) as refused:
        evidence.arms_with_evidence({"control": 500, "a": 199}, ["a", "b"])
    assert str(refused.value).startswith(
        "No randomised evidence: no offer arm has 200 people (the largest has 199). A pilot needs"
    )
