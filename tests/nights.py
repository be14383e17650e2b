"""What tests of whole nights share: the date, copies of a shop, and the fingerprint of what was published."""

import hashlib
import shutil
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path

from offermill import flows, night

DAY = date(2026, 6, 30)
PRELOADED = [
    "great_expectations",
    "offermill.gx",
    "features.clusters",
    "models.propensity",
    "models.value",
    "models.uplift_step",
    "offers.decide",
    "offers.channels.publication",
    "dashboards.site",
]


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
    context.set_forkserver_preload(PRELOADED)
    return context


def perform(flow_name: str, shop: Path, day: date = DAY) -> None:
    """Perform a flow in a process of its own, as Airflow's tasks are; its error is raised here."""
    with ProcessPoolExecutor(1, mp_context=warm()) as pool:
        pool.submit(_perform, flow_name, shop, day).result()


def _perform(flow_name: str, shop: Path, day: date) -> None:
    night.perform_flow(flows.named(flow_name), shop, day)
