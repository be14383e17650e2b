"""Every page of a whole night in Latvian and Russian: no English sentence, of the program or of the data."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dashboards.pages import PAGES
from tests.nights import DAY

# What data calls by an English name: groups of products in the sentences of offers, stand in quotes.
QUOTED = re.compile(r"[«„“\"][^«»„“”\"]*[»“”\"]")
# Codes that a check lists, and names with a point or an underscore, are the same in every language.
CODES = re.compile(r"\b(?:одно из|viens no|neviens no): [^()]*|\S*\w[._]\w\S*")
# Three Latin words in a row are English on a Russian page.
LATIN = re.compile(r"(?:\b[A-Za-z][a-z]+ ){2,}[A-Za-z][a-z]+\b")
# Words that no Latvian sentence holds.
ENGLISH = re.compile(
    r"\b(the|of|and|with|for|is|are|was|were|not|by|from|that|have|who|days|orders|customers|offers|per|less|last)\b",
    re.IGNORECASE,
)
# Names that are the same in every language.
NAMES = ("Great Expectations", "Google Ads Customer Match", "Google Ads")


class Texts(HTMLParser):
    """Every text of a page but code, keys, links to other languages, and names that readers pick from."""

    SILENT = ("script", "style", "code", "option")
    VOID = ("meta", "link", "input", "br")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.path: list[bool] = []
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag not in self.VOID:
            self.path.append(tag in self.SILENT or "hreflang" in told)
        self.found += [told[name] or "" for name in ("aria-label", "title", "placeholder") if name in told]

    def handle_endtag(self, tag: str) -> None:
        self.path.pop()

    def handle_data(self, data: str) -> None:
        if not any(self.path) and data.strip():
            self.found.append(" ".join(data.split()))


def english(language: str, html: str) -> list[str]:
    """Return the texts of a page that hold English."""
    wrong = LATIN if language == "ru" else ENGLISH
    found = []
    for text in Texts(html).found:
        own = CODES.sub(" ", QUOTED.sub(" ", text))
        for name in NAMES:
            own = own.replace(name, "")
        # One word alone is the name of a source or a table.
        found += [text] if " " in own.strip() and wrong.search(own) else []
    return found


def test_english_is_found() -> None:
    assert english("ru", "<p>Сегодня <b>Days since registration.</b></p>") == ["Days since registration."]
    assert english("lv", "<td lang=en>Share of orders</td>") == ["Share of orders"]
    assert english("ru", "<td lang=en>rule is one of no_consent, opted_out</td>") != []
    assert english("ru", "<td>rule — одно из: no_consent, other currency of old (90 %)</td>") == []
    assert english("lv", "<p>Visi „Coffee and tea” dati</p><code>one of the</code>") == []


@pytest.mark.parametrize("language", ["lv", "ru"])
def test_no_page_says_an_english_sentence(published: Path, language: str) -> None:
    folder = published / "site" / DAY.isoformat() / language
    found = {page.name: english(language, (folder / page.file).read_text(encoding="utf-8")) for page in PAGES}
    assert {name: texts for name, texts in found.items() if texts} == {}
