"""Real servers on loopback: OpenSSH's sshd with its sftp-server, and moto's S3; boto3 looks into its buckets."""

import getpass
import logging
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offermill.settings_delivery import DeliverySettings

SSHD = Path("/usr/sbin/sshd")
SFTP_SERVER = Path("/usr/lib/openssh/sftp-server")
CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {home}/host_key
PidFile none
AuthorizedKeysFile {home}/user_key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
LogLevel ERROR
Subsystem sftp {sftp_server}
"""


@dataclass(frozen=True)
class Server:
    """An SFTP server and its folder, which is a folder here too."""

    port: int
    home: Path

    @property
    def host_key(self) -> str:
        return " ".join((self.home / "host_key.pub").read_text(encoding="utf-8").split()[:2])

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    def settings(self, **changed: Any) -> dict[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "host_key": self.host_key,
            "key_file": str(self.home / "user_key"),
            "folder": str(self.inbox),
            **changed,
        }

    def delivery(self, **changed: Any) -> DeliverySettings:
        return DeliverySettings.model_validate({"sftp": self.settings(**changed)})


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def new_key(path: Path, kind: str = "ed25519") -> None:
    """Make a key pair at `path` and `path`.pub."""
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path)], check=True)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError("sshd did not start")


def is_installed() -> bool:
    """Tell whether OpenSSH's server is here."""
    return SSHD.is_file() and SFTP_SERVER.is_file() and bool(shutil.which("ssh-keygen"))


@contextmanager
def running_sshd() -> Iterator[Server]:
    """Start sshd with keys and a port of its own."""
    if getpass.getuser() == "root":
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd's own unit makes it; without it sshd refuses to start
    home = Path(tempfile.mkdtemp(prefix="offermill-sshd-"))
    for name in ("host_key", "user_key", "other_key"):
        new_key(home / name)
    port = free_port()
    (home / "sshd_config").write_text(CONFIG.format(port=port, home=home, sftp_server=SFTP_SERVER), encoding="utf-8")
    with subprocess.Popen([SSHD, "-D", "-e", "-f", home / "sshd_config"]) as process:
        try:
            _wait_for(port, process)
            yield Server(port, home)
        finally:
            process.terminate()
    shutil.rmtree(home)


@dataclass(frozen=True)
class Bucket:
    """A bucket of moto's store, and boto3 to look into it."""

    endpoint: str
    client: Any

    def delivery(self, **changed: Any) -> DeliverySettings:
        s3 = {"bucket": "crm", "endpoint": self.endpoint, "use_ssl": False, "prefix": "inbox", **changed}
        keys = {"key_id_env": "CRM_KEY", "secret_env": "CRM_SECRET", "session_token_env": "CRM_TOKEN"}
        return DeliverySettings.model_validate({"s3": {**keys, **s3}})

    def objects(self) -> dict[str, bytes]:
        found = self.client.list_objects_v2(Bucket="crm").get("Contents", ())
        return {one["Key"]: self.client.get_object(Bucket="crm", Key=one["Key"])["Body"].read() for one in found}

    def parts(self) -> list[int]:
        """Return how many parts each unfinished upload holds."""
        begun = self.client.list_multipart_uploads(Bucket="crm").get("Uploads", ())
        asked = (self.client.list_parts(Bucket="crm", Key=one["Key"], UploadId=one["UploadId"]) for one in begun)
        return [len(answer.get("Parts", ())) for answer in asked]


@contextmanager
def running_store() -> Iterator[tuple[str, Any]]:
    """Start moto's S3; yield its host and port, and boto3's client."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import boto3  # type: ignore[import-untyped]
        from moto.server import ThreadedMotoServer
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    try:
        host, port = moto.get_host_and_port()
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "hunter2", "region_name": "eu-north-1"}
        yield f"{host}:{port}", boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys)
    finally:
        moto.stop()
