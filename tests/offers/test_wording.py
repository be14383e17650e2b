"""One sentence per offer and language, as a customer reads it. (Amounts hold a no-break space before the sign.)"""

from datetime import date

import pytest

from offers import wording
from offers.offer import Offer, TargetItem
from offers.schema import Gift, Texts

UNTIL = date(2026, 7, 28)
COFFEE = TargetItem("category", "coffee", "Kafija un tēja")
WINE = TargetItem("product", "p1", "Wine {red}")
MUG = Gift(name=Texts(en="a mug", lv="krūzi", ru="кружку"), value="6.00", cost="2.40")


def offer(kind: str, **facts: object) -> Offer:
    fields: dict[str, object] = {
        "offer_id": "x",
        "template_id": "x",
        "campaign_id": "summer",
        "target": TargetItem(),
        "valid_from": date(2026, 7, 1),
        "valid_until": UNTIL,
        "channels": ("email",),
        "max_cost_minor": 500,
        "customer_value_minor": 500,
        **facts,
    }
    return Offer(kind=kind, **fields)  # type: ignore[arg-type]


def percent(**facts: object) -> Offer:
    figures = {
        "depth_pct": 15,
        "max_discount_minor": 2_000,
        "example_purchase_minor": 4_000,
        "customer_value_minor": 600,
    }
    return offer("percent", **{**figures, **facts})


def said(one: Offer, language: str, until: date = UNTIL, currency: str = "EUR") -> str:
    return wording.sentence(one, language, until, currency).replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("one", "language", "sentence"),
    [
        (
            offer("amount", amount_minor=500, threshold_minor=4_000),
            "en",
            "Spend 40.00 € by 28 July 2026 and get 5.00 € off.",
        ),
        (
            offer("amount", amount_minor=500, threshold_minor=4_000),
            "lv",
            "Līdz 2026. gada 28. jūlijam iepērcieties vismaz par 40,00 € un saņemiet 5,00 € atlaidi.",
        ),
        (
            offer("amount", amount_minor=500, threshold_minor=4_000),
            "ru",
            "До 28 июля 2026 г. включительно совершите покупку на сумму от 40,00 € и получите скидку 5,00 €.",
        ),
        (
            percent(),
            "en",
            "Shop by 28 July 2026 and get 15% off your purchase, up to 20.00 €: on 40.00 € you save 6.00 €.",
        ),
        (
            percent(),
            "lv",
            "Līdz 2026. gada 28. jūlijam iepērcieties un saņemiet 15% atlaidi pirkumam, ne vairāk kā 20,00 €: "
            "no 40,00 € jūs ietaupāt 6,00 €.",
        ),
        (
            percent(),
            "ru",
            "До 28 июля 2026 г. включительно совершите покупку и получите скидку 15 % на покупку, но не больше "
            "20,00 €: "
            "с 40,00 € вы сэкономите 6,00 €.",
        ),
        (
            percent(target=COFFEE, threshold_minor=1_000),
            "lv",
            "Līdz 2026. gada 28. jūlijam iegādājieties preces no grupas „Kafija un tēja” vismaz par 10,00 € un "
            "saņemiet "
            "15% atlaidi šīm precēm, ne vairāk kā 20,00 €: no 40,00 € jūs ietaupāt 6,00 €.",
        ),
        (
            percent(target=WINE),
            "en",
            "Buy “Wine {red}” by 28 July 2026 and get 15% off it, up to 20.00 €: on 40.00 € you save 6.00 €.",
        ),
        (
            percent(target=COFFEE),
            "ru",
            "До 28 июля 2026 г. включительно купите товары из группы «Kafija un tēja» и получите скидку 15 % на эти "
            "товары, но не больше 20,00 €: с 40,00 € вы сэкономите 6,00 €.",
        ),
        (offer("points", points=500), "en", "Shop by 28 July 2026 and get 500 points, worth 5.00 €."),
        (
            offer("points", points=500),
            "lv",
            "Līdz 2026. gada 28. jūlijam iepērcieties un saņemiet 500 punktu 5,00 € vērtībā.",
        ),
        (
            offer("points", points=500),
            "ru",
            "До 28 июля 2026 г. включительно совершите покупку и получите 500 баллов — это 5,00 €.",
        ),
        (
            offer("gift", gift=MUG, threshold_minor=2_500, customer_value_minor=600),
            "en",
            "Spend 25.00 € by 28 July 2026 and get a mug worth 6.00 € as a gift.",
        ),
        (
            offer("gift", gift=MUG, customer_value_minor=600),
            "lv",
            "Līdz 2026. gada 28. jūlijam iepērcieties un saņemiet dāvanā krūzi 6,00 € vērtībā.",
        ),
        (
            offer("gift", gift=MUG, customer_value_minor=600),
            "ru",
            "До 28 июля 2026 г. включительно совершите покупку и получите в подарок кружку стоимостью 6,00 €.",
        ),
        (
            offer("delivery", customer_value_minor=399),
            "en",
            "Shop by 28 July 2026 and get free delivery, which saves you 3.99 €.",
        ),
        (
            offer("delivery", customer_value_minor=399),
            "lv",
            "Līdz 2026. gada 28. jūlijam iepērcieties un saņemiet bezmaksas piegādi, ietaupot 3,99 €.",
        ),
        (
            offer("delivery", customer_value_minor=399),
            "ru",
            "До 28 июля 2026 г. включительно совершите покупку и получите бесплатную доставку: вы сэкономите 3,99 €.",
        ),
    ],
)
def test_the_usual_sentences(one: Offer, language: str, sentence: str) -> None:
    assert said(one, language) == sentence


def test_an_offers_own_text_is_filled_with_the_rules_figures() -> None:
    texts = Texts(en="Come by {valid_until}: {points} wait, worth {value}.", lv="{points}", ru="{points}")

    assert (
        said(offer("points", points=500, texts=texts), "en") == "Come by 28 July 2026: 500 points wait, worth 5.00 €."
    )


def test_a_brace_in_a_name_stays_a_brace() -> None:
    odd = TargetItem("product", "p1", "{value}")

    assert "“{value}”" in said(percent(target=odd), "en")


def test_a_name_from_the_data_cannot_break_the_line_or_turn_the_text_around() -> None:
    odd = TargetItem("product", "p1", "Tea\r\nBcc: x\u202e  {evil}\u200b")

    assert "“Tea Bcc: x {evil}”" in said(percent(target=odd), "en")


@pytest.mark.parametrize(
    ("count", "en", "lv", "ru"),
    [
        (1, "1 point", "1 punktu", "1 балл"),
        (2, "2 points", "2 punktus", "2 балла"),
        (10, "10 points", "10 punktu", "10 баллов"),
        (11, "11 points", "11 punktu", "11 баллов"),
        (21, "21 points", "21 punktu", "21 балл"),
        (22, "22 points", "22 punktus", "22 балла"),
        (500, "500 points", "500 punktu", "500 баллов"),
        (12_345, "12,345 points", "12 345 punktus", "12 345 баллов"),
    ],
)
def test_points_in_the_plural_of_each_language(count: int, en: str, lv: str, ru: str) -> None:
    found = [wording.points(count, language).replace("\u00a0", " ") for language in ("en", "lv", "ru")]

    assert found == [en, lv, ru]


@pytest.mark.parametrize(
    ("month", "lv", "ru"),
    [
        (1, "2027. gada 1. janvārim", "1 января 2027 г."),
        (3, "2027. gada 1. martam", "1 марта 2027 г."),
        (5, "2027. gada 1. maijam", "1 мая 2027 г."),
        (8, "2027. gada 1. augustam", "1 августа 2027 г."),
        (12, "2027. gada 1. decembrim", "1 декабря 2027 г."),
    ],
)
def test_dates_in_the_case_that_the_sentence_asks_for(month: int, lv: str, ru: str) -> None:
    found = [wording.last_day(date(2027, month, 1), language).replace("\u202f", " ") for language in ("lv", "ru")]

    assert found == [lv, ru]


@pytest.mark.parametrize(
    ("minor", "currency", "language", "text"),
    [
        (123_450, "EUR", "en", "1,234.50 €"),
        (123_450, "EUR", "lv", "1 234,50 €"),
        (1_234_500, "EUR", "lv", "12 345,00 €"),
        (1_234_500, "EUR", "ru", "12 345,00 €"),
        (500, "JPY", "en", "500 JP¥"),
        (-250, "EUR", "en", "-2.50 €"),
    ],
)
def test_money_as_people_write_it(minor: int, currency: str, language: str, text: str) -> None:
    found = wording.money(minor, currency, language).replace("\u00a0", " ")

    assert found == text


@pytest.mark.parametrize(
    ("one", "purchase_minor", "given_minor"),
    [
        (percent(), 4_000, 600),
        (percent(), 3_333, 500),  # 15 % of 33.33 = 4.9995
        (percent(), 50_000, 2_000),  # the cap
        (percent(threshold_minor=4_000), 3_999, 0),
        (offer("amount", amount_minor=500, threshold_minor=4_000), 4_000, 500),
        (offer("amount", amount_minor=500, threshold_minor=4_000), 3_999, 0),
    ],
)
def test_what_is_promised_can_be_computed(one: Offer, purchase_minor: int, given_minor: int) -> None:
    assert wording.discount_at(one, purchase_minor) == given_minor
