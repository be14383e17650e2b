"""Real servers on loopback, shared by the tests of sending."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.offers.delivery import servers
from tests.offers.delivery.inbox import Inbox
from tests.offers.delivery.servers import Bucket, Server


@pytest.fixture(scope="session")
def sshd() -> Iterator[Server]:
    if not servers.is_installed():
        pytest.skip("OpenSSH's server is not installed (apt-get install openssh-server)")
    with servers.running_sshd() as server:
        yield server


@pytest.fixture
def server(sshd: Server) -> Iterator[Server]:
    """Return the SFTP server with an empty folder."""
    sshd.inbox.mkdir()
    yield sshd
    shutil.rmtree(sshd.inbox)


@pytest.fixture(scope="session")
def store() -> Iterator[tuple[str, Any]]:
    with servers.running_store() as store:
        yield store


@pytest.fixture
def bucket(store: tuple[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """Return an empty bucket; the keys stand in the environment."""
    endpoint, client = store
    monkeypatch.setenv("CRM_KEY", "key")
    monkeypatch.setenv("CRM_SECRET", "hunter2")
    client.create_bucket(Bucket="crm", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
    made = Bucket(endpoint, client)
    yield made
    for key in made.objects():
        client.delete_object(Bucket="crm", Key=key)
    for one in client.list_multipart_uploads(Bucket="crm").get("Uploads", ()):
        client.abort_multipart_upload(Bucket="crm", Key=one["Key"], UploadId=one["UploadId"])
    client.delete_bucket(Bucket="crm")


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """Return an HTTP server that takes files."""
    with Inbox.serve() as serving:
        yield serving
