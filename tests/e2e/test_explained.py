"""A hundred customers of a published night, drawn at random: each is explained in three languages and recomputed."""

import random
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from offermill.paths import ShopPaths
from offermill.warehouse import Warehouse
from offers import explain, recompute
from offers.explain_lines import LINES
from offers.recompute import Row
from tests.nights import DAY

COUNT = 100


@pytest.fixture(scope="module")
def log(published: Path) -> dict[str, list[Row]]:
    """Return the rows of a random hundred of the published log, by customer."""
    path = ShopPaths(published).exports / DAY.isoformat() / explain.LOG
    found: dict[str, list[Row]] = {}
    for row in parquet.read_table(path).sort_by([("customer_id", "ascending"), ("offer_id", "ascending")]).to_pylist():
        found.setdefault(row["customer_id"], []).append(row)
    return {customer: found[customer] for customer in random.Random(20260630).sample(sorted(found), COUNT)}


@pytest.fixture(scope="module")
def decisions(published: Path) -> dict[str, tuple[str | None, str, float]]:
    with Warehouse.open(ShopPaths(published).warehouse, read_only=True) as warehouse:
        rows = warehouse.rows("select customer_id, offer_id, reason, propensity from offers.decision")
    return {customer: (offer, reason, propensity) for customer, offer, reason, propensity in rows}


@pytest.mark.parametrize("language", sorted(LINES))
def test_each_explanation_recomputes_to_the_very_choice(
    log: dict[str, list[Row]], decisions: dict[str, tuple[str | None, str, float]], language: str
) -> None:
    wrong = []
    for customer, rows in log.items():
        found = explain.explain(rows, customer, language)
        same = (found.recomputed, found.reason, found.propensity) == decisions[customer]
        if not (same and found.is_same) or "{" in found.as_text():
            wrong.append(found.as_text())

    assert len(log) == COUNT
    assert wrong == []


def test_the_hundred_are_of_many_kinds(
    log: dict[str, list[Row]], decisions: dict[str, tuple[str | None, str, float]]
) -> None:
    reasons = {decisions[customer][1] for customer in log}
    groups = {rows[0]["group_name"] for rows in log.values()}

    assert len(reasons) >= 4, reasons
    assert {"excluded", "choose"} <= groups


def test_a_changed_figure_is_found_out(log: dict[str, list[Row]]) -> None:
    """Whoever was chosen for gets another offer, or none, once the log says that the offer loses money."""
    chosen = [rows for rows in log.values() if rows[0]["decision_reason"] == "chosen"]
    for rows in chosen:
        changed = [{**row, "effect_minor": -1} if row["is_chosen"] else row for row in rows]
        assert recompute.choice(changed) != recompute.choice(rows)
