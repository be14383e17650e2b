"""What holds for every DAG and every task, read from the DAGs as Airflow parses them."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from offermill import flows, paths
from offermill.errors import ConfigError

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
]
FLOW_OF = {"nightly_offers": flows.nightly, "train_models": flows.training}


def test_there_are_two_dags(dags: dict[str, Any]) -> None:
    assert set(dags) == set(FLOW_OF)


def test_every_step_is_a_task_of_its_own_address(dags: dict[str, Any]) -> None:
    for dag_id, flow in FLOW_OF.items():
        assert set(dags[dag_id].task_ids) == {step.address for step in flow().steps}


def test_every_task_waits_for_what_its_step_reads(dags: dict[str, Any]) -> None:
    for dag_id, flow in FLOW_OF.items():
        made = {step.address for step in flow().steps}
        for step in flow().steps:
            before = dags[dag_id].get_task(step.address).get_flat_relative_ids(upstream=True)
            assert step.reads & made <= before, f"{dag_id}: {step.address} does not wait for all it reads"


def test_a_night_ends_in_one_task_that_waits_for_all_others(dags: dict[str, Any]) -> None:
    dag = dags["nightly_offers"]
    assert [task.task_id for task in dag.leaves] == ["deliver.send"]
    assert dag.get_task("deliver.send").get_flat_relative_ids(upstream=True) == set(dag.task_ids) - {"deliver.send"}
    assert dag.get_task("deliver.send").get_direct_relative_ids(upstream=True) == {"publish.release"}


def test_no_task_turns_a_red_run_green(dags: dict[str, Any]) -> None:
    rules = {(dag_id, task.task_id, task.trigger_rule.value) for dag_id in dags for task in dags[dag_id].tasks}
    assert [rule for rule in rules if rule[2] != "all_success"] == []


def test_every_task_holds_the_one_slot_and_says_what_it_does(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        for task in dag.tasks:
            assert task.pool == "offermill_warehouse", task.task_id
            assert task.doc_md, task.task_id


def test_every_dag_is_documented_and_runs_one_at_a_time(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert "**Red?**" in dag.doc_md
        assert (dag.max_active_runs, dag.catchup) == (1, False)


def test_dates_far_back_can_be_run(dags: dict[str, Any]) -> None:
    """Airflow runs no task of a date before the start, and calls such a run a success."""
    assert {dag.start_date.year for dag in dags.values()} == {2000}


def test_every_published_table_is_an_asset_of_its_name(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        for task in dag.tasks:
            expected = [] if task.task_id == "night.open" or task.task_id.endswith(".checks") else [task.task_id]
            assert [asset.name for asset in task.outlets] == expected


def test_tasks_are_grouped_by_stage(dags: dict[str, Any]) -> None:
    for dag_id, flow in FLOW_OF.items():
        groups = dags[dag_id].task_group.children
        assert list(groups) == [stage.name for stage in flow().stages]
        for stage in flow().stages:
            assert set(groups[stage.name].children) == {step.address for step in stage.steps}


@pytest.mark.parametrize(
    ("run_after", "day"),
    [
        (datetime(2026, 6, 30, 21, 30, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 3, 29, 21, 30, tzinfo=UTC), date(2026, 3, 29)),  # the day of 23 hours
        (datetime(2026, 10, 25, 22, 30, tzinfo=UTC), date(2026, 10, 25)),  # the day of 25 hours
    ],
)
def test_the_interval_of_a_night_is_exactly_its_business_date(
    dags: dict[str, Any], run_after: datetime, day: date
) -> None:
    from airflow.timetables.interval import CronDataIntervalTimetable

    from offermill import businessday, orchestration

    interval = CronDataIntervalTimetable("0 0 * * *", "Europe/Riga").infer_manual_data_interval(run_after=run_after)

    found = tuple(moment.astimezone(UTC).replace(tzinfo=None) for moment in (interval.start, interval.end))
    assert found == businessday.interval(day, "Europe/Riga")
    assert orchestration.business_date({}, interval.end, "Europe/Riga") == day


def test_the_parameter_wins_over_the_interval() -> None:
    from offermill import orchestration

    end = datetime(2026, 6, 30, 21, tzinfo=UTC)
    assert orchestration.business_date({"date": "2026-01-02"}, end, "Europe/Riga") == date(2026, 1, 2)


def test_a_run_without_interval_asks_for_a_date() -> None:
    from offermill import orchestration

    with pytest.raises(ConfigError) as problem:
        orchestration.business_date({}, None, "Europe/Riga")
    assert str(problem.value) == 'this run has no data interval; trigger it with {"date": "YYYY-MM-DD"}.'


def test_training_is_for_the_last_day_of_its_week(dags: dict[str, Any]) -> None:
    from airflow.timetables.interval import CronDataIntervalTimetable

    from offermill import orchestration

    monday = datetime(2026, 6, 29, 0, tzinfo=UTC)
    week = CronDataIntervalTimetable("0 0 * * 1", "Europe/Riga").infer_manual_data_interval(run_after=monday)
    assert week.end - week.start == timedelta(days=7)
    assert orchestration.business_date({}, week.end, "Europe/Riga") == date(2026, 6, 28)


def test_reading_the_dags_imports_nothing_heavy() -> None:
    code = (
        "import runpy, sys; runpy.run_path('dags/nightly_offers.py'); runpy.run_path('dags/train_models.py');"
        "heavy = {'duckdb', 'pandas', 'sklearn', 'lightgbm', 'great_expectations', 'numba', 'altair'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    env = {**os.environ, "PYTHONPATH": ".", "OFFERMILL_SHOP": "shop"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=paths.ROOT, env=env, check=False)
    assert done.stdout.strip().splitlines()[-1:] == ["[]"], done.stderr[-2000:]
