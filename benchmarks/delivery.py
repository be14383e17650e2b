"""How long a large file takes by each way of sending, and in how much memory; servers are real ones on loopback.

python -m benchmarks.delivery --megabytes 150
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from offermill import datapackage
from offermill.settings_delivery import DeliverySettings
from offers.delivery.backoff import Clock
from offers.delivery.journal import Journal
from offers.delivery.parcel import Parcel
from offers.delivery.sending import Office, deliver
from offers.delivery.targets import open_transport
from tests.offers.delivery import servers
from tests.offers.delivery.desk import START
from tests.offers.delivery.inbox import Inbox


def _parcel(path: Path) -> Parcel:
    size, sha256 = path.stat().st_size, datapackage.sha256(path)
    return Parcel("bench", "2026-06-30", "crm", path.name, f"2026-06-30/{path.name}", path, size, sha256, 0)


def _peak_mib() -> float:
    # Not ru_maxrss: a started program inherits that of its parent.
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _send(settings: DeliverySettings, path: Path, state: Path, told: Connection) -> None:
    sent, clock, before = _parcel(path), Clock(), _peak_mib()
    started = time.perf_counter()
    with closing(open_transport(settings, START.date(), clock)) as transport, Journal.open(state) as journal:
        outcome = deliver(sent, transport, Office(journal, settings.retry, clock))
    told.send((outcome.result, time.perf_counter() - started, before, _peak_mib()))


def measure(name: str, settings: DeliverySettings, path: Path, folder: Path) -> None:
    """Send the file from a process of its own and print a line."""
    # A fresh interpreter: a forked one would begin with the memory of the servers.
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_send, args=(settings, path, folder / name, there))
    process.start()
    result, seconds, before, after = here.recv()
    process.join()
    size = path.stat().st_size / 1e6
    print(f"| {name} | {result} | {seconds:.1f} | {size / seconds:.0f} | {before:.0f} | {after:.0f} |", flush=True)


@contextmanager
def _targets(folder: Path) -> Iterator[dict[str, DeliverySettings]]:
    os.environ.update(CRM_KEY="key", CRM_SECRET="hunter2")
    (folder / "inbox").mkdir()
    place = DeliverySettings.model_validate({"folder": {"path": str(folder / "inbox")}})
    with servers.running_sshd() as sshd, servers.running_store() as (endpoint, client), Inbox.serve() as inbox:
        sshd.inbox.mkdir()
        client.create_bucket(Bucket="crm", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
        bucket = servers.Bucket(endpoint, client)
        form = inbox.delivery(form_field="file", url=f"http://127.0.0.1:{inbox.port}/form/{{file}}")
        yield {
            "folder": place,
            "sftp": sshd.delivery(),
            "s3": bucket.delivery(),
            "http": inbox.delivery(),
            "form": form,
        }


def main() -> None:
    """Print a table: way, result, seconds, MB per second, peak MiB before and after."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=150)
    megabytes = parser.parse_args().megabytes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "offers.csv"
        path.write_bytes(b"x" * 999_999 + b"\n")
        with path.open("ab") as file:
            for _ in range(megabytes - 1):
                file.write(os.urandom(999_999).replace(b"\n", b" ") + b"\n")
        print("| way | result | s | MB/s | MiB at start | MiB at most |\n|---|---|---|---|---|---|")
        with _targets(folder) as targets:
            for way, settings in targets.items():
                measure(way, settings, path, folder)


if __name__ == "__main__":
    main()
