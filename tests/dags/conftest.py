"""Airflow for tests: its own home, SQLite, no examples, set before anything imports it."""

import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import pytest

from offermill import paths

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
