"""`offermill serve`: one clear line when it runs, one clear message when it cannot."""

import http.client
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from offermill import cli, paths
from offermill.paths import ShopPaths
from tests.portal import publication


@pytest.fixture
def shop(quick: None, tmp_path: Path) -> ShopPaths:
    shop = publication.make(tmp_path / "shop")
    publication.add_user(shop, "anna", "marketer")
    return shop


def refused(shop: ShopPaths, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, ["serve", "--shop", str(shop.folder), *options])
    assert "Traceback" not in done.output
    return done.exit_code, " ".join(done.output.split())


def test_it_says_one_line_answers_and_ends_with_ctrl_c(shop: ShopPaths) -> None:
    command = [sys.executable, "-m", "offermill", "serve", "--shop", str(shop.folder), "--port", "0"]
    with subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        line = run.stdout.readline() if run.stdout else ""
        found = re.fullmatch(
            r"Offermill serves the lists of Veikals <b> at http://127\.0\.0\.1:(\d+) \(1 editions, 1 users\)\. "
            r"Ctrl-C ends it\.\n",
            line,
        )
        assert found, line
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=10)
        connection.request("GET", "/login")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Server"]) == (200, None)
        connection.close()
        run.send_signal(signal.SIGINT)
        rest = run.communicate(timeout=20)[0]
    assert rest == ""


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
