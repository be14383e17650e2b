"""Airflow for tests: its own home, SQLite, no examples, set before anything imports it."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offermill import paths
from tests.dags import real_airflow as airflows
from tests.dags.real_airflow import RealAirflow
from tests.portal import publication

HOME = Path(tempfile.mkdtemp(prefix="offermill-airflow-"))
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(paths.ROOT),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "OFFERMILL_RETRIES": "0",
}


@pytest.fixture(scope="session")
def dags() -> dict[str, Any]:
    """Return the project's DAGs by id, as Airflow parses them."""
    os.environ["OFFERMILL_SHOP"] = str(paths.ROOT / "shop")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airflow.dag_processing.dagbag import DagBag
        from airflow.utils.db import initdb

        initdb()
        bag = DagBag(dag_folder=str(paths.ROOT / "dags"), bundle_path=paths.ROOT)
    assert bag.import_errors == {}
    found: dict[str, Any] = bag.dags
    return found


@pytest.fixture(scope="session")
def real_airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealAirflow]:
    """Yield a running Airflow whose user admin is a marketer in the portal; each run names a shop of its own."""
    folder = tmp_path_factory.mktemp("real")
    shop = publication.make(folder / "shop")
    with_user = publication.SHOP.replace("portal:\n", "portal:\n  airflow_users: {admin: marketer}\n")
    shop.settings.write_text(with_user, encoding="utf-8")
    with airflows.running(folder, shop.folder) as airflow:
        yield airflow
