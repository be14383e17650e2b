"""The pages in headless Chromium: charts are drawn, nothing is asked of a host, a phone does not scroll sideways."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from dashboards import explore, slices
from dashboards.pages import PAGES
from offermill.report import assets, words
from tests import literal_night, literal_offers
from tests.dashboards.test_slices import DAY, joint_night
from tests.dashboards.test_slices import rows as cell_rows

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium (apt-get install chromium)"),
]
FILES = [page.file for page in PAGES]
# Relative luminance (WCAG 2.2) of the text against the first opaque background behind it.
CONTRAST = """
() => {
  const parsed = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const behind = (node) => { for (; node; node = node.parentElement) {
    const color = parsed(getComputedStyle(node).backgroundColor);
    if (color[3] === 1) return color; } return [255, 255, 255, 1]; };
  const poor = [];
  for (const node of document.querySelectorAll("main *, header *, footer *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || !node.checkVisibility() || node.closest("svg, td[style]")) continue;
    const [a, b] = [light(parsed(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${node.className} ${node.textContent.trim().slice(0, 40)}`);
  }
  return poor;
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


class Visit:
    """One page, opened and drawn, with everything it complained about or asked for."""

    def __init__(self, browser: Any, published: Path, file: str, language: str = "en", **options: Any) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page = browser.new_context(**options).new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(f"dialog {dialog.message}"))
        self.page.on("request", lambda request: self.asked.append(request.url))
        name, hash_, fragment = file.partition("#")
        address = (published / "site" / literal_night.DAY.isoformat() / language / name).as_uri()
        self.page.goto(f"{address}{hash_}{fragment}")
        self.charts = self.page.locator("[data-specification]").count()
        self.page.wait_for_function(f"document.querySelectorAll('.drawn svg').length === {self.charts}", timeout=15_000)

    def close(self) -> None:
        self.page.context.close()


def pair(width: int, scheme: str) -> dict[str, Any]:
    return {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}


PAIRS = [pair(1280, "light"), pair(390, "dark"), pair(390, "light"), pair(1280, "dark")]


@pytest.mark.parametrize(("place", "file"), list(enumerate(FILES)), ids=FILES)
def test_a_page_draws_fits_and_keeps_to_itself(browser: Any, published: Path, place: int, file: str) -> None:
    """Every page in one language and look, in turn; the other looks without being opened anew."""
    visit = Visit(browser, published, file, words.LANGUAGES[place % 3], **PAIRS[place % 4])
    assert visit.said == []
    assert [url for url in visit.asked if not url.startswith(("file:///", "data:"))] == []
    assert serious(visit.page) == []
    for look in PAIRS:
        visit.page.set_viewport_size(look["viewport"])
        visit.page.emulate_media(color_scheme=look["color_scheme"])
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= look["viewport"]["width"], (
            "scrolls sideways"
        )
        assert visit.page.evaluate(CONTRAST) == []
    visit.close()


@pytest.mark.every_step
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("look", range(len(PAIRS)))
def test_a_page_in_every_language_and_look(browser: Any, published: Path, file: str, language: str, look: int) -> None:
    visit = Visit(browser, published, file, language, **PAIRS[look])
    assert visit.said == []
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= PAIRS[look]["viewport"]["width"]
    assert serious(visit.page) == []
    visit.close()


def serious(page: Any) -> list[str]:
    """Return what axe finds serious or critical."""
    from axe_playwright_python.sync_playwright import Axe

    # Lists of what is in order are long to send and nobody reads them.
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{problem['id']}: {node['html'][:120]}"
        for problem in found
        if problem["impact"] in ("serious", "critical")
        for node in problem["nodes"]
    ]


def test_axe_finds_what_is_wrong(browser: Any) -> None:
    page = browser.new_page()
    page.set_content("<html><body><img src=data:,><input></body></html>")
    assert {found.split(":")[0] for found in serious(page)} >= {"image-alt", "label", "html-has-lang"}
    page.close()


def test_the_pages_draw_charts_at_all(browser: Any, published: Path) -> None:
    visit = Visit(browser, published, "index.html")
    assert visit.charts >= 2
    assert visit.page.locator("#groups svg path").count() > 5
    visit.close()


def test_the_table_beside_a_chart_opens_with_the_keyboard(browser: Any, published: Path) -> None:
    visit = Visit(browser, published, "index.html")
    summary = visit.page.locator("details.twin summary").first
    summary.focus()
    visit.page.keyboard.press("Enter")
    assert visit.page.locator("#groups-table").is_visible()
    visit.close()


def test_every_table_can_be_taken_as_csv_for_a_spreadsheet_of_the_language(browser: Any, published: Path) -> None:
    visit = Visit(browser, published, "index.html", "lv")
    visit.page.locator("details.twin:has(#channels-chart-table) > summary").click()
    with visit.page.expect_download() as download:
        visit.page.locator(".scroll:has(#channels-chart-table) + button.csv").click()
    lines = download.value.path().read_bytes().decode("utf-8-sig").split("\r\n")
    assert download.value.suggested_filename == "channels-chart-table.csv"
    assert lines[:2] == ["Kanāls;Piedāvājumi;Paredzamās izmaksas", "E-pasts;28;27,92"], (
        "numbers that a spreadsheet reads"
    )
    visit.close()


def test_a_text_that_a_spreadsheet_would_calculate_gets_an_apostrophe(browser: Any, published: Path) -> None:
    visit = Visit(browser, published, "segments.html")
    table = visit.page.locator("table:has(tbody th:has-text('=1+1'))").first
    with visit.page.expect_download() as download:
        visit.page.locator(f".scroll:has(#{table.get_attribute('id')}) + button.csv").click()
    lines = download.value.path().read_bytes().decode("utf-8-sig").split("\r\n")
    assert [line.split(",")[0] for line in lines if "1+1" in line] == ["'=1+1"]
    visit.close()


def test_the_filter_finds_rows_by_all_words(browser: Any, published: Path) -> None:
    visit = Visit(browser, published, "quality.html")
    visit.page.fill("input[data-table]", "tier ALERT(3)")
    assert visit.page.locator("#checks-table tbody tr:visible").count() == 2
    assert visit.page.locator("#checks-table-count").text_content() == "2 / 14"
    visit.close()


def pick(visit: Visit, **chosen: str) -> None:
    for name, value in chosen.items():
        visit.page.locator(f"[name={name}]").select_option(value)


def has_value(visit: Visit, name: str, value: str) -> None:
    from playwright.sync_api import expect

    expect(visit.page.locator(f"[name={name}]")).to_have_value(value, timeout=15_000)


def lines(visit: Visit, table: str) -> list[str]:
    """Return the rows of a table that stand, as text."""
    rows = visit.page.locator(f"#{table} tbody tr:not([hidden])").all_text_contents()
    return [" ".join(row.split()) for row in rows]


def test_filters_cut_cards_tables_and_charts_and_stay_on_the_next_page(browser: Any, published: Path) -> None:
    visit = Visit(browser, published, "index.html")
    everything = lines(visit, "nights-chart-table")
    first, second, _ = literal_night.OFFERS
    pick(visit, offer=first)
    given = [row for row in literal_offers.decisions() if row.get("offer_id") == first]
    assert visit.page.locator("[data-figure=given_count]").text_content() == str(len(given)) == "21"
    cost = sum(row["cost_minor"] for row in given)
    assert visit.page.locator("[data-figure=cost_minor]").text_content() == f"€{cost / 100:.2f}"
    assert lines(visit, "channels-chart-table") == [f"E-mail21€{cost / 100:.2f}"]
    assert len(lines(visit, "nights-chart-table")) == 3
    assert lines(visit, "nights-chart-table") != everything
    drawn = visit.page.locator("#nights-chart.drawn svg")
    assert drawn.count() == 1
    untouched = visit.page.locator("section:has(#sources) > .unfollowed").text_content()
    assert untouched == "The filters do not act on this part."
    visit.page.locator("nav.pages a", has_text="Data quality").click()
    visit.page.locator("nav.pages a", has_text="Offers").click()
    has_value(visit, "offer", first)
    assert [row.startswith(first) for row in lines(visit, "catalogue-table")] == [True]
    pick(visit, by="channel", offer=second)
    assert dict(parse_qsl(visit.page.url.partition("#")[2])) == {"offer": second, "by": "channel"}
    visit.page.locator("nav.languages a", has_text="Русский").click()
    has_value(visit, "by", "channel")
    visit.page.locator("form.filters button").click()
    has_value(visit, "offer", "")
    assert len(lines(visit, "catalogue-table")) == len(literal_night.OFFERS)
    assert visit.page.locator(".unfollowed").all_text_contents() == [""] * visit.page.locator(".unfollowed").count()
    assert visit.said == []
    visit.close()


def picks(draw: random.Random, found: slices.Slices) -> Iterator[tuple[dict[str, str], str]]:
    """Yield what readers may pick: none to four of the dimensions, nights, and a breakdown."""
    for _ in range(60):
        names = draw.sample(list(slices.DIMENSIONS), draw.randrange(5))
        chosen = {name: found.offer_of(draw.choice(found.values(name))) for name in names}
        if draw.random() < 0.3:
            chosen["campaign"] = draw.choice(sorted(set(found.campaigns.values())))
        if draw.random() < 0.5:
            chosen["from"] = draw.choice(found.bins).start.isoformat()
        yield chosen, draw.choice(["", *explore.EVERY])


def counted(rows: list[dict[str, Any]], chosen: dict[str, str], by: str) -> dict[str, int]:
    """Return the offers of every row by the breakdown, as somebody counts them who may see each."""
    columns = {**slices.DIMENSIONS, "campaign": "campaign_id", "night": "business_date"}
    sums: dict[str, int] = {}
    for row in rows:
        fits = all(row[columns[name]] == own for name, own in chosen.items() if name != "from")
        if fits and row["business_date"].isoformat() >= chosen.get("from", ""):
            what = str(row[columns[by]]) if by else ""
            sums[what] = sums.get(what, 0) + row["given_count"]
    return sums


def test_any_combination_of_filters_tells_the_truth_or_its_bounds(browser: Any) -> None:
    draw = random.Random(11)
    nights = {day: joint_night(draw) for day in (DAY - timedelta(days=1), DAY)}
    rows = [row for day, counts in nights.items() for row in cell_rows(counts, day)]
    # One offer belongs to another campaign on the night before.
    rows = [
        row | {"campaign_id": "of c"} if row["offer_id"] == "a1" and row["business_date"] < DAY else row for row in rows
    ]
    found = slices.of(rows, 5, DAY)
    page = browser.new_page()
    page.set_content(f"<script>{slices.script(found)}</script>")
    page.add_script_tag(content=(assets.FOLDER / "cells.js").read_text() + "; window.cube = cube;")
    exact = bounded = 0
    for chosen, by in picks(draw, found):
        told = page.evaluate(
            """([pick, by]) => [...cube(offermillSlices).sums(pick, by)]
                .map(([what, one]) => [what, one[0].map(String)])""",
            [chosen, by],
        )
        truth = counted(rows, chosen, by)
        assert set(truth) <= {what for what, _ in told}, (chosen, by)
        for what, figures in told:
            least, most, hidden = map(float, figures)
            count = truth.get(what, 0)
            assert least <= count, (chosen, by, what)
            assert hidden or count <= most, (chosen, by, what)
            exact += not hidden and least == most
            bounded += least < most
    assert min(exact, bounded) > 20
    page.close()


def test_the_script_adds_up_all_nights_as_the_page_does(browser: Any) -> None:
    draw = random.Random(12)
    rows = [row for days in (1, 0) for row in cell_rows(joint_night(draw), DAY - timedelta(days=days))]
    found = slices.of(rows, 5, DAY)
    page = browser.new_page()
    page.set_content(f"<script>{slices.script(found)}</script>")
    page.add_script_tag(content=(assets.FOLDER / "cells.js").read_text() + "; window.cube = cube;")
    for by in explore.EVERY:
        told = page.evaluate(
            "(by) => [...cube(offermillSlices).sums({}, by)].map(([what, [one]]) => [what, [one[0], one[2]]])", by
        )
        sums = {row.what: row.sums["given_count"] for row in explore.broken_down(found, by)}
        assert dict(told) == {what: [one.figure, one.hidden] for what, one in sums.items()}, by
    page.close()


def test_without_a_script_the_whole_table_stands_and_no_filter(browser: Any, published: Path) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto((published / "site" / literal_night.DAY.isoformat() / "lv" / "offers.html").as_uri())
    assert page.locator("#explore-table tbody tr").count() == 3
    assert not page.locator("form.filters").is_visible()
    page.context.close()


def test_a_foolish_address_shows_everything(browser: Any, published: Path) -> None:
    visit = Visit(browser, published, "offers.html#offer=%3Cb%3E&by=nonsense&from=x&store=s9&segment=")
    assert len(lines(visit, "explore-table")) == 3
    assert visit.said == []
    visit.close()


def test_colours_follow_the_readers_choice(browser: Any, published: Path) -> None:
    seen = set()
    for scheme in ("light", "dark"):
        visit = Visit(browser, published, "index.html", color_scheme=scheme)
        bar = visit.page.locator("#groups svg path[fill*='series-1']").first
        seen.add(
            (
                visit.page.evaluate("getComputedStyle(document.body).backgroundColor"),
                bar.evaluate("e => getComputedStyle(e).fill"),
            )
        )
        visit.close()
    assert len({paper for paper, _ in seen}) == len({bar for _, bar in seen}) == 2


def test_print_shows_the_whole_table_on_white(browser: Any, published: Path) -> None:
    visit = Visit(browser, published, "quality.html", color_scheme="dark")
    visit.page.emulate_media(media="print", color_scheme="dark")
    style = visit.page.locator(".tall").first.evaluate(
        "e => [getComputedStyle(e).maxHeight, getComputedStyle(document.body).backgroundColor]"
    )
    assert style == ["none", "rgb(255, 255, 255)"]
    assert not visit.page.locator("nav.pages").is_visible()
    visit.close()


def test_the_front_page_opens_the_newest_night(browser: Any, published: Path) -> None:
    page = browser.new_page()
    page.goto((published / "site" / "index.html").as_uri())
    page.wait_for_url("**/2026-06-30/lv/index.html")
    assert page.locator("h1").text_content() == "Šonakt"
    page.close()
