"""Users: who may be added, what is kept of a password, and how the commands say what is wrong."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from offermill import cli
from offermill.errors import ConfigError
from offermill.paths import ShopPaths
from portal import users

PASSWORD = "a long enough password"
SHOP = """\
shop: {id: test, name: Test, time_zone: Europe/Riga}
randomisation: {salt: a salt for tests}
sources: {}
portal:
  roles:
    marketer: [{lists: ["segments.*"], verbs: [see, preview, download]}]
    analyst: [{lists: ["audit.*"], verbs: [see]}]
"""

# Other tests hash quickly; here the real parameters are tested.
HASHER, NOBODY = users._HASHER, users._NOBODY


@pytest.fixture(autouse=True)
def as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "_HASHER", HASHER)
    monkeypatch.setattr(users, "_NOBODY", NOBODY)


@pytest.fixture
def shop(tmp_path: Path) -> ShopPaths:
    (tmp_path / "shop.yml").write_text(SHOP, encoding="utf-8")
    return ShopPaths(tmp_path)


def offermill(shop: ShopPaths, *arguments: str, password: str = PASSWORD) -> tuple[int, str]:
    """Run a command with the password on standard input; return exit code and everything printed, folded."""
    done = CliRunner().invoke(cli.app, [*arguments, "--shop", str(shop.folder)], input=f"{password}\n")
    assert "Traceback" not in done.output
    return done.exit_code, " ".join(done.output.split())


def test_a_user_is_added_listed_and_removed(shop: ShopPaths) -> None:
    assert offermill(shop, "user", "add", "anna", "--role", "marketer") == (
        0,
        "anna may log in with the rights of marketer.",
    )
    assert offermill(shop, "user", "list") == (0, "anna: marketer")
    assert users.authenticated(shop, "anna", PASSWORD) is not None
    assert offermill(shop, "user", "remove", "anna") == (0, "anna may no longer log in.")
    assert users.authenticated(shop, "anna", PASSWORD) is None


def test_only_the_right_password_of_a_known_user_opens(shop: ShopPaths) -> None:
    offermill(shop, "user", "add", "anna", "--role", "marketer")
    wrong = [("anna", "a long enough passworD"), ("anna", ""), ("bert", PASSWORD), ("", ""), ("anna\0", PASSWORD)]
    assert [users.authenticated(shop, name, password) for name, password in wrong] == [None] * 5


def test_only_an_argon2_hash_is_kept(shop: ShopPaths) -> None:
    offermill(shop, "user", "add", "anna", "--role", "marketer")
    path = shop.folder / "portal" / "users.json"
    assert json.loads(path.read_text())[0]["password"].startswith("$argon2id$")
    assert PASSWORD not in path.read_text()
    assert oct(path.stat().st_mode & 0o777) == "0o600"


def test_a_replaced_user_has_another_stamp_which_ends_sessions(shop: ShopPaths) -> None:
    offermill(shop, "user", "add", "anna", "--role", "marketer")
    before = users.read(shop)["anna"].stamp
    offermill(shop, "user", "add", "anna", "--role", "analyst", "--replace")
    assert users.read(shop)["anna"].stamp != before
    assert users.read(shop)["anna"].roles == ("analyst",)


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (
            ("anna", "--role", "marketeer"),
            PASSWORD,
            "no such role. Did you mean 'marketer'? There are: analyst, marketer.",
        ),
        (
            ("Anna B", "--role", "marketer"),
            PASSWORD,
            "a user's name has lower-case letters, digits and ._@- (80 at most).",
        ),
        (("../x", "--role", "marketer"), PASSWORD, "a user's name has lower-case letters"),
        (("anna", "--role", "marketer"), "short", "anna: the password has 5 characters; take 12 to 1024."),
        (("anna", "--role", "marketer"), "my name is Anna", "anna: the password holds the user's name; take another."),
    ],
)
def test_a_mistake_is_said_and_nothing_is_written(
    shop: ShopPaths, arguments: tuple[str, ...], password: str, said: str
) -> None:
    code, text = offermill(shop, "user", "add", *arguments, password=password)
    assert code == 2
    assert said in text
    assert users.read(shop) == {}


def test_a_user_is_not_replaced_unasked(shop: ShopPaths) -> None:
    offermill(shop, "user", "add", "anna", "--role", "marketer")
    code, text = offermill(shop, "user", "add", "anna", "--role", "analyst")
    assert (code, text) == (2, "Error anna: there is such a user; give --replace to set a new password and new roles.")


def test_an_unknown_user_cannot_be_removed(shop: ShopPaths) -> None:
    offermill(shop, "user", "add", "anna", "--role", "marketer")
    assert offermill(shop, "user", "remove", "ana") == (2, "Error ana: no such user. Did you mean 'anna'?")


def test_audit_verify_says_how_many_lines_or_that_there_is_no_log(shop: ShopPaths) -> None:
    code, text = offermill(shop, "audit", "verify")
    assert (code, "nobody has logged in yet" in text) == (6, True)


def test_unknown_users_take_as_long(shop: ShopPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Count what takes the time: one verification of a hash with the same parameters, known user or not."""
    offermill(shop, "user", "add", "anna", "--role", "marketer")
    seen: list[str] = []
    verify = HASHER.verify

    class Counting:
        def verify(self, hashed: str, password: str) -> bool:
            seen.append("$".join(hashed.split("$")[:4]))
            return verify(hashed, password)

    monkeypatch.setattr(users, "_HASHER", Counting())
    users.authenticated(shop, "anna", "not the password")
    users.authenticated(shop, "bert", "not the password")
    assert seen == ["$argon2id$v=19$m=65536,t=3,p=4"] * 2
    with pytest.raises(ConfigError):
        users.remove(shop, "bert")
