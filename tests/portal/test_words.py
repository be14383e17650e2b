"""Every word in three languages, and every page that says no."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from offermill.paths import ShopPaths
from offers.channels import registry
from portal import lists, titles, words
from portal.app import _path
from tests.portal.visits import Visitor


def keys(said: Mapping[str, Any], before: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in said.items():
        found |= keys(value, f"{before}{name}.") if isinstance(value, Mapping) else {f"{before}{name}"}
    return found


def values(said: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for value in said.values():
        found += values(value) if isinstance(value, Mapping) else value if isinstance(value, list) else [value]
    return found


@pytest.mark.parametrize("language", ["lv", "ru"])
def test_a_language_says_everything_and_says_it_in_its_own_words(language: str) -> None:
    english, other = words.texts("en"), words.texts(language)
    assert keys(other) == keys(english)
    same = set(values(other)) & set(values(english))
    assert same <= {"Excel", "CSV", "Parquet"}


def test_the_language_is_asked_for_then_remembered_then_the_browsers_then_the_shops(stranger: Visitor) -> None:
    assert "<h1>Pieteikšanās</h1>" in stranger.get("/login").text
    assert "<h1>Вход</h1>" in stranger.get("/login", Accept_Language="de, ru;q=0.8").text
    chosen = stranger.get("/login?language=en")
    assert "<h1>Log in</h1>" in chosen.text
    cookie = f"{words.COOKIE}={chosen.cookies[words.COOKIE].split(';')[0]}"
    assert "<h1>Log in</h1>" in stranger.get("/login", Cookie=cookie, Accept_Language="ru").text
    assert "<h1>Pieteikšanās</h1>" in stranger.get("/login?language=xx").text


def test_every_list_of_a_night_has_a_title_in_every_language(published: Path) -> None:
    edition = lists.edition(ShopPaths(published), "2026-06-30")
    assert edition
    told = {
        language: {name: titles.of(one, language) for name, one in edition.lists.items()}
        for language in words.LANGUAGES
    }
    for language in ("lv", "ru"):
        # A sheet that is named after its store alone says the same in all languages but for the word.
        assert [name for name, title in told[language].items() if title == told["en"][name]] == []
    assert told["lv"]["segments.lifecycle-active.csv"] == "Segmenta „aktīvs” klienti"
    assert told["ru"]["channels.crm.offers.csv"] == "crm: Контакты с предложениями"
    assert told["lv"]["channels.stores.store-s01.html"] == "stores: Veikala Rīga 1 lapa, drukāšanai"
    assert told["lv"]["channels.ads.audience-2-ingest-0001.json"] == (
        "ads: Auditorija Google Ads: pievienojamie cilvēki, 1. izsaukums"
    )
    assert told["ru"]["audit.channels.tills.parquet"] == "Что передано каналу tills, без адресов"


def test_every_target_s_file_has_a_title_in_every_language() -> None:
    known = set(words.texts("en")["lists"]["files"])
    targets = registry.targets().values()
    made = {file.title for target in targets for file in (*target.files, *target.written)}
    assert made - known == set()


def test_no_page_shows_python(stranger: Visitor, port: int) -> None:
    for path in ("/login?language=en", "/nothing?language=en"):
        assert "object at 0x" not in stranger.get(path).text
    assert "There is no such page" in stranger.get("/nothing?language=en").text


def test_a_mounted_path_is_read_without_its_prefix() -> None:
    from starlette.requests import Request

    scope = {"type": "http", "path": "/offermill/api/editions", "root_path": "/offermill", "headers": []}
    assert _path(Request(scope)) == "/api/editions"
