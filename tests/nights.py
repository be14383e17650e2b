"""What tests of whole nights share: the date, copies of a shop, and the fingerprint of what was published."""

import hashlib
import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path

from offermill import flows, night
from offermill.paths import ShopPaths
from offermill.warehouse import Warehouse

DAY = date(2026, 6, 30)


def digests(folder: Path) -> dict[str, str]:
    """Return SHA-256 by path of every file that a shop's nights published."""
    files = [path for part in ("exports", "site") for path in sorted((folder / part).rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def copy_of(shop: Path, target: Path) -> Path:
    """Copy a shop, so that a test may do with it what it likes."""
    return Path(shutil.copytree(shop, target))


def warm() -> ForkServerContext:
    """Return a context whose processes start with everything a night imports already there."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.warm"])
    return context


def perform(flow_name: str, shop: Path, day: date = DAY) -> None:
    """Perform a flow in a process of its own, as Airflow's tasks are; its error is raised here."""
    with ProcessPoolExecutor(1, mp_context=warm()) as pool:
        pool.submit(perform_flow, flow_name, shop, day).result()


def from_stage(name: str) -> list[str]:
    """Return the step that opens a night, and all its steps from a stage on."""
    addresses = [step.address for step in flows.nightly().steps]
    first = next(place for place, address in enumerate(addresses) if address.startswith(f"{name}."))
    return ["night.open", *addresses[first:]]


def perform_apart(shop: Path, addresses: Sequence[str], day: date = DAY) -> None:
    """Perform some steps of the night in a process of their own; an error is raised here."""
    with ProcessPoolExecutor(1, mp_context=warm()) as pool:
        pool.submit(perform_steps, shop, day, addresses).result()


def perform_flow(flow_name: str, shop: Path, day: date) -> None:
    """Perform a whole flow here.

    The warehouse stays open between the steps, which only saves time (a quarter of such a small night's); Airflow's
    tasks, tested in tests/dags, each open it anew.
    """
    with Warehouse.open(ShopPaths(shop).warehouse):
        night.perform_flow(flows.named(flow_name), shop, day)


def perform_steps(shop: Path, day: date, addresses: Sequence[str]) -> None:
    """Perform some steps of the night here, with the warehouse open between them."""
    with Warehouse.open(ShopPaths(shop).warehouse):
        for address in addresses:
            night.perform(flows.nightly().step(address), shop, day)
