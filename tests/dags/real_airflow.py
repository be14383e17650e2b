"""A real Airflow: the processes of bin/airflow-local, asked through its REST API."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from offermill import paths

# For whatever is waited for on a busy machine; a whole night has its own.
SECONDS = 900
# To be asked costs Airflow a good part of a second.
PAUSE_SECONDS = 2
DAG = "/api/v2/dags/nightly_offers"
Found = TypeVar("Found")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class RealAirflow:
    """A running Airflow: its address, the password of its user admin, and the folder of its files."""

    base: str
    folder: Path
    process: "subprocess.Popen[bytes]"
    token: str = ""

    @property
    def password(self) -> str:
        """Return the password of the user admin."""
        return str(json.loads((self.folder / "passwords.json").read_text())["admin"])

    def wait_for(self, what: str, ready: Callable[[], Found | None], seconds: float = SECONDS) -> Found:
        """Return the first true answer of `ready`, asked now and then; an Airflow that ended is not waited for."""
        until, problem = time.monotonic() + seconds, None
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if found := ready():
                    return found
            except OSError as refusal:
                problem = refusal
            time.sleep(PAUSE_SECONDS)
        ended = "did not come" if self.process.poll() is None else "cannot come: one of Airflow's processes ended"
        raise AssertionError(f"{what} {ended}; the last error was {problem}; see {self.folder}/logs")

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Return what the REST API answers."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def log_in(self) -> None:
        """Take a token as the user admin."""
        asked = {"username": "admin", "password": self.password}
        self.token = self.call("POST", "/auth/token", asked)["access_token"]

    def pause(self, is_paused: bool) -> None:
        """Pause the night's DAG, or let it go."""
        self.call("PATCH", f"{DAG}?update_mask=is_paused", {"is_paused": is_paused})

    def trigger(self, shop: Path, day: date) -> "DagRun":
        """Begin a night of a shop."""
        conf = {"shop": str(shop), "date": day.isoformat()}
        run = self.call("POST", f"{DAG}/dagRuns", {"logical_date": None, "conf": conf})
        return DagRun(self, run["dag_run_id"])


@dataclass
class DagRun:
    """One run of the night's DAG."""

    airflow: RealAirflow
    name: str

    @property
    def address(self) -> str:
        """Return its path in the REST API."""
        return f"{DAG}/dagRuns/{quote(self.name, safe='')}"

    def ended(self) -> str | None:
        """Return how it ended, once it has."""
        state = str(self.airflow.call("GET", self.address)["state"])
        return state if state in ("success", "failed") else None

    def tasks(self) -> dict[str, str]:
        """Return every task's state."""
        found: list[dict[str, Any]] = []
        # It gives a hundred at a time, whatever it is asked for.
        while part := self.airflow.call("GET", f"{self.address}/taskInstances?order_by=id&offset={len(found)}")[
            "task_instances"
        ]:
            found += part
        return {one["task_id"]: str(one["state"]) for one in found}

    def mark_performed_but(self, *tasks: str) -> None:
        """Say of every task but these that it was performed, as a person does in the UI."""
        others = [{"task_id": name, "new_state": "success"} for name in self.tasks() if name not in tasks]
        # Not all at once: nobody else writes to Airflow's database meanwhile.
        for start in range(0, len(others), 20):
            update = {"action": "update", "entities": others[start : start + 20], "update_mask": ["new_state"]}
            done = self.airflow.call("PATCH", f"{self.address}/taskInstances", {"actions": [update]})
            assert done["update"]["errors"] == []

    def clear(self, task: str) -> None:
        """Have a task performed again, as a person does in the UI."""
        asked = {"dry_run": False, "only_failed": False, "dag_run_id": self.name, "task_ids": [task]}
        self.airflow.call("POST", f"{DAG}/clearTaskInstances", asked)

    def tries(self, task: str) -> int:
        """Return how many times a task was begun."""
        return int(self.airflow.call("GET", f"{self.address}/taskInstances/{task}")["try_number"])

    def log(self, task: str, attempt: int) -> list[dict[str, Any]]:
        """Return the lines of a task's log as the UI shows them."""
        answer = self.airflow.call("GET", f"{self.address}/taskInstances/{task}/logs/{attempt}?full_content=true")
        found: list[dict[str, Any]] = answer["content"]
        return found


@contextmanager
def running(folder: Path, shop: Path) -> Iterator[RealAirflow]:
    """Start Airflow with its files in `folder`, for a shop; yield it logged in, its DAGs known and paused."""
    port, home = free_port(), folder / "airflow"
    env = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",  # only what a test triggers
        "OFFERMILL_SHOP": str(shop),
        "OFFERMILL_AIRFLOW_PORT": str(port),
        "OFFERMILL_RETRIES": "1",
        "OFFERMILL_RETRY_SECONDS": "1",
    }
    command = [str(paths.ROOT / "bin" / "airflow-local")]
    with (folder / "airflow-local.log").open("w") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        yield _ready(RealAirflow(f"http://127.0.0.1:{port}", home, process))
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End every process that it started, too."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
            process.wait(60)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def _ready(airflow: RealAirflow) -> RealAirflow:
    airflow.wait_for("the API", lambda: airflow.call("GET", "/api/v2/monitor/health"))
    airflow.log_in()
    airflow.wait_for("the DAGs", lambda: airflow.call("GET", "/api/v2/dags")["total_entries"] == 2)
    return airflow
