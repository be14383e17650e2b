"""Fairness: literal people side by side, and that no decision can read what they are audited by."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from offermill import flows, paths, sqlfiles
from offermill.paths import ShopPaths
from offermill.warehouse import Warehouse
from outcomes import fairness
from tests.literal_tables import Row, make
from tests.nights import copy_of, perform_apart
from tests.outcomes.test_tables import drawn, person, run_with

AUDITED = ("raw.audit_attributes", "staging.audit_attributes", "outcomes.audit_attribute")
# The only places that may say the word: what makes the demo's, loads it, audits by it, and shows it.
MAY_KNOW = ("outcomes", "dashboards", "offermill/synthetic", "offermill/flows.py")


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with Warehouse.open() as opened:
        yield opened


def count(value: str, attribute: str = "sex", **facts: int) -> Row:
    names = ("customer", "eligible", "offered", "valued", "ended", "redeemed")
    zeros = {f"{name}_count": 0 for name in names} | {"value_minor": 0}
    return {"attribute": attribute, "value": value, **zeros, **facts}


def told(warehouse: Warehouse, counts: list[Row], people: list[Row]) -> list[Row]:
    """Return outcomes.fairness; even pairs of the people are f, odd ones m."""
    make(warehouse, "outcomes.fairness_count", counts)
    drawn(warehouse, people)
    sexes = [
        {"customer_id": one["customer_id"], "attribute": "sex", "value": "fm"[number // 2 % 2]}
        for number, one in enumerate(people)
    ]
    make(warehouse, "outcomes.audit_attribute", sexes)
    fairness.measure(warehouse, run_with())
    return warehouse.arrow("select * from outcomes.fairness").to_pylist()


def test_values_stand_side_by_side(warehouse: Warehouse) -> None:
    counts = [
        count("f", customer_count=500, eligible_count=400, offered_count=100, valued_count=90, value_minor=27_000,
              ended_count=4, redeemed_count=2),
        count("m", customer_count=300, eligible_count=200, offered_count=20, valued_count=20, value_minor=10_000),
        count("unknown", customer_count=7),
    ]  # fmt: skip
    # An offer brings f 60 more, and m 60 + 40.
    people = [person(number) for number in range(400)]
    people = [one | {"margin_minor": one["margin_minor"] + 40 * (number % 4 == 2)} for number, one in enumerate(people)]
    women, men, unknown = told(warehouse, counts, people)
    assert (women["offered_share"], men["offered_share"], unknown["offered_share"]) == (100 / 400, 20 / 200, None)
    # Everybody: 120 of 600.
    assert (women["offered_ratio"], men["offered_ratio"]) == (pytest.approx(0.25 / 0.2), pytest.approx(0.1 / 0.2))
    # Wilson, 20 of 200: (0.1 + 1.96^2 / 400) / (1 + 1.96^2 / 200) -+ ...
    assert (men["offered_low"], men["offered_high"]) == (
        pytest.approx(0.0657, abs=1e-4),
        pytest.approx(0.1494, abs=1e-4),
    )
    assert [one["offered_value_minor"] for one in (women, men, unknown)] == [27_000 // 90, 10_000 // 20, None]
    assert (women["redeemed_share"], men["redeemed_share"]) == (2 / 4, None)
    assert (women["incremental_margin_minor"], men["incremental_margin_minor"]) == (60, 100)
    assert (women["treated_count"], women["control_count"], women["problem"]) == (100, 100, None)
    assert (unknown["incremental_margin_minor"], unknown["problem"]) == (None, "no lot gave or withheld an offer yet")


def test_each_attribute_is_compared_within_itself(warehouse: Warehouse) -> None:
    counts = [
        count("18-34", "age", customer_count=9, eligible_count=8, offered_count=4),
        count("f", customer_count=5, eligible_count=4, offered_count=0),
    ]
    young, women = told(warehouse, counts, [person(number) for number in range(8)])
    assert (young["offered_ratio"], women["offered_share"], women["offered_ratio"]) == (1.0, 0.0, None)
    assert women["problem"] == "too few people with an offer: worth 2, at least 30 are needed"


def test_a_shop_that_delivers_no_attribute_has_no_rows(warehouse: Warehouse) -> None:
    make(warehouse, "outcomes.fairness_count", [])
    assert fairness.measure(warehouse, run_with()) == {"attributes": 0, "values": 0}


def test_no_table_that_decides_reads_an_audited_attribute() -> None:
    reads = {step.address: step.reads for flow in (flows.nightly(), flows.training()) for step in flow.steps}
    reads |= {address: sqlfiles.read(address).reads for address in reads if sqlfiles.path_of(address).is_file()}
    knowing = set(AUDITED)
    while more := {address for address, read in reads.items() if read & knowing} - knowing:
        knowing |= more
    assert knowing - set(AUDITED) == {"outcomes.fairness_count", "outcomes.fairness"}


def test_no_code_that_decides_names_one() -> None:
    roots = ("features", "models", "offers", "offermill", "dags", "portal", "outcomes", "dashboards")
    files = [path for root in roots for path in (paths.ROOT / root).rglob("*.py")]
    naming = [str(path.relative_to(paths.ROOT)) for path in files if "audit_attribute" in path.read_text("utf-8")]
    assert [name for name in naming if not name.startswith(MAY_KNOW)] == []
    assert "outcomes/fairness.py" in naming or "outcomes/cells.py" in naming


@pytest.mark.every_step
def test_decisions_are_the_same_without_them(staged: Path, tmp_path: Path) -> None:
    """Decide the night again with every audited attribute gone from the warehouse: the same decisions, cell by cell."""
    shop = copy_of(staged, tmp_path / "shop")
    read = "select * from offers.decision order by customer_id"
    with Warehouse.open(ShopPaths(shop).warehouse) as warehouse:
        before = warehouse.arrow(read)
        assert warehouse.rows("select count(*) > 100 from staging.audit_attributes") == [(True,)]
        for table in AUDITED:
            warehouse.execute(f"drop table {table}")
    stages = [stage for stage in flows.nightly().stages if stage.name in ("features", "segments", "models", "offers")]
    perform_apart(shop, [step.address for stage in stages for step in stage.steps], date(2026, 6, 30))
    with Warehouse.open(ShopPaths(shop).warehouse) as warehouse:
        assert warehouse.arrow(read).equals(before)
