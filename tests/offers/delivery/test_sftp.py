"""Files over SFTP to OpenSSH's own server; no host key is ever accepted unseen."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from offermill.settings_delivery import DeliverySettings
from offers.delivery.sending import Outcome, deliver
from offers.delivery.targets import open_transport
from tests.offers.delivery.desk import START, Hours, office, parcel
from tests.offers.delivery.servers import Server, free_port, new_key

CONTENT = "offer_key\nk1\nŪdris 🦦\n"


def send(folder: Path, settings: DeliverySettings, content: str = CONTENT, attempts: int = 2) -> Outcome:
    hours = Hours()
    transport = open_transport(settings, START.date(), hours.clock)
    with closing(transport), office(folder / "state", hours.clock, attempts=attempts) as desk:
        return deliver(parcel(folder / "out", content), transport, desk)


def found(server: Server) -> dict[str, str]:
    files = (path for path in sorted(server.inbox.rglob("*")) if path.is_file())
    return {str(path.relative_to(server.inbox)): path.read_text("utf-8") for path in files}


def test_a_file_and_its_hash_arrive(server: Server, tmp_path: Path) -> None:
    done = send(tmp_path, server.delivery())
    assert (done.result, done.why) == ("delivered", "")
    assert found(server) == {
        "2026-06-30/crm/offers.csv": CONTENT,
        "2026-06-30/crm/offers.csv.sha256": f"{done.parcel.sha256}  offers.csv\n",
    }
    assert send(tmp_path, server.delivery()).result == "before"


def test_a_file_of_many_packets_arrives_whole(server: Server, tmp_path: Path) -> None:
    content = "offer_key\n" + "x" * 99 + "\n"
    content += ("y" * 99 + "\n") * 30_000
    assert send(tmp_path, server.delivery(), content).result == "delivered"
    assert found(server)["2026-06-30/crm/offers.csv"] == content


def test_a_lost_log_is_made_good_by_asking_the_server(server: Server, tmp_path: Path) -> None:
    send(tmp_path, server.delivery())
    (tmp_path / "state" / "delivery.jsonl").unlink()
    assert send(tmp_path, server.delivery()).result == "recognised"


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_another_host_key_is_refused(server: Server, tmp_path: Path, kind: str) -> None:
    new_key(tmp_path / "other", kind)
    other = " ".join((tmp_path / "other.pub").read_text("utf-8").split()[:2])
    done = send(tmp_path, server.delivery(host_key=other))
    place = f"sftp://127.0.0.1:{server.port}/{server.inbox}"
    assert (done.result, done.attempts) == ("failed", 1)
    assert done.why == f"{place} shows another host key than `host_key`: {server.host_key}"
    assert done.advice == "ask who runs the server whether its key changed; until then nothing is sent there"
    assert found(server) == {}


def test_a_user_key_that_the_server_does_not_know_is_refused(server: Server, tmp_path: Path) -> None:
    done = send(tmp_path, server.delivery(key_file=str(server.home / "other_key")))
    assert (done.result, done.attempts) == ("failed", 1)
    assert done.advice == f"check user and credential: `user`, and {server.home}/other_key"
    assert done.why == f"sftp://127.0.0.1:{server.port}/{server.inbox} does not let us in"


def test_a_key_may_stand_in_the_environment_or_in_an_airflow_connection(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = (server.home / "user_key").read_text("utf-8")
    monkeypatch.setenv("CRM_KEY", key)
    assert send(tmp_path / "a", server.delivery(key_file=None, key_env="CRM_KEY")).result == "delivered"
    lent = {"host": "127.0.0.1", "port": server.port, "login": server.settings()["user"]}
    monkeypatch.setenv("AIRFLOW_CONN_CRM_SFTP", json.dumps({**lent, "extra": {"private_key": key}}))
    named = {"host_key": server.host_key, "airflow_connection": "crm_sftp", "folder": str(server.inbox)}
    again = send(tmp_path / "b", DeliverySettings.model_validate({"sftp": named}))
    assert (again.result, again.place) == ("recognised", f"sftp://(crm_sftp)/{server.inbox}")


def test_a_key_that_cannot_be_read_is_not_repeated(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_KEY", "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----")
    done = send(tmp_path, server.delivery(key_file=None, key_env="CRM_KEY"))
    assert (done.result, done.why) == (
        "failed",
        "the private key cannot be read (what it holds is not repeated here)",
    )
    assert "hunter2" not in (tmp_path / "state" / "delivery.jsonl").read_text("utf-8")


def test_a_server_that_is_down_is_tried_again(server: Server, tmp_path: Path) -> None:
    done = send(tmp_path, server.delivery(port=free_port()), attempts=3)
    assert (done.result, done.attempts, done.advice) == ("failed", 3, "look whether the server can be reached")


def test_a_folder_that_is_not_there_is_never_made(server: Server, tmp_path: Path) -> None:
    done = send(tmp_path, server.delivery(folder=f"{server.inbox}/offrs"))
    assert (done.result, done.attempts, done.advice) == ("failed", 1, "make it there, or mend `folder`")
    assert done.why == f"sftp://127.0.0.1:{server.port}/{server.inbox}/offrs: there is no such folder"
    assert list(server.inbox.iterdir()) == []


def test_a_folder_that_is_not_ours_is_a_plain_refusal(server: Server, tmp_path: Path) -> None:
    (server.inbox / "2026-06-30").write_text("a file where a folder should be", "utf-8")
    done = send(tmp_path, server.delivery())
    assert done.result == "failed"
    assert done.why.startswith(f"sftp://127.0.0.1:{server.port}/{server.inbox}: ")
