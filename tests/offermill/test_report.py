"""Numbers, money and texts as people read them."""

from datetime import date, datetime
from pathlib import Path

import altair
import pytest
from jinja2 import UndefinedError
from jsonschema import ValidationError

from offermill.report import assets, charts, nights
from offermill.report.environment import environment
from offermill.report.numbers import Formats
from offermill.report.text import inert

ENGLISH = Formats("en", "EUR", 2, minimum_cell=5)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (ENGLISH.number(1234567), "1,234,567"),
        (ENGLISH.number(0.8, 4), "0.8000"),
        (ENGLISH.number(None), "–"),
        (ENGLISH.money(-1234505), "-€12,345.05"),
        (ENGLISH.money(0), "€0.00"),
        (ENGLISH.money(None), "–"),
        (ENGLISH.share(0.12345), "12.3%"),
        (ENGLISH.share(0.12345, 0), "12%"),
        (ENGLISH.people(None), "not shown"),
        (ENGLISH.people(0), "0"),
        (ENGLISH.few, "<5"),
        (ENGLISH.day(date(2026, 6, 30)), "30 Jun 2026"),
        (ENGLISH.weekday(date(2026, 6, 30)), "Tuesday, 30 June 2026"),
        (ENGLISH.moment(datetime(2026, 6, 30, 21, 5)), "30 Jun 2026 21:05 UTC"),
        (ENGLISH.size(1023), "1,023 byte"),
        (ENGLISH.size(1536), "1.5 kB"),
        (ENGLISH.size(3 << 20), "3.0 MB"),
        (Formats("lv", "EUR", 2).money(1234505), "12\u00a0345,05\u00a0€"),
        (Formats("ru", "EUR", 2).share(0.5), "50,0\u00a0%"),
        (Formats("en", "JPY", 0).money(1234), "JP¥1,234"),
    ],
)
def test_figures_are_written_for_the_reader(written: str, expected: str) -> None:
    assert written == expected


def test_tricky_characters_are_spelled_out_and_line_breaks_are_blanks() -> None:
    assert inert("a\u202eb\u200bc\nd\te\x00f\ufeff") == "a⟨U+202E⟩b⟨U+200B⟩c d e⟨U+0000⟩f⟨U+FEFF⟩"
    assert inert("Jānis Анна 🍓 <b>") == "Jānis Анна 🍓 <b>"


def test_templates_escape_data_and_refuse_unknown_names(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("{{ name }}|{{ nothing }}|{{ '{{7*7}}' }}", encoding="utf-8")
    (tmp_path / "wrong.html").write_text("{{ unknown }}", encoding="utf-8")
    jinja = environment(tmp_path, ENGLISH)
    shown = jinja.get_template("page.html").render(name="<b>\u202e{{7*7}}", nothing=None)
    assert shown == "&lt;b&gt;⟨U+202E⟩{{7*7}}|–|{{7*7}}"
    with pytest.raises(UndefinedError, match="'unknown' is undefined"):
        jinja.get_template("wrong.html").render()


def test_a_chart_is_the_same_whatever_was_drawn_before_and_names_no_host() -> None:
    def drawn() -> dict[str, object]:
        rows = [{"name": "a\u202e", "count": 3, "said": "3"}, {"name": "b", "count": 0, "said": "not shown"}]
        return charts.bars(rows, label="name", value="count", title="people", tooltip={"name": "group"})

    first = drawn()
    charts.line([{"x": "2026-06-30", "y": 1.0}], x="x", y="y", x_title="", y_title="", tooltip={})
    assert drawn() == first
    assert "http" not in str(first)
    assert "a⟨U+202E⟩" in str(first)


@pytest.mark.parametrize(
    "spec",
    [
        charts.bars([{"a": "x", "b": 1, "said": "1"}], label="a", value="b", title="t", tooltip={"a": "A"}),
        charts.ranges([{"a": "x", "mean": 1, "low": 0, "high": 2}], label="a", title="t", tooltip={"a": "A"}),
        charts.stacked(
            [{"a": "x", "p": "one", "b": 1}], label="a", part="p", value="b", title="t", parts=["one"], tooltip={}
        ),
        charts.line([{"x": "2026-06-30", "y": 1.0}], x="x", y="y", x_title="", y_title="", tooltip={}),
        charts.calibration([{"predicted": 0.1, "observed": 0.2}], x_title="x", y_title="y", tooltip={}),
    ],
    ids=["bars", "ranges", "stacked", "line", "calibration"],
)
def test_a_chart_is_vega_lite(spec: dict[str, object]) -> None:
    altair.Chart.from_dict(spec, validate=True)
    with pytest.raises(ValidationError):
        altair.Chart.from_dict(spec | {"height": "tall"}, validate=True)


def test_the_chart_script_is_named_by_its_content() -> None:
    name, data = assets.vega()
    assert name.startswith("vega-")
    assert name.endswith(".js")
    assert 500_000 < len(data) < 1_500_000


def test_the_front_page_lists_the_nights_and_opens_the_first() -> None:
    page = nights.page("Shop <b>", ["2026-06-30.v2", "2026-06-30", "2026-06-29"])
    assert 'content="0; url=2026-06-30.v2/index.html"' in page
    assert [line for line in page.splitlines() if line.startswith("<li>")] == [
        '<li><a href="2026-06-30.v2/index.html">2026-06-30.v2</a></li>',
        '<li><a href="2026-06-30/index.html">2026-06-30</a></li>',
        '<li><a href="2026-06-29/index.html">2026-06-29</a></li>',
    ]
    assert "<title>Shop &lt;b&gt; · Nights</title>" in page
    assert "refresh" not in nights.page("Shop", [])
