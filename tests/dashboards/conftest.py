"""The site of the literal night, built once, and of a warehouse where nothing was made."""

from pathlib import Path

import pytest

from dashboards import site
from offermill import durable, publish
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import publication
from tests import literal_night


def staged_site(run: Run) -> dict[str, str]:
    """Return the staged pages by file name."""
    folder = publish.folder(run) / "site"
    return {path.name: path.read_text(encoding="utf-8") for path in durable.files(folder)}


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shop's folder after the literal night was published."""
    folder = tmp_path_factory.mktemp("dashboards") / "shop"
    with literal_night.night(folder) as (warehouse, run):
        publication.write(warehouse, run)
        site.build(warehouse, run)
        publish.release(warehouse, run)
    return folder


@pytest.fixture(scope="session")
def pages(published: Path) -> dict[str, str]:
    """Return the published pages of the literal night by file name."""
    folder = published / "site" / literal_night.DAY.isoformat()
    return {path.name: path.read_text(encoding="utf-8") for path in durable.files(folder)}


@pytest.fixture(scope="session")
def bare_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the pages of a warehouse without the tables that pages read."""
    run = literal_night.make_run(tmp_path_factory.mktemp("bare") / "shop")
    with literal_night.night(run.shop.folder) as (full, _):
        publication.write(full, run)
    with Warehouse.open() as empty:
        site.build(empty, run)
    return staged_site(run)
