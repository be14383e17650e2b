"""Perform the steps of a flow: each is one transaction, and may be killed and repeated anywhere."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from offermill import durable, paths, run, sqlfiles
from offermill.errors import ConfigError, DeliveryError, GateError, WarehouseError
from offermill.flows import Flow, Step
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.warehouse import Warehouse

Summary = dict[str, object]
# Packages that must come from the checkout of the run, not from an installed copy that would silently win.
_OWN_PACKAGES = ("features", "models", "offers", "outcomes", "dashboards")


def guard_own_code() -> None:
    """Refuse to run with a foreign copy of one of our packages.

    Raises:
        ConfigError: names the package, where it was found and where it should be.
    """
    for name in _OWN_PACKAGES:
        found = Path(str(import_module(name).__file__)).resolve().parent
        if found != paths.ROOT / name:
            raise ConfigError(
                f"the package {name} was imported from {found}, not from {paths.ROOT / name}; "
                "uninstall the other copy (pip uninstall offermill) and run again."
            )


def take_snapshot(folder: Path, day: date, *, new_version: bool = False) -> None:
    """Freeze shop.yml, offers.yml and pilots/ for the night of `day`; later steps read only the copies."""
    taken = ShopPaths(folder).runs / day.isoformat()
    shutil.rmtree(taken / run.SNAPSHOT_FOLDER, ignore_errors=True)
    for name in run.snapshot_files(folder):
        if (folder / name).is_file():
            (taken / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, taken / name)
    notes = {"business_date": day.isoformat(), "new_version": new_version}
    # Written last: its presence says that the copies are whole.
    durable.replace(taken / "run.json", (json.dumps(notes, sort_keys=True) + "\n").encode())


def open_night(warehouse: Warehouse, night: Run) -> Summary:
    """Note which settings and catalogue the night runs with.

    Raises:
        ConfigError: a block of channels in shop.yml cannot be meant.
    """
    if night.settings.channels:
        import_module("offers.channels.registry").check(night.settings)
    warehouse.execute("create schema if not exists meta")
    warehouse.execute(
        "create table if not exists meta.run (business_date date primary key, run_id varchar, config_hash varchar)"
    )
    warehouse.execute("delete from meta.run where business_date = $business_date", night.parameters)
    warehouse.execute(
        "insert into meta.run values ($business_date, $run_id, $config_hash)",
        {**night.parameters, "run_id": night.run_id, "config_hash": night.config_hash},
    )
    return {"run_id": night.run_id}


def function_of(step: Step) -> Callable[..., Summary]:
    """Return the function that performs a Python step, imported only now."""
    if step.call is None:
        raise ConfigError(f"{step.address}: is made by SQL and has no function.")
    module, name = step.call.split(":")
    function: Callable[..., Summary] = getattr(import_module(module), name)
    return function


def _perform(step: Step, warehouse: Warehouse, night: Run) -> Summary:
    if step.call is None:
        return {"rows": warehouse.replace_table(step.address, sqlfiles.read(step.address).text, night.parameters)}
    return function_of(step)(warehouse, night, **dict(step.arguments))


def perform(step: Step, folder: Path, day: date, *, new_version: bool = False) -> Summary:
    """Perform one step in one transaction and return its summary.

    Raises:
        GateError: a critical check failed; the check results are kept, nothing is published.
        DeliveryError: a published file did not reach its target; what arrived is noted.
        OffermillError: what the step raises; its transaction is rolled back.
    """
    if step.address == "night.open":
        Run.of(folder, day)
        take_snapshot(folder, day, new_version=new_version)
    night = Run.of_snapshot(folder, day)
    with Warehouse.open(night.shop.warehouse) as warehouse, warehouse.transaction():
        summary = _perform(step, warehouse, night)
    if summary.get("critical_failed"):
        raise GateError(str(summary["message"]))
    # The log of what arrived is kept too.
    if summary.get("failed_deliveries"):
        raise DeliveryError(str(summary["message"]))
    return summary


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Hold the shop's run lock; the operating system drops it when the process dies.

    Raises:
        WarehouseError: another run holds it.
    """
    state = ShopPaths(folder).state
    state.mkdir(parents=True, exist_ok=True)
    with (state / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise WarehouseError(
                f"{folder.name}: process {holder} is running this shop; wait for it to end."
            ) from problem
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


Report = Callable[[Step, Summary, float], None]


def perform_flow(
    flow: Flow, folder: Path, day: date, *, report: Report = lambda *_: None, new_version: bool = False
) -> dict[str, Any]:
    """Perform all steps of a flow one by one; return the summaries by address. The first error ends it."""
    guard_own_code()
    summaries: dict[str, Any] = {}
    with only_run(folder):
        for step in flow.steps:
            started = perf_counter()
            summaries[step.address] = perform(step, folder, day, new_version=new_version)
            report(step, summaries[step.address], perf_counter() - started)
    return summaries
