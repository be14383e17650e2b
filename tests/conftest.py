"""One small demo shop, trained once and run once for all tests of whole nights; tests copy what they change."""

from pathlib import Path

import pytest

from offermill import examples
from tests.nights import copy_of, perform

CUSTOMERS = 600


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a demo shop whose models are trained and whose night has not begun."""
    folder = tmp_path_factory.mktemp("shops") / "trained"
    examples.make("demo", folder, customers=CUSTOMERS, seed=7, progress=lambda _: None)
    perform("training", folder)
    return folder


@pytest.fixture(scope="session")
def published(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shop after one undisturbed night."""
    folder = copy_of(trained, tmp_path_factory.mktemp("shops") / "published")
    perform("nightly", folder)
    return folder
