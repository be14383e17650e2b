"""One small demo shop, trained once and run once for all tests of whole nights; tests copy what they change.

Tests run on two workers. Files stay whole, since their fixtures are made once per worker; the longest come first.
"""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from offermill import examples, flows
from tests.nights import copy_of, perform, perform_apart

CUSTOMERS = 600
# Folders whose files share fixtures go to one worker together; files of whole nights are divided into their tests.
TOGETHER = ("dags", "dashboards")
DIVIDED = ("e2e/test_killed_nights.py", "e2e/test_night_again.py")
# One worker makes the shop of whole nights for Airflow; meanwhile the other has tests that need none.
FIRST = (
    "dags",
    "offermill/synthetic/test_play.py",
    "e2e/test_killed_nights.py",
    "dashboards",
    "e2e/test_night_again.py",
    "e2e",
    # Of the others those of ten seconds and more, so that no worker is left alone with one of them at the end.
    "sql/core/test_points_in_time.py",
    "offers/test_policy.py",
    "portal",
    "outcomes/test_measurement_bench.py",
)


def _group(nodeid: str) -> str:
    """Return the name that tests share whose worker is the same."""
    place = nodeid.split("::")[0].removeprefix("tests/")
    if place in DIVIDED:
        return nodeid
    folder = place.split("/")[0]
    return folder if folder in TOGETHER else place


def _rank(item: pytest.Item) -> int:
    place = item.nodeid.removeprefix("tests/")
    return next((rank for rank, first in enumerate(FIRST) if place.startswith(first)), len(FIRST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first."""
    items.sort(key=_rank)


class _ByFixtures(LoadScopeScheduling):
    """Gives a worker all tests that share fixtures; xdist's own groups have no effect with this pytest."""

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Return how tests are shared out among the workers."""
    return _ByFixtures(config, log)


def _made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that the first worker to need it makes; the others wait for it."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, made = shared / name, shared / f"{name}.made"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            made.touch()
    return folder


def _train(folder: Path) -> None:
    examples.make("demo", folder, customers=CUSTOMERS, seed=7, progress=lambda _: None)
    perform("training", folder)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a demo shop whose models are trained and whose night has not begun."""
    return _made_once(tmp_path_factory, "trained", _train)


@pytest.fixture(scope="session")
def staged(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shop after all steps of a night before the one that publishes."""
    addresses = [step.address for step in flows.nightly().steps]
    before = addresses[: addresses.index("publish.release")]
    return _made_once(tmp_path_factory, "staged", lambda to: perform_apart(copy_of(trained, to), before))


@pytest.fixture(scope="session")
def published(staged: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shop after one undisturbed night."""
    last = ["publish.release", "deliver.send"]
    return _made_once(tmp_path_factory, "published", lambda to: perform_apart(copy_of(staged, to), last))
