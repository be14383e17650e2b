"""Training rows are as of their date, labelled by what came after, and only when all of it is known."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from features import snapshots
from features.snapshots import Snapshot
from offermill.run import Run
from offermill.warehouse import Warehouse
from tests.features import facts as made

Make = Callable[[Warehouse, Run], None]
RunAt = Callable[[date], Run]

DAY = date(2026, 6, 30)


def order(order_id: str, on: date, arrived_on: date | None = None, margin_minor: int = 10) -> dict[str, Any]:
    moment = made.as_of(on) - timedelta(hours=12)
    return {
        "order_id": order_id,
        "customer_id": "c1",
        "ordered_at": moment,
        "ordered_on": on,
        "arrived_on": arrived_on or on,
        "net_minor": 100,
        "margin_minor": margin_minor,
        "discount_minor": 0,
        "is_return": margin_minor < 0,
    }


def customer(customer_id: str) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "registered_at": made.as_of(date(2025, 1, 1)),
        "registered_on": date(2025, 1, 2),
    }


def wave(customer_id: str, on: date, problem: str | None = None) -> dict[str, Any]:
    return {"customer_id": customer_id, "wave_id": f"w:{on}", "assigned_on": on, "problem": problem}


def test_dates_go_back_from_the_newest_whose_horizon_has_ended(run_at: RunAt) -> None:
    with Warehouse.open() as warehouse:
        orders = [order("o1", date(2026, 3, 20))]
        waves = [
            wave("c1", date(2026, 4, 13)),
            wave("c1", date(2026, 6, 4)),
            wave("c1", date(2026, 5, 1), "two_arms"),
        ]
        made.write(warehouse, {"core.purchase": orders, "models.evidence_draw": waves})

        found = snapshots.snapshots(warehouse, run_at(DAY))

    # 2026-06-30 less 28 days, then every 28 days, not before the first order; the wave of June is too young.
    assert found == [
        Snapshot(date(2026, 4, 7), "regular"),
        Snapshot(date(2026, 4, 12), "wave"),
        Snapshot(date(2026, 5, 5), "regular"),
        Snapshot(date(2026, 6, 2), "regular"),
    ]


def test_labels_begin_after_the_snapshot_and_end_with_the_horizon(run_at: RunAt) -> None:
    with Warehouse.open() as warehouse:
        orders = [
            order("before", date(2026, 6, 2)),
            order("first", date(2026, 6, 3)),
            order("last", date(2026, 6, 30), margin_minor=25),
            order("back", date(2026, 6, 20), margin_minor=-5),
            order("late", date(2026, 6, 10), arrived_on=date(2026, 7, 1)),
            order("after", date(2026, 7, 1)),
        ]
        made.write(warehouse, {"core.customer": [customer("c1"), customer("c2")], "core.purchase": orders})

        snapshots.build(warehouse, run_at(DAY))

        sql = """
            select customer_id, purpose, order_count, bought, order_count_next, net_minor_next, margin_minor_next
            from models.training_snapshot where snapshot_on = date '2026-06-02' order by customer_id
        """
        assert warehouse.rows(sql) == [
            ("c1", "regular", 1, True, 2, 300, 10 + 25 - 5),
            ("c2", "regular", 0, False, 0, 0, 0),
        ]


def test_a_wave_has_rows_of_its_people_only(run_at: RunAt) -> None:
    with Warehouse.open() as warehouse:
        customers = [customer("c1"), customer("c2"), customer("c3")]
        waves = [wave("c1", date(2026, 5, 4)), wave("c2", date(2026, 5, 4)), wave("c3", date(2026, 4, 27))]
        facts = {"core.customer": customers, "core.purchase": [order("o1", date(2026, 5, 20))]}
        made.write(warehouse, {**facts, "models.evidence_draw": waves})

        summary = snapshots.build(warehouse, run_at(DAY))

        sql = (
            "select snapshot_on, customer_id, bought from models.training_snapshot where purpose = 'wave' order by all"
        )
        assert warehouse.rows(sql) == [
            (date(2026, 4, 26), "c3", False),
            (date(2026, 5, 3), "c1", True),
            (date(2026, 5, 3), "c2", False),
        ]
    assert summary == {
        "snapshots": {"2026-04-26 wave": 1, "2026-05-03 wave": 2, "2026-06-02 regular": 3},
        "rows": 6,
    }


def test_rows_hold_the_features_that_the_night_of_that_date_makes(make_features: Make, run_at: RunAt) -> None:
    day = date(2026, 6, 2)
    with Warehouse.open() as warehouse:
        made.write(warehouse, made.make(seed=11, customer_count=30))
        snapshots.build(warehouse, run_at(DAY))
        make_features(warehouse, run_at(day))
        names = ", ".join(warehouse.columns("features.customer"))
        then = warehouse.rows(
            f"select {names} from models.training_snapshot where snapshot_on = $day order by 1", {"day": day}
        )
        now = warehouse.rows("select * from features.customer order by 1")

    assert len(then) > 20
    assert then == now


def test_a_shop_too_young_gets_the_table_without_rows(run_at: RunAt) -> None:
    with Warehouse.open() as warehouse:
        made.write(warehouse, {"core.customer": [customer("c1")]})

        summary = snapshots.build(warehouse, run_at(DAY))

        assert summary == {"snapshots": {}, "rows": 0}
        assert warehouse.count("models.training_snapshot") == 0


def test_only_tables_of_the_features_schema_are_renamed() -> None:
    select = "select one.n from features.a as one inner join core.b as features on one.n = features.n"

    found = snapshots.renamed(select)

    assert found == "SELECT one.n FROM as_of_a AS one INNER JOIN core.b AS features ON one.n = features.n"


def test_all_snapshots_fit_into_the_one_transaction_of_a_step(run_at: RunAt) -> None:
    with Warehouse.open() as warehouse:
        made.write(warehouse, {"core.customer": [customer("c1")], "core.purchase": [order("o1", date(2026, 1, 1))]})
        for _ in range(2):
            with warehouse.transaction():
                summary = snapshots.build(warehouse, run_at(DAY))

        assert warehouse.rows("select distinct schema_name from duckdb_tables() order by all") == [
            ("core",),
            ("models",),
        ]
    assert summary["rows"] == 6
