"""What a customer is told when a reward has arrived: grammar of numbers in three languages, the value in money."""

import pytest

from offers.confirming import sentence


@pytest.mark.parametrize(
    ("language", "points", "expected"),
    [
        ("en", 1, "Your 1 point arrived, worth 0.01 €."),
        ("en", 500, "Your 500 points arrived, worth 5.00 €."),
        ("en", 12_500, "Your 12,500 points arrived, worth 125.00 €."),
        ("lv", 1, "Jums ieskaitīts: 1 punkts 0,01 € vērtībā."),
        ("lv", 22, "Jums ieskaitīts: 22 punkti 0,22 € vērtībā."),
        ("lv", 500, "Jums ieskaitīts: 500 punktu 5,00 € vērtībā."),
        ("ru", 1, "Вам начислено: 1 балл — это 0,01 €."),
        ("ru", 22, "Вам начислено: 22 балла — это 0,22 €."),
        ("ru", 500, "Вам начислено: 500 баллов — это 5,00 €."),
    ],
)
def test_points_are_counted_as_the_language_counts(language: str, points: int, expected: str) -> None:
    assert sentence("points", points, points, "EUR", language).replace("\u00a0", " ") == expected


@pytest.mark.parametrize(
    ("language", "kind", "expected"),
    [
        ("en", "gift", "Your gift worth 6.00 € was handed over."),
        ("en", "delivery", "Your delivery was free, which saved you 6.00 €."),
        ("en", "money", "6.00 € was credited to you."),
        ("lv", "gift", "Jūsu dāvana 6,00 € vērtībā ir izsniegta."),
        ("lv", "delivery", "Piegāde jums bija bez maksas, jūs ietaupījāt 6,00 €."),
        ("lv", "money", "Jums ieskaitīta nauda: 6,00 €."),
        ("ru", "gift", "Ваш подарок стоимостью 6,00 € выдан."),
        ("ru", "delivery", "Доставка была для вас бесплатной: вы сэкономили 6,00 €."),
        ("ru", "money", "Вам зачислены деньги: 6,00 €."),
    ],
)
def test_other_rewards_say_what_they_are_worth(language: str, kind: str, expected: str) -> None:
    assert sentence(kind, None, 600, "EUR", language).replace("\u00a0", " ") == expected
