"""No step compares every row of one table with every row of another, unless one of them is short."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offermill import flows, sqlfiles
from offermill.run import Run
from offermill.warehouse import Warehouse, used_parameters
from tests.nights import DAY

# Steps that compare every row with every entry of the catalogue, of a list in shop.yml, or of the world's countries.
SHORT = {
    "offers.contact",
    "offers.decision_log",
    "offers.exclusion_by_reach",
    "offers.exclusion_by_segment",
    "offers.prior_price",
    "offers.target_association",
    "offers.target_browsing",
    "staging.contacts",
}


def pairwise(plan: Any) -> Iterator[str]:
    """Yield the condition of every join in a plan that has no key to hash."""
    for node in plan:
        if node["name"].strip() == "BLOCKWISE_NL_JOIN":
            yield node["extra_info"]["Condition"]
        yield from pairwise(node["children"])


def plan_of(warehouse: Warehouse, sql: str, run: Run) -> Any:
    """Return DuckDB's plan."""
    explain = warehouse.connection.execute(f"explain (format json) {sql}", used_parameters(sql, run.parameters))
    return json.loads(explain.fetchall()[0][1])


@pytest.fixture(scope="module")
def conditions(published: Path) -> dict[str, list[str]]:
    """Return the conditions of pairwise joins by step, of the steps that have any."""
    run = Run.of_snapshot(published, DAY)
    flows_of_sql = (flows.nightly(), flows.training())
    addresses = sorted({step.address for flow in flows_of_sql for step in flow.steps if step.call is None})
    with Warehouse.open(run.shop.warehouse, read_only=True) as warehouse:
        plans = {address: plan_of(warehouse, sqlfiles.read(address).text, run) for address in addresses}
    assert len(plans) > 100
    return {address: found for address, plan in plans.items() if (found := list(pairwise(plan)))}


def test_no_step_takes_the_square_of_the_customers(conditions: dict[str, list[str]]) -> None:
    assert {address: found for address, found in conditions.items() if address not in SHORT} == {}


def test_steps_that_may_compare_pairs_do(conditions: dict[str, list[str]]) -> None:
    assert SHORT - set(conditions) == set()
