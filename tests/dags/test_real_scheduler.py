"""Once with the real scheduler: Airflow's own processes, a run triggered through the REST API, waited for, green."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from offermill import paths
from tests.nights import DAY, copy_of, digests

pytestmark = pytest.mark.scheduler
START_SECONDS, RUN_SECONDS = 180, 1800


@dataclass
class Airflow:
    """The REST API of a running Airflow."""

    base: str
    token: str = ""

    def call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {self.token}"} if self.token else {}
        )
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def log_in(self, password: str) -> None:
        self.token = self.call("POST", "/auth/token", {"username": "admin", "password": password})["access_token"]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(what: str, seconds: float, ready: Any) -> Any:
    """Return the first true answer of `ready`, asked every second."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            found = ready()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(1)
    raise AssertionError(f"{what}: not within {seconds} seconds")


@pytest.fixture
def shop(trained: Path, tmp_path: Path) -> Path:
    return copy_of(trained, tmp_path / "shop")


@pytest.fixture
def airflow(shop: Path, tmp_path: Path) -> Iterator[Airflow]:
    port, home = free_port(), tmp_path / "airflow"
    env = os.environ | {
        "AIRFLOW_HOME": str(home),
        "OFFERMILL_SHOP": str(shop),
        "OFFERMILL_AIRFLOW_PORT": str(port),
        "OFFERMILL_RETRIES": "0",
    }
    with (tmp_path / "airflow-local.log").open("w") as log:
        process = subprocess.Popen(
            [str(paths.ROOT / "bin" / "airflow-local")], env=env, stdout=log, stderr=log, start_new_session=True
        )
    try:
        api = Airflow(f"http://127.0.0.1:{port}")
        wait_for("the API", START_SECONDS, lambda: api.call("GET", "/api/v2/monitor/health"))
        api.log_in(json.loads((home / "passwords.json").read_text())["admin"])
        wait_for("the DAGs", START_SECONDS, lambda: api.call("GET", "/api/v2/dags")["total_entries"] == 2)
        yield api
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def test_a_triggered_run_ends_green_and_publishes(airflow: Airflow, shop: Path, published: Path) -> None:
    dag = "/api/v2/dags/nightly_offers"
    airflow.call("PATCH", f"{dag}?update_mask=is_paused", {"is_paused": False})
    run = airflow.call(
        "POST", f"{dag}/dagRuns", {"logical_date": None, "conf": {"shop": str(shop), "date": DAY.isoformat()}}
    )

    def ended() -> str | None:
        state = str(airflow.call("GET", f"{dag}/dagRuns/{run['dag_run_id']}")["state"])
        return state if state in ("success", "failed") else None

    assert wait_for("the run", RUN_SECONDS, ended) == "success"
    assert digests(shop) == digests(published)
