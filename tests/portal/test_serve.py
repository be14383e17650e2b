"""`offermill serve`: one clear line when it runs, one clear message when it cannot."""

import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from typer.testing import CliRunner

from offermill import cli, paths
from offermill.paths import ShopPaths
from portal import audit
from tests.portal import publication
from tests.portal.test_entering import cookies_of, log_in, token_in
from tests.portal.visits import Visitor


@pytest.fixture
def shop(quick: None, tmp_path: Path) -> ShopPaths:
    shop = publication.make(tmp_path / "shop")
    publication.add_user(shop, "anna", "marketer")
    return shop


def refused(shop: ShopPaths, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, ["serve", "--shop", str(shop.folder), *options])
    assert "Traceback" not in done.output
    return done.exit_code, " ".join(done.output.split())


@dataclass(frozen=True)
class Served:
    """A portal in processes of its own, as `offermill serve` starts it."""

    run: subprocess.Popen[str]

    @cached_property
    def port(self) -> int:
        line = self.run.stdout.readline() if self.run.stdout else ""
        found = re.fullmatch(
            r"Offermill serves the lists of Veikals <b> at http://127\.0\.0\.1:(\d+) \(1 editions, 1 users\)\. "
            r"Ctrl-C ends it\.\n",
            line,
        )
        assert found, line
        return int(found[1])

    def end(self) -> str:
        """End it with Ctrl-C and return what else it said."""
        self.run.send_signal(signal.SIGINT)
        return self.run.communicate(timeout=60)[0]


@pytest.fixture
def start(shop: ShopPaths) -> Iterator[Callable[[int], Served]]:
    """Return how to start a portal with so many processes; none outlives the test."""
    running: list[subprocess.Popen[str]] = []

    def started(workers: int) -> Served:
        command = [sys.executable, "-m", "offermill", "serve", "--shop", str(shop.folder), "--port", "0"]
        command += ["--workers", str(workers)]
        running.append(
            subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        )
        return Served(running[-1])

    yield started
    for run in running:
        if run.poll() is None:
            run.terminate()
            run.wait(60)


def test_it_says_one_line_and_its_processes_know_the_same_sessions_and_guesses(
    shop: ShopPaths, start: Callable[[int], Served]
) -> None:
    alone, several = start(1), start(2)
    here, there = Visitor(alone.port), Visitor(several.port)
    assert here.get("/login").headers["Server"] is None
    entered = log_in(here)
    assert entered.status == 303
    cookie = cookies_of(entered)
    page = Visitor(several.port, cookie).get("/")
    assert (page.status, "anna" in page.text) == (200, True)
    # Guesses at either count together: the third closes both.
    assert [log_in(one, password="wrong password").status for one in (here, there, here)] == [401, 401, 401]
    assert [log_in(one).status for one in (here, there)] == [429, 429]
    # The process that let her in is gone; the session is not, until she logs out.
    assert alone.end() == ""
    assert Visitor(several.port, cookie).get("/").status == 200
    assert Visitor(several.port, cookie).post("/logout", token=token_in(page)).status == 303
    assert [Visitor(several.port, cookie).get("/").status for _ in range(4)] == [303] * 4
    assert several.end() == ""
    assert audit.verify(shop).number == 5


def test_nothing_published(shop: ShopPaths) -> None:
    shutil.rmtree(shop.exports)
    code, said = refused(shop)
    assert (code, "nothing is published yet; run a night first: offermill run --date D." in said) == (6, True)


def test_no_users(shop: ShopPaths) -> None:
    (shop.folder / "portal" / "users.json").unlink()
    assert refused(shop) == (2, "Error There are no users yet; add one: offermill user add NAME --role admin")


def test_the_port_is_taken(shop: ShopPaths) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = f"Error 127.0.0.1:{port}: cannot be opened: Address already in use; take another --port."
        assert refused(shop, "--port", str(port)) == (2, said)


def test_no_roles(shop: ShopPaths) -> None:
    shop.settings.write_text(publication.SHOP.partition("portal:")[0], encoding="utf-8")
    code, said = refused(shop)
    assert (code, "shop.yml: portal.roles is missing: nobody has a right to any list." in said) == (2, True)


def test_passwords_do_not_go_over_the_network_in_the_clear(shop: ShopPaths) -> None:
    code, said = refused(shop, "--host", "0.0.0.0")
    assert code == 2
    assert "0.0.0.0: beyond this machine passwords need https; put a TLS proxy in front" in said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("verbs: [see, downlod]", "shop.yml:6: portal.roles.admin.0.verbs.1: Input should be 'see', 'preview' or"),
        ("verbs: [download]", "verbs must hold see: nobody previews or downloads what they may not see."),
        ("verbs: [see], store: [s1]", "portal.roles.admin.0.store: unknown key. Did you mean 'stores'?"),
        ("verbs: []", "shop.yml:6: portal.roles.admin.0.verbs: Tuple should have at least 1 item"),
    ],
)
def test_a_mistake_in_a_role_is_named_with_its_line(shop: ShopPaths, written: str, said: str) -> None:
    head = publication.SHOP.partition("portal:")[0]
    text = head + f'portal:\n  roles:\n    admin: [{{lists: ["*"], {written}}}]\n'
    shop.settings.write_text(text, encoding="utf-8")
    code, found = refused(shop)
    assert code == 2
    assert said in found
