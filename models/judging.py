"""Judge an uplift model by what its choices would have earned people it did not learn from.

The choices of the new model, the present one, the best single offer to everybody, the RFM rule and nothing are valued
on the same held-out rows (AIPW), without a limit of money and at the price at which the new model would spend a fifth.
Everybody is held out once: each fold is judged by models of the others (cross-fitting, Chernozhukov and others 2018).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import baseline, policy_value, uplift_metrics
from models.data import RFM, Floats, rfm_of
from models.policy_value import Answer, Log
from models.uplift_evidence import Evidence

NEW, OLD, SINGLE, RULE, NOTHING = "model", "old_model", "single_offer", "rfm_rule", "nothing"
# A fifth of what the model would spend without a limit: what a tight budget leaves.
BUDGET_SHARES = (1.0, 0.2)
# The lower end of the 90 % interval: one-sided 5 %, as everywhere where a model must beat a rule.
LEVEL = 0.90

Choices = NDArray[np.int64]


@dataclass(frozen=True)
class Guess:
    """(n, offers) predicted effect (-inf: the model says nothing of the offer) and cost of every row."""

    effect: Floats
    cost: Floats

    def choose(self, price: float, possible: NDArray[np.bool_]) -> Choices:
        """Return (n,) arms at a price of money: 0 = nothing."""
        return uplift_metrics.choice(self.effect, self.cost, price, possible)


@dataclass(frozen=True)
class Bench:
    """What models are judged on.

    Attributes:
        log: held-out rows; arm 0 is the control, the others are `arms`.
        taught: the rows that the judged models learned from.
        spent, taught_spent: what each row's offer cost.
        chance: of the RFM rule learned from the taught rows, that a held-out row buys; None without RFM features.
    """

    arms: tuple[str, ...]
    log: Log
    taught: Log
    spent: Floats
    taught_spent: Floats
    chance: Floats | None

    @property
    def possible(self) -> NDArray[np.bool_]:
        """Return (n, offers) which offers a row could have got."""
        return np.asarray(self.log.propensity[:, 1:] >= policy_value.FLOOR)

    def mean_costs(self) -> Floats:
        """Return (k,) the mean cost per row of each arm among the taught rows; 0 where nobody was."""
        size = len(self.arms) + 1
        rows = np.bincount(self.taught.action, minlength=size)
        return np.asarray(np.bincount(self.taught.action, self.taught_spent, size) / np.maximum(rows, 1))


def bench(seen: Evidence, guess: Floats, held: NDArray[np.bool_], *, outcome: Floats | None = None) -> Bench:
    """Return the bench of the evidence; `guess` is (n, arms) of the expected outcome (margin), control first."""
    names = ["control", *seen.depths]
    action = np.array([names.index(arm) for arm in seen.arm.tolist()], dtype=np.int64)
    chances = seen.propensity.reindex(columns=names).fillna(0.0).to_numpy(np.float64)
    whole = Log(
        action,
        seen.margin if outcome is None else outcome,
        chances,
        guess,
        seen.rows["customer_id"].to_numpy(dtype=str),
    )
    at, rest = np.flatnonzero(held), np.flatnonzero(~held)
    return Bench(
        arms=tuple(seen.depths),
        log=whole.part(at),
        taught=whole.part(rest),
        spent=seen.spent[at],
        taught_spent=seen.spent[rest],
        chance=_rule_chance(seen, at, rest),
    )


def _rule_chance(seen: Evidence, at: NDArray[np.int64], rest: NDArray[np.int64]) -> Floats | None:
    if not len(rest) or not set(RFM) <= set(seen.features.column_names):
        return None
    rfm = rfm_of(seen.features)
    bought = seen.rows["bought"].to_numpy(dtype=bool)
    return baseline.fit(rfm[rest], bought[rest], seen.margin[rest]).predict_chance(rfm[at])


def best_single(bench_: Bench, price: float) -> int | None:
    """Return the arm that earned most per person where everybody who could get it did; None if none can be told."""
    log = _at_price(bench_.taught, bench_.taught_spent, bench_.mean_costs(), price)
    nothing = np.zeros(len(log), dtype=np.int64)
    gains = {}
    for arm in range(1, len(bench_.arms) + 1):
        everybody = np.where(log.propensity[:, arm] >= policy_value.FLOOR, arm, 0)
        found = policy_value.difference(log, everybody, nothing)
        if everybody.any() and found.estimate is not None:
            gains[arm] = found.estimate
    return max(gains, key=lambda arm: (gains[arm], -arm)) if gains else None


def choices(bench_: Bench, new: Guess, old: Guess | None, price: float) -> dict[str, Choices]:
    """Return what each policy would choose on the held-out rows, by name."""
    found = {NEW: new.choose(price, bench_.possible)}
    if old is not None:
        found[OLD] = old.choose(price, bench_.possible)
    single = best_single(bench_, price)
    if single is not None:
        found[SINGLE] = np.where(bench_.possible[:, single - 1], single, 0)
        if bench_.chance is not None:
            money = uplift_metrics.cost_of(found[NEW], new.cost)
            found[RULE] = _by_rule(bench_, bench_.chance, single, money)
    return found | {NOTHING: np.zeros(len(bench_.log), dtype=np.int64)}


def _by_rule(bench_: Bench, chance: Floats, single: int, money: float) -> Choices:
    """Return the single offer to those the RFM rule finds likeliest to buy, for as much money as the model spends."""
    each, possible = bench_.mean_costs()[single], bench_.possible[:, single - 1]
    most = int(possible.sum())
    count = min(int(money / each), most) if each > 0 else most
    order = np.argsort(np.where(possible, -chance, np.inf), kind="stable")
    chosen = np.zeros(len(possible), dtype=np.int64)
    chosen[order[:count]] = single
    return chosen


def _at_price(log: Log, spent: Floats, mean_costs: Floats, price: float) -> Log:
    """Return the log with an outcome that pays `price` for each unit an offer cost."""
    guess = None if log.predicted is None else log.predicted - price * mean_costs
    return replace(log, outcome=log.outcome - price * spent, predicted=guess)


@dataclass(frozen=True)
class Round:
    """One budget: each policy's value and share of people with an offer, and the new model's lead over each.

    Values, and the lead over nothing, are margin less what offers cost; the other leads charge that cost once more at
    the price of money.
    """

    budget_share: float
    price: float
    treated: Mapping[str, float]
    values: Mapping[str, Answer]
    leads: Mapping[str, Answer]

    def to_json(self) -> dict[str, Any]:
        """Return the figures as a card holds them."""
        values = [
            {"policy": name, "treated_share": round(self.treated[name], 6), **found.to_json()}
            for name, found in self.values.items()
        ]
        leads = [{"against": name, **found.to_json()} for name, found in self.leads.items()]
        return {"budget_share": self.budget_share, "price": round(self.price, 6), "values": values, "leads": leads}


@dataclass(frozen=True)
class Fold:
    """People who are judged together: what the models say of them did not learn from them."""

    bench: Bench
    new: Guess
    old: Guess | None


def joined(folds: Sequence[Fold]) -> tuple[Bench, Guess]:
    """Return the judged rows of all folds and what the new model says of them; nobody was taught from all."""
    benches, nobody = [fold.bench for fold in folds], folds[0].bench.taught.part(np.zeros(0, dtype=np.int64))
    chances = [bench_.chance for bench_ in benches]
    whole = Bench(
        arms=benches[0].arms,
        log=policy_value.joined([bench_.log for bench_ in benches]),
        taught=nobody,
        spent=np.concatenate([bench_.spent for bench_ in benches]),
        taught_spent=np.zeros(0),
        chance=None if any(chance is None for chance in chances) else np.concatenate(chances),  # type: ignore[arg-type]
    )
    effect, cost = (np.concatenate([getattr(fold.new, name) for fold in folds]) for name in ("effect", "cost"))
    return whole, Guess(effect, cost)


def rounds(folds: Sequence[Fold]) -> list[Round]:
    """Return the values of all policies at every budget, on the judged people of all folds."""
    return [_round(folds, share) for share in BUDGET_SHARES]


def _round(folds: Sequence[Fold], share: float) -> Round:
    whole, new = joined(folds)
    price = uplift_metrics.price_for(new.effect, new.cost, share, whole.possible)
    priced = policy_value.joined(
        [_at_price(fold.bench.log, fold.bench.spent, fold.bench.mean_costs(), price) for fold in folds]
    )
    chosen = _chosen(folds, price)
    # Beside nothing the question is what the choices bring; beside others, also what their money would bring elsewhere.
    logs = {name: whole.log if name == NOTHING else priced for name in chosen}
    return Round(
        budget_share=share,
        price=price,
        treated={name: float((policy > 0).mean()) for name, policy in chosen.items()},
        values={name: policy_value.value(whole.log, policy) for name, policy in chosen.items()},
        leads={
            name: policy_value.difference(logs[name], chosen[NEW], policy, level=LEVEL)
            for name, policy in chosen.items()
            if name != NEW
        },
    )


def _chosen(folds: Sequence[Fold], price: float) -> dict[str, Choices]:
    """Return the choices of those policies that every fold has, for the rows of all folds."""
    parts = [choices(fold.bench, fold.new, fold.old, price) for fold in folds]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0] if all(name in p for p in parts)}


@dataclass(frozen=True)
class Verdict:
    """Whether the new model may be used, and one sentence why."""

    is_accepted: bool
    message: str


def verdict(found: list[Round], epsilon: float, say: Callable[[float], str]) -> Verdict:
    """Return the verdict by the rule in docs/explanation/evidence.md.

    Args:
        found: the rounds; the last one, with the tightest budget, decides.
        epsilon: how much less per person and wave is still no loss.
        say: an amount as text.
    """
    *generous, tight = found
    must = OLD if OLD in tight.leads else NOTHING
    for against in (must, SINGLE, RULE):
        lead = tight.leads.get(against)
        problem = None if lead is None else _problem(lead, against, must, epsilon, say)
        if problem:
            return Verdict(False, f"{problem}{_at(tight)}. {_KEPT[must]}")
    for each in generous:
        high = each.leads[must].high
        if high is not None and high < 0:
            return Verdict(False, f"It loses: {_figures(each.leads[must], say)} than {_NAMES[must]}. {_KEPT[must]}")
    unsure = [_NAMES[name] for name in (SINGLE, RULE) if _is_unsure(tight, name, epsilon)]
    told = f" Too little evidence to tell it from {' or '.join(unsure)}." if unsure else ""
    earned = f"{_figures(tight.leads[must], say)} than {_NAMES[must]}"
    return Verdict(True, f"It earns {earned}{_at(tight)} on people it did not learn from.{told}")


_NAMES = {
    OLD: "the present model", SINGLE: "the best single offer to everybody", RULE: "the RFM rule", NOTHING: "nothing",
}  # fmt: skip
_KEPT = {OLD: "The present model stays.", NOTHING: "No model is used yet."}


def _problem(lead: Answer, against: str, must: str, epsilon: float, say: Callable[[float], str]) -> str:
    """Return what stands against the new model; empty if nothing does."""
    if lead.low is None or lead.estimate is None:
        return f"Compared with {_NAMES[against]} it cannot be judged: {lead.problem}" if against == must else ""
    if lead.low > -epsilon or (against != must and lead.estimate >= 0):
        return ""
    doubt = "Not shown to earn anything" if against == NOTHING else f"Not shown to keep up with {_NAMES[against]}"
    return f"{doubt}: {_figures(lead, say)}"


def _is_unsure(found: Round, name: str, epsilon: float) -> bool:
    lead = found.leads.get(name)
    return lead is not None and (lead.low is None or lead.low <= -epsilon)


def _at(each: Round) -> str:
    return "" if each.budget_share == 1 else f" when it spends {each.budget_share:.0%} of what it would"


def _figures(lead: Answer, say: Callable[[float], str]) -> str:
    low, high, estimate = lead.low or 0.0, lead.high or 0.0, lead.estimate or 0.0
    span = f"{lead.level:.0%} interval {say(low)} to {say(high)}"
    return f"{say(abs(estimate))} {'more' if estimate >= 0 else 'less'} per person and wave ({span})"
