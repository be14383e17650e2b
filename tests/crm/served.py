"""A real Tryton for the tests: its database is made once, its server listens on loopback, a clerk works in it."""

import csv
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offermill.paths import ROOT

ENVIRONMENT = ROOT / ".venv-crm"
MODULES = ("party", "sale_promotion_coupon", "marketing_email")
PASSWORD = "a password for tests"
START_SECONDS = 60


@dataclass(frozen=True)
class Tryton:
    """A running server."""

    url: str

    def ask(self, command: str, **arguments: Any) -> Any:
        """Let the clerk do something (tests/crm/clerk.py) and return the answer."""
        call = [ENVIRONMENT / "bin" / "python", Path(__file__).parent / "clerk.py", self.url, PASSWORD, command]
        done = subprocess.run(call, input=json.dumps(arguments), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def take(self, model: str, path: Path, command: str = "load") -> Any:
        """Let the clerk import a file of ours."""
        header, *rows = csv_rows(path)
        return self.ask(command, model=model, header=header, rows=rows)


def csv_rows(path: Path) -> list[list[str]]:
    """Return the cells of a CSV file, header first."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@contextmanager
def serving(folder: Path) -> Iterator[Tryton]:
    """Make a database in a folder and serve it on a free port."""
    port = _free_port()
    config = folder / "trytond.conf"
    config.write_text(
        f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n", encoding="utf-8"
    )
    _make(folder, config)
    call = [ENVIRONMENT / "bin" / "trytond", "-c", config, "-d", "offers"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(call, stdout=log, stderr=log, env=_environment(folder))
        try:
            _wait(port, folder / "server.log", server)
            yield Tryton(f"http://127.0.0.1:{port}/offers/rpc/")
        finally:
            server.terminate()
            server.wait()


def _make(folder: Path, config: Path) -> None:
    (folder / "offers.sqlite").touch()
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    admin = [ENVIRONMENT / "bin" / "trytond-admin", "-c", config, "-d", "offers"]
    for arguments in (["--all", "--email", "admin@example.org"], ["-u", *MODULES, "--activate-dependencies"]):
        done = subprocess.run(
            [*admin, *arguments], capture_output=True, text=True, env=_environment(folder), check=False
        )
        assert done.returncode == 0, done.stderr


def _environment(folder: Path) -> dict[str, str]:
    # Its days are those of the shop.
    return {**os.environ, "TRYTONPASSFILE": str(folder / "password"), "TZ": "UTC"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, log: Path, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(f"Tryton does not listen: {log.read_text(errors='replace')[-2000:]}")
