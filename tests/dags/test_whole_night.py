"""A whole night as an Airflow run: green publishes, red publishes nothing and says why."""

import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.nights import DAY, copy_of, digests

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(autouse=True)
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `dag.test` wait a moment, not a second, whenever it finds no task to run: once per level of a red run."""
    wait = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: wait(min(seconds, 0.01)))


def run_dag(dag: Any, shop: Path, day: date) -> tuple[str, dict[str, str]]:
    """Run a DAG as `airflow dags test` does; return the run's state and every task's."""
    conf = {"shop": str(shop), "date": day.isoformat()}
    finished = dag.test(logical_date=datetime(day.year, day.month, day.day, tzinfo=UTC), run_conf=conf)
    return str(finished.state), {task.task_id: str(task.state) for task in finished.get_task_instances()}


def test_a_green_run_in_a_fresh_copy_publishes_what_the_command_line_publishes(
    dags: dict[str, Any], trained: Path, published: Path, tmp_path: Path
) -> None:
    shop = copy_of(trained, tmp_path / "somewhere" / "else")
    state, tasks = run_dag(dags["nightly_offers"], shop, DAY)
    assert (state, set(tasks.values())) == ("success", {"success"})
    assert digests(shop) == digests(published)


def test_a_red_run_publishes_nothing_and_the_steps_behind_it_do_not_run(
    dags: dict[str, Any], trained: Path, tmp_path: Path
) -> None:
    shop = copy_of(trained, tmp_path / "shop")
    (shop / "landing" / "orders" / f"orders_{DAY}.csv.gz").unlink()
    state, tasks = run_dag(dags["nightly_offers"], shop, DAY)
    assert state == "failed"
    assert tasks["raw.orders"] == "failed"
    assert {tasks[name] for name in ("raw.checks", "offers.decision", "publish.release")} == {"upstream_failed"}
    assert digests(shop) == {}


def test_a_catalogue_with_an_error_stops_the_run_at_its_first_step(
    dags: dict[str, Any], trained: Path, tmp_path: Path
) -> None:
    shop = copy_of(trained, tmp_path / "shop")
    settings = shop / "shop.yml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("margin:", "marggin:"), encoding="utf-8")
    state, tasks = run_dag(dags["nightly_offers"], shop, DAY)
    assert (state, tasks["night.open"]) == ("failed", "failed")
    assert digests(shop) == {}
