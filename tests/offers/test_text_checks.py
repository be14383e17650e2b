"""The linter for texts: what customers read must be what the rule gives."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from offers import text_checks, text_dates, wording
from offers.schema import Texts
from tests.offers.test_wording import COFFEE, MUG, Offer, offer, percent

GOOD = "Shop by {valid_until}: {depth} off, up to {max_discount}."


TERMS = "One {depth} discount a person, 15 percent at most until 28 July; 2 pieces."


def found_in_terms(text: str, words_max: int = 60, one: Offer | None = None) -> list[str]:
    terms = Texts(en=text, lv=text, ru=text)
    return text_checks.terms_problems(replace(one or percent(), terms=terms), "en", "EUR", words_max, {"pieces": 2})


def found(text: str, one: Offer | None = None) -> list[str]:
    given = one or percent()
    texts = Texts(en=text, lv=text, ru=text)
    return text_checks.problems(replace(given, texts=texts), "en", "EUR")


def test_a_good_text_has_no_problems() -> None:
    assert found(GOOD) == []


def test_figures_may_be_written_out_when_they_are_the_rules() -> None:
    assert found("Shop by {valid_until}: 15 % off, up to 20.00 €.") == []


@pytest.mark.parametrize("one", [percent(), percent(target=COFFEE, threshold_minor=4_000), offer("points", points=500)])
@pytest.mark.parametrize("language", ["en", "lv", "ru"])
def test_our_own_sentences_pass(one: Offer, language: str) -> None:
    assert text_checks.problems(one, language, "EUR") == []


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "Shop by {valid_until}: 25 % off, up to {max_discount}.",
            [
                "says 25, but the offer x is depth 15, example 40.00, max_discount 20.00, value 6.00",
                "does not say {depth} (15)",
            ],
        ),
        (
            "Shop by {valid_until}: {depth} off, not 20%, up to {max_discount}.",
            ["says 20, but the offer x is depth 15, example 40.00, max_discount 20.00, value 6.00"],
        ),
        (
            "Shop by {valid_until}: {depth} off, up to {max_discount}, 15.00 € at least.",
            ["says 15.00, but the offer x is depth 15, example 40.00, max_discount 20.00, value 6.00"],
        ),
        ("Shop by {valid_until}: {depth} off.", ["does not say {max_discount} (20.00)"]),
        ("Shop soon: {depth} off, up to {max_discount}.", ["does not say {valid_until}"]),
        (
            "Shop by {valid_until}: {dept} off, up to {max_discount}.",
            [
                "{dept} is no placeholder. Did you mean 'depth'? Known: depth, example, max_discount, "
                "valid_until, value",
                "does not say {depth} (15)",
            ],
        ),
        (
            "Shop by {valid_until}: {depth} off, up to {max_discount}, and {points}.",
            ["{points} means nothing for this offer. Known: depth, example, max_discount, valid_until, value"],
        ),
        (
            GOOD.replace("off", "off (15 €)"),
            [
                "says 15, but the offer x is depth 15, example 40.00, max_discount 20.00, value 6.00",
            ],
        ),
        (GOOD.replace("off", "off your $ bill"), ["says $, but the shop's currency is EUR"]),
        (
            GOOD.replace("off", "off at www.shop.example"),
            [
                "holds a web address; write it as terms_url, which every channel shows as it can",
            ],
        ),
        (
            GOOD.replace("off", "off until 30 August"),
            [
                "says the date '30 August', which is not the rule's; write {valid_until}",
            ],
        ),
        (GOOD + " Hurry!", ["must be one sentence that ends with a full stop"]),
        (GOOD.removesuffix("."), ["must be one sentence that ends with a full stop"]),
        (GOOD.replace("off", "<b>off</b>"), ["holds markup ('<' or '>'); texts are plain"]),
        (GOOD.replace("off", "o\u202eff"), ["holds invisible characters; type the text anew"]),
        (GOOD.replace("off", "o" + "f" * 300), ["is longer than 300 characters"]),
    ],
)
def test_what_a_text_can_get_wrong(text: str, problems: list[str]) -> None:
    assert found(text) == problems


def test_a_gift_a_threshold_and_a_target_must_be_named() -> None:
    gift = offer("gift", gift=MUG, threshold_minor=2_500, customer_value_minor=600, target=COFFEE)

    assert found("Come by {valid_until}.", gift) == [
        "does not say {target}",
        "does not say {gift}",
        "does not say {value} (6.00)",
        "does not say {threshold} (25.00)",
    ]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("15% and 5.00 €", {"15", "5.00"}),
        ("15 % un 5,00 €", {"15", "5.00"}),
        ("1 234,50 €", {"1234.50"}),
        ("1,234.50", {"1234.50"}),
        ("12,345 points", {"12345"}),
        ("no number", set()),
    ],
)
def test_numbers_in_any_of_the_three_languages(text: str, numbers: set[str]) -> None:
    assert text_checks.numbers(text) == {Decimal(number) for number in numbers}


def test_terms_may_name_the_rules_figures_and_last_day_and_need_not_say_anything_twice() -> None:
    assert found_in_terms(TERMS) == []
    assert text_checks.terms_problems(percent(), "en", "EUR", 60) == []


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "At most 3 pieces.",
            ["says 3, but the offer x is depth 15, example 40.00, max_discount 20.00, pieces 2, value 6.00"],
        ),
        (
            "Not more than 20 процентов.",
            ["says 20, but the offer x is depth 15, example 40.00, max_discount 20.00, pieces 2, value 6.00"],
        ),
        ("Until 2026. gada 29. jūlijam.", ["says the date '2026. gada 29. jūlijam', which is not the rule's; "
                                           "write {valid_until}"]),
        ("Until 28.07.2027.", ["says the date '28.07.2027', which is not the rule's; write {valid_until}"]),
        ("{points} of them.", ["{points} means nothing for this offer. Known: depth, example, max_discount, "
                               "valid_until, value"]),
        ("See https://shop.example.", ["holds a web address; write it as terms_url, which every channel shows as it "
                                       "can"]),
        ("Only <b>once</b>.", ["holds markup ('<' or '>'); texts are plain"]),
        ("…", ["says nothing; write the terms, or leave the key out"]),
    ],
)  # fmt: skip
def test_what_terms_can_get_wrong(text: str, problems: list[str]) -> None:
    assert found_in_terms(text) == problems


def test_a_wall_of_small_print_is_refused() -> None:
    sixty = "Only once " * 29 + "until {valid_until} –"
    assert text_checks.words(sixty) == 60
    assert found_in_terms(sixty) == []
    assert found_in_terms(sixty + " ever.") == [
        "has 61 words, and small print of more than 60 is not read; keep what the customer must know, and put the rest "
        "on the page of terms_url (texts.terms_words_max of shop.yml sets the most)"
    ]


@pytest.mark.parametrize(
    ("text", "rest", "dates"),
    [
        ("until 28 July 2026.", "until  | .", [(28, 7, 2026)]),
        ("until July 28th, 2026, or 1 Sep", "until  | , or  | ", [(28, 7, 2026), (1, 9, None)]),
        ("it may 5 times, in May 5 times", "it may 5 times, in  |  times", [(5, 5, None)]),
        ("līdz 2026. gada 28. jūlijam un 3. martā", "līdz  |  un  | ", [(28, 7, 2026), (3, 3, None)]),
        ("до 28 июля 2026 г. включительно, 1 мая 2027 года", "до  |  включительно,  | ", [(28, 7, 2026), (1, 5, 2027)]),
        ("2026-07-28, 28.07.2026 and 28/7/2026", " | ,  |  and  | ", [(28, 7, 2026)] * 3),
        ("5.00 € of 40,00 €, 12 маленьких", "5.00 € of 40,00 €, 12 маленьких", []),
    ],
)
def test_dates_in_any_of_the_three_languages(text: str, rest: str, dates: list[tuple[int, int, int | None]]) -> None:
    found_rest, found_dates = text_dates.taken_out(text)
    assert (found_rest, [(one.day, one.month, one.year) for one in found_dates]) == (rest, dates)


def test_every_month_is_known_in_the_form_that_our_own_sentences_write() -> None:
    for language in ("en", "lv", "ru"):
        written = [wording.last_day(date(2026, month, 9), language) for month in range(1, 13)]
        found_dates = [text_dates.taken_out(text)[1] for text in written]
        assert [[(one.day, one.month, one.year) for one in dates] for dates in found_dates] == [
            [(9, month, 2026)] for month in range(1, 13)
        ]
