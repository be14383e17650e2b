"""Airflow's view of the flows: one task per step, grouped by stage. The only module that imports Airflow."""

import logging
import os
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import (
    DAG,
    Asset,
    CronDataIntervalTimetable,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
    TaskGroup,
    task,
)

from offermill import paths, settings, stepdocs
from offermill.errors import ConfigError, DeliveryError, InputError, OffermillError, WarehouseError
from offermill.flows import Flow, Step, is_gate

# DuckDB has one writer: every task that opens the warehouse holds the only slot of this pool.
POOL = "offermill_warehouse"
# Files may come late, the warehouse may be held, a target may be down; other errors are not mended by trying again.
_WORTH_RETRYING = (InputError, WarehouseError, DeliveryError)
_log = logging.getLogger(__name__)


class Stopped(SystemExit):
    """A step ended with an error that stands in the log.

    It is an exit because of that alone Airflow's task runner logs no traceback, which would hide what went wrong.
    """


class Final(Stopped):
    """Trying again would not mend it."""


def default_shop() -> Path:
    """Return the shop that the schedule runs: OFFERMILL_SHOP, or the example shop."""
    return Path(os.environ.get("OFFERMILL_SHOP", paths.ROOT / "shop")).resolve()


def business_date(params: dict[str, Any], interval_end: datetime | None, zone_name: str) -> date:
    """Return the date a run is for: the parameter, or the last local day of its data interval.

    Raises:
        ConfigError: a manual run without interval names no date.
    """
    from offermill import businessday

    if params.get("date"):
        return date.fromisoformat(str(params["date"]))
    if interval_end is None:
        raise ConfigError('this run has no data interval; trigger it with {"date": "YYYY-MM-DD"}.')
    return (interval_end.astimezone(businessday.zone(zone_name)) - timedelta(seconds=1)).date()


def lend_connection(step: Step, chosen: settings.Settings) -> None:
    """Put the Airflow connections that the task needs into its environment, where loading and delivering look for them.

    Connections that stand in the environment already (AIRFLOW_CONN_...) are left as they are.
    """
    for name in _connections(step, chosen):
        variable = f"AIRFLOW_CONN_{name.upper()}"
        if variable not in os.environ:
            from airflow.sdk import Connection

            os.environ[variable] = Connection.get(name).get_uri()


def _connections(step: Step, chosen: settings.Settings) -> list[str]:
    """Return the connections that a source, or the targets of the channels, name."""
    if step.address == "deliver.send":
        deliveries = [block.delivery for block in chosen.channels.values() if block.delivery]
        return [delivery.connection for delivery in deliveries if delivery.connection]
    source = chosen.sources.get(dict(step.arguments).get("source", ""))
    postgres = source.postgres if source else None
    return [postgres.airflow_connection] if postgres and postgres.airflow_connection else []


def _perform_in_airflow(step: Step, context: dict[str, Any]) -> dict[str, object]:
    """Perform a step for the run in `context`; errors end it with their message as the log's last words."""
    # Imported in the task: reading a DAG file must not pay for DuckDB and pandas.
    from offermill.night import perform

    params = context["params"]
    folder = Path(params["shop"])
    try:
        chosen = settings.load(folder / "shop.yml")
        day = business_date(params, context.get("data_interval_end"), chosen.shop.time_zone)
        lend_connection(step, chosen)
        summary = perform(step, folder, day, new_version=bool(params.get("new_version")))
    except OffermillError as problem:
        _log.error("%s: %s", type(problem).__name__, problem)
        raise (Stopped if isinstance(problem, _WORTH_RETRYING) else Final)(problem.exit_code) from None
    # The command line's progress display reads this line from the log.
    print(f"offermill-step {step.address} {_brief(summary)}")
    return {key: str(value) for key, value in summary.items()}


def _brief(summary: dict[str, object]) -> str:
    return ", ".join(f"{key}={value}" for key, value in summary.items() if isinstance(value, int | str))[:200]


def _outlets(step: Step) -> list[Asset]:
    return [] if is_gate(step) or step.address == "night.open" else [Asset(name=step.address)]


def _task(step: Step) -> Any:
    @task(task_id=step.address, outlets=_outlets(step), doc_md=stepdocs.of(step), pool=POOL)  # type: ignore[untyped-decorator]
    def run_step(**context: Any) -> dict[str, object]:
        return _perform_in_airflow(step, context)

    return run_step()


def _wire(flow: Flow) -> None:
    before: list[Any] = []
    for stage in flow.stages:
        with TaskGroup(stage.name, prefix_group_id=False):
            tasks = {step.address: _task(step) for step in stage.steps}
        for step in stage.steps:
            needs = [tasks[address] for address in sorted(stage.needs(step))]
            (needs or before) >> tasks[step.address] if (needs or before) else None
        needed = {address for step in stage.steps for address in stage.needs(step)}
        before = [tasks[step.address] for step in stage.steps if step.address not in needed]


def _params(folder: Path) -> dict[str, Param]:
    return {
        "shop": Param(str(folder), type="string", description="Folder of the shop (holds shop.yml)."),
        "date": Param(
            None, type=["null", "string"], format="date", description="Business date; empty: the run's data interval."
        ),
        "new_version": Param(
            False, type="boolean", description="Publish a correction beside a publication that differs."
        ),
    }


def build(flow: Flow, *, dag_id: str, cron: str, runbook: str, start: datetime) -> DAG:
    """Return the DAG of a flow, scheduled by `cron` on true data intervals in the shop's time zone."""
    folder = default_shop()
    zone_name = settings.load(folder / "shop.yml").shop.time_zone
    with DAG(
        dag_id,
        schedule=CronDataIntervalTimetable(cron, timezone=zone_name),
        start_date=start,
        catchup=False,
        max_active_runs=1,
        params=_params(folder),
        doc_md=runbook,
        tags=["offermill"],
        default_args={
            "retries": int(os.environ.get("OFFERMILL_RETRIES", "3")),
            "retry_policy": ExceptionRetryPolicy([RetryRule(Final, RetryAction.FAIL, reason=Final.__doc__)]),
            "retry_delay": timedelta(seconds=float(os.environ.get("OFFERMILL_RETRY_SECONDS", "600"))),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(hours=1),
        },
    ) as dag:
        _wire(flow)
    return dag
