"""The pages: complete, inert whatever the names say, the same bytes every time, and silent about a few people."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dashboards import queries, segments, site, verdict
from dashboards.context import texts
from dashboards.pages import PAGES
from offermill import datapackage, durable, publish
from offermill.report import assets
from offermill.warehouse import Warehouse
from offers.channels import publication
from tests import literal_night

FILES = {page.file for page in PAGES}
VOID = {"meta", "link", "input", "br", "img"}


class Outline(HTMLParser):
    """Collects what a page is made of, and complains about tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)

    @property
    def said(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.text))


def said(html: str) -> str:
    return Outline(html).said


def test_every_page_is_there_and_well_formed(pages: dict[str, str]) -> None:
    assert set(pages) == FILES
    assert len(FILES) == 11
    for name, html in pages.items():
        outline = Outline(html)
        assert outline.open == [], name
        assert len(outline.ids) == len(set(outline.ids)), f"{name}: an id stands twice"
        assert [tag for tag in ("header", "main", "footer") if outline.tags.count(tag) != 1] == [], name
        assert outline.tags.count("nav") == 2, f"{name}: pages and languages"
        assert outline.tags.count("h1") == 1, name


def test_every_table_has_a_caption_and_every_chart_a_table_beside_it(pages: dict[str, str]) -> None:
    for name, html in pages.items():
        tags = Outline(html).tags
        assert tags.count("table") == tags.count("caption"), name
        assert tags.count("figure") <= tags.count("table"), name
    assert sum(html.count("data-specification=") for html in pages.values()) >= 6


def test_pages_name_no_outside_host_and_load_only_the_chart_script(every_page: dict[str, str]) -> None:
    script, _ = assets.vega()
    for name, html in every_page.items():
        assert re.findall(r"https?://", html) == [], name
        sources = [value for key, value in Outline(html).attributes if key == "src"]
        assert set(sources) <= {"../slices.js", f"../../assets/{script}"}, name
        assert "default-src &#39;none&#39;; script-src &#39;self&#39; &#39;sha256-" in html, name


def test_every_link_leads_to_a_published_file(published: Path) -> None:
    folder = published / "site" / "2026-06-30" / "lv"
    links = {
        value for path in folder.glob("*.html") for key, value in Outline(path.read_text()).attributes if key == "href"
    } - {"data:,", "#content"}
    assert len(links) > 30
    assert [link for link in sorted(links) if not (folder / link).resolve().is_file()] == []


@pytest.mark.parametrize("text", literal_night.HOSTILE)
def test_hostile_names_are_text_and_nothing_else(pages: dict[str, str], text: str) -> None:
    shown = text.replace("\u202e", "\u27e8U+202E\u27e9")
    for name in ("segments.html", "quality.html"):
        assert shown in said(pages[name]), name
    for html in pages.values():
        outline = Outline(html)
        assert text.count("<") == 0 or text not in html
        assert "img" not in outline.tags
        assert [
            value for key, value in outline.attributes if key.startswith("on") or value.startswith("javascript:")
        ] == []
        assert "\u202e" not in html
        scripts = outline.tags.count("script") - html.count('type="application/json"')
        assert scripts == 1 + ("../../assets/vega-" in html) + ("../slices.js" in html)


def test_chart_data_cannot_close_its_script(pages: dict[str, str]) -> None:
    for html in pages.values():
        for block in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL):
            json.loads(block)
            assert "<" not in block


def test_the_first_page_says_what_was_decided_and_what_it_costs(pages: dict[str, str]) -> None:
    page = said(pages["index.html"])
    cost = sum(80 + index for index in range(40) if index % 10 not in (3, 4, 5))
    assert "Use with care" in page
    assert "A promise that only warns is broken: core.customer: tier is one of {{7*7}}." in page
    assert "Offers tonight Customers who get an offer tonight. At most one offer per person. 28" in page
    assert f"tonight €{cost / 100:.2f}" in page
    assert "customers fresh 30 Jun 2026 99 1 297" in page
    assert "stores never – 0 0 0" in page
    assert "1 Jul 2026" not in page, "a later night is not known"


def judged(folder: Path, change: str) -> dict[str, object]:
    """Return the verdict on the literal night after one change to its tables."""
    with literal_night.night(folder) as (warehouse, run):
        warehouse.execute(change)
        ctx = site.context(run, {"resources": [], "offermill": {}})
        return verdict.of(ctx, queries.answers(warehouse, run, "tonight"))


def test_a_fine_night_says_use(tmp_path: Path) -> None:
    assert judged(tmp_path, "update meta.check_result set is_success = true") == {
        "tone": "good",
        "title": "Use tonight's lists",
        "reasons": ["Every required source is fresh, 14 checks are kept, and the cost is within the budget."],
    }


@pytest.mark.parametrize(
    ("change", "title", "reason"),
    [
        (
            "delete from meta.delivery where source = 'orders' and delivered_on = date '2026-06-30'",
            "Use with care",
            "orders: tonight's delivery is missing; the newest is of 29 Jun 2026.",
        ),
        (
            "delete from meta.delivery where source = 'orders'",
            "Do not use tonight's lists",
            "orders has never delivered.",
        ),
        (
            "update meta.check_result set severity = 'critical'",
            "Do not use tonight's lists",
            "A promise that must hold is broken: core.customer: tier is one of {{7*7}}.",
        ),
        ("delete from meta.check_result", "Use with care", "No check ran on this night's tables."),
        (
            "update offers.decision set offer_id = null",
            "Use with care",
            "Nobody gets an offer tonight: Chosen, the best use of the budget",
        ),
        (
            "update offers.budget set left_minor = -1",
            "Do not use tonight's lists",
            "The expected cost is above the budget by €0.01.",
        ),
    ],
)
def test_the_verdict_names_its_reason(tmp_path: Path, change: str, title: str, reason: str) -> None:
    found = judged(tmp_path, change)
    assert found["title"] == title
    assert reason in [said(f"<p>{sentence}</p>").strip() for sentence in found["reasons"]]  # type: ignore[attr-defined]


def test_figures_on_a_few_people_are_not_shown(pages: dict[str, str]) -> None:
    segments = said(pages["segments.html"])
    assert "new not shown – – – – – – Portrait" not in segments
    assert "loyal not shown – – – – – –" in segments
    assert "Portrait of loyal" not in segments
    # Of three lifecycle segments one is small; with the total known, a second must go.
    assert re.search(r"lapsed not shown", segments)
    assert "Customers of the segment new (Lifecycle) not shown" in said(pages["downloads.html"])


def test_a_small_cell_is_called_small_and_what_would_give_it_away_is_not(tmp_path: Path) -> None:
    with literal_night.night(tmp_path) as (warehouse, run):
        ctx = site.context(run, {"offermill": {"edition": "2026-06-30"}})
        (matrix,) = segments.build(ctx, queries.answers(warehouse, run, "segments"))["migration"]

    assert matrix["names"] == ["active", "lapsed", "new"]
    # 2 went from active to lapsed, 3 are new; with the totals of rows and columns known, 15, 13 and 7 go with them.
    assert {row["name"]: [cell["text"] for cell in row["cells"]] for row in matrix["rows"]} == {
        "(none)": ["", "", "<5"],
        "active": ["–", "<5", ""],
        "lapsed": ["", "–", ""],
        "new": ["–", "", ""],
    }


def test_pages_of_a_bare_warehouse_say_why_they_are_empty(bare_pages: dict[str, str]) -> None:
    assert set(bare_pages) == FILES
    missing = {
        "index.html": ("offers.decision", "core.customer, offers.decision_history, segments.history"),
        "budget.html": ("offers.budget", "offers.allocation_summary"),
        "segments.html": ("segments.portrait", "segments.overlap", "segments.migration"),
        "offers.html": ("offers.exclusion", "models.offer_effect"),
        "quality.html": ("meta.check_result", "meta.reject", "meta.conflict", "meta.late"),
        "downloads.html": ("meta.delivery",),
        "goals.html": ("outcomes.goal", "outcomes.kpi"),
        "channels.html": ("outcomes.promise",),
        "experiments.html": ("outcomes.effect", "outcomes.roi", "outcomes.lot"),
        "runlog.html": ("meta.check_result",),
    }
    for name, tables in missing.items():
        for table in tables:
            assert f"Nothing to show: {table}" in said(bare_pages[name]), name
    assert "No decision was made: offers.decision is missing." in said(bare_pages["index.html"])
    assert "Do not use tonight's lists" in said(bare_pages["index.html"])
    assert "customers never – 0 0 0 orders never – 0 0 0" in said(bare_pages["index.html"])
    assert said(bare_pages["models.html"]).count("No model is stored yet") == 3


def test_the_same_night_gives_the_same_bytes_in_one_process(tmp_path: Path) -> None:
    def contents(name: str) -> dict[str, str]:
        with literal_night.night(tmp_path / name) as (warehouse, run):
            publication.stage(warehouse, run)
            site.build(warehouse, run)
        return {
            str(path.relative_to(publish.folder(run))): datapackage.sha256(path)
            for path in durable.files(publish.folder(run))
            if "exports" not in path.parts
        }

    assert contents("one") == contents("two")


def test_every_number_of_a_chart_stands_in_its_table(pages: dict[str, str]) -> None:
    """The groups of the first page: bars and table tell the same.

    Of 28 offers 4 were drawn by lot: the 24 others, who are all who were chosen, would tell them.
    """
    block = re.search(r'id="groups-data">(.*?)</script>', pages["index.html"], re.DOTALL)
    assert block
    values = (
        json.loads(block[1])["layer"][0]["data"]["values"]
        if "data" not in json.loads(block[1])
        else json.loads(block[1])["data"]["values"]
    )
    shown = {row["name"]: row["said"] for row in values}
    assert shown == {
        "By expected value": "not shown",
        "By lot, to explore": "not shown",
        "Permanent control group": "not shown",
        "Held back from the campaigns": "not shown",
        "Excluded by a rule": "not shown",
    }
    for name, figure in shown.items():
        assert f"{name} {figure}" in said(pages["index.html"])


def test_every_page_has_one_sql_file_and_one_template_and_its_texts() -> None:
    names = {page.name for page in PAGES}
    assert {path.stem for path in queries.FOLDER.glob("*.sql")} == names | {"slices"}
    assert {path.name.removesuffix(".html.j2") for path in site.TEMPLATES.glob("*.j2")} == names
    assert set(texts()) == names | {"layout", "words", "slices"}


def test_texts_that_belong_together_are_pairs() -> None:
    """A comma in an unquoted YAML list would cut a sentence in two."""
    said = texts()
    pairs = {
        "budget.cards": said["budget"]["cards"],
        "models.measures": said["models"]["measures"],
        "segments.families": said["segments"]["families"],
        "goals.kpis": said["goals"]["kpis"],
        "goals.names": said["goals"]["names"],
        "slices.cards": said["slices"]["cards"],
        "tonight.cards": said["tonight"]["cards"],
    }
    wrong = [f"{kind}.{name}" for kind, words in pairs.items() for name, pair in words.items() if len(pair) != 2]
    assert wrong == []


def test_every_query_reads_the_tables_of_its_stage_and_runs(tmp_path: Path) -> None:
    with literal_night.night(tmp_path / "shop") as (warehouse, run):
        for page in PAGES:
            for name, answer in queries.answers(warehouse, run, page.name).items():
                # Outcomes of many nights are no part of one literal night.
                assert all(table.startswith("outcomes.") for table in answer.missing), f"{page.name}: {name}"


def test_a_query_without_its_table_is_answered_with_the_name() -> None:
    with Warehouse.open() as empty:
        answer = queries.ask(empty, None, "select * from core.customer join offers.decision using (customer_id)")  # type: ignore[arg-type]
    assert answer == queries.Answer((), ("core.customer", "offers.decision"))
