"""Names in three languages and their spelling in e-mail addresses."""

import pytest

from offermill.synthetic import names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ķērsta", "kersta"),
        ("Žagariņš", "zagarins"),
        ("Щукина", "shchukina"),
        ("Юрий", "yuriy"),
        ("Семёнов", "semenov"),
        ("O'Neill", "oneill"),
        ("Smith-Jones", "smithjones"),
        ("Zoë", "zoe"),
    ],
)
def test_names_are_spelled_in_ascii(name: str, expected: str) -> None:
    assert names.latin(name) == expected


def test_every_name_has_an_ascii_spelling() -> None:
    forms = [form for table in (names.FIRST, names.LAST) for both in table.values() for form in both]
    every = [name for form in forms for name in form.split()]

    assert [name for name in every if not names.latin(name).isascii() or not names.latin(name).isalpha()] == []
    assert len(every) == 200


def test_family_names_have_their_female_and_male_form() -> None:
    forms = {language: [len(form.split()) for form in names.LAST[language]] for language in names.LANGUAGES}

    assert {language: counts[0] == counts[1] for language, counts in forms.items()} == {
        "lv": True,
        "ru": True,
        "en": True,
    }
