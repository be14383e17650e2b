"""A night before a quiet day, from the catalogue to the pages: no offers, nothing red, and all say why."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dashboards import site
from offermill import gates, paths, publish
from offermill.run import Run
from offermill.settings import ContactPolicySettings
from offermill.warehouse import Warehouse
from offers import explain
from offers.channels import crm_csv, publication
from tests import literal_night
from tests.dashboards.conftest import staged_site
from tests.dashboards.test_site import said
from tests.offers.small_shop import CATALOGUE, NIGHT, people, run_of, shop
from tests.offers.test_decide import effects, night

Quiet = tuple[Warehouse, Run, dict[str, object]]
PEOPLE = 40
CHECKED = ("allocation_summary", "budget", "candidate", "decision", "exclusion", "left_out", "trial_balance")
WHY = "The day after the night is a quiet day"


def run_before_a_quiet_wednesday(folder: Path, night_on: object = NIGHT) -> Run:
    """Return a night's run; the night of Tuesday 30 June is sent on Wednesday."""
    run = run_of(folder, CATALOGUE, night_on)  # type: ignore[arg-type]
    quiet = ContactPolicySettings(quiet_weekdays=("wednesday",))
    (folder / "shop.yml").write_text("", encoding="utf-8")
    return replace(run, settings=run.settings.model_copy(update={"contact_policy": quiet}))


def promises(root: Path) -> Path:
    """Copy what is promised of the tables that a night without offers could break; all of them take a minute."""
    (root / "offers").mkdir(parents=True)
    for table in CHECKED:
        shutil.copy(paths.EXPECTATIONS / "offers" / f"{table}.yml", root / "offers")
    return root


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quiet]:
    """Return a warehouse, its run and what the checks found after a whole quiet night with its pages."""
    run = run_before_a_quiet_wednesday(tmp_path_factory.mktemp("quiet"))
    estimated = effects(PEOPLE, evidence={"basket-10": (80, 40), "points-500": (60, 50)})
    with shop(people(PEOPLE) | {"models.offer_effect": estimated}) as warehouse:
        for table in ("features.customer", "segments.history"):
            literal_night.make(warehouse, table, [])
        night(warehouse, run)
        checked = gates.check(warehouse, run, schema="offers", root=promises(run.shop.folder / "promises"))
        publication.stage(warehouse, run)
        site.build(warehouse, run)
        yield warehouse, run, checked


def test_nobody_is_offered_anything_and_nothing_is_reserved(quiet: Quiet) -> None:
    warehouse, run, _ = quiet
    exports = publish.folder(run) / "exports"
    decided = warehouse.rows("select reason, count(offer_id), count(*) from offers.decision group by all")
    assert decided == [("quiet_day", 0, PEOPLE)]
    assert warehouse.count("offers.reservation") == warehouse.count("offers.ledger_entry") == 0
    assert (exports / "crm_offers.csv").read_text() == ",".join(crm_csv.NAMES) + "\n"
    told = explain.explain(exports / "audit" / "decision_log.parquet", "c000").as_text()
    assert "nobody is contacted on the day after the night" in told


def test_no_promise_of_the_night_is_broken(quiet: Quiet) -> None:
    checked = quiet[2]
    assert (checked["critical_failed"], checked["warnings"], checked["message"]) == (0, 0, "")
    assert checked["not_checked"] == []
    assert int(str(checked["checks"])) > 20


def test_the_pages_say_why(quiet: Quiet) -> None:
    pages = {name: said(html) for name, html in staged_site(quiet[1]).items()}
    assert f"Nobody gets an offer tonight: {WHY}" in pages["index.html"]
    assert "Do not use tonight's lists" not in pages["index.html"]
    assert f"{WHY} {PEOPLE}" in pages["offers.html"]
    assert "No offer was given tonight." in pages["budget.html"]


def test_the_night_after_makes_offers_again(quiet: Quiet) -> None:
    warehouse, run, _ = quiet
    night(warehouse, run_before_a_quiet_wednesday(run.shop.folder, NIGHT + timedelta(days=1)))
    assert warehouse.value("select count(offer_id) > 0 from offers.decision")
