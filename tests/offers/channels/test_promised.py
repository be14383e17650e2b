"""The lists of promises that are owed, of credits that nobody promised, and of what customers can be told."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from frictionless import Resource, Schema

from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import promised, summary
from tests.literal_night import night
from tests.literal_tables import make

DAY = date(2026, 6, 29)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Warehouse, Run]]:
    owed = {"offer_key": "K1", "customer_id": "joined", "promised_to_id": "00123", "campaign_id": "=1+1"}
    late = {"offer_id": "points-500", "redeemed_on": date(2026, 6, 1), "age_days": 29, "why": "credited_in_part"}
    amounts = {"promised_minor": 500, "credited_minor": 60, "owed_minor": 440}
    stray = {"credit_id": "k1", "customer_id": "c2", "kind": "gift", "credited_minor": 600, "credited_on": DAY}
    told = {"offer_key": "K2", "customer_id": "c3", "kind": "points", "points": 500, "value_minor": 500}
    with night(tmp_path) as (warehouse, run):
        make(warehouse, "outcomes.overdue_credit", [{**owed, **late, **amounts}])
        make(warehouse, "outcomes.unpromised_credit", [{**stray, "why": "no_promise"}])
        said = [
            {**told, "offer_key": f"K{n}", "language": one, "credited_on": DAY} for n, one in enumerate(("en", "lv"))
        ]
        make(warehouse, "outcomes.confirmation", said)
        yield warehouse, run


def test_each_list_is_what_its_table_says(desk: tuple[Warehouse, Run], tmp_path: Path) -> None:
    promised.write(*desk, tmp_path)

    texts = {one.name: (tmp_path / one.name).read_text().splitlines()[1:] for one in promised.LISTS}
    assert texts == {
        "overdue_credits.csv": ["K1,00123,=1+1,points-500,2026-06-01,29,credited_in_part,5.00,0.60,4.40,EUR"],
        "unpromised_credits.csv": ["k1,c2,,,gift,6.00,2026-06-29,no_promise,EUR"],
        "confirmations.csv": [
            'K0,c3,points,en,"Your 500\u00a0points arrived, worth 5.00\u00a0€.",2026-06-29,5.00,EUR',
            'K1,c3,points,lv,"Jums ieskaitīts: 500\u00a0punktu 5,00\u00a0€ vērtībā.",2026-06-29,5.00,EUR',
        ],
    }


def test_each_list_keeps_its_declared_types_and_key(desk: tuple[Warehouse, Run], tmp_path: Path) -> None:
    for resource in promised.write(*desk, tmp_path):
        fields = [{"name": name, "type": kind} for name, kind, _ in resource.fields]
        schema = Schema.from_descriptor({"fields": fields, "primaryKey": list(resource.key), "missingValues": [""]})
        report = Resource(path=resource.path, basepath=str(tmp_path), schema=schema).validate()

        assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])
        assert report.tasks[0].stats["rows"] == resource.rows > 0


def test_a_night_without_outcomes_writes_no_lists(tmp_path: Path) -> None:
    with night(tmp_path) as (warehouse, run):
        assert promised.write(warehouse, run, tmp_path) == []
        assert "overdue_credits" not in summary.figures(warehouse, run)


def test_what_is_owed_stands_in_the_nights_figures(desk: tuple[Warehouse, Run]) -> None:
    figures = summary.figures(*desk)

    assert figures["overdue_credits"] == {"count": 1, "minor": 440}
    assert figures["unpromised_credits"] == {"count": 1, "minor": 600}
