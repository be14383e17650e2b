"""A model that is good replaces one that is bad, not the other way round; too little evidence is said plainly."""

from dataclasses import replace

import numpy as np
import pytest

from models import judging
from models.judging import NEW, NOTHING, OLD, RULE, SINGLE, Bench, Fold, Guess, Round
from models.policy_value import Answer, Log, Overlap


def bench_of(rows: int, seed: int = 3) -> tuple[Bench, np.ndarray]:
    """Two offers, costs 10 and 40; the true effect of each is known per row; people with x > 0 answer."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(rows)
    effect = np.column_stack([20 * x - 2, 60 * x - 20])
    action = rng.integers(0, 3, rows)
    gains = np.column_stack([np.zeros(rows), effect])
    outcome = 200 + gains[np.arange(rows), action] + rng.normal(0, 60, rows)
    spent = np.array([0.0, 10.0, 40.0])[action]
    log = Log(action, outcome, np.full((rows, 3), 1 / 3), np.full((rows, 3), 200.0))
    half = rows // 2
    at, rest = np.arange(half), np.arange(half, rows)
    bench = Bench(("five", "ten"), log.part(at), log.part(rest), spent[at], spent[rest], rng.random(half))
    return bench, effect[at]


def guess(effect: np.ndarray) -> Guess:
    return Guess(effect, np.tile([10.0, 40.0], (len(effect), 1)))


def say(amount: float) -> str:
    return f"{amount:.0f}"


BENCH, TRUE = bench_of(8_000)
WRONG = -TRUE


def test_the_truth_replaces_its_opposite_and_not_the_other_way_round() -> None:
    better = judging.rounds([Fold(BENCH, guess(TRUE), guess(WRONG))])
    assert set(better[0].values) == {NEW, OLD, SINGLE, RULE, NOTHING}
    accepted = judging.verdict(better, 5.0, say)
    assert accepted.is_accepted
    assert accepted.message.endswith(
        "than the present model when it spends 20% of what it would on people it did not learn from."
    )

    worse = judging.verdict(judging.rounds([Fold(BENCH, guess(WRONG), guess(TRUE))]), 5.0, say)
    assert not worse.is_accepted
    assert worse.message.startswith("Not shown to keep up with the present model: ")
    assert worse.message.endswith("The present model stays.")


def test_the_values_are_those_of_the_truth() -> None:
    unlimited, tight = judging.rounds([Fold(BENCH, guess(TRUE), None)])
    # Who is best off with which offer, by the true effects themselves.
    best = float(np.maximum(TRUE.max(axis=1), 0).mean())
    lead = unlimited.leads[NOTHING]
    assert (lead.low or 0.0) < best < (lead.high or 0.0)
    assert unlimited.price == 0.0
    assert tight.price > 0
    assert tight.treated[NEW] < unlimited.treated[NEW]


def test_the_same_choices_replace_one_another() -> None:
    found = judging.rounds([Fold(BENCH, guess(TRUE), guess(TRUE))])
    assert (found[0].leads[OLD].estimate, found[0].leads[OLD].low) == (0.0, 0.0)
    assert judging.verdict(found, 0.5, say).is_accepted


def test_a_first_model_must_earn_more_than_nothing() -> None:
    few, true = bench_of(400)
    noise = np.random.default_rng(8).normal(0, 10, true.shape)
    refused = judging.verdict(judging.rounds([Fold(few, guess(noise), None)]), 5.0, say)
    assert not refused.is_accepted
    assert refused.message.startswith("Not shown to earn anything: ")
    assert refused.message.endswith("No model is used yet.")


def test_the_rule_spends_what_the_model_spends() -> None:
    price = judging.rounds([Fold(BENCH, guess(TRUE), None)])[1].price
    chosen = judging.choices(BENCH, guess(TRUE), None, price)
    spent = {name: np.array([0.0, 10.0, 40.0])[policy].sum() for name, policy in chosen.items()}
    assert spent[RULE] == pytest.approx(spent[NEW], rel=0.01)
    # It goes to those the rule finds likeliest to buy.
    assert BENCH.chance is not None
    assert BENCH.chance[chosen[RULE] > 0].min() >= BENCH.chance[chosen[RULE] == 0].max()


def test_nobody_gets_what_the_log_could_not_give() -> None:
    barred = BENCH.log.propensity.copy()
    barred[BENCH.log.action != 2, 2] = 0.0
    some = replace(BENCH, log=replace(BENCH.log, propensity=barred))
    chosen = judging.choices(some, guess(TRUE), None, 0.0)
    assert set(np.unique(chosen[NEW][BENCH.log.action != 2])) <= {0, 1}


_OVERLAP = Overlap(0.0, 0.0, 3.0, 500, 400.0)


def answer(estimate: float, half: float) -> Answer:
    return Answer(estimate, half / 1.645, estimate - half, estimate + half, 1_000, _OVERLAP, 0.9)


def round_of(**leads: Answer) -> list[Round]:
    return [Round(1.0, 0.0, {}, {}, leads)]


SPAN = "per person and wave (90% interval"
THAN = "on people it did not learn from."
UNTOLD = Answer(None, None, None, None, 9, _OVERLAP, 0.9, "too few matching rows: 9, at least 30 are needed")


@pytest.mark.parametrize(("leads", "is_accepted", "message"), [
    ({OLD: answer(3, 10)}, True, f"It earns 3 more {SPAN} -7 to 13) than the present model {THAN}"),
    ({OLD: answer(3, 30)}, False,
     f"Not shown to keep up with the present model: 3 more {SPAN} -27 to 33). The present model stays."),
    ({OLD: answer(3, 10), SINGLE: answer(1, 40)}, True,
     f"It earns 3 more {SPAN} -7 to 13) than the present model {THAN} "
     "Too little evidence to tell it from the best single offer to everybody."),
    ({OLD: answer(3, 10), SINGLE: answer(-1, 40)}, False,
     "Not shown to keep up with the best single offer to everybody: "
     f"1 less {SPAN} -41 to 39). The present model stays."),
    ({NOTHING: answer(3, 10), RULE: answer(-1, 5)}, True, f"It earns 3 more {SPAN} -7 to 13) than nothing {THAN}"),
    ({NOTHING: UNTOLD}, False,
     "Compared with nothing it cannot be judged: too few matching rows: 9, at least 30 are needed. "
     "No model is used yet."),
])  # fmt: skip
def test_the_rule_of_replacement(leads: dict[str, Answer], is_accepted: bool, message: str) -> None:
    found = judging.verdict(round_of(**leads), 20.0, say)
    assert (found.is_accepted, found.message) == (is_accepted, message)
