"""No step compares every row of one table with every row of another, unless one of them is short."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from offermill import flows, paths, sqlfiles
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.settings import RandomisationSettings, Settings, ShopSettings
from offermill.warehouse import Warehouse, used_parameters
from tests.literal_tables import DAY, make

# Steps that compare every row with every entry of the catalogue or of a list in shop.yml.
SHORT = {
    "offers.contact",
    "offers.decision_log",
    "offers.exclusion_by_reach",
    "offers.exclusion_by_segment",
    "offers.target_association",
    "offers.target_browsing",
}


def pairwise(plan: Any) -> Iterator[str]:
    """Yield the condition of every join in a plan that has no key to hash."""
    for node in plan:
        if node["name"].strip() == "BLOCKWISE_NL_JOIN":
            yield node["extra_info"]["Condition"]
        yield from pairwise(node["children"])


@pytest.fixture(scope="module")
def conditions() -> dict[str, list[str]]:
    """Return the conditions of pairwise joins by step, of the steps that have any; all tables are there, and empty."""
    settings = Settings(
        shop=ShopSettings(id="test", name="Test", time_zone="Europe/Riga"),
        randomisation=RandomisationSettings(salt="a salt for tests"),
        sources={},
    )
    run = Run(DAY, datetime(2026, 6, 30, 21), ShopPaths(Path("nowhere")), settings, "0" * 64)
    made = {f"{path.parent.name}.{path.stem}" for path in paths.EXPECTATIONS.glob("*/*.yml")}
    texts = {step.address: sqlfiles.read(step.address).text for step in _steps()}
    with Warehouse.open() as warehouse:
        for address in sorted(address for address in made if not address.startswith("raw.")):
            make(warehouse, address, [])
        plans = {address: _plan(warehouse, text, run) for address, text in texts.items()}
    assert len(plans) > 80
    return {address: found for address, plan in plans.items() if (found := list(pairwise(plan)))}


def _steps() -> Iterator[flows.Step]:
    """Yield the steps made by SQL that read no file as it came."""
    for flow in (flows.nightly(), flows.training()):
        yield from (step for step in flow.steps if step.call is None and not _reads_raw(step))


def _reads_raw(step: flows.Step) -> bool:
    return any(address.startswith("raw.") for address in step.reads)


def _plan(warehouse: Warehouse, sql: str, run: Run) -> Any:
    explained = warehouse.connection.execute(f"explain (format json) {sql}", used_parameters(sql, run.parameters))
    return json.loads(explained.fetchall()[0][1])


def test_no_step_takes_the_square_of_the_customers(conditions: dict[str, list[str]]) -> None:
    assert {address: found for address, found in conditions.items() if address not in SHORT} == {}


def test_steps_that_may_compare_pairs_do(conditions: dict[str, list[str]]) -> None:
    assert SHORT - set(conditions) == set()
