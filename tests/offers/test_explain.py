"""Explanations in three languages, from rows of the decision log written by hand."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from offermill import sqlfiles
from offermill.errors import ConfigError, InputError, PublishError
from offermill.paths import ShopPaths
from offers import explain, explain_lines, explain_words, recompute, tables
from offers.recompute import Row

NIGHT = date(2026, 6, 30)


def row(offer_id: str, **facts: object) -> Row:
    """Return a row of the log: a priced candidate of c1, who chooses."""
    usual: dict[str, object] = dict.fromkeys(tables.columns("offers.decision_log"))
    return {
        **usual,
        "customer_id": "c1",
        "offer_id": offer_id,
        "business_date": NIGHT,
        "group_name": "choose",
        "target_reason": "basket",
        "is_held_back": False,
        "evidence": "model",
        "effect_minor": 300,
        "cost_minor": 100,
        "worst_cost_minor": 500,
        "baseline_chance": 0.345,
        "prices": '{"budget": [1.5, 100, "cost"]}',
        "waiting_minor": 0,
        "penalty": 150.0,
        "score": 150.0,
        "offer_propensity": 0.75,
        "is_explorable": True,
        "is_pilotable": False,
        "pilot_weight": 1,
        "control_weight": 1,
        "is_choosable": True,
        "is_chosen": False,
        "decision_reason": "chosen",
        "decision_propensity": 0.75,
        "model_id": "uplift-2026-06-29",
        "text_en": "Shop and get it.",
        "text_lv": "Iepērcieties un saņemiet.",
        "text_ru": "Купите и получите.",
        "currency": "EUR",
        "catalogue_hash": "0123456789abcdef",
        **facts,
    }


def forbidden(offer_id: str, rules: str, reasons: str, **facts: object) -> Row:
    nothing = dict.fromkeys(
        (
            "target_reason",
            "evidence",
            "effect_minor",
            "effect_low_minor",
            "effect_high_minor",
            "cost_minor",
            "prices",
            "score",
            "baseline_chance",
            "model_id",
            "is_held_back",
        )
    )
    return row(offer_id, **{**nothing, "rules": rules, "reasons": reasons, "is_choosable": False, **facts})


CHOSEN = [
    row("basket-10", is_chosen=True, effect_low_minor=202, effect_high_minor=398),
    row("basket-20", effect_minor=320, cost_minor=300, score=-130.0, prices='{"budget": [1.5, 300, "cost"]}'),
    row(
        "coffee-20",
        target_reason="due",
        reason_detail="Bought 5 times.",
        evidence="segment",
        effect_minor=50,
        cost_minor=10,
        score=35.0,
        prices='{"budget": [1.5, 10, "cost"], "email": [12.4, 1, "count"]}',
    ),
    row("points-500", evidence="none", effect_minor=None, cost_minor=None, prices=None, score=None, is_choosable=False),
    forbidden("wine-20", "inert,minor", "Buys every 7 days.; the birth date is not known"),
]


def said(rows: list[Row], language: str) -> list[str]:
    text = explain.explain(rows, "c1", language).as_text()
    return text.replace("\u00a0", " ").split("\n")


def test_a_choice_in_english() -> None:
    assert said(CHOSEN, "en") == [
        "c1, 2026-06-30: gets basket-10: of all open offers it brings the most extra margin for the money.",
        "The customer is told: Shop and get it.",
        "Without an offer the customer buys with a chance of 34.50%.",
        "- basket-10: extra margin 3.00 € (95 % interval 2.02 € to 3.98 €) by the model, expected cost 1.00 €; "
        "score 3.00 € - 1.50 x cost 1.00 € (budget) = 1.50 €",
        "- basket-20: extra margin 3.20 € by the model, expected cost 3.00 €; "
        "score 3.20 € - 1.50 x cost 3.00 € (budget) = -1.30 €",
        "- coffee-20 (bought often, and due again: Bought 5 times.): extra margin 0.50 € as in the customer's segment, "
        "expected cost 0.10 €; score 0.50 € - 1.50 x cost 0.10 € (budget) - 0.12 € for a place (email) = 0.23 €",
        "- points-500: no randomised evidence yet, costs at most 5.00 €",
        "- wine-20: no, the customer buys out of habit, and no discount would change that; the goods "
        "are for adults only, "
        "and the customer is not known to be one (Buys every 7 days.; the birth date is not known)",
        "Limits with a price tonight: budget, email.",
        "The lots of the night gave exactly this with a chance of 75.00%.",
        "Recomputed from the logged figures: the same.",
        "Model uplift-2026-06-29, catalogue 0123456789ab.",
    ]


def test_a_choice_in_latvian() -> None:
    assert said(CHOSEN, "lv")[:6] == [
        "c1, 2026-06-30: saņem basket-10: no visiem pieejamiem piedāvājumiem tas par šo naudu dod "
        "lielāko papildu peļņu.",
        "Klientam saka: Iepērcieties un saņemiet.",
        "Bez piedāvājuma klients pērk ar varbūtību 34,50%.",
        "- basket-10: papildu peļņa 3,00 € (95 % intervāls no 2,02 € līdz 3,98 €) pēc modeļa, "
        "paredzamās izmaksas 1,00 €; vērtējums 3,00 € - 1,50 x izmaksas 1,00 € (budget) = 1,50 €",
        "- basket-20: papildu peļņa 3,20 € pēc modeļa, paredzamās izmaksas 3,00 €; "
        "vērtējums 3,20 € - 1,50 x izmaksas 3,00 € (budget) = -1,30 €",
        "- coffee-20 (bieži pirkts, un ir laiks pirkt atkal): papildu peļņa 0,50 € kā klienta segmentā, "
        "paredzamās izmaksas 0,10 €; "
        "vērtējums 0,50 € - 1,50 x izmaksas 0,10 € (budget) - 0,12 € par vietu (email) = 0,23 €",
    ]


def test_a_choice_in_russian() -> None:
    assert said(CHOSEN, "ru")[-4:] == [
        "Лимиты, у которых этой ночью была цена: budget, email.",
        "Жребий этой ночи дал именно это с вероятностью 75,00 %.",
        "Пересчитано по записанным числам: то же самое.",
        "Модель uplift-2026-06-29, каталог 0123456789ab.",
    ]


def test_somebody_whom_a_rule_excludes() -> None:
    rows = [
        forbidden(
            "*",
            "closed",
            "the account is closed",
            group_name="excluded",
            decision_reason="closed",
            decision_propensity=1.0,
        )
    ]

    assert said(rows, "en") == [
        "c1, 2026-06-30: gets nothing: the account is closed.",
        "- every offer: no, the account is closed (the account is closed)",
        "The lots of the night gave exactly this with a chance of 100.00%.",
        "Recomputed from the logged figures: the same.",
        "Model none, catalogue 0123456789ab.",
    ]


def test_the_explanation_for_machines() -> None:
    found = explain.explain(CHOSEN, "c1").as_dict()

    assert {name: value for name, value in found.items() if name != "lines"} == {
        "customer_id": "c1",
        "business_date": "2026-06-30",
        "language": "en",
        "offer_id": "basket-10",
        "reason": "chosen",
        "propensity": 0.75,
        "recomputed": "basket-10",
        "is_same": True,
    }


def pilot(lot: float) -> list[Row]:
    facts: dict[str, object] = {"group_name": "pilot", "lot": lot, "is_pilotable": True, "control_weight": 4}
    return [row("a", pilot_weight=3, **facts), row("b", pilot_weight=1, **facts)]


@pytest.mark.parametrize(
    ("rows", "offer"),
    [
        (CHOSEN, "basket-10"),
        ([row("a"), row("b")], "a"),  # a tie: the first by id
        ([row("a", is_held_back=True), row("b", effect_minor=200)], "b"),
        ([row("a", effect_minor=150)], None),  # a score of exactly 0 is not worth it
        ([row("a", is_choosable=False)], None),
        ([row("a", group_name="global_control")], None),
        ([row("a", group_name="control")], None),
        ([row(name, group_name="explore", lot=0.7) for name in "abc"], "c"),  # 0.7 x 3 = 2.1
        ([row(name, group_name="explore", lot=0.5, is_explorable=name != "a") for name in "abc"], "c"),  # of b, c
        ([row(name, group_name="pilot", lot=0.3, is_pilotable=True) for name in "abc"], "b"),  # 0.3 x 4 = 1.2
        ([row(name, group_name="pilot", lot=0.75, is_pilotable=True) for name in "abc"], None),  # the control arm
        # Weights 3, 1 and 4 for control: 0.4 x 8 = 3.2 is the second arm, 0.5 x 8 = 4 the control arm.
        (pilot(lot=0.4), "b"),
        (pilot(lot=0.5), None),
        ([forbidden("0", "minor", "", group_name="pilot", lot=0.4, control_weight=None), *pilot(lot=0.4)], "b"),
        ([row("a", prices='{"post": [310.0, 1, "count"]}')], None),  # the place costs more than the effect
        ([row("a", prices='{"hard": [0.5, 500, "worst"]}')], "a"),  # 300 - 0.5 x 500 = 50
    ],
)
def test_the_choice_is_recomputed_from_the_log_alone(rows: list[Row], offer: str | None) -> None:
    assert recompute.choice(rows) == offer


def test_a_log_that_does_not_fit_the_decision_says_so() -> None:
    rows = [row("basket-10"), row("basket-20", effect_minor=900, is_chosen=False, decision_reason="below_price")]

    found = explain.explain([{**one, "decision_reason": "below_price"} for one in rows], "c1")

    assert not found.is_same
    assert "Recomputed from the logged figures: basket-20. THIS DIFFERS FROM WHAT WAS DECIDED." in found.lines


def moved(offer_id: str, room: int, **facts: object) -> Row:
    """Return a candidate of somebody whom everybody else leaves `room` of the budget."""
    weight = facts.get("cost_minor", 100)
    return row(offer_id, rooms=f'{{"budget": [{room}, {weight}, "cost", 0]}}', **facts)


def test_who_did_not_get_their_best_score_is_told_which_limit_was_full() -> None:
    rows = [
        moved("basket-10", 60, effect_minor=300),
        moved("basket-20", 60, effect_minor=80, cost_minor=50, is_chosen=True, decision_reason="chosen_from_rest"),
    ]

    found = explain.explain(rows, "c1")

    assert (found.recomputed, found.is_same) == ("basket-20", True)
    assert found.lines[-2].replace("\u00a0", " ") == (
        "Recomputed from the logged figures: the same. By score alone it would be basket-10, but the limit “budget” "
        "had room for 0.60 € and it needs 1.00 €."
    )


def test_what_was_left_of_the_limits_may_allow_for_more() -> None:
    # By score basket-10 (300 - 150) beats basket-20 (310 - 180), but 120 were left and 310 is more than 300.
    rows = [
        moved("basket-10", 120),
        moved("basket-20", 120, effect_minor=310, cost_minor=120, is_chosen=True, decision_reason="chosen_from_rest"),
    ]

    found = explain.explain(rows, "c1")

    assert found.is_same
    assert found.lines[-2].endswith(
        "By score alone it would be basket-10, and what was left of the limits allowed for more."
    )


@pytest.mark.parametrize(
    ("room", "facts"),
    [
        (150, {}),  # basket-10 would fit: nobody was kept from it by the budget
        (40, {}),  # not even what was given fits
        (60, {"is_chosen": False}),  # nothing was given although basket-20 fits
    ],
)
def test_a_move_that_the_room_does_not_explain_is_found_out(room: int, facts: dict[str, object]) -> None:
    given = {"effect_minor": 80, "cost_minor": 50, "is_chosen": True, **facts}
    rows = [moved("basket-10", room), moved("basket-20", room, **given)]

    assert not explain.explain([{**one, "decision_reason": "chosen_from_rest"} for one in rows], "c1").is_same


def test_a_minimum_can_keep_somebody_at_what_it_needs() -> None:
    # Ten offers by post are wanted and there are ten: whoever has one keeps it.
    rooms = {"a": '{"post": [1, 1, "count", 1]}', "b": '{"post": [1, 0, "count", 1]}'}
    rows = [row(name, rooms=rooms[name], effect_minor={"a": 100, "b": 300}[name]) for name in "ab"]

    assert recompute.choice(rows) == "a"


def test_a_published_night_is_explained_from_its_audit_file(tmp_path: Path) -> None:
    folder = tmp_path / "exports" / "2026-06-30" / "audit"
    folder.mkdir(parents=True)
    log = pa.Table.from_pylist([dict(one) for one in CHOSEN], schema=tables.schema("offers.decision_log"))
    parquet.write_table(log, folder / "decision_log.parquet")

    assert explain.from_publication(ShopPaths(tmp_path), "c1", NIGHT).offer_id == "basket-10"
    assert explain.explain(folder / "decision_log.parquet", "c1") == explain.explain(CHOSEN, "c1")


def test_what_cannot_be_explained(tmp_path: Path) -> None:
    with pytest.raises(PublishError) as missing:
        explain.from_publication(ShopPaths(tmp_path), "c1", NIGHT)
    with pytest.raises(InputError) as unknown:
        explain.explain(CHOSEN, "C1")
    with pytest.raises(ConfigError) as language:
        explain.explain(CHOSEN, "c1", "ee")

    assert str(missing.value) == ("2026-06-30: no publication in exports/2026-06-30; run the night of that date first.")
    assert str(unknown.value) == "'C1': the decision log holds no such customer (ids are compared byte by byte)."
    assert str(language.value) == "language 'ee' is not known; explanations are written in en, lv, ru."


def test_every_language_says_everything() -> None:
    for words in (
        explain_lines.OUTCOMES,
        explain_lines.LINES,
        explain_lines.EVIDENCE,
        explain_words.RULES,
        explain_words.TARGETS,
    ):
        assert set(words) == {"en", "lv", "ru"}
        assert len({frozenset(words[language]) for language in words}) == 1


def test_every_reason_and_rule_has_words() -> None:
    rules = {rule for name in tables_with_rules() for rule in promised(name, "rule")}
    known = set(explain_lines.OUTCOMES["en"])

    assert rules
    assert rules == set(explain_words.RULES["en"])
    assert {"chosen", "explored", "piloted", "held_back", "no_positive_value", "below_price"} <= known


def tables_with_rules() -> list[str]:
    return [name for name in sqlfiles.addresses("offers") if name.startswith("offers.exclusion_")]


def promised(address: str, column: str) -> list[str]:
    from offermill import expectations

    checks = expectations.load(address).checks
    return [
        value
        for check in checks
        if check.type == "expect_column_values_to_be_in_set" and check.kwargs["column"] == column
        for value in check.kwargs["value_set"]
    ]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "3.00 € - 0.40 € that a later night would bring with this customer - 1.50 x cost 1.00 € (budget) = 1.10 €",
        ),
        ("lv", "3,00 € - 0,40 €, ko ar šo klientu dotu vēlāka nakts - 1,50 x izmaksas 1,00 € (budget) = 1,10 €"),
        (
            "ru",
            "3,00 € - 0,40 €, которые этот клиент принесёт в более позднюю ночь - "
            "1,50 x затраты 1,00 € (budget) = 1,10 €",
        ),
    ],
)
def test_what_waiting_is_worth_is_part_of_the_score(language: str, said: str) -> None:
    log = [row("basket-10", is_chosen=True, waiting_minor=40, score=110.0)]

    explained = explain.explain(log, "c1", language)

    assert explained.is_same
    assert said in explained.as_text().replace("\xa0", " ")
