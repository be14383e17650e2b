"""What stands beside an offer's sentence, per language: how it is used, its short terms, and the page with all of them.

The sentence says what the customer gets; these are fields of their own, so that a text message can leave them out.
"""

from datetime import date

from offermill.settings_texts import TextSettings
from offers import wording
from offers.offer import Offer
from offers.schema import LANGUAGES, Use

_CODE = {
    "en": {
        "till": "Show the code at the till.",
        "checkout": "Enter the code at the online checkout.",
        "till_or_checkout": "Show the code at the till or enter it at the online checkout.",
    },
    "lv": {
        "till": "Uzrādiet kodu kasē.",
        "checkout": "Ievadiet kodu, noformējot pasūtījumu internetā.",
        "till_or_checkout": "Uzrādiet kodu kasē vai ievadiet to, noformējot pasūtījumu internetā.",
    },
    "ru": {
        "till": "Покажите код на кассе.",
        "checkout": "Введите код при оформлении заказа на сайте.",
        "till_or_checkout": "Покажите код на кассе или введите его при оформлении заказа на сайте.",
    },
}
_PRICE = {
    "en": "You need no code: the discount counts when you show your card.",
    "lv": "Kods nav vajadzīgs: atlaidi saņemsiet, uzrādot klienta karti.",
    "ru": "Код не нужен: скидка действует по вашей карте клиента.",
}
_CARD = {
    "en": {
        "percent": _PRICE["en"],
        "amount": _PRICE["en"],
        "points": "You need no code: we credit the points to your card.",
        "gift": "You need no code: show your card to get the gift.",
        "delivery": "You need no code: sign in before you order.",
    },
    "lv": {
        "percent": _PRICE["lv"],
        "amount": _PRICE["lv"],
        "points": "Kods nav vajadzīgs: punktus ieskaitīsim jūsu kartē.",
        "gift": "Kods nav vajadzīgs: dāvanu saņemsiet, uzrādot klienta karti.",
        "delivery": "Kods nav vajadzīgs: pirms pasūtīšanas pierakstieties savā kontā.",
    },
    "ru": {
        "percent": _PRICE["ru"],
        "amount": _PRICE["ru"],
        "points": "Код не нужен: мы начислим баллы на вашу карту.",
        "gift": "Код не нужен: подарок вы получите по карте клиента.",
        "delivery": "Код не нужен: войдите в свой аккаунт перед заказом.",
    },
}
# The duty to say that a price was made for one person (EU 2011/83, article 6(1)(ea)), as sql/offers/message.sql says.
PRICE_NOTICE = {
    "en": "The price is personalised on the basis of automated decision-making.",
    "lv": "Cena ir personalizēta, pamatojoties uz automatizētu lēmumu pieņemšanu.",
    "ru": "Цена персонализирована на основе автоматизированного принятия решений.",
}


def use_of(offer: Offer, said: TextSettings) -> Use:
    """Return how the offer is used: as its template says, else as the shop's settings say of its kind."""
    if offer.use is not None:
        return offer.use
    if offer.kind in said.without_code:
        return "card"
    # Only who orders on the web has anything delivered.
    return "checkout" if offer.kind == "delivery" else said.code_place


def how_to_use(offer: Offer, language: str, said: TextSettings) -> str:
    """Return one short sentence: `Show the code at the till.`"""
    use = use_of(offer, said)
    return _CARD[language][offer.kind] if use == "card" else _CODE[language][use]


def terms(offer: Offer, language: str, valid_until: date, currency: str) -> str | None:
    """Return the terms that the offer carries with it, filled with the rule's figures; None where it has none."""
    if offer.terms is None:
        return None
    return wording.filled(offer.terms.of(language), wording.facts(offer, language, valid_until, currency))


def terms_url(offer: Offer, language: str, said: TextSettings) -> str | None:
    """Return the address of the page with the offer's terms: the template's, else the shop's; None without either."""
    links = offer.terms_url or said.terms_url
    return links.of(language) if links is not None else None


def columns(offer: Offer, currency: str, said: TextSettings) -> dict[str, str | None]:
    """Return every text of an offer as columns: `text_en`, `use_en`, `terms_en`, `terms_url_en`, and so on."""
    found: dict[str, str | None] = {}
    for language in LANGUAGES:
        found |= {
            f"text_{language}": wording.sentence(offer, language, offer.valid_until, currency),
            f"use_{language}": how_to_use(offer, language, said),
            f"terms_{language}": terms(offer, language, offer.valid_until, currency),
            f"terms_url_{language}": terms_url(offer, language, said),
        }
    return found
