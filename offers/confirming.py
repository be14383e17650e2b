"""One sentence per credited reward and language: what was promised has arrived, with its value in money."""

from babel import Locale
from babel.numbers import format_decimal

from offers import wording

# A number of points as the subject of a sentence, by CLDR plural category.
_POINTS = {
    "en": {"one": "point", "other": "points"},
    "lv": {"zero": "punktu", "one": "punkts", "other": "punkti"},
    "ru": {"one": "балл", "few": "балла", "many": "баллов", "other": "балла"},
}
# A colon keeps the verb out of the number's grammar where the language has more than one plural.
_SENTENCES = {
    "en": {
        "points": "Your {points} arrived, worth {value}.",
        "gift": "Your gift worth {value} was handed over.",
        "delivery": "Your delivery was free, which saved you {value}.",
        "money": "{value} was credited to you.",
    },
    "lv": {
        "points": "Jums ieskaitīts: {points} {value} vērtībā.",
        "gift": "Jūsu dāvana {value} vērtībā ir izsniegta.",
        "delivery": "Piegāde jums bija bez maksas, jūs ietaupījāt {value}.",
        "money": "Jums ieskaitīta nauda: {value}.",
    },
    "ru": {
        "points": "Вам начислено: {points} — это {value}.",
        "gift": "Ваш подарок стоимостью {value} выдан.",
        "delivery": "Доставка была для вас бесплатной: вы сэкономили {value}.",
        "money": "Вам зачислены деньги: {value}.",
    },
}


def sentence(kind: str, points: int | None, value_minor: int, currency: str, language: str) -> str:
    """Return what a customer is told: `Your 500 points arrived, worth 5.00 €.`

    Args:
        kind: points, gift, delivery or money.
        points: how many; only of points.
        value_minor: what it is worth to the customer, in minor units.
        language: en, lv or ru.
    """
    filled = {"value": wording.money(value_minor, currency, language), "points": _points(points or 0, language)}
    return _SENTENCES[language][kind].format(**filled)


def _points(count: int, language: str) -> str:
    locale = wording.locale(language)
    return f"{format_decimal(count, locale=locale)}\u00a0{_POINTS[language][Locale.parse(locale).plural_form(count)]}"
