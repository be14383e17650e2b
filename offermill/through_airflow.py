"""Run a flow's DAG through Airflow (`airflow dags test`) with progress, a log file, and a plain error at the end."""

import json
import os
import re
import subprocess
import sys
from datetime import date, timedelta
from itertools import takewhile
from pathlib import Path
from time import perf_counter

from offermill import paths
from offermill.errors import ConfigError, OffermillError
from offermill.flows import Flow
from offermill.night import Report
from offermill.paths import ShopPaths

DAG_OF_FLOW = {"nightly": "nightly_offers", "training": "train_models"}
_DONE = re.compile(r"offermill-step (?P<address>[a-z_]+\.[a-z_]+)")
_KINDS = {kind.__name__: kind for kind in OffermillError.__subclasses__()}
# A task's error as offermill.orchestration logs it; what follows is the message's until the next line of the log.
_PROBLEM = re.compile(rf"\b(?P<kind>{'|'.join(_KINDS)}): (?P<text>.+)")
_NEXT = re.compile(r"\S*\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}|::|Traceback|[\w.]+(Error|Exception)\b")
# Airflow's console puts behind a message who logged it.
_LOGGER = re.compile(r" *\[offermill\.orchestration\] [^\n]*")


def environment(shop: Path) -> dict[str, str]:
    """Return the environment of an Airflow that keeps to itself: SQLite in .airflow/, no examples, no telemetry."""
    home = Path(os.environ.get("AIRFLOW_HOME", paths.ROOT / ".airflow"))
    ours = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(paths.ROOT),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__DAG_PROCESSOR__DISABLE_BUNDLE_VERSIONING": "True",
        "GX_ANALYTICS_ENABLED": "false",
        "OFFERMILL_SHOP": str(shop),
        "OFFERMILL_RETRIES": os.environ.get("OFFERMILL_RETRIES", "0"),
        "OMP_WAIT_POLICY": "passive",
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **ours}


def airflow_command() -> list[str]:
    """Return how to call the Airflow of the running environment."""
    return [sys.executable, "-m", "airflow"]


def _ensure_database(env: dict[str, str]) -> None:
    subprocess.run([*airflow_command(), "db", "migrate"], env=env, check=True, capture_output=True)


def run(flow: Flow, shop: Path, day: date, *, new_version: bool, report: Report) -> None:
    """Run the DAG of `flow` for one date in this Airflow's SQLite and wait for it.

    Raises:
        OffermillError: the run is red; the message is the failed task's own, with the path of the whole log.
    """
    env = environment(shop)
    _ensure_database(env)
    log = ShopPaths(shop).runs / f"{day.isoformat()}-{flow.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    conf = json.dumps({"shop": str(shop), "date": day.isoformat(), "new_version": new_version})
    # The logical date of an interval's run is its beginning; the parameter `date` is what decides.
    command = [
        *airflow_command(),
        "dags",
        "test",
        DAG_OF_FLOW[flow.name],
        (day + timedelta(days=1)).isoformat(),
        "-c",
        conf,
    ]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        lines = _follow(process, flow, log, report)
    if process.returncode or not_performed(flow, lines):
        raise problem([*lines, *not_performed(flow, lines)], log)


def _follow(process: "subprocess.Popen[str]", flow: Flow, log: Path, report: Report) -> list[str]:
    steps = {step.address: step for step in flow.steps}
    lines: list[str] = []
    started = perf_counter()
    with log.open("w", encoding="utf-8") as written:
        for line in process.stdout or ():
            written.write(line)
            lines.append(line)
            done = _DONE.search(line)
            if done and done["address"] in steps:
                report(steps[done["address"]], {}, perf_counter() - started)
                started = perf_counter()
    return lines


def not_performed(flow: Flow, lines: list[str]) -> list[str]:
    """Return a line that names the steps which no line of the log reports, if there are any: green is not enough."""
    done = {found["address"] for line in lines if (found := _DONE.search(line))}
    missing = [step.address for step in flow.steps if step.address not in done]
    return [f"{len(missing)} of {len(flow.steps)} steps were not performed, first {missing[0]}\n"] if missing else []


def problem(lines: list[str], log: Path) -> OffermillError:
    """Return the error of a red run: the failed task's own message, or Airflow's last line."""
    found = [(number, match) for number, line in enumerate(lines) if (match := _PROBLEM.search(line))]
    if not found:
        last = next((line.strip() for line in reversed(lines) if line.strip()), "Airflow printed nothing.")
        return ConfigError(f"Airflow's run is red: {last}\nThe whole log: {log}")
    number, first = found[-1]
    rest = takewhile(lambda line: not _NEXT.match(line), lines[number + 1 :])
    said = _LOGGER.sub("", "".join([first["text"], "\n", *rest])).strip()
    return _KINDS[first["kind"]](f"{said}\nThe whole log: {log}")
