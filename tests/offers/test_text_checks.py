"""The linter for texts: what customers read must be what the rule gives."""

from decimal import Decimal

import pytest

from offers import text_checks
from offers.schema import Texts
from tests.offers.test_wording import COFFEE, MUG, Offer, offer, percent

GOOD = "Shop by {valid_until}: {depth} off, up to {max_discount}."


def found(text: str, one: Offer | None = None) -> list[str]:
    given = one or percent()
    texts = Texts(en=text, lv=text, ru=text)
    fields = {name: getattr(given, name) for name in given.__dataclass_fields__}
    return text_checks.problems(Offer(**{**fields, "texts": texts}), "en", "EUR")


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
