"""A step is one transaction; a night uses the settings it began with; two runs of a shop never meet."""

import json
from datetime import date, datetime
from pathlib import Path

import pytest

from offermill import flows, night
from offermill.errors import ConfigError, GateError, WarehouseError
from offermill.flows import Flow, Stage, Step
from offermill.run import Run
from offermill.warehouse import Warehouse

DAY = date(2026, 6, 30)
SHOP = """\
shop: {id: test, name: Test, time_zone: Europe/Riga}
randomisation: {salt: a salt for tests}
sources: {}
"""
OPEN = Step("night.open", "offermill.night:open_night")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop.yml").write_text(SHOP, encoding="utf-8")
    (tmp_path / "offers.yml").write_text("budget: {}\n", encoding="utf-8")
    return tmp_path


def write_then_fail(warehouse: Warehouse, run: Run) -> dict[str, object]:
    warehouse.replace_table("core.half", "select 1 as id")
    raise ConfigError("the step failed half way")


def write_then_stop(warehouse: Warehouse, run: Run) -> dict[str, object]:
    warehouse.replace_table("meta.finding", "select 'bad' as what")
    return {"critical_failed": 1, "message": "core.customer: 3 rows break a promise."}


def write_clock(warehouse: Warehouse, run: Run) -> dict[str, object]:
    return {"rows": warehouse.replace_table("core.clock", "select $as_of as at, $business_date as day", run.parameters)}


def own(function: str) -> Step:
    return Step(f"core.{function}", f"{__name__}:{function}")


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])


def test_opening_freezes_settings_and_catalogue(shop: Path) -> None:
    night.perform(OPEN, shop, DAY)
    before = Run.of_snapshot(shop, DAY)
    (shop / "shop.yml").write_text(SHOP.replace("Test", "Other"), encoding="utf-8")

    assert Run.of_snapshot(shop, DAY) == before
    assert Run.of(shop, DAY).config_hash != before.config_hash
    assert json.loads((shop / "runs" / "2026-06-30" / "run.json").read_text()) == {
        "business_date": "2026-06-30",
        "new_version": False,
    }


def test_opening_twice_is_opening_once(shop: Path) -> None:
    first = night.perform(OPEN, shop, DAY)
    assert night.perform(OPEN, shop, DAY) == first
    with Warehouse.open(shop / "warehouse.duckdb") as warehouse:
        assert warehouse.count("meta.run") == 1


def test_a_step_before_the_opening_is_refused(shop: Path) -> None:
    with pytest.raises(ConfigError, match=r"^2026-06-30: the night has not begun; run the step night\.open first\.$"):
        night.perform(own("write_clock"), shop, DAY)


def test_the_clock_is_the_end_of_the_business_date(shop: Path) -> None:
    night.perform(OPEN, shop, DAY)
    assert night.perform(own("write_clock"), shop, DAY) == {"rows": 1}
    with Warehouse.open(shop / "warehouse.duckdb") as warehouse:
        assert warehouse.rows("select * from core.clock") == [(datetime(2026, 6, 30, 21), DAY)]


def test_a_failed_step_leaves_nothing(shop: Path) -> None:
    night.perform(OPEN, shop, DAY)
    with pytest.raises(ConfigError, match="half way"):
        night.perform(own("write_then_fail"), shop, DAY)
    with Warehouse.open(shop / "warehouse.duckdb") as warehouse:
        assert not warehouse.exists("core.half")


def test_a_gate_keeps_its_findings_and_stops_the_night(shop: Path) -> None:
    night.perform(OPEN, shop, DAY)
    with pytest.raises(GateError, match=r"^core\.customer: 3 rows break a promise\.$"):
        night.perform(own("write_then_stop"), shop, DAY)
    with Warehouse.open(shop / "warehouse.duckdb") as warehouse:
        assert warehouse.rows("select * from meta.finding") == [("bad",)]


def test_a_flow_stops_at_the_first_error_and_reports_each_step(shop: Path) -> None:
    flow = Flow("test", (Stage("night", (OPEN,)), Stage("core", (own("write_then_fail"), own("write_clock")))))
    done: list[str] = []
    with pytest.raises(ConfigError, match="half way"):
        night.perform_flow(flow, shop, DAY, report=lambda step, *_: done.append(step.address))
    assert done == ["night.open"]


def test_a_second_run_of_the_same_shop_is_refused(shop: Path) -> None:
    with (
        night.only_run(shop),
        pytest.raises(WarehouseError, match=r": process \d+ is running this shop; wait for it to end\.$"),
        night.only_run(shop),
    ):
        pass


def test_our_packages_come_from_this_checkout() -> None:
    night.guard_own_code()


def test_a_foreign_copy_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night.paths, "ROOT", tmp_path)
    with pytest.raises(ConfigError) as problem:
        night.guard_own_code()
    assert "the package features was imported from" in str(problem.value)
    assert str(problem.value).endswith("uninstall the other copy (pip uninstall offermill) and run again.")


def test_every_python_step_can_be_imported() -> None:
    steps = {step for flow in (flows.nightly(), flows.training()) for step in flow.steps if step.call}
    assert steps
    for step in steps:
        assert callable(night.function_of(step)), step.address
