"""The command line's way through Airflow: progress from the log's lines, and the failed task's own words at the end."""

from pathlib import Path

from offermill import flows, through_airflow
from offermill.errors import ConfigError, DeliveryError, InputError


def test_an_airflow_of_its_own_says_nothing_to_anybody(tmp_path: Path) -> None:
    env = through_airflow.environment(tmp_path)
    assert env["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert env["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert env["GX_ANALYTICS_ENABLED"] == "false"
    assert env["OFFERMILL_SHOP"] == str(tmp_path)


def test_the_failed_task_speaks_last(tmp_path: Path) -> None:
    lines = [
        "something else\n",
        "InputError: orders: the delivery of 2026-06-30 is missing.\n",
        "airflow.sdk.exceptions.AirflowException: DagRun failed\n",
    ]
    problem = through_airflow.problem(lines, tmp_path / "run.log")
    assert isinstance(problem, InputError)
    assert str(problem) == (f"orders: the delivery of 2026-06-30 is missing.\nThe whole log: {tmp_path / 'run.log'}")


def test_a_message_of_several_lines_is_told_whole(tmp_path: Path) -> None:
    lines = [
        "2026-06-30T21:00:01.1Z [error    ] DeliveryError: 1 of 3 files did not reach their target.\n",
        "  crm: offers.csv: there is no folder /share. Mount it.\n",
        "Mend the cause. [offermill.orchestration] loc=orchestration.py:99 task_id=deliver.send\n",
        "2026-06-30T21:00:01.2Z [error    ] Task exited\n",
    ]
    problem = through_airflow.problem(lines, tmp_path / "run.log")
    assert isinstance(problem, DeliveryError)
    assert str(problem) == (
        "1 of 3 files did not reach their target.\n  crm: offers.csv: there is no folder /share. Mount it.\n"
        f"Mend the cause.\nThe whole log: {tmp_path / 'run.log'}"
    )


def test_a_run_that_broke_before_any_task_shows_its_last_line(tmp_path: Path) -> None:
    problem = through_airflow.problem(["Traceback\n", "Dag 'x' could not be found\n"], tmp_path / "run.log")
    assert isinstance(problem, ConfigError)
    assert str(problem).startswith("Airflow's run is red: Dag 'x' could not be found\n")


def test_a_green_run_that_performed_nothing_is_red() -> None:
    flow = flows.nightly()
    everything = [f"offermill-step {step.address} rows=1\n" for step in flow.steps]
    assert through_airflow.not_performed(flow, everything) == []
    assert through_airflow.not_performed(flow, everything[1:]) == [
        f"1 of {len(flow.steps)} steps were not performed, first night.open\n"
    ]


def test_every_flow_has_its_dag() -> None:
    assert set(through_airflow.DAG_OF_FLOW) == {flows.nightly().name, flows.training().name}
