"""How large the trees of an arm without a price are: what the effect is like decides, on people left out."""

import re

import numpy as np
import pytest

from models import sensitivity
from models.crossfit import Problem
from models.outcome import CHANCE

ROWS = 8_000


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials of 8,000 people are large here, which saves seconds; effects are larger to make up for it."""
    monkeypatch.setattr(sensitivity, "_ROWS_FOR_LARGE", ROWS)


def trial(effect: str, rows: int = ROWS) -> tuple[Problem, np.ndarray]:
    """Half of the people get a mail, which changes the log-odds by the true effect that is returned."""
    rng = np.random.default_rng(11)
    x = rng.standard_normal((rows, 5)).astype(np.float32)
    true = {
        "a sum over features": np.tanh(2 * x[:, :3]).sum(axis=1),
        "only where three things meet": np.where((x[:, 0] > 0) & (x[:, 1] > 0) & (x[:, 2] > 0), 3.0, -0.5),
    }[effect]
    dose = rng.integers(0, 2, rows) - 0.5
    seen = (rng.random(rows) < CHANCE.mean(-1.0 + dose * true)).astype(float)
    return Problem(x, seen, np.full(rows, -1.0), dose, 0.0, "plain", CHANCE), np.asarray(true, dtype=np.float64)


def most_leaves(learned: sensitivity.Sensitivity) -> int:
    """The leaves of the largest tree."""
    return max(int(count) for text in learned.boosters.texts for count in re.findall(r"num_leaves=(\d+)", text))


def off(values: np.ndarray, true: np.ndarray) -> float:
    """The mean squared error as a share of how much people differ."""
    return float(np.mean((values - true) ** 2) / np.var(true))


def test_a_sum_over_features_is_learned_by_trees_of_one_split_and_better_so(large: None) -> None:
    problem, true = trial("a sum over features")
    before, as_before = sensitivity.fit(problem, 50.0, 1, 1)
    simpler, values = sensitivity.fit(problem, 50.0, 1, 1, simpler=(2,))
    assert (most_leaves(before), most_leaves(simpler)) == (4, 2)
    assert off(values, true) < 0.9 * off(as_before, true)


def test_where_features_must_meet_larger_trees_are_kept(large: None) -> None:
    problem, _ = trial("only where three things meet")
    before, as_before = sensitivity.fit(problem, 50.0, 1, 1)
    simpler, values = sensitivity.fit(problem, 50.0, 1, 1, simpler=(2,))
    assert most_leaves(before) == most_leaves(simpler) > 2
    assert values.tolist() == as_before.tolist()


def test_a_smaller_trial_tries_one_size_only() -> None:
    problem, _ = trial("a sum over features", rows=3_000)
    before, simpler = (sensitivity.fit(problem, 50.0, 1, 1, simpler=each)[0] for each in ((), (2,)))
    assert most_leaves(simpler) == 4
    assert simpler == before
