"""One small demo shop, trained once and run once for all tests of whole nights; tests copy what they change."""

from multiprocessing import get_context
from pathlib import Path

import pytest

from offermill import examples, flows, night
from tests.nights import DAY, copy_of

CUSTOMERS = 600


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that share the small shop on one worker, so that it is made once."""
    for item in items:
        if {"trained", "published"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group("night"))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a demo shop whose models are trained and whose night has not begun."""
    folder = tmp_path_factory.mktemp("shops") / "trained"
    examples.make("demo", folder, customers=CUSTOMERS, seed=7, progress=lambda _: None)
    _in_own_process(_perform, "training", folder)
    return folder


@pytest.fixture(scope="session")
def published(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shop after one undisturbed night."""
    folder = copy_of(trained, tmp_path_factory.mktemp("shops") / "published")
    _in_own_process(_perform, "nightly", folder)
    return folder


def _perform(flow_name: str, folder: Path) -> None:
    night.perform_flow(flows.named(flow_name), folder, DAY)


def _in_own_process(work: object, *arguments: object) -> None:
    process = get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    assert process.exitcode == 0
