"""The site of the literal night, built once, and of a warehouse where nothing was made."""

from pathlib import Path

import pytest

from dashboards import site
from offermill import durable, publish
from offermill.report import words
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import publication
from tests import literal_night


def staged_site(run: Run, language: str = "en") -> dict[str, str]:
    """Return the staged pages of one language by file name."""
    folder = publish.folder(run) / "site" / language
    return {path.name: path.read_text(encoding="utf-8") for path in durable.files(folder)}


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shop's folder after the literal night was published."""
    folder = tmp_path_factory.mktemp("dashboards") / "shop"
    with literal_night.night(folder) as (warehouse, run):
        publication.stage(warehouse, run)
        site.build(warehouse, run)
        publish.release(warehouse, run)
    return folder


@pytest.fixture(scope="session")
def pages(published: Path) -> dict[str, str]:
    """Return the published English pages of the literal night by file name."""
    return published_pages(published, "en")


@pytest.fixture(scope="session")
def every_page(published: Path) -> dict[str, str]:
    """Return the published pages of the literal night in all languages by `language/file`."""
    return {
        f"{language}/{name}": html
        for language in words.LANGUAGES
        for name, html in published_pages(published, language).items()
    }


def published_pages(published: Path, language: str) -> dict[str, str]:
    folder = published / "site" / literal_night.DAY.isoformat() / language
    return {path.name: path.read_text(encoding="utf-8") for path in durable.files(folder)}


@pytest.fixture(scope="session")
def bare_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the pages of a warehouse without the tables that pages read."""
    run = literal_night.make_run(tmp_path_factory.mktemp("bare") / "shop")
    with literal_night.night(run.shop.folder) as (full, _):
        publication.stage(full, run)
    with Warehouse.open() as empty:
        site.build(empty, run)
    return staged_site(run)
