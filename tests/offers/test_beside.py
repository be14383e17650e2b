"""What stands beside an offer's sentence: how it is used, its terms, and the page with all of them."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from offermill.errors import ConfigError
from offermill.settings_texts import Links, TextSettings
from offers import beside, catalogue
from offers.schema import LANGUAGES, Texts
from tests.offers.catalogues import PERCENT, SHOP, template, written
from tests.offers.test_wording import MUG, UNTIL, offer, percent

USUAL = TextSettings()
LINKS = Links(en="https://shop.example/en", lv="https://shop.example/lv", ru="https://shop.example/ru")


@pytest.mark.parametrize(
    ("kind", "said", "language", "sentence"),
    [
        ("percent", {}, "en", "Show the code at the till or enter it at the online checkout."),
        ("amount", {"code_place": "till"}, "lv", "Uzrādiet kodu kasē."),
        ("gift", {"code_place": "checkout"}, "ru", "Введите код при оформлении заказа на сайте."),
        ("points", {}, "lv", "Kods nav vajadzīgs: punktus ieskaitīsim jūsu kartē."),
        ("points", {"without_code": (), "code_place": "till"}, "en", "Show the code at the till."),
        ("delivery", {"code_place": "till"}, "en", "Enter the code at the online checkout."),
        ("percent", {"without_code": ("percent",)}, "ru", "Код не нужен: скидка действует по вашей карте клиента."),
    ],
)
def test_how_an_offer_is_used_follows_from_its_kind_and_the_shop(
    kind: str, said: dict[str, object], language: str, sentence: str
) -> None:
    assert beside.how_to_use(offer(kind), language, TextSettings.model_validate(said)) == sentence


def test_a_template_may_say_otherwise() -> None:
    assert beside.how_to_use(offer("points", use="till"), "en", USUAL) == "Show the code at the till."
    assert beside.how_to_use(offer("gift", use="card"), "en", USUAL) == (
        "You need no code: show your card to get the gift."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_and_every_way_has_one_sentence_that_a_phone_shows_on_two_lines(language: str) -> None:
    kinds, uses = ("percent", "amount", "points", "gift", "delivery"), ("till", "checkout", "till_or_checkout", "card")
    said = {beside.how_to_use(offer(kind, use=use), language, USUAL) for kind in kinds for use in uses}
    assert len(said) == 3 + 4  # percent and amount are one
    assert [text for text in said if text.count(".") != 1 or not text.endswith(".") or len(text) > 75] == []


def test_terms_are_filled_with_the_rules_figures() -> None:
    terms = Texts(en="One {depth} a person.", lv="Vienreiz, līdz {valid_until}.", ru="Один раз.")
    said = beside.terms(percent(terms=terms), "lv", UNTIL, "EUR")
    assert said == "Vienreiz, līdz 2026. gada 28. jūlijam."
    assert beside.terms(percent(), "lv", UNTIL, "EUR") is None


def test_a_template_may_link_to_terms_of_its_own() -> None:
    shop = TextSettings(terms_url=LINKS)
    own = percent(terms_url=Links.model_validate("https://potter.example/mugs"))
    assert [beside.terms_url(one, "lv", shop) for one in (percent(), own)] == [
        "https://shop.example/lv",
        "https://potter.example/mugs",
    ]
    assert beside.terms_url(percent(), "lv", USUAL) is None


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("http://shop.example/terms", "must begin with https://, such as https://shop.example/terms"),
        ("javascript:alert(1)", "must begin with https://"),
        ("shop.example/terms", "must begin with https://"),
        ("https://", "names no web site"),
        ("https://localhost/terms", "names no web site"),
        ("https://shop.example:99999/", "names no web site"),
        ("https://anna:secret@shop.example/", "names no web site"),
        ("https://shop.example/a b", "is no address of at most 200 plain characters without spaces and quotes"),
        ("https://shop.example/noteikumi-ā", "is no address"),
        ('https://shop.example/"><script>', "is no address"),
        ("https://shop.example/" + "a" * 200, "is no address"),
        ("https://shop.example/\u202e", "is no address"),
    ],
)
def test_only_plain_https_addresses_are_links(address: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Links.model_validate(address)


BESIDE = ', terms: {en: "One for 3 €.", lv: "Viens.", ru: "Один."}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            template(PERCENT + BESIDE),
            "offers.yml:6: templates.0.terms.en: says 3, but the offer t-10 is depth 10, example 20.00, "
            "max_discount 5.00, value 2.00.",
        ),
        (
            template(PERCENT) + "terms: {en: Once., lv: Līdz 30. augustam., ru: Один раз.}\n",
            "offers.yml:7: terms.lv: says the date '30. augustam', which is not the rule's; write {valid_until}.",
        ),
        (
            template(PERCENT + ", terms_url: http://shop.example"),
            "offers.yml:6: templates.0.terms_url: 'http://shop.example' must begin with https://, such as "
            "https://shop.example/terms.",
        ),
        (
            template(PERCENT + ", terms_url: {en: https://shop.example/en}"),
            "offers.yml:6: templates.0.terms_url.lv: is missing.\n"
            "offers.yml:6: templates.0.terms_url.ru: is missing.",
        ),
        (
            template(PERCENT + ", use: cash"),
            "offers.yml:6: templates.0.use: Input should be 'till', 'checkout', 'till_or_checkout' or 'card' "
            "(got 'cash').",
        ),
    ],
)  # fmt: skip
def test_mistakes_in_offers_yml_are_named_with_their_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as problem:
        catalogue.read(written(tmp_path, text), SHOP)
    assert str(problem.value) == message


def test_the_shop_says_how_long_terms_may_be(tmp_path: Path) -> None:
    path = written(tmp_path, template(PERCENT + ", terms: {en: Once a day., lv: Vienreiz., ru: Раз в день.}"))
    assert catalogue.read(path, SHOP).templates[0].terms is not None
    with pytest.raises(ConfigError, match=r"offers.yml:6: templates.0.terms.en: has 3 words, and small print of more"):
        catalogue.read(path, SHOP, TextSettings(terms_words_max=2))


def test_every_language_of_the_catalogue_row_says_all_of_it() -> None:
    gift = offer("gift", gift=MUG, terms=Texts(en="Once.", lv="Vienreiz.", ru="Один раз."), terms_url=LINKS)
    said = beside.columns(gift, "EUR", USUAL)
    assert {name: said[name] for name in said if name.endswith("_lv")} == {
        "text_lv": "Līdz 2026. gada 28. jūlijam iepērcieties un saņemiet dāvanā krūzi 5,00\u00a0€ vērtībā.",
        "use_lv": "Uzrādiet kodu kasē vai ievadiet to, noformējot pasūtījumu internetā.",
        "terms_lv": "Vienreiz.",
        "terms_url_lv": "https://shop.example/lv",
    }
