"""The pages speak English, Latvian and Russian: the same words everywhere, none left behind in another language."""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from babel import Locale

from dashboards import portraits, site
from dashboards.context import TEXTS, texts
from features.cluster_model import MEASURES
from models import cards, propensity, uplift_card, value
from offermill.report import environment, nights, words
from offermill.report.numbers import Formats
from offers import explain_lines
from tests import literal_night

OTHERS = [language for language in words.LANGUAGES if language != "en"]
PLURALS = {"zero", "one", "two", "few", "many", "other"}
Leaf = tuple[tuple[str, ...], str]


def is_plural(value: object) -> bool:
    return isinstance(value, dict) and "other" in value and set(value) <= PLURALS


def leaves(value: object, path: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Yield every text with where it stands; the forms of a plural are one text."""
    if is_plural(value):
        yield path, str(value["other"])  # type: ignore[index]
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, str(key)))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, (*path, str(place)))
    else:
        yield path, str(value)


def plurals(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Mapping[str, str]]]:
    if is_plural(value):
        yield path, value  # type: ignore[misc]
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from plurals(inner, (*path, str(key)))


def loaded(language: str) -> dict[str, Any]:
    folders = (TEXTS, words.TEXTS)
    return {
        str(place): yaml.safe_load((folder / f"{language}.yml").read_text()) for place, folder in enumerate(folders)
    }


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_every_text_with_the_same_holes_and_kinds_of_columns(language: str) -> None:
    english, other = dict(leaves(loaded("en"))), dict(leaves(loaded(language)))
    assert len(english) > 400
    assert sorted(set(english) ^ set(other)) == []
    holes = re.compile(r"\{[a-z]+\}")
    assert [
        path for path in english if sorted(holes.findall(english[path])) != sorted(holes.findall(other[path]))
    ] == []
    kinds = {path: text.partition("|")[2] for path, text in english.items() if "columns" in path}
    assert [path for path, kind in kinds.items() if other[path].partition("|")[2] != kind] == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_was_left_in_english(language: str) -> None:
    english, other = dict(leaves(loaded("en"))), dict(leaves(loaded(language)))
    same = [path for path, text in english.items() if other[path] == text and len(text.split()) > 2]
    # Only names are the same in every language.
    assert [path for path in same if path[-1] != "to"] == []


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_plurals_have_exactly_the_forms_of_their_language(language: str) -> None:
    found = list(plurals(loaded(language)))
    assert len(found) >= 5
    needed = {"other", *Locale.parse(language).plural_form.rules}
    assert [path for path, forms in found if set(forms) != needed] == []


def test_the_form_goes_with_the_number() -> None:
    forms = {"zero": "naktis", "one": "nakts", "other": "naktis"}
    latvian = Formats("lv", "EUR", 2)
    assert [latvian.plural(forms, count) for count in (1, 2, 11, 21)] == ["nakts", "naktis", "naktis", "nakts"]
    forms = {"one": "ночь", "few": "ночи", "many": "ночей", "other": "ночи"}
    russian = Formats("ru", "EUR", 2)
    assert [russian.plural(forms, count) for count in (1, 3, 5, 11, 21)] == ["ночь", "ночи", "ночей", "ночей", "ночь"]


def bare(template: str) -> list[str]:
    """Return the words that a template says by itself, between tags and in attributes that are read aloud."""
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", template, flags=re.DOTALL)
    spoken = re.findall(r'(?:title|alt|placeholder|aria-label)="([^"]*)"', text)
    text = re.sub(r"<(style|script|code).*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL)
    return re.findall(r"[^\W\d_]{2,}", " ".join([text, *spoken]))


def test_a_bare_word_is_found() -> None:
    assert bare('<h1 title="Hi">{{ title }} more</h1>{% if x %}<code>sha</code>{% endif %}') == ["more", "Hi"]


def test_no_template_says_a_word_by_itself() -> None:
    files = [*site.TEMPLATES.glob("*.j2"), *environment.TEMPLATES.glob("*.j2")]
    assert len(files) > 8
    names = {"sha", "datapackage", "json"}
    assert {file.name: bare(file.read_text()) for file in files if set(bare(file.read_text())) - names} == {}


class Spoken(HTMLParser):
    """Collects what a page says in its own language: not code, not what is marked as English, not what data says."""

    SILENT = ("script", "style", "code", "bdi", "a")
    VOID = ("meta", "link", "input", "br")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.path: list[bool] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        spoken = dict(attrs)
        if tag not in self.VOID:
            self.path.append(tag in self.SILENT or (tag != "html" and "lang" in spoken))
        if not any(self.path):
            self.text += [spoken[name] or "" for name in ("aria-label", "title") if name in spoken]

    def handle_endtag(self, tag: str) -> None:
        self.path.pop()

    def handle_data(self, data: str) -> None:
        if not any(self.path):
            self.text.append(data)


def test_no_page_speaks_english_by_the_way(every_page: dict[str, str]) -> None:
    """The commonest English words give a forgotten sentence away."""
    common = re.compile(r"\b(the|of|and|with|for|is|are|was|not|shown|by|from|on)\b", re.IGNORECASE)
    told = {name: " ".join(Spoken(html).text) for name, html in every_page.items()}
    assert len(common.findall(told["en/index.html"])) > 50
    found = {name: common.findall(text) for name, text in told.items() if not name.startswith("en/")}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_every_page_says_its_language_and_leads_to_itself_in_the_others(every_page: dict[str, str]) -> None:
    for name, html in every_page.items():
        language, file = name.split("/")
        assert f'<html lang="{language}"' in html
        links = re.findall(r'<a href="\.\./(\w\w)/([a-z]+\.html)" lang="(\w\w)"', html)
        assert links == [(other, file, other) for other in ("lv", "en", "ru")], name


def test_the_shops_language_opens_first_and_english_where_pages_do_not_speak_it() -> None:
    assert words.in_order("ru") == ("ru", "en", "lv")
    assert words.in_order("lt") == ("en", "lv", "ru")
    door = nights.door("Shop", "2026-06-30", words.in_order("ru"))
    assert 'content="0; url=ru/index.html"' in door
    assert re.findall(r'hreflang="(\w\w)">(\w+)<', door) == [("ru", "Русский"), ("en", "English"), ("lv", "Latviešu")]


def test_numbers_and_money_are_written_as_the_reader_writes_them(every_page: dict[str, str]) -> None:
    cost = sum(80 + index for index in range(40) if index % 10 not in (3, 4, 5))
    assert cost == 2_792
    assert "€27.92" in every_page["en/index.html"]
    assert "27,92\u00a0€" in every_page["lv/index.html"]
    assert "27,92\u00a0€" in every_page["ru/index.html"]
    assert "2026. gada 30. jūnijs" in every_page["lv/index.html"]
    assert "30\u202fиюня 2026" in every_page["ru/index.html"] or "30 июня 2026" in every_page["ru/index.html"]


def test_every_sentence_of_a_model_card_and_every_measure_of_a_cluster_has_words() -> None:
    limits = {*cards._LIMITS, *propensity._LIMITS, *value._LIMITS, *uplift_card._LIMITS, uplift_card._PURPOSE}
    said = set(texts()["models"]["said"])
    assert limits <= said
    assert len(said - limits) == 2, "the purposes of propensity and value, which stand in their calls"
    assert set(texts()["segments"]["measures"]) == {measure.words for measure in MEASURES}


TOLD = "More: 12.40 EUR spent per order (all customers 10.00 EUR); less: 7% of orders on the web (all customers 31%)."


def test_the_portrait_of_a_cluster_is_said_in_the_readers_language(tmp_path: Path) -> None:
    run = literal_night.make_run(tmp_path / "shop")
    ctx = {language: site.context(run, {}, language) for language in words.LANGUAGES}
    row = {"family": "cluster", "description": TOLD}
    assert portraits.sentence(ctx["en"], row) == TOLD
    assert portraits.sentence(ctx["lv"], row) == (
        "Vairāk: 12,40\u00a0€ tērēts vienā pasūtījumā (visiem klientiem 10,00\u00a0€); "
        "mazāk: 7% pasūtījumu veikti tīmeklī (visiem klientiem 31%)."
    )
    assert portraits.sentence(ctx["ru"], row).startswith("Больше: 12,40\u00a0€ потрачено за заказ")
    foreign = portraits.sentence(ctx["lv"], row | {"description": "<b>somebody's own"})
    assert foreign == '<span lang="en">&lt;b&gt;somebody&#39;s own</span>'


def test_every_reason_of_a_decision_has_words_on_the_first_page() -> None:
    assert len(explain_lines.OUTCOMES["en"]) > 10
    for language in words.LANGUAGES:
        known = texts(language)["tonight"]["reasons"]
        assert [reason for reason in explain_lines.OUTCOMES[language] if reason not in {*known, "excluded"}] == []
