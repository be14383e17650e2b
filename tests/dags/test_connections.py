"""A source may name an Airflow connection: the task that loads it finds the connection in its environment."""

import os
from pathlib import Path

import pytest

from offermill import flows, settings
from offermill.flows import Step
from offers.delivery import credentials

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.filterwarnings("ignore"),
]
SHOP = """\
shop: {id: test, name: Test, time_zone: Europe/Riga}
randomisation: {salt: a salt for tests}
sources:
  orders: {postgres: {airflow_connection: shop_db, table: orders}}
  stores: {files: "stores_{date}.csv"}
"""


CHANNELS = """\
channels:
  crm: {target: generic, delivery: {s3: {bucket: crm, airflow_connection: crm_s3}}}
  shelf: {target: generic}
"""


def lent(folder: Path, source: str) -> str | None:
    """Return what the task of a source finds in its environment."""
    from offermill.orchestration import lend_connection

    (folder / "shop.yml").write_text(SHOP, encoding="utf-8")
    step = Step(f"raw.{source}", "offermill.ingest.load:load", (("source", source),))
    lend_connection(step, settings.load(folder / "shop.yml"))
    return os.environ.get("AIRFLOW_CONN_SHOP_DB")


def test_a_stored_connection_is_lent_to_the_task_that_needs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import Connection

    # Stands for Airflow's store, which answers only inside a running task.
    stored = Connection(conn_id="shop_db", conn_type="postgres", host="db", login="shop", password="pw", schema="shop")
    monkeypatch.setattr(Connection, "get", lambda conn_id: {"shop_db": stored}[conn_id])
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_DB", "")
    monkeypatch.delenv("AIRFLOW_CONN_SHOP_DB")
    assert lent(tmp_path, "stores") is None
    assert lent(tmp_path, "orders") == "postgres://shop:pw@db/shop"


def test_a_connection_in_the_environment_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_DB", "postgres://shop@localhost/other")
    assert lent(tmp_path, "orders") == "postgres://shop@localhost/other"


def test_the_targets_of_channels_are_lent_their_connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import Connection

    from offermill.orchestration import lend_connection

    stored = Connection(conn_id="crm_s3", conn_type="aws", login="key", password="pw")
    monkeypatch.setattr(Connection, "get", lambda conn_id: {"crm_s3": stored}[conn_id])
    monkeypatch.setenv("AIRFLOW_CONN_CRM_S3", "")
    monkeypatch.delenv("AIRFLOW_CONN_CRM_S3")
    (tmp_path / "shop.yml").write_text(SHOP + CHANNELS, encoding="utf-8")
    chosen = settings.load(tmp_path / "shop.yml")
    lend_connection(flows.nightly().step("publish.release"), chosen)
    assert "AIRFLOW_CONN_CRM_S3" not in os.environ
    lend_connection(flows.nightly().step("deliver.send"), chosen)
    found = credentials.connection("crm_s3")
    assert (found.login, found.password) == ("key", "pw")
