"""The feature SQL against plain Python loops, and against a world in which the future has been cut off."""

import math
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from offermill.run import Run
from offermill.warehouse import Warehouse
from tests.features import facts as made
from tests.features.oracle import Oracle
from tests.features.oracle_past import TIMES, Facts, Row
from tests.nights import DAY

Make = Callable[[Warehouse, Run], None]
RunAt = Callable[[date], Run]

# 25 dates x 40 customers = 1,000 pairs.
DATE_COUNT = 25
CUSTOMERS_PER_DATE = 40


def differences(found: Row, expected: Row) -> dict[str, tuple[Any, Any]]:
    """The columns in which two rows differ: exactly, or by more than 1e-12 of the value for fractions."""
    return {
        name: (found.get(name), expected.get(name))
        for name in sorted(set(found) | set(expected))
        if name not in found or name not in expected or not same(found[name], expected[name])
    }


def same(found: Any, expected: Any) -> bool:
    if isinstance(found, float) and isinstance(expected, float):
        return math.isclose(found, expected, rel_tol=1e-12, abs_tol=1e-15)
    return type(found) is type(expected) and found == expected


def table_rows(warehouse: Warehouse, address: str) -> list[Row]:
    return warehouse.arrow(f"select * from {address}").to_pylist()


def random_dates(seed: int) -> list[date]:
    chosen = random.Random(seed)
    return [made.FIRST_DAY + timedelta(days=chosen.randrange(20, 680)) for _ in range(DATE_COUNT)]


def test_a_thousand_random_customers_and_dates_have_the_features_that_plain_loops_find(
    make_features: Make, run_at: RunAt
) -> None:
    facts = made.make(seed=20260630, customer_count=70)
    chosen = random.Random(4)
    wrong: list[Any] = []
    count = 0
    with Warehouse.open() as warehouse:
        made.write(warehouse, facts)
        for day in random_dates(3):
            make_features(warehouse, run_at(day))
            oracle = Oracle(facts, made.as_of(day), day)
            rows = {row["customer_id"]: row for row in table_rows(warehouse, "features.customer")}
            assert sorted(rows) == sorted(oracle.registered)
            for customer_id in chosen.sample(sorted(rows), CUSTOMERS_PER_DATE):
                count += 1
                found = differences(rows[customer_id], oracle.features(customer_id))
                wrong += [(day, customer_id, found)] if found else []

    assert count == 1000
    assert wrong == []


@pytest.mark.parametrize("day", [date(2025, 3, 30), date(2026, 2, 1)])
def test_categories_have_the_features_that_plain_loops_find(make_features: Make, run_at: RunAt, day: date) -> None:
    facts = made.make(seed=5)
    with Warehouse.open() as warehouse:
        made.write(warehouse, facts)
        make_features(warehouse, run_at(day))
        bought = {
            (row["customer_id"], row["category_id"]): row for row in table_rows(warehouse, "features.customer_category")
        }
        looked = {
            (row["customer_id"], row["category_id"]): row
            for row in table_rows(warehouse, "features.customer_category_browsing")
        }
    oracle = Oracle(facts, made.as_of(day), day)

    expected_bought = {pair: oracle.category(*pair) for pair in oracle.category_days}
    expected_looked = {
        (row["customer_id"], row["category_id"]): row
        for one in list(oracle.events)
        for row in oracle.category_browsing(one)
    }

    assert bought.keys() == expected_bought.keys()
    assert looked.keys() == expected_looked.keys()
    assert {pair: differences(bought[pair], row) for pair, row in expected_bought.items()} == {p: {} for p in bought}
    assert {pair: differences(looked[pair], row) for pair, row in expected_looked.items()} == {p: {} for p in looked}


def without_the_future(facts: Facts, as_of: datetime, day: date) -> Facts:
    """The facts with everything gone that happened at or after `as_of`, or arrived after `day`."""
    kept = {table: [row for row in facts[table] if row[moment] < as_of] for table, moment in TIMES.items()}
    kept = {table: [row for row in rows if row["arrived_on"] <= day] for table, rows in kept.items()}
    return {**kept, "core.customer": [row for row in facts["core.customer"] if row["registered_at"] < as_of]}


@pytest.mark.parametrize("day", [date(2025, 1, 15), date(2025, 10, 26), date(2026, 6, 29)])
def test_cutting_off_the_future_changes_no_cell_of_any_feature_table(
    make_features: Make, run_at: RunAt, day: date
) -> None:
    facts = made.make(seed=6)
    cut = without_the_future(facts, made.as_of(day), day)
    assert sum(map(len, cut.values())) < sum(len(rows) for table, rows in facts.items() if table in cut)

    whole, present = (tables(one, make_features, run_at(day)) for one in (facts, cut))

    assert whole == present


def tables(facts: Facts, make_features: Make, run: Run) -> dict[str, list[Row]]:
    """Every feature table, rows in a total order."""
    with Warehouse.open() as warehouse:
        made.write(warehouse, facts)
        make_features(warehouse, run)
        names = [
            name for (name,) in warehouse.rows("select table_name from duckdb_tables() where schema_name = 'features'")
        ]
        return {name: warehouse.rows(f"select * from features.{name} order by all") for name in sorted(names)}


def test_the_number_of_threads_changes_no_cell(make_features: Make, run_at: RunAt) -> None:
    facts = made.make(seed=8)
    day = date(2026, 5, 1)
    results = []
    for threads in (1, 2, 7):
        with Warehouse.open() as warehouse:
            warehouse.execute(f"set threads = {threads}")
            made.write(warehouse, facts)
            make_features(warehouse, run_at(day))
            results.append(warehouse.rows("select * from features.customer order by customer_id"))

    assert results[0] == results[1] == results[2]


def test_the_oracle_halves_a_view_in_fourteen_days() -> None:
    oracle = Oracle({"core.customer": [], **{table: [] for table in TIMES}}, datetime(2026, 7, 1), date(2026, 6, 30))

    assert oracle.weight({"occurred_on": date(2026, 6, 16)}) == Decimal("0.5")


def test_the_demo_shop_has_the_features_that_plain_loops_find(trained: Path, make_features: Make) -> None:
    chosen = random.Random(11)
    days = [DAY - timedelta(days=chosen.randrange(500)) for _ in range(5)]
    run = Run.of(trained, DAY)
    with Warehouse.open(run.shop.warehouse, read_only=True) as stored:
        facts = {address: table_rows(stored, address) for address in made.CORE_TABLES}
    wrong: list[Any] = []
    with Warehouse.open() as warehouse:
        made.write(warehouse, facts)
        for day in days:
            then = run.at(day)
            make_features(warehouse, then)
            margin = run.settings.margin
            oracle = Oracle(
                facts, then.as_of, day, margin.service_cost_per_order_minor, margin.service_cost_per_return_minor
            )
            rows = {row["customer_id"]: row for row in table_rows(warehouse, "features.customer")}
            for customer_id in chosen.sample(sorted(rows), 60):
                found = differences(rows[customer_id], oracle.features(customer_id))
                wrong += [(day, customer_id, found)] if found else []

    assert wrong == []
