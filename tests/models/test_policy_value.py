"""Values by hand, what cannot be answered, and how often the intervals hold the truth."""

import numpy as np
import pytest

from models import policy_value
from models.policy_value import Log


def log_of(rows: int = 400, *, predicted: float | None = 0.0, share: float = 0.5) -> Log:
    """Rows alternate between nothing (outcome 0 or 2) and an offer (3 or 5), each drawn with its share."""
    at = np.arange(rows)
    action = at % 2
    outcome = np.where(action == 1, 3.0, 0.0) + 2.0 * (at // 2 % 2)
    guess = None if predicted is None else np.full((rows, 2), predicted)
    return Log(action, outcome, np.tile([1 - share, share], (rows, 1)), guess)


OFFER, NOTHING = np.ones(400, dtype=int), np.zeros(400, dtype=int)


@pytest.mark.parametrize("method", ["aipw", "snips", "ips"])
def test_the_value_of_one_arm_is_its_mean(method: policy_value.Method) -> None:
    assert policy_value.value(log_of(), OFFER, method=method).estimate == pytest.approx((3 + 5) / 2)
    assert policy_value.value(log_of(), NOTHING, method=method).estimate == pytest.approx((0 + 2) / 2)


def test_self_normalising_forgives_propensities_that_are_all_too_low() -> None:
    # A stated 0.25 instead of the 0.5 that was drawn doubles every weight.
    wrong = log_of(share=0.25)
    assert policy_value.value(wrong, OFFER, method="ips").estimate == pytest.approx(2 * 4)
    assert policy_value.value(wrong, OFFER, method="snips").estimate == pytest.approx(4)


def test_a_stochastic_policy_is_the_mixture() -> None:
    mixed = np.tile([0.25, 0.75], (400, 1))
    assert policy_value.value(log_of(), mixed).estimate == pytest.approx(0.25 * 1 + 0.75 * 4)


def test_aipw_scores_by_hand() -> None:
    log = Log(
        np.array([0, 1]), np.array([2.0, 7.0]), np.array([[0.5, 0.5], [0.2, 0.8]]), np.array([[1.0, 4.0], [3.0, 5.0]])
    )
    # Both get the offer: the first row's guess, and the second's guess with its error weighted by 1 / 0.8.
    assert policy_value.aipw_scores(log, log.chances([1, 1])).tolist() == [4.0, 5 + (7 - 5) / 0.8]


def test_a_perfect_guess_leaves_no_doubt() -> None:
    at = np.arange(400) % 2
    exact = Log(at, 1.0 + 3 * at, np.full((400, 2), 0.5), np.tile([1.0, 4.0], (400, 1)))
    found = policy_value.value(exact, OFFER)
    assert (found.estimate, found.error, found.low, found.high) == (4.0, 0.0, 4.0, 4.0)


def test_the_difference_is_paired() -> None:
    mostly = np.where(np.arange(400) < 40, 1, 0)
    found = policy_value.difference(log_of(), mostly, NOTHING)
    assert found.estimate == pytest.approx(0.1 * 3)
    apart = [policy_value.value(log_of(), policy).error or 0.0 for policy in (mostly, NOTHING)]
    # Rows on which both agree cancel: the error is far below that of two separate values.
    assert (found.error or 1.0) < 0.7 * np.hypot(*apart)


def test_policies_that_never_differ_differ_by_nothing_even_without_overlap() -> None:
    lonely = Log(np.zeros(5, dtype=int), np.ones(5), np.tile([1.0, 0.0], (5, 1)), np.zeros((5, 2)))
    found = policy_value.difference(lonely, [1] * 5, [1] * 5)
    assert (found.estimate, found.low, found.high, found.problem) == (0.0, 0.0, 0.0, "")


def test_what_the_log_never_could_cannot_be_answered() -> None:
    never = Log(NOTHING, np.ones(400), np.tile([1.0, 0.0], (400, 1)), np.zeros((400, 2)))
    found = policy_value.value(never, np.where(np.arange(400) < 100, 1, 0))
    assert not found.is_answered
    assert (found.estimate, found.low, found.high) == (None, None, None)
    assert found.problem == "no overlap: 25.0% of the choices had a propensity of 0 or below 0.001 in the log"
    assert found.rows_for(1.0) is None


def test_too_few_matching_rows_cannot_be_answered() -> None:
    rare = Log((np.arange(400) < 12).astype(int), np.ones(400), np.tile([0.97, 0.03], (400, 1)), np.zeros((400, 2)))
    found = policy_value.value(rare, OFFER)
    assert found.problem == "too few matching rows: 12, at least 30 are needed"


def test_weights_that_hang_on_a_few_rows_cannot_be_answered() -> None:
    chance = np.where(np.arange(400) < 4, 0.002, 0.9)
    uneven = Log(OFFER, np.ones(400), np.column_stack([1 - chance, chance]), np.zeros((400, 2)))
    # 4 rows of weight 500 and 396 of 1.11: (4 * 500 + 396 / 0.9)^2 / (4 * 500^2 + 396 / 0.81)
    effective = (2000 + 440) ** 2 / (1_000_000 + 396 / 0.81)
    found = policy_value.value(uneven, OFFER)
    assert found.overlap.effective_rows == pytest.approx(effective)
    assert (
        found.problem
        == "too uneven weights: 400 matching rows weigh no more than 6.0 equal ones, at least 20 are needed"
    )


def test_rows_needed_grow_with_the_square_of_the_precision() -> None:
    found = policy_value.value(log_of(), OFFER)
    half = ((found.high or 0.0) - (found.low or 0.0)) / 2
    assert found.rows_for(half) in (400, 401)
    # A little less than nine times as many: Student's 1.966 becomes 1.961.
    assert 3_550 < (found.rows_for(half / 3) or 0) < 3_600


def test_the_rows_asked_for_give_the_precision_asked_for() -> None:
    rng = np.random.default_rng(3)

    def wave(rows: int) -> policy_value.Answer:
        action = (rng.random(rows) < 0.1).astype(int)
        outcome = np.exp(0.8 * rng.standard_normal(rows)) * (rng.random(rows) < 0.4)
        log = Log(action, outcome, np.tile([0.9, 0.1], (rows, 1)), np.full((rows, 2), 0.8))
        return policy_value.difference(log, np.ones(rows, int), np.zeros(rows, int))

    asked = [wave(2_000).rows_for(0.1) or 0 for _ in range(40)]
    got = [((found.high or 0.0) - (found.low or 0.0)) / 2 for found in (wave(int(np.median(asked))) for _ in range(10))]
    assert np.median(got) == pytest.approx(0.1, rel=0.05)


def test_an_answer_that_other_arms_rows_contradict_is_warned_of() -> None:
    # Of 200 rows with the offer none spent much; of 1,800 without it one in fifty spent a hundred times as much.
    action = (np.arange(2_000) % 10 == 0).astype(int)
    large = (np.arange(2_000) % 50 == 1) & (action == 0)
    outcome = np.where(large, 100.0, 1.0 + np.arange(2_000) // 10 % 2)
    found = policy_value.value(
        Log(action, outcome, np.tile([0.9, 0.1], (2_000, 1)), np.zeros((2_000, 2))), np.ones(2_000, int)
    )
    assert found.is_answered
    assert found.warning == found.to_json()["warning"] == (
        "the interval may be too short: rows of other arms are far more uneven than those that got these, of which 5 "
        "carry 4% of the spread"
    )  # fmt: skip
    assert policy_value.value(log_of(), OFFER).warning == ""


def test_rows_of_one_person_are_one_draw() -> None:
    once = policy_value.value(log_of(), OFFER)
    log = log_of()
    twice = Log(*(np.repeat(part, 2, axis=0) for part in (log.action, log.outcome, log.propensity, log.predicted)),
                person=np.repeat(np.arange(400), 2))  # fmt: skip
    found = policy_value.value(twice, np.ones(800, dtype=int))
    assert found.estimate == pytest.approx(once.estimate)
    # What other arms' rows lend shrinks an arm's share of buyers by rows, not by people: a thousandth.
    assert found.error == pytest.approx(once.error, rel=1e-3)


def test_segments_get_values_of_their_own() -> None:
    names = np.where(np.arange(400) // 2 % 2 == 1, "large", "small")
    found = policy_value.by_segment(log_of(), OFFER, names)
    assert {name: answer.estimate for name, answer in found.items()} == {
        "large": pytest.approx(5),
        "small": pytest.approx(3),
    }
    gained = policy_value.by_segment(log_of(), OFFER, names, other=NOTHING)
    assert {name: answer.estimate for name, answer in gained.items()} == {
        "large": pytest.approx(3),
        "small": pytest.approx(3),
    }


def test_a_log_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^row 1 was given an arm of propensity 0: the log contradicts itself$"):
        Log(np.array([0, 1]), np.ones(2), np.array([[0.5, 0.5], [1.0, 0.0]]))
    with pytest.raises(ValueError, match=r"^action holds 0\.\.2, expected 0\.\.1$"):
        Log(np.array([0, 2]), np.ones(2), np.full((2, 2), 0.5))
    with pytest.raises(
        ValueError, match=r"^outcome has shape \(3,\), expected \(2,\) as propensity has rows and arms$"
    ):
        Log(np.array([0, 1]), np.ones(3), np.full((2, 2), 0.5))
    with pytest.raises(ValueError, match=r"^policy holds chances that are below 0 or do not sum to 1 in every row$"):
        policy_value.value(log_of(2), np.full((2, 2), 0.4))


def test_aipw_without_guesses_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="use snips without them"):
        policy_value.value(log_of(predicted=None), OFFER)


WAVES, ROWS = 300, 500
# Three standard errors of a share that is truly 0.95.
BAND = 3 * np.sqrt(0.95 * 0.05 / WAVES)


@pytest.mark.parametrize("method", ["aipw", "snips"])
@pytest.mark.parametrize("explore", [1.0, 0.3])
def test_intervals_hold_the_truth_as_often_as_they_say(method: policy_value.Method, explore: float) -> None:
    """Skewed margins (lognormal, spread 1), a log that prefers the offer for x > 0, a guess that is off by a fifth."""
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(WAVES):
        x = rng.standard_normal(ROWS)
        wanted = (x > 0).astype(int)
        propensity = explore / 2 + (1 - explore) * np.eye(2)[wanted]
        action = (rng.random(ROWS) < propensity[:, 1]).astype(int)
        mean = np.column_stack([np.full(ROWS, 10.0), 10 + 4 * x])
        outcome = mean[np.arange(ROWS), action] + 10 * (np.exp(rng.standard_normal(ROWS) - 0.5) - 1)
        log = Log(action, outcome, propensity, 0.8 * mean)
        found = policy_value.value(log, (x > -0.5).astype(int), method=method)
        # The offer adds 4x to those above -0.5: 4 times the density of the normal law there.
        truth = 10 + 4 * np.exp(-0.125) / np.sqrt(2 * np.pi)
        covered += found.low < truth < found.high
    assert 0.95 - BAND < covered / WAVES < 0.95 + BAND
