"""SFTP by password to a real server; what is wrong is said, and the password never."""

import json
import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from offermill.settings_delivery import DeliverySettings
from offers.delivery.sending import Outcome, deliver
from offers.delivery.targets import open_transport
from tests.offers.delivery import password_server
from tests.offers.delivery.desk import START, Hours, office, parcel
from tests.offers.delivery.password_server import PASSWORD, USER, Desk

CONTENT = "offer_key\nk1\nŪdris 🦦\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Desk]:
    with password_server.serving(tmp_path / "server") as serving:
        yield serving


def send(folder: Path, settings: DeliverySettings) -> Outcome:
    hours = Hours()
    transport = open_transport(settings, START.date(), hours.clock)
    with closing(transport), office(folder / "state", hours.clock, attempts=3) as desk:
        return deliver(parcel(folder / "out", CONTENT), transport, desk)


def written(folder: Path) -> str:
    return (folder / "state" / "delivery.jsonl").read_text(encoding="utf-8")


def test_the_right_password_lets_a_file_in(
    server: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CRM_WORD", PASSWORD)
    with caplog.at_level(logging.DEBUG):
        done = send(tmp_path, server.delivery())
    assert (done.result, done.why) == ("delivered", "")
    assert (server.inbox / "2026-06-30" / "crm" / "offers.csv").read_text(encoding="utf-8") == CONTENT
    assert server.tried == [PASSWORD]
    # Whatever the SSH library logs, the password is not in it.
    assert caplog.records
    assert PASSWORD not in caplog.text + written(tmp_path)


def test_a_server_that_asks_for_it_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_WORD", PASSWORD)
    with password_server.serving(tmp_path / "server", "keyboard-interactive") as server:
        assert send(tmp_path, server.delivery()).result == "delivered"
        assert server.tried == [PASSWORD]


@pytest.mark.parametrize("changed", [{}, {"user": "stranger"}])
def test_a_wrong_password_or_user_is_said_at_once_and_not_tried_again(
    server: Desk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    changed: dict[str, str],
) -> None:
    monkeypatch.setenv("CRM_WORD", PASSWORD if changed else "hunter3")
    with caplog.at_level(logging.DEBUG):
        done = send(tmp_path, server.delivery(**changed))
    assert (done.result, done.attempts) == ("failed", 1)
    assert done.why == f"sftp://127.0.0.1:{server.port}/inbox does not let us in"
    assert done.advice == "check user and credential: `user`, and the variable CRM_WORD"
    assert len(server.tried) == 1
    assert list(server.inbox.iterdir()) == []
    assert "hunter" not in caplog.text + written(tmp_path)


def test_a_server_that_takes_no_password_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_WORD", PASSWORD)
    with password_server.serving(tmp_path / "server", "publickey") as server:
        done = send(tmp_path, server.delivery())
        assert (done.result, done.attempts, server.tried) == ("failed", 1, [])
        assert done.why == f"sftp://127.0.0.1:{server.port}/inbox does not let us in"


def test_a_password_may_stand_in_an_airflow_connection(
    server: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent = {"host": "127.0.0.1", "port": server.port, "login": USER, "password": PASSWORD}
    monkeypatch.setenv("AIRFLOW_CONN_CRM_SFTP", json.dumps({"conn_type": "sftp", **lent}))
    named = server.delivery(host=None, port=None, user=None, password_env=None, airflow_connection="crm_sftp")
    assert send(tmp_path / "1", named).result == "delivered"
    monkeypatch.setenv("AIRFLOW_CONN_CRM_SFTP", json.dumps({"conn_type": "sftp", **lent, "password": "hunter3"}))
    refused = send(tmp_path / "2", named)
    assert (refused.why, refused.advice) == (
        "sftp://(crm_sftp)/inbox does not let us in",
        "check user and credential: the connection crm_sftp",
    )
    assert "hunter" not in written(tmp_path / "2")


def test_a_variable_that_is_not_set_is_named(server: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRM_WORD", raising=False)
    done = send(tmp_path, server.delivery())
    assert (done.result, done.why) == ("failed", "the environment variable CRM_WORD is not set")
    assert server.tried == []
