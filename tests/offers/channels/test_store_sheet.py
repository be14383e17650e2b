"""The stores' sheet: what front-line staff must know, in their language; nothing on it runs, calculates or tells."""

from collections.abc import Iterator, Sequence
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from offermill.errors import ConfigError
from offers import codes
from offers.channels.store_words import EXAMPLE, WORDS
from tests import spreadsheet
from tests.literal_tables import DAY, HOSTILE, SCRIPT
from tests.offers.channels.leaving import Row, withdrawn
from tests.offers.channels.promised import CATALOGUE, hand_over, offer, shop, told

CHROMIUM = Path("/usr/bin/chromium")
BLOCK = "{target: store_sheet, options: {support: '+371 67000000'}}"
STORES = [
    {"store_id": "s1", "store_name": f"Rīga {SCRIPT}", "city": "Rīga", "kind": "store"},
    {"store_id": "../../etc/passwd", "store_name": "=1+1", "city": None, "kind": "store"},
    {"store_id": "web", "store_name": "abc\u202egpj.exe", "city": None, "kind": "web"},
]


def customer(number: int, store: str | None = "s1") -> Row:
    return {"customer_id": f"c{number:06d}", "home_store_id": store}


def earlier(number: int, offer_id: str, until: date) -> Row:
    """Return a promise of an earlier night."""
    return {
        "business_date": date(2026, 6, 20), "customer_id": f"c{number:06d}", "offer_id": offer_id,
        "wave_id": "summer:2026-06-20", "valid_from": date(2026, 6, 21), "valid_until": until, "group_name": "choose",
    }  # fmt: skip


class Page(HTMLParser):
    """What a browser would make of a page: its elements, and the text of each table row and list item."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.items: list[str] = []
        self._is_in_row = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert [name for name, _ in attrs if name.startswith("on")] == []
        self._is_in_row = tag == "tr" or (self._is_in_row and tag != "section")
        if tag in ("tr", "li", "h1", "h2", "footer") or (tag == "p" and not self._is_in_row):
            self.items.append("")

    def handle_data(self, data: str) -> None:
        if self.items and data.strip():
            self.items[-1] = f"{self.items[-1]} {' '.join(data.split())}".strip()


def sheets(folder: Path, messages: list[Row], block: str = BLOCK, **rows: Any) -> Path:
    tables = {"core__store": STORES, "core__customer": [customer(n) for n in range(1, 40)], **rows}
    with shop(messages, **tables) as warehouse:
        return hand_over(warehouse, folder, block)


def test_a_sheet_says_every_offer_in_three_languages_and_what_to_do_when_a_code_fails(tmp_path: Path) -> None:
    messages = [told(n, "five") for n in range(1, 14)] + [told(20, "wine"), told(21, "points-500")]
    page = Page((sheets(tmp_path, messages) / "store-s1.html").read_text(encoding="utf-8"))
    assert page.items == [
        "Spēkā esošie piedāvājumi: 2026. gada 1. jūlijs",
        "Veikals <b> · Rīga <script>alert(1)</script>",
        "Klienti šos piedāvājumus saņēma personīgi. Pasakiet teikumu un pieņemiet kodu.",
        "Piedāvājums Sakiet tā lv Sakiet tā ru Sakiet tā en",
        "−5,00 € Līdz 28.07.2026. Pirkums no 40,00 € Klienti šeit: ap 10 Saņem five. Получи five. Get five.",
        "+500 punktu Līdz 28.07.2026. Klienti šeit: daži Saņem points-500. Получи points-500. Get points-500.",
        "−20% Wine <script>alert(1)</script> Līdz 28.07.2026. Klienti šeit: daži Saņem wine. "
        "Preces ar vecuma ierobežojumu: pārbaudiet vecumu. Получи wine. Get wine.",
        "Ja kods nedarbojas",
        *(step.format(example=EXAMPLE, support="+371 67000000") for step in WORDS["lv"].steps),
        "Derīgs vienu dienu. Sagatavots naktī pēc 30.06.2026.",
    ]


def test_the_sheet_is_in_the_language_that_the_block_names(tmp_path: Path) -> None:
    block = "{target: store_sheet, options: {support: x, language: ru}}"
    page = Page((sheets(tmp_path, [told(1, "mug")], block) / "call-centre.html").read_text(encoding="utf-8"))
    assert page.items[0].startswith("Действующие предложения: 1 июля 2026")
    assert page.items[1].endswith("Колл-центр")
    assert "Подарок До 28.07.2026 Покупка от 25,00 € Клиенты здесь: несколько" in page.items[4]


def test_offers_of_earlier_nights_still_count_unless_they_ended_or_were_taken_back(tmp_path: Path) -> None:
    history = [
        earlier(1, "tenth", date(2026, 7, 18)),
        earlier(2, "gone-from-catalogue", date(2026, 7, 18)),
        earlier(3, "mug", DAY),
        earlier(4, "ride", date(2026, 7, 18)),
    ]
    taken = {
        "customer_id": "c000004",
        "promised_to_id": "c000004",
        "promised_on": date(2026, 6, 20),
        "offer_id": "ride",
    }
    messages = [told(5, "tenth"), withdrawn(4, offer_id="ride")]
    with shop(messages, core__store=STORES, offers__withdrawn_promise=[taken]) as warehouse:
        from tests.literal_tables import make

        make(warehouse, "offers.decision_history", history)
        place = hand_over(warehouse, tmp_path, "{target: store_sheet, options: {support: x, language: en}}")
    items = Page((place / "call-centre.html").read_text(encoding="utf-8")).items
    assert items[3:10] == [
        "Taken back: these codes count no more",
        "Say that we are sorry and that the offer was withdrawn; promise nothing else. Questions: x.",
        "Free delivery : Get ride.",
        "Offer Say lv Say ru Say en",
        "−10% Until 18/07/2026 to 28/07/2026: see the customer's message Customers here: a few "
        "Saņem tenth. Получи tenth. Get tenth.",
        "gone-from-catalogue Until 18/07/2026 Customers here: a few "
        "Not given out any more, but it still counts: the till knows the rule.",
        "If a code does not work",
    ]


def test_a_sheet_names_no_customer_and_no_code_and_counts_in_tens(tmp_path: Path) -> None:
    messages = [told(n, "five") for n in range(1, 38)]
    place = sheets(tmp_path, messages)
    text = "".join(path.read_text(encoding="utf-8") for path in place.glob("*.html"))
    private = ("customer_id", "code", "email", "phone", "offer_key")
    assert [row[name] for row in messages for name in private if str(row[name]) in text] == []
    assert "ap 30" in text
    assert "37" not in Page((place / "store-s1.html").read_text(encoding="utf-8")).items[4]


def test_every_store_has_a_sheet_whatever_its_id_and_a_night_without_offers_says_so(tmp_path: Path) -> None:
    place = sheets(tmp_path, [])
    assert sorted(path.name for path in place.iterdir()) == [
        "call-centre.html",
        "call-centre.xlsx",
        "store-3754d6cb3a38e118.html",
        "store-3754d6cb3a38e118.xlsx",
        "store-s1.html",
        "store-s1.xlsx",
        "store-web.html",
        "store-web.xlsx",
    ]
    assert WORDS["lv"].nothing in (place / "store-web.html").read_text(encoding="utf-8")


def gifts(texts: Sequence[str]) -> list[Row]:
    """Return an offer of a gift for each text, which is its target's name and its sentence in every language."""
    return [
        offer(f"h{n}", "gift", target_name=text, text_en=text, text_lv=text, text_ru=text)
        for n, text in enumerate(texts)
    ]


def test_hostile_names_are_shown_as_text(tmp_path: Path) -> None:
    hostile = gifts(HOSTILE)
    messages = [told(n, "tenth") | {"offer_id": row["offer_id"]} for n, row in enumerate(hostile, start=1)]
    page = Page((sheets(tmp_path, messages, offers__catalogue=hostile) / "store-s1.html").read_text(encoding="utf-8"))
    assert sorted(set(page.tags)) == sorted(
        {"html", "head", "meta", "title", "style", "body", "header", "h1", "p", "bdi", "main", "div", "table",
         "colgroup", "col", "thead", "tbody", "tr", "th", "td", "span", "strong", "section", "h2", "ol", "li", "footer"}
    )  # fmt: skip
    shown = " ".join(page.items)
    assert [name for name in HOSTILE if name.replace("\u202e", "⟨U+202E⟩") not in shown] == []


@spreadsheet.needed
def test_no_cell_of_the_workbook_calculates(tmp_path: Path) -> None:
    """Every payload stands in a name of a target, in a sentence and in the store's name in turn."""
    payloads = spreadsheet.PAYLOADS[::2]
    assert len(payloads) >= 200
    offers = gifts(payloads)
    messages = [told(n, "tenth") | {"offer_id": row["offer_id"]} for n, row in enumerate(offers, start=1)]
    messages.append(withdrawn(900, offer_id="h0"))
    block = "{target: store_sheet, options: {support: '=1+1'}}"
    place = sheets(tmp_path, messages, block, offers__catalogue=offers, core__store=STORES[:1])
    (rows,) = spreadsheet.opened([place / "store-s1.xlsx"], tmp_path)
    assert spreadsheet.formulas(rows) == []
    found = {spreadsheet.squeezed(cell.text) for row in rows for cell in row}
    assert [text for text in payloads if spreadsheet.squeezed(text) not in found] == []


def test_the_workbook_holds_the_same_lines_and_the_steps_on_a_page_of_their_own(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(sheets(tmp_path, [told(1, "five"), withdrawn(2, offer_id="mug")]) / "store-s1.xlsx")
    assert [sheet.title for sheet in book.worksheets] == ["list 1", "page 1", "page 2"]
    assert list(book.worksheets[0].iter_rows(values_only=True))[1] == (
        "−5,00\u00a0€", "Saņem five.", "Получи five.", "Get five.", "28.07.2026.", "40,00\u00a0€", "daži", None, None,
    )  # fmt: skip
    assert book.worksheets[1]["A1"].value == "Ja kods nedarbojas"
    assert book.worksheets[2]["A3"].value == "Dāvana: Saņem mug."


def test_staff_who_are_asked_know_how_it_is_used_and_where_all_terms_stand(tmp_path: Path) -> None:
    said = {
        "use_lv": "Uzrādiet kodu kasē.",
        "use_ru": "Покажите код на кассе.",
        "use_en": "Show the code at the till.",
        "terms_lv": "Viena krūze <b>katram</b>.",
        "terms_url_lv": "https://shop.example/lv?a=1&b=2",
        "terms_url_en": "https://shop.example/en",
    }
    mug = offer("mug", "gift", customer_value_minor=600, **said)
    place = sheets(tmp_path, [told(1, "mug")], offers__catalogue=[mug])
    page = Page((place / "store-s1.html").read_text(encoding="utf-8"))
    assert page.items[4].endswith(
        "Saņem mug. Uzrādiet kodu kasē. Viena krūze <b>katram</b>. Noteikumi: https://shop.example/lv?a=1&b=2 "
        "Получи mug. Покажите код на кассе. "
        "Get mug. Show the code at the till. Terms: https://shop.example/en"
    )
    rows = openpyxl.load_workbook(place / "store-s1.xlsx").worksheets[0].iter_rows(values_only=True)
    assert [row[-1] for row in rows] == [
        "Ja klients jautā",
        "Uzrādiet kodu kasē. Viena krūze <b>katram</b>. Noteikumi: https://shop.example/lv?a=1&b=2",
    ]


def test_the_same_night_gives_the_same_sheets(tmp_path: Path) -> None:
    messages = [told(n, str(row["offer_id"])) for n, row in enumerate(CATALOGUE, start=1)]
    first, second = (sheets(tmp_path / name, messages) for name in ("first", "second"))
    assert [path.read_bytes() for path in sorted(first.iterdir())] == [
        path.read_bytes() for path in sorted(second.iterdir())
    ]


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_language_says_everything_with_the_same_places(language: str) -> None:
    words, english = vars(WORDS[language]), vars(WORDS["en"])

    def places(value: object) -> list[str]:
        text = " ".join(value) if isinstance(value, tuple) else str(value)
        return sorted(part.split("}")[0] for part in text.split("{")[1:])

    assert {name: places(value) for name, value in words.items()} == {
        name: places(value) for name, value in english.items()
    }
    assert [name for name, value in words.items() if not value] == []
    assert len(WORDS[language].steps) == 5


def test_the_example_has_the_form_of_a_code_and_is_none() -> None:
    real = codes.code("salt", "c", "o", "w")
    assert [len(part) for part in EXAMPLE.split("-")] == [len(part) for part in real.split("-")]
    assert set(EXAMPLE.replace("-", "")) <= set(codes.ALPHABET)
    assert not codes.is_valid(EXAMPLE)
    assert not set("01ILO") & set(codes.ALPHABET)
    assert all("{example}" in words.steps[0] and "0, 1, I, L" in words.steps[0] for words in WORDS.values())


def test_a_sheet_without_somebody_to_call_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"channels\.out\.options\.support: is missing\. Whom staff call"):
        sheets(tmp_path, [], "{target: store_sheet}")
    with pytest.raises(ConfigError, match=r"channels\.out\.options\.language: 'de' is none of en, lv, ru"):
        sheets(tmp_path / "2", [], "{target: store_sheet, options: {support: x, language: de}}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium (apt-get install chromium)")
@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_runs_nothing_and_asks_nobody(tmp_path: Path, browser: Any, width: int) -> None:
    hostile = gifts(HOSTILE)
    messages = [told(n, "tenth") | {"offer_id": row["offer_id"]} for n, row in enumerate(hostile, start=1)]
    place = sheets(tmp_path, messages, offers__catalogue=hostile)
    page = browser.new_context(viewport={"width": width, "height": 800}).new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((place / "store-s1.html").as_uri())
    assert (said, len(asked)) == ([], 1)
    assert page.locator("script, img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert SCRIPT in page.locator("tbody").inner_text()
    page.context.close()
