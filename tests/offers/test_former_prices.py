"""Former prices in texts: stated as data or not at all, in the three languages."""

from dataclasses import replace

import pytest

from offers import text_checks, wording
from offers.offer import Offer
from offers.schema import Texts
from tests.offers.test_wording import WINE, offer, percent, said

STATED = [
    ("en", "It was {threshold}, now {depth} off."),
    ("en", "Now 40.00 €, previously a whole 40.00 €."),
    ("en", "Pay {value} instead of {example}."),
    ("en", "{depth} off the usual price."),
    ("en", "{depth} off the original list price."),
    ("en", "Reduced from 40.00 €."),
    ("en", "{depth} off RRP."),
    ("en", "Now 4\u03360\u0336."),
    ("lv", "Iepriekš 40,00 €, tagad mazāk."),
    ("lv", "{example} vietā jūs maksājat mazāk."),
    ("lv", "{depth} atlaide no parastās cenas."),
    ("lv", "Vecā cena {example}."),
    ("lv", "Maksāja 40,00 €."),
    ("ru", "Вместо {example} вы платите меньше."),
    ("ru", "Раньше стоило 40,00 €."),
    ("ru", "Скидка {depth} от обычной цены."),
    ("ru", "Старая цена {example}."),
    ("ru", "Было 40,00 €, стало меньше."),
]
SILENT = [
    ("en", "Shop by {valid_until}: {depth} off, up to {max_discount}."),
    ("en", "Shop before 28 July 2026 and spend 40.00 €; it was never easier."),
    ("en", "A price that is yours alone: 15 % off, {value} saved on {example}."),
    ("lv", "Līdz {valid_until} {depth} atlaide; piesakieties iepriekš, vietas ir brīvas."),
    ("lv", "Viena cena visiem: {value}."),
    ("ru", "До {valid_until} скидка {depth}: придите раньше и выберите лучшее."),
    ("ru", "Лучшая цена: с {example} вы сэкономите {value}."),
]


def prior_price(**facts: object) -> Offer:
    return percent(target=WINE, depth_pct=20, prior_price_minor=1_000, example_purchase_minor=1_000, **facts)


def found(text: str, language: str, one: Offer) -> list[str]:
    problems = text_checks.terms_problems(replace(one, terms=Texts(en=text, lv=text, ru=text)), language, "EUR", 60)
    return [problem for problem in problems if "former price" in problem]


@pytest.mark.parametrize(("language", "text"), STATED)
def test_a_former_price_that_is_no_data_is_refused(language: str, text: str) -> None:
    assert found(text, language, percent())[0].endswith(
        "and the offer has none; write prior_price at the template, "
        "which each night holds against the lowest price of 30 days, or say it otherwise"
    )


@pytest.mark.parametrize(("language", "text"), SILENT)
def test_other_words_and_amounts_are_none(language: str, text: str) -> None:
    assert found(text, language, percent()) == []


def test_the_words_are_named() -> None:
    assert found("It was {example}.", "en", percent())[0].startswith("states a former price ('was {example}'), and")


def test_another_amount_than_the_offers_own_is_refused() -> None:
    assert found("It was {prior_price}, or 10.00 €.", "en", prior_price()) == []
    assert found("It was {max_discount}.", "en", prior_price()) == [
        "states a former price ('was {max_discount}') that is not prior_price (10.00)"
    ]
    assert found("It was 20.00 €.", "en", prior_price()) == [
        "states a former price ('was 20.00') that is not prior_price (10.00)"
    ]


def test_an_offers_own_sentence_must_say_its_former_price() -> None:
    said = "Buy {target} by {valid_until}: {depth} off, up to {max_discount}."
    texts = Texts(en=said, lv=said, ru=said)

    assert text_checks.problems(replace(prior_price(), texts=texts), "en", "EUR") == [
        "does not say {prior_price} (10.00)"
    ]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "en",
            "Buy “Wine {red}” by 28 July 2026 and get 20% off it (lowest price of the last 30 days: 10.00 €), "
            "up to 20.00 €: on 10.00 € you save 6.00 €.",
        ),
        (
            "lv",
            "Līdz 2026. gada 28. jūlijam iegādājieties preci „Wine {red}” un saņemiet 20% atlaidi šai precei "
            "(zemākā cena pēdējās 30 dienās: 10,00 €), ne vairāk kā 20,00 €: no 10,00 € jūs ietaupāt 6,00 €.",
        ),
        (
            "ru",
            "До 28 июля 2026 г. включительно купите товар «Wine {red}» и получите скидку 20 % на этот товар "
            "(самая низкая цена за последние 30 дней: 10,00 €), но не больше 20,00 €: с 10,00 € вы сэкономите 6,00 €.",
        ),
    ],
)
def test_our_own_sentence_says_what_the_former_price_is(language: str, sentence: str) -> None:
    one = prior_price()

    assert said(one, language) == sentence
    assert text_checks.problems(one, language, "EUR") == []


@pytest.mark.parametrize("language", ["en", "lv", "ru"])
def test_so_does_that_of_money_off(language: str) -> None:
    one = offer("amount", target=WINE, amount_minor=300, threshold_minor=1_000, prior_price_minor=1_000)

    assert "{prior_price}" in wording.pattern(one, language)
    assert text_checks.problems(one, language, "EUR") == []
