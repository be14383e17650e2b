"""What Goals, Channels, Experiments, Tonight and Budget say, computed anew from the warehouse by other SQL.

OFFERMILL_PAGES_SHOP=<folder of a shop> compares the pages of that shop's last night instead of the small shop's.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binomtest, chi2

from dashboards import queries, site
from dashboards.pages import PAGES
from offermill import datapackage
from offermill.paths import ShopPaths
from offermill.report.environment import environment
from offermill.run import Run
from offermill.warehouse import Warehouse
from tests.e2e import computed_anew
from tests.nights import DAY, copy_of, perform_steps

HORIZON = 28
BEFORE = 364
GRACE = 2
EVIDENCE = 180


class Tables(HTMLParser):
    """The rows of every table of a page by its id, and the figures of its cards by their label."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.cards: dict[str, str] = {}
        self._rows: list[list[str]] | None = None
        self._text: list[str] | None = None
        self._label = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "table" and found.get("id"):
            self._rows = self.tables.setdefault(str(found["id"]), [])
        if tag == "tr" and self._rows is not None:
            self._rows.append([])
        if tag in ("td", "th", "summary") or (tag == "p" and found.get("class") == "figure"):
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._rows = None
        if self._text is None or tag not in ("td", "th", "summary", "p"):
            return
        said, self._text = " ".join("".join(self._text).split()), None
        if tag in ("td", "th") and self._rows:
            self._rows[-1].append(said)
        elif tag == "summary":
            self._label = said
        elif tag == "p":
            self.cards[self._label] = said


@dataclass(frozen=True)
class Night:
    """A published night: its warehouse and its English pages."""

    warehouse: Warehouse
    run: Run
    folder: Path

    def page(self, name: str) -> Tables:
        return Tables((self.folder / f"{name}.html").read_text(encoding="utf-8"))

    def rows(self, page: str, table: str) -> list[list[str]]:
        return self.page(page).tables[table][1:]

    def ask(self, sql: str, **more: object) -> list[tuple[Any, ...]]:
        return self.warehouse.rows(sql, {**self.run.parameters, **more})


@pytest.fixture(scope="module")
def night(request: pytest.FixtureRequest) -> Iterator[Night]:
    chosen = os.environ.get("OFFERMILL_PAGES_SHOP")
    shop = ShopPaths(Path(chosen) if chosen else request.getfixturevalue("published"))
    day = max(path.name for path in shop.runs.iterdir() if path.is_dir())
    with Warehouse.open(shop.warehouse, read_only=True) as warehouse:
        yield Night(warehouse, Run.of(shop.folder, date.fromisoformat(day)), shop.site / day / "en")


RECOMPUTED = ("offers.sent_offer", "offers.contact_answer", "offers.contact", "outcomes.kpi_share", "outcomes.kpi")


@pytest.fixture(scope="module")
def older(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Return a night of a shop that has made offers for weeks; of its pages only Goals was made."""
    folder = copy_of(published, tmp_path_factory.mktemp("older") / "shop")
    with Warehouse.open(ShopPaths(folder).warehouse) as warehouse:
        for sql in computed_anew.EARLIER:
            warehouse.connection.execute(sql)
        perform_steps(folder, DAY, RECOMPUTED)
        night = Night(warehouse, Run.of(folder, DAY), folder)
        ctx = site.context(night.run, datapackage.read(ShopPaths(folder).exports / DAY.isoformat()))
        page = next(page for page in PAGES if page.name == "goals")
        html = site.render(
            environment(site.TEMPLATES, ctx.formats), ctx, page, queries.answers(warehouse, night.run, page.name)
        )
        (folder / page.file).write_text(html, encoding="utf-8")
        yield night


def money(minor: float | None) -> str:
    if minor is None:
        return "–"
    return f"{'-' if round(minor) < 0 else ''}€{abs(round(minor)) / 100:,.2f}"


def share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}%"


def span(low: float, high: float, say: Any) -> str:
    return f"{say(low)} to {say(high)}"


def wilson(hits: int, base: int) -> str:
    found = binomtest(hits, base).proportion_ci(method="wilson")
    return span(found.low, found.high, share)


def test_goals(night: Night) -> None:
    shown = {row[0]: row[1:] for row in night.rows("goals", "goals-table")}
    goals = night.run.settings.goals
    assert goals.repeat_purchase is not None
    assert goals.new_customers is not None
    assert goals.average_check is not None
    days = goals.repeat_purchase.days
    ((hits, base),) = night.ask(computed_anew.REPEATED, days=days, start=0)
    ((earlier, of),) = night.ask(computed_anew.REPEATED, days=days, start=days)
    before = share(earlier / of) if of else "–"
    assert shown["Repeat purchase"][:-1] == [
        str(days), share(goals.repeat_purchase.target), share(hits / base), wilson(hits, base), before, f"{base:,}",
    ]  # fmt: skip
    days = goals.new_customers.days
    ((count,),), ((previous,),) = (night.ask(computed_anew.NEW, days=days, start=start) for start in (0, days))
    ends = chi2.ppf(0.025, 2 * count) / 2, chi2.ppf(0.975, 2 * count + 2) / 2
    assert shown["New customers"][:5] == [
        str(days), f"{goals.new_customers.target:,.0f}", f"{count:,}", span(*ends, lambda end: f"{end:,.0f}"),
        f"{previous:,}",
    ]  # fmt: skip
    days = goals.average_check.days
    ((check, people),), ((former, _),) = (night.ask(computed_anew.CHECK, days=days, start=start) for start in (0, days))
    said = shown["Average check"]
    assert (said[2], said[4], said[5]) == (money(check), money(former), f"{people:,}")
    assert night.page("goals").cards["Average check"] == money(check)


def test_key_figures(night: Night) -> None:
    shown = {(row[0], row[1]): row[2:5] for row in night.rows("goals", "kpis-table")}
    ((known, orders),) = night.ask(
        "select count(customer_id), count(*) from core.purchase where not is_return and ordered_at < $as_of "
        f"and arrived_on <= $business_date and $business_date - ordered_on < {HORIZON}"
    )
    assert shown["Registration rate", "all"] == [share(known / orders), wilson(known, orders), f"{orders:,}"]
    for name, table in (("Unprofitable customers", "unprofitable"), ("Inert customers", "inert")):
        ((hits, base),) = night.ask(
            f"select (select count(distinct customer_id) from segments.membership where family = '{table}'), count(*) "
            "from core.customer where registered_at < $as_of"
        )
        assert shown[name, "all"] == [share(hits / base), wilson(hits, base), f"{base:,}"]
    ((reserved,),) = night.ask(
        "select sum(cost_minor) from offers.decision_history "
        "where offer_id is not null and business_date <= $business_date and valid_until >= $business_date"
    )
    assert shown["Budget", "reserved"][0] == money(reserved or 0)
    ((left,),) = night.ask("select left_minor from offers.budget where limit_name = 'budget'")
    assert shown["Budget", "left"][0] == money(left)
    points = "case when score >= 9 then 100 when score <= 6 then -100 else 0 end"
    answers = night.ask(
        f"""
        select groups.group_name = 'global_control' as is_control, avg({points}), count(*)
        from core.survey_answer as answers
        inner join offers.assignment_group as groups using (customer_id)
        where question = 'nps' and answered_at < $as_of and arrived_on <= $business_date
            and $business_date - answered_on < 182
            and not exists (
                select 1 from core.survey_answer as later
                where later.customer_id = answers.customer_id and later.question = 'nps'
                    and later.answered_at > answers.answered_at and later.answered_at < $as_of
                    and later.arrived_on <= $business_date
            )
        group by 1
        """
    )
    for is_control, mean, count in answers:
        said = shown["Satisfaction (NPS)", "without an offer" if is_control else "with an offer"]
        # The difference rests on both groups together: where one is small, the other would tell it.
        is_told = min(people for _, _, people in answers) >= 5
        assert said[2] == (f"{count:,}" if is_told else "not shown")
        assert not is_told or count < 30 or said[0] == f"{mean:,.0f}"
    assert len(answers) == 2


def test_stages_of_offers_sent_elsewhere(night: Night) -> None:
    """The pilots of the demo shop were sent by another system: their stages are counted from its files."""
    words = {"email": "E-mail", "sms": "Text message", "push": "Push message", "post": "Letter"}
    shown = {row[0]: row[1:] for row in night.rows("channels", "funnel-chart-table")}
    found = {
        (channel, place): count
        for place, status in ((1, "accepted"), (2, "delivered"), (3, "opened"), (4, "clicked"))
        for channel, count in night.ask(computed_anew.STAGES, status=status)
    }
    for channel, redeemed, credited, owed, owed_minor in night.ask(computed_anew.REWARDS):
        found |= {(channel, 5): redeemed, (channel, 6): credited, (channel, 7): owed}
        assert shown[words[channel]][8] == (money(owed_minor) if owed >= 5 else "–")
    said = {key: shown[words[key[0]]][key[1]] for key in found}
    told = {key: text for key, text in said.items() if text != "not shown"}
    assert len(told) >= 6
    assert {key: text for key, text in told.items() if text != f"{found[key]:,}" and not text.startswith("≥")} == {}
    bounds = {key: int(text.removeprefix("≥").strip().replace(",", "")) for key, text in told.items()}
    assert {key: bound for key, bound in bounds.items() if bound > found[key]} == {}


def test_what_offers_brought_per_person_and_per_order_less_what_people_did_before(night: Night) -> None:
    pages = {
        "margin": ("chart-margin", "margin", "1"),
        "revenue": ("chart-revenue-table", "revenue", "1"),
        "orders": ("chart-orders-table", "orders", "1"),
        "basket": ("chart-basket-table", "revenue", "orders"),
        "margin_per_order": ("chart-margin-per-order-table", "margin", "orders"),
    }
    tables = night.page("experiments").tables
    for metric, (table, figure, base) in pages.items():
        sql = computed_anew.ADJUSTED.format(figure=figure, base=base)
        ((plain, adjusted),) = night.ask(sql, horizon=HORIZON, before=BEFORE)
        found = night.ask(
            "select effect, cuped_effect from outcomes.effect where level = 'all' and metric = $m", m=metric
        )
        assert found == [(pytest.approx(plain), pytest.approx(adjusted))]
        said = f"{adjusted:,.3f}" if metric == "orders" else money(adjusted)
        shown = next(row for row in tables.get(f"{table}-table", tables.get(table, [])) if row[0] == "all")
        assert shown[4] == said, metric


def test_what_the_offers_cost_brought(night: Night) -> None:
    sql = computed_anew.ADJUSTED.format(figure="gross", base="1")
    ((_, gross),) = night.ask(sql, horizon=HORIZON, before=BEFORE)
    ((people, cost),) = night.ask(
        f"select count(*), sum(cost) from ({computed_anew.PEOPLE}) where is_treated", horizon=HORIZON, before=BEFORE
    )
    shown = next(row for row in night.rows("experiments", "roi-table") if row[0] == "all")
    assert shown[2:5] == [money(round(gross * people)), money(cost), f"{100 * (gross * people / cost - 1):.0f}%"]
    kpi = next(row for row in night.rows("goals", "kpis-table") if row[0] == "Return on offers")
    assert kpi[2] == share(gross * people / cost - 1)


def test_breakage_fatigue_and_freshness_where_nights_made_offers_for_weeks(older: Night) -> None:
    shown = {(row[0], row[1]): row[2:5] for row in older.rows("goals", "kpis-table")}
    ((broken, ended),) = older.ask(computed_anew.BROKEN_OFF, grace=GRACE, evidence=EVIDENCE)
    assert 0 < broken < ended
    assert shown["Breakage", "all"] == [share(broken / ended), wilson(broken, ended), f"{ended:,}"]
    groups = ["after no contact", "after 1 contact", "after 2 contacts", "after 3 contacts", "after 4 contacts or more"]
    tired = older.ask(computed_anew.TIRED, evidence=EVIDENCE)
    assert sum(used > 0 for _, used, _ in tired) >= 2
    assert {group: said for (kpi, group), said in shown.items() if kpi == "Fatigue"} == {
        groups[before]: [share(used / base), wilson(used, base), f"{base:,}"] for before, used, base in tired
    }
    ((days, open_count),) = older.ask(computed_anew.FRESH)
    assert open_count > 100
    assert shown["Freshness of offers, days", "all"] == [f"{days:,.1f}", "–", f"{open_count:,}"]


LEVELS = {"all": "'all'", "campaign": "campaign_id", "wave": "wave_id", "offer": "arm"}


def test_experiments_count_people_and_return(night: Night) -> None:
    shown = {(row[0], row[1]): row for row in night.rows("experiments", "roi-table")}
    counts = {(row[0], row[1]): row[2:4] for row in night.rows("experiments", "chart-margin-table")}
    ((treated, cost, margin, plain),) = night.ask(
        """
        with units as (
            select *, control_chance / (1 - control_chance) as odds from outcomes.unit
            where is_complete and control_chance > 0
        )
        select
            count(*) filter (where arm <> 'control'),
            sum(cost_minor) filter (where arm <> 'control'),
            avg(margin_minor) filter (where arm <> 'control'),
            sum(margin_minor * (1 - control_chance) / control_chance) filter (where arm = 'control')
                / sum((1 - control_chance) / control_chance) filter (where arm = 'control')
        from units
        """
    )
    assert counts["all", "All waves together"][0] == f"{treated:,}"
    assert shown["all", "All waves together"][3] == money(cost)
    ((controls,),) = night.ask(
        "select count(*) from outcomes.unit where arm = 'control' and is_complete "
        "and control_chance between 1e-9 and 1 - 1e-9"
    )
    assert counts["all", "All waves together"][1] == f"{controls:,}"
    ((low, high),) = night.ask("select low, high from outcomes.effect where level = 'all' and metric = 'margin'")
    assert low < margin - plain < high, "the plain difference lies in its interval"
    for wave, people in night.ask(
        "select wave_id, count(*) from outcomes.unit where arm <> 'control' and is_complete group by wave_id"
    ):
        assert counts["wave", wave][0] == f"{people:,}"


def test_lots(night: Night) -> None:
    shown = {row[0]: row[2:4] for row in night.rows("experiments", "lots-table")}
    found = night.ask(
        "select wave_id, count(*) filter (where arm <> 'control'), count(*) filter (where arm = 'control') "
        "from outcomes.unit group by wave_id"
    )
    few = "not shown"
    assert {wave: shown[wave] for wave, *_ in found} == {
        wave: [few if 0 < count < 5 else f"{count:,}" for count in counts] for wave, *counts in found
    }


def test_tonight_and_budget(night: Night) -> None:
    ((offers, cost, worst, value),) = night.ask(
        "select count(*), sum(cost_minor), sum(worst_cost_minor), sum(value_minor) from offers.decision "
        "where offer_id is not null"
    )
    cards = night.page("index").cards
    assert cards["Offers tonight"] == f"{offers:,}"
    assert (cards["Expected cost"], cards["Cost at worst"]) == (money(cost), money(worst))
    assert cards["Expected extra margin"] == money(value or 0)
    by_offer = {
        offer: [f"{count:,}", money(sums)]
        for offer, count, sums in night.ask(
            "select offer_id, count(*), sum(cost_minor) from offers.decision where offer_id is not null group by 1"
        )
    }
    shown = {row[0]: row[1:3] for row in night.rows("budget", "offers-chart-table")}
    assert set(shown) == set(by_offer)
    assert all(said in ([*by_offer[offer]], ["not shown", "–"]) for offer, said in shown.items())
    assert any(said != ["not shown", "–"] for said in shown.values())
