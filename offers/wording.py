"""One sentence per offer and language: "If you do X by DATE, you get Y", with the value in money.

Numbers, dates and currencies are formatted by Babel (CLDR). Grammar that CLDR does not hold (the Latvian dative after
`līdz`, the case after a numeral) is written here. Names from the shop's data stand in quotation marks, uninflected.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

from offers.offer import Offer, percent_of

# en_150 is English as written in Europe: 28 July 2026, 40.00 €.
_LOCALES = {"en": "en_150", "lv": "lv_LV", "ru": "ru_RU"}
_PERCENT = {"en": "#,##0.00%", "lv": "#,##0.00%", "ru": "#,##0.00\u00a0%"}
_QUOTES = {"en": "“{}”", "lv": "„{}”", "ru": "«{}»"}
# Controls, zero-width and text-direction marks.
HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_LATVIAN_MONTHS = (
    *("janvārim", "februārim", "martam", "aprīlim", "maijam", "jūnijam"),
    *("jūlijam", "augustam", "septembrim", "oktobrim", "novembrim", "decembrim"),
)

# What follows a number of points as the object of `get`, by CLDR plural category.
_POINTS = {
    "en": {"one": "point", "other": "points"},
    "lv": {"zero": "punktu", "one": "punktu", "other": "punktus"},
    "ru": {"one": "балл", "few": "балла", "many": "баллов", "other": "балла"},
}

_CONDITIONS = {
    "en": {
        "basket": "Shop by {valid_until}",
        "basket_threshold": "Spend {threshold} by {valid_until}",
        "category": "Buy from {target} by {valid_until}",
        "category_threshold": "Spend {threshold} on {target} by {valid_until}",
        "product": "Buy {target} by {valid_until}",
        "product_threshold": "Spend {threshold} on {target} by {valid_until}",
    },
    "lv": {
        "basket": "Līdz {valid_until} iepērcieties",
        "basket_threshold": "Līdz {valid_until} iepērcieties vismaz par {threshold}",
        "category": "Līdz {valid_until} iegādājieties preces no grupas {target}",
        "category_threshold": "Līdz {valid_until} iegādājieties preces no grupas {target} vismaz par {threshold}",
        "product": "Līdz {valid_until} iegādājieties preci {target}",
        "product_threshold": "Līdz {valid_until} iegādājieties preci {target} vismaz par {threshold}",
    },
    "ru": {
        "basket": "До {valid_until} включительно совершите покупку",
        "basket_threshold": "До {valid_until} включительно совершите покупку на сумму от {threshold}",
        "category": "До {valid_until} включительно купите товары из группы {target}",
        "category_threshold": "До {valid_until} включительно купите товары из группы {target} на сумму от {threshold}",
        "product": "До {valid_until} включительно купите товар {target}",
        "product_threshold": "До {valid_until} включительно купите товар {target} на сумму от {threshold}",
    },
}
_OFF = {
    "en": {"basket": "your purchase", "category": "it", "product": "it"},
    "lv": {"basket": "pirkumam", "category": "šīm precēm", "product": "šai precei"},
    "ru": {"basket": "на покупку", "category": "на эти товары", "product": "на этот товар"},
}
_REWARDS = {
    "en": {
        "percent": " and get {depth} off {off}{prior}, up to {max_discount}: on {example} you save {value}.",
        "amount": " and get {amount} off{prior}.",
        "points": " and get {points}, worth {value}.",
        "gift": " and get {gift} worth {value} as a gift.",
        "delivery": " and get free delivery, which saves you {value}.",
    },
    "lv": {
        "percent": (
            " un saņemiet {depth} atlaidi {off}{prior}, ne vairāk kā {max_discount}: no {example} jūs ietaupāt {value}."
        ),
        "amount": " un saņemiet {amount} atlaidi{prior}.",
        "points": " un saņemiet {points} {value} vērtībā.",
        "gift": " un saņemiet dāvanā {gift} {value} vērtībā.",
        "delivery": " un saņemiet bezmaksas piegādi, ietaupot {value}.",
    },
    "ru": {
        "percent": (
            " и получите скидку {depth} {off}{prior}, но не больше {max_discount}: с {example} вы сэкономите {value}."
        ),
        "amount": " и получите скидку {amount}{prior}.",
        "points": " и получите {points} — это {value}.",
        "gift": " и получите в подарок {gift} стоимостью {value}.",
        "delivery": " и получите бесплатную доставку: вы сэкономите {value}.",
    },
}
# A former price is told with what it is by law; only where the offer has one.
_PRIOR = {
    "en": " (lowest price of the last 30 days: {prior_price})",
    "lv": " (zemākā cena pēdējās 30 dienās: {prior_price})",
    "ru": " (самая низкая цена за последние 30 дней: {prior_price})",
}


def plain(name: str) -> str:
    """Return a name from the shop's data on one line, without characters that hide or turn around what is said."""
    return " ".join(HIDDEN.sub(" ", name).split())


def locale(language: str) -> str:
    """Return the CLDR locale of a language that customers are written to in."""
    return _LOCALES[language]


def money(minor: int, currency: str, language: str) -> str:
    """Return an amount as customers read it: `40.00 €`, `40,00 €`."""
    amount = Decimal(minor).scaleb(-get_currency_precision(currency))
    return format_currency(amount, currency, locale=_LOCALES[language])


def percent(share: float, language: str) -> str:
    """Return a share as people read it, with two decimals: `12.50%`."""
    return format_percent(Decimal(str(share)), _PERCENT[language], locale=_LOCALES[language])


def decimal(number: float, language: str) -> str:
    """Return a number with two decimals: `2.21`, `2,21`."""
    return format_decimal(Decimal(str(number)), "#,##0.00", locale=_LOCALES[language])


def last_day(day: date, language: str) -> str:
    """Return a date as it stands after by / līdz / до: `28 July 2026`, `2026. gada 28. jūlijam`, `28 июля 2026 г.`."""
    if language == "lv":
        return f"{day.year}. gada {day.day}. {_LATVIAN_MONTHS[day.month - 1]}"
    return format_date(day, "long", locale=_LOCALES[language])


def points(count: int, language: str) -> str:
    """Return a number of points as the object of `get`: `1 point`, `500 punktu`, `500 баллов`."""
    category = Locale.parse(_LOCALES[language]).plural_form(count)
    return f"{format_decimal(count, locale=_LOCALES[language])}\u00a0{_POINTS[language][category]}"


def pattern(offer: Offer, language: str) -> str:
    """Return the offer's own text, or the usual sentence of its kind, with placeholders."""
    if offer.texts is not None:
        return offer.texts.of(language)
    condition = offer.target.kind + ("_threshold" if offer.threshold_minor is not None else "")
    prior = _PRIOR[language] if offer.prior_price_minor is not None else ""
    off = _OFF[language][offer.target.kind]
    reward = _REWARDS[language][offer.kind].replace("{off}", off).replace("{prior}", prior)
    return _CONDITIONS[language][condition] + reward


def facts(offer: Offer, language: str, valid_until: date, currency: str) -> Mapping[str, str]:
    """Return what the placeholders of the offer's sentence stand for; only those that its kind has."""
    amounts = {
        "value": offer.customer_value_minor,
        "amount": offer.amount_minor,
        "threshold": offer.threshold_minor,
        "max_discount": offer.max_discount_minor,
        "example": offer.example_purchase_minor,
        "prior_price": offer.prior_price_minor,
    }
    found = {name: money(minor, currency, language) for name, minor in amounts.items() if minor is not None}
    found["valid_until"] = last_day(valid_until, language)
    if offer.depth_pct is not None:
        found["depth"] = format_percent(Decimal(offer.depth_pct) / 100, locale=_LOCALES[language])
    if offer.points is not None:
        found["points"] = points(offer.points, language)
    if offer.gift is not None:
        found["gift"] = offer.gift.name.of(language)
    if offer.target.name is not None:
        found["target"] = _QUOTES[language].format(plain(offer.target.name))
    return found


def sentence(offer: Offer, language: str, valid_until: date, currency: str) -> str:
    """Return the offer in one sentence: `Spend 40.00 € by 28 July 2026 and get 5.00 € off.`

    A percent offer says what the customer gets at the example purchase (its threshold, where it has one).
    """
    return filled(pattern(offer, language), facts(offer, language, valid_until, currency))


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its placeholders filled in; a brace in what fills one stays a brace."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def discount_at(offer: Offer, purchase_minor: int) -> int:
    """Return what the offer gives at a purchase of the target, in minor units: 0 below the threshold."""
    if purchase_minor < (offer.threshold_minor or 0):
        return 0
    if offer.depth_pct is not None:
        return percent_of(purchase_minor, offer.depth_pct, offer.max_discount_minor)
    return offer.customer_value_minor
