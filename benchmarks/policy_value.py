"""How often the intervals of policy values cover the truth: simulated waves whose true values are known.

    PYTHONPATH=. .venv/bin/python benchmarks/policy_value.py [--waves 500] [--designs "heavy tail" ...] [--further]

Every wave draws people, what the log gave them, and what they bought; every question is asked of every wave. Shown per
design: coverage (of waves that were answered), misses below and above, the plain normal interval's coverage, how much
wider ours is than that (medians), share of answers with a warning and coverage of those without, mean half-width, bias
in standard errors, and the rows that a half-width of 10 would need. Truth is the population's, from 2 million people.
`--further` asks designs of other tails, shapes and sizes, and two in which rows are too few for any interval to hold.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from models import outcome_guess, policy_value
from models.calibration import to_chance
from models.data import Floats

ARMS = 4
DEPTHS = np.array([0.0, 0.05, 0.10, 0.20])
MARGIN = 0.35
_TRUTH_ROWS = 2_000_000
_PRECISION = 10.0


@dataclass(frozen=True)
class Design:
    """A way to log and a shape of margins: rows per wave, spread of log baskets, share that explores, buyers' base.

    With a `tail` baskets are Pareto's with that exponent instead; with `apart` deeper arms spread more: the shape of
    baskets depends on the arm.
    """

    rows: int
    spread: float = 0.6
    explore: float = 1.0
    base: float = -1.0
    tail: float | None = None
    apart: bool = False

    def noise(self, action: np.ndarray, rng: np.random.Generator) -> Floats:
        """Return (n,) factors of mean 1."""
        if self.tail is not None:
            return np.asarray((self.tail - 1) / self.tail * (1 - rng.random(len(action))) ** (-1 / self.tail))
        spread = self.spread * (np.array([0.3, 0.5, 1.0, 1.3])[action] if self.apart else 1.0)
        return np.asarray(np.exp(spread * rng.standard_normal(len(action)) - spread**2 / 2))


DESIGNS = {
    "uniform": Design(2_000),
    "small wave": Design(600),
    "heavy tail": Design(4_000, spread=1.3),
    "rare buyers": Design(4_000, base=-3.0),
    "explores 20 %": Design(4_000, explore=0.2),
    "explores 5 %": Design(20_000, explore=0.05),
    "heavy tail, explores 10 %": Design(10_000, spread=1.2, explore=0.1),
}
FURTHER = {
    "log spread 1, 1,000 rows": Design(1_000, spread=1.0, explore=0.5),
    "log spread 1.5, explores 10 %": Design(5_000, spread=1.5, explore=0.1),
    "Pareto 3": Design(2_000, tail=3.0),
    "Pareto 2.5, explores 10 %": Design(20_000, tail=2.5, explore=0.1),
    "1 % buy": Design(5_000, spread=0.8, base=-5.0),
    "all baskets alike, explores 5 %": Design(5_000, spread=0.0, explore=0.05),
    "arms of other shapes, explores 20 %": Design(5_000, spread=1.0, explore=0.2, apart=True),
    "log spread 1.5, 50,000 rows": Design(50_000, spread=1.5, explore=0.5),
    "beyond: Pareto 2.2, 1,000 rows, explores 10 %": Design(1_000, tail=2.2, explore=0.1),
    "beyond: log spread 2, 2,000 rows, explores 10 %": Design(2_000, spread=2.0, explore=0.1),
}


def features(rows: int, rng: np.random.Generator) -> Floats:
    return rng.standard_normal((rows, 4))


def chances(x: Floats, base: float) -> Floats:
    """Chance to buy per arm: those with x0 > 0 react to depth."""
    odds = base + 0.7 * x[:, 1]
    lift = np.array([0.0, 0.3, 0.6, 0.9]) * np.clip(0.5 + x[:, :1], 0, 2)
    return to_chance(odds[:, None] + lift)


def basket(x: Floats) -> Floats:
    return np.asarray(2_000 * np.exp(0.4 * x[:, 2]))


def expected(x: Floats, base: float) -> Floats:
    return chances(x, base) * (MARGIN - DEPTHS) * basket(x)[:, None]


def greedy(x: Floats) -> np.ndarray:
    """What the logging policy prefers: deeper for those who seem to react; a little wrong on purpose."""
    return np.digitize(x[:, 0] + 0.3 * x[:, 3], [-0.5, 0.5, 1.2])


POLICIES: dict[str, Callable[[Floats], np.ndarray]] = {
    "as logged": greedy,
    "close": lambda x: np.digitize(x[:, 0], [-0.4, 0.5, 1.3]),
    "far": lambda x: 3 - greedy(x),
    "nothing": lambda x: np.zeros(len(x), dtype=np.int64),
}
QUESTIONS = [*POLICIES, "close - nothing", "close - far"]


def propensities(x: Floats, explore: float) -> Floats:
    return explore / ARMS + (1 - explore) * np.eye(ARMS)[greedy(x)]


def wave(design: Design, seed: int) -> tuple[Floats, policy_value.Log]:
    """One wave's features and its log."""
    rng = np.random.default_rng(seed)
    x = features(design.rows, rng)
    p = propensities(x, design.explore)
    action = (rng.random(design.rows)[:, None] > np.cumsum(p, axis=1)).sum(axis=1).clip(0, ARMS - 1)
    at = np.arange(design.rows)
    bought = rng.random(design.rows) < chances(x, design.base)[at, action]
    outcome = np.where(bought, (MARGIN - DEPTHS[action]) * basket(x) * design.noise(action, rng), 0.0)
    guess = outcome_guess.cross_fitted(x, action, outcome, ARMS, person=at, seed=seed)
    return x, policy_value.Log(action, outcome, p, guess)


def truths(base: float) -> dict[str, float]:
    x = features(_TRUTH_ROWS, np.random.default_rng(0))
    mean, at = expected(x, base), np.arange(_TRUTH_ROWS)
    known = {name: float(mean[at, policy(x)].mean()) for name, policy in POLICIES.items()}
    return known | {
        name: known[name.split(" - ")[0]] - known[name.split(" - ")[1]] for name in QUESTIONS if " - " in name
    }


def ask(x: Floats, log: policy_value.Log, question: str, method: policy_value.Method) -> policy_value.Answer:
    named = [POLICIES[name](x) for name in question.split(" - ")]
    if len(named) == 2:
        return policy_value.difference(log, *named, method=method)
    return policy_value.value(log, named[0], method=method)


def measure(design: Design, waves: int, methods: list[policy_value.Method]) -> list[list[str]]:
    truth, answers = truths(design.base), {}
    for seed in range(waves):
        x, log = wave(design, 1_000 + seed)
        for method in methods:
            for question in QUESTIONS:
                answers.setdefault((method, question), []).append(ask(x, log, question, method))
    return [[*key, *_figures(found, truth[key[1]])] for key, found in answers.items()]


def _figures(found: list[policy_value.Answer], truth: float) -> list[str]:
    given = [one for one in found if one.is_answered]
    if not given:
        return [f"{truth:.1f}", "0", *[""] * 9]
    low, high, estimate, error = (
        np.array([getattr(one, name) for one in given]) for name in ("low", "high", "estimate", "error")
    )
    plain = np.array([one.interval.plain_error for one in given if one.interval])
    held, warned = (low <= truth) & (truth <= high), np.array([bool(one.warning) for one in given])
    needed = np.median([one.rows_for(_PRECISION) for one in given])
    return [
        f"{truth:.1f}", f"{len(given)}", f"{held.mean():.1%}",
        f"{np.mean(high < truth):.1%} / {np.mean(low > truth):.1%}",
        f"{np.mean(np.abs(estimate - truth) <= 1.96 * plain):.1%}",
        f"{np.median(high - low) / np.median(2 * 1.96 * plain):.2f}",
        f"{warned.mean():.0%}", f"{held[~warned].mean():.1%}" if not warned.all() else "",
        f"{np.mean(high - low) / 2:.1f}",
        f"{(estimate.mean() - truth) / error.mean():+.2f}", f"{needed:,.0f}",
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waves", type=int, default=500)
    every = DESIGNS | FURTHER
    parser.add_argument("--designs", nargs="+", choices=list(every))
    parser.add_argument("--further", action="store_true")
    parser.add_argument("--methods", nargs="+", choices=["aipw", "snips", "ips"], default=["aipw", "snips"])
    chosen = parser.parse_args()
    for name in chosen.designs or (FURTHER if chosen.further else DESIGNS):
        shown = Table(
            "method", "question", "truth", "answered", "covered", "below / above", "normal", "width / normal",
            "warned", "not warned", "half-width", "bias / error", "rows for +-10", title=f"{name}: {every[name]}",
        )  # fmt: skip
        for row in measure(every[name], chosen.waves, chosen.methods):
            shown.add_row(*row)
        Console(width=170).print(shown)


if __name__ == "__main__":
    main()
