"""Once with the real scheduler: a run triggered through the REST API, waited for, green."""

from pathlib import Path

import pytest

from tests.dags.real_airflow import RealAirflow
from tests.nights import DAY, copy_of, digests

pytestmark = pytest.mark.scheduler
RUN_SECONDS = 5400  # 197 tasks one after another, each a process of its own


def test_a_triggered_run_ends_green_and_publishes(
    real_airflow: RealAirflow, trained: Path, published: Path, tmp_path: Path
) -> None:
    shop = copy_of(trained, tmp_path / "shop")
    real_airflow.pause(False)
    run = real_airflow.trigger(shop, DAY)
    assert real_airflow.wait_for("the run", run.ended, RUN_SECONDS) == "success"
    assert set(run.tasks().values()) == {"success"}
    assert digests(shop) == digests(published)
