"""Why a customer got what they got: the decision log in plain words, and the choice recomputed from its figures."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as parquet

from offermill.errors import ConfigError, InputError, PublishError
from offermill.paths import ShopPaths
from offers import recompute, wording
from offers.explain_lines import EVIDENCE, LINES, OUTCOMES
from offers.explain_words import RULES, TARGETS
from offers.recompute import Priced, Room, Row

LOG = Path("audit") / "decision_log.parquet"


@dataclass(frozen=True)
class Explanation:
    """A decision in words.

    Attributes:
        offer_id: what the customer got; None for nothing.
        reason: the reason in offers.decision.
        propensity: chance over the night's lots that the customer gets exactly this.
        recomputed: what the logged figures say the customer should get; None for nothing.
        is_same: `recomputed` is what was decided.
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
    again = recompute.choice(rows)
    first = rows[0]
    return Explanation(
        customer_id=customer_id,
        business_date=str(first["business_date"]),
        language=language,
        offer_id=chosen,
        reason=str(first["decision_reason"]),
        propensity=float(first["decision_propensity"]),
        recomputed=again,
        is_same=again == chosen,
        lines=tuple(_lines(rows, chosen, again, language)),
    )


def _rows(decision_log: Path | Iterable[Row], customer_id: str) -> list[Row]:
    if isinstance(decision_log, Path):
        table = parquet.read_table(decision_log, filters=[("customer_id", "=", customer_id)])
        return list(table.to_pylist())
    return [row for row in decision_log if row["customer_id"] == customer_id]


def _lines(rows: Sequence[Row], chosen: str | None, again: str | None, language: str) -> Iterable[str]:
    first, words = rows[0], LINES[language]
    yield f"{first['customer_id']}, {first['business_date']}: {_outcome(first, chosen, language)}"
    for row in rows:
        if row["offer_id"] == chosen:
            yield words["promise"].format(text=row[f"text_{language}"])
    chance = next((row["baseline_chance"] for row in rows if row["baseline_chance"] is not None), None)
    if chance is not None:
        yield words["baseline"].format(chance=wording.percent(chance, language))
    yield from ("- " + _candidate(row, language) for row in rows)
    if any(row["effect_minor"] is not None for row in rows):
        yield _limits(rows, language)
    yield words["propensity"].format(chance=wording.percent(first["decision_propensity"], language))
    yield _verdict(rows, chosen, again, language)
    model = next((row["model_id"] for row in rows if row["model_id"] is not None), words["no_model"])
    yield words["source"].format(model=model, catalogue=str(first["catalogue_hash"])[:12])


def _outcome(first: Row, chosen: str | None, language: str) -> str:
    reason = first["decision_reason"]
    if reason in RULES[language]:
        return OUTCOMES[language]["excluded"].format(rule=RULES[language][reason])
    return OUTCOMES[language][reason].format(offer=chosen, limit=first["decision_limit"])


def _candidate(row: Row, language: str) -> str:
    words = LINES[language]
    if row["rules"] is not None:
        offer = words["every"] if row["offer_id"] == "*" else row["offer_id"]
        return words["forbidden"].format(offer=offer, rules=_rules(row, language))
    held = words["held"] if row["is_held_back"] else ""
    if row["evidence"] == "none":
        worst = wording.money(row["worst_cost_minor"], row["currency"], language)
        return words["unknown"].format(offer=row["offer_id"], target=_target(row, language), worst=worst) + held
    return _estimated(row, language) + held


def _target(row: Row, language: str) -> str:
    """Return why this target; in English with the facts, which are logged in English."""
    words, detail = TARGETS[language][row["target_reason"]], row["reason_detail"]
    return f"{words[:-1]}: {detail})" if language == "en" and words and detail else words


def _estimated(row: Row, language: str) -> str:
    currency = row["currency"]
    effect = wording.money(row["effect_minor"], currency, language)
    return LINES[language]["priced"].format(
        offer=row["offer_id"],
        target=_target(row, language),
        effect=effect,
        interval=_interval(row, language),
        evidence=EVIDENCE[language][row["evidence"]],
        cost=wording.money(row["cost_minor"], currency, language),
        sum=effect
        + _waiting(row, language)
        + "".join(_price(used, currency, language) for used in recompute.prices(row)),
        score=wording.money(round(recompute.score(row)), currency, language),
    )


def _waiting(row: Row, language: str) -> str:
    if not row["waiting_minor"]:
        return ""
    return LINES[language]["waiting"].format(amount=wording.money(row["waiting_minor"], row["currency"], language))


def _interval(row: Row, language: str) -> str:
    low, high = row["effect_low_minor"], row["effect_high_minor"]
    if low is None:
        return ""
    ends = (wording.money(end, row["currency"], language) for end in (low, high))
    return LINES[language]["interval"].format(**dict(zip(("low", "high"), ends, strict=True)))


def _price(used: Priced, currency: str, language: str) -> str:
    words = LINES[language][used.measure]
    if used.measure == "count":
        return words.format(price=wording.money(round(used.price), currency, language), limit=used.limit)
    amount = wording.money(used.weight, currency, language)
    return words.format(price=wording.decimal(used.price, language), amount=amount, limit=used.limit)


def _limits(rows: Sequence[Row], language: str) -> str:
    names = dict.fromkeys(used.limit for row in rows for used in recompute.prices(row))
    words = LINES[language]
    return words["prices"].format(limits=", ".join(names)) if names else words["no_prices"]


def _rules(row: Row, language: str) -> str:
    """Return the rules in words; in English with the facts, which are logged in English."""
    said = "; ".join(RULES[language][rule] for rule in row["rules"].split(","))
    return f"{said} ({row['reasons']})" if language == "en" else said


def _verdict(rows: Sequence[Row], chosen: str | None, again: str | None, language: str) -> str:
    words = LINES[language]
    if again != chosen:
        return words["different"].format(best=words["nothing"] if again is None else again)
    if all(row["rooms"] is None for row in rows):
        return words["same"]
    best = recompute.by_score([row for row in rows if row["is_choosable"] and not row["is_held_back"]])
    return words["moved"].format(best=best or words["nothing"], why=_why(rows, best, language))


def _why(rows: Sequence[Row], best: str | None, language: str) -> str:
    words, full = LINES[language], recompute.full_limit(rows, best)
    if full is None:
        return words["rest"]
    currency = rows[0]["currency"]
    return words["full"].format(
        limit=full.limit,
        room=_amount(full, full.room, currency, language),
        weight=_amount(full, full.weight, currency, language),
    )


def _amount(room: Room, amount: int, currency: str, language: str) -> str:
    return str(amount) if room.measure == "count" else wording.money(amount, currency, language)
