"""Why a customer got what they got: the decision log in plain words, and the choice recomputed from its figures."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet

from offermill.errors import ConfigError, InputError, PublishError
from offermill.paths import ShopPaths
from offers import lots, wording
from offers.explain_words import LINES, OUTCOMES, RULES, TARGETS

Row = Mapping[str, Any]

LOG = Path("audit") / "decision_log.parquet"
# The repair of the allocation moved these people away from their best score, for the budget's sake.
_BY_REST = ("chosen_from_rest", "given_back")


@dataclass(frozen=True)
class Explanation:
    """A decision in words.

    Attributes:
        offer_id: what the customer got; None for nothing.
        reason: the reason in offers.decision.
        propensity: chance over the night's lots that the customer gets exactly this.
        recomputed: what the logged figures say the customer should get; None for nothing.
        is_same: `recomputed` is what was decided (or the budget's last money explains the difference).
        lines: the explanation, sentence by sentence.
    """

    customer_id: str
    business_date: str
    language: str
    offer_id: str | None
    reason: str
    propensity: float
    recomputed: str | None
    is_same: bool
    lines: tuple[str, ...]

    def as_text(self) -> str:
        """Return the explanation, one sentence a line."""
        return "\n".join(self.lines)

    def as_dict(self) -> dict[str, object]:
        """Return the explanation for machines."""
        return {**asdict(self), "lines": list(self.lines)}


def from_publication(shop: ShopPaths, customer_id: str, day: date, language: str = "en") -> Explanation:
    """Return the explanation of a published night.

    Raises:
        PublishError: that night was not published.
        InputError: its log does not know the customer.
    """
    path = shop.exports / day.isoformat() / LOG
    if not path.is_file():
        raise PublishError(f"{day}: no publication in {shop.exports.name}/{day}; run the night of that date first.")
    return explain(path, customer_id, language)


def explain(decision_log: Path | Iterable[Row], customer_id: str, language: str = "en") -> Explanation:
    """Return why the customer got what they got.

    Args:
        decision_log: the Parquet file of a publication, or rows of offers.decision_log.
        customer_id: the person's leading record.
        language: en, lv or ru.

    Raises:
        ConfigError: an unknown language.
        InputError: the log does not know the customer.
    """
    if language not in LINES:
        raise ConfigError(f"language {language!r} is not known; explanations are written in {', '.join(LINES)}.")
    rows = sorted(_rows(decision_log, customer_id), key=lambda row: str(row["offer_id"]))
    if not rows:
        raise InputError(f"{customer_id!r}: the decision log holds no such customer (ids are compared byte by byte).")
    chosen = next((str(row["offer_id"]) for row in rows if row["is_chosen"]), None)
    again = recompute(rows)
    first = rows[0]
    return Explanation(
        customer_id=customer_id,
        business_date=str(first["business_date"]),
        language=language,
        offer_id=chosen,
        reason=str(first["decision_reason"]),
        propensity=float(first["decision_propensity"]),
        recomputed=again,
        is_same=again == chosen or _is_by_rest(rows, chosen),
        lines=tuple(_lines(rows, chosen, again, language)),
    )


def _rows(decision_log: Path | Iterable[Row], customer_id: str) -> list[Row]:
    if isinstance(decision_log, Path):
        table = parquet.read_table(decision_log, filters=[("customer_id", "=", customer_id)])
        return list(table.to_pylist())
    return [row for row in decision_log if row["customer_id"] == customer_id]


def recompute(rows: list[Row]) -> str | None:
    """Return the offer that the logged figures give one customer by the rules of the night, or None for nothing.

    `rows` are the customer's, by offer_id.
    """
    group, lot = rows[0]["group_name"], rows[0]["lot"]
    open_rows = [row for row in rows if row["rules"] is None and not row["is_held_back"]]
    if group == "explore":
        return _drawn([row for row in open_rows if row["is_explorable"]], lot, arms=0)
    if group == "pilot":
        return _drawn([row for row in open_rows if row["is_pilotable"]], lot, arms=1)
    if group != "choose":
        return None
    return _best([row for row in open_rows if row["is_choosable"]])


def _drawn(rows: list[Row], lot: float, *, arms: int) -> str | None:
    place = lots.pick(lot, len(rows) + arms)
    return str(rows[place]["offer_id"]) if place < len(rows) else None


def _best(rows: list[Row]) -> str | None:
    scores = [score(row) for row in rows]
    most = max(scores, default=0.0)
    return str(rows[scores.index(most)]["offer_id"]) if most > 0 else None


def score(row: Row) -> float:
    """Return effect less what the candidate uses of every limit at its price, from the logged figures."""
    prices: dict[str, list[Any]] = json.loads(row["prices"])
    return float(row["effect_minor"] - sum(price * weight for price, weight, _ in prices.values()))


def _lines(rows: list[Row], chosen: str | None, again: str | None, language: str) -> Iterable[str]:
    first, words = rows[0], LINES[language]
    yield f"{first['customer_id']}, {first['business_date']}: {_outcome(first, chosen, language)}"
    for row in rows:
        if row["offer_id"] == chosen:
            yield words["promise"].format(text=row[f"text_{language}"])
    chance = next((row["baseline_chance"] for row in rows if row["baseline_chance"] is not None), None)
    if chance is not None:
        yield words["baseline"].format(chance=wording.percent(chance, language))
    yield from ("- " + _candidate(row, language) for row in rows)
    yield words["propensity"].format(chance=wording.percent(first["decision_propensity"], language))
    yield _verdict(rows, chosen, again, language)
    model = next((row["model_id"] for row in rows if row["model_id"] is not None), words["no_model"])
    yield words["source"].format(model=model, catalogue=str(first["catalogue_hash"])[:12])


def _outcome(first: Row, chosen: str | None, language: str) -> str:
    reason = first["decision_reason"]
    if reason in RULES[language]:
        return OUTCOMES[language]["excluded"].format(rule=RULES[language][reason])
    return OUTCOMES[language][reason].format(offer=chosen)


def _candidate(row: Row, language: str) -> str:
    words, currency = LINES[language], row["currency"]
    if row["rules"] is not None:
        offer = words["every"] if row["offer_id"] == "*" else row["offer_id"]
        return words["forbidden"].format(offer=offer, rules=_rules(row, language))
    target = TARGETS[language][row["target_reason"]]
    held = words["held"] if row["is_held_back"] else ""
    if row["evidence"] == "none":
        worst = wording.money(row["worst_cost_minor"], currency, language)
        return words["unknown"].format(offer=row["offer_id"], target=target, worst=worst) + held
    filled = words["priced"].format(
        offer=row["offer_id"],
        target=target,
        effect=wording.money(row["effect_minor"], currency, language),
        prices="".join(_price(name, used, row, language) for name, used in json.loads(row["prices"]).items()),
        score=wording.money(round(row["score"]), currency, language),
    )
    return filled + held


def _price(name: str, used: tuple[float, int, str], row: Row, language: str) -> str:
    words, currency = LINES[language], row["currency"]
    price, weight, measure = used
    if measure == "count":
        return words["place"].format(price=wording.money(round(price), currency, language), limit=name)
    amount = wording.money(weight, currency, language)
    return words[measure].format(price=wording.decimal(price, language), amount=amount, limit=name)


def _rules(row: Row, language: str) -> str:
    """Return the rules in words; in English with the facts, which are logged in English."""
    said = "; ".join(RULES[language][rule] for rule in row["rules"].split(","))
    return f"{said} ({row['reasons']})" if language == "en" else said


def _is_by_rest(rows: list[Row], chosen: str | None) -> bool:
    """Tell whether the budget's last money decided: between equal scores, or against the best score."""
    ties = any(row["offer_id"] == chosen and row["score"] == 0 for row in rows)
    return ties or rows[0]["decision_reason"] in _BY_REST


def _verdict(rows: list[Row], chosen: str | None, again: str | None, language: str) -> str:
    words = LINES[language]
    best = words["nothing"] if again is None else again
    if again == chosen:
        return words["same"]
    return words["rest" if _is_by_rest(rows, chosen) else "different"].format(best=best)
