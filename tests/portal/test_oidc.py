"""Logging in at an identity provider, there and back over HTTP; and everything that an answer may be instead."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from offermill import cli
from offermill.settings_oidc import OidcSettings
from portal import app as application
from portal.oidc import Begun, RefusedError
from portal.oidc import Provider as Ours
from portal.state import Portal
from tests.portal import provider as providers
from tests.portal import publication
from tests.portal.conftest import NOW, Clock
from tests.portal.provider import Provider
from tests.portal.test_entering import cookies_of, events, log_in, token_in
from tests.portal.visits import Answer, Visitor, running

UTC_NOW = int(NOW.replace(tzinfo=UTC).timestamp())
SECTION = """\
  oidc:
    issuer: {issuer}
    client_id: offermill
    client_secret_env: PORTAL_TEST_SECRET
    name: Company <b>
    roles: {{marketing: marketer, books: auditor}}
"""


@dataclass
class Door:
    """A portal whose people log in at a provider, and somebody at its door."""

    portal: Portal
    port: int
    provider: Provider

    @property
    def stranger(self) -> Visitor:
        return Visitor(self.port)

    def begin(self, cookie: str | None = None) -> tuple[Visitor, str]:
        """Press the button; return the browser with its new cookie, and where it is sent."""
        answer = Visitor(self.port, cookie).get("/oidc/login")
        assert answer.status == 303
        return Visitor(self.port, cookies_of(answer)), str(answer.headers["Location"])

    def agree(self, there: str) -> str:
        """Log in at the provider; return the path on which it sends the browser back."""
        parts = urlsplit(there)
        answer = Visitor(int(parts.port or 0)).get(f"{parts.path}?{parts.query}")
        assert answer.status == 303
        back = urlsplit(str(answer.headers["Location"]))
        assert back.port == self.port
        return f"{back.path}?{back.query}"

    def enter(self) -> Answer:
        browser, there = self.begin()
        return browser.get(self.agree(there))

    @property
    def said(self) -> list[dict[str, object]]:
        return events(self.portal)


@pytest.fixture(scope="module")
def served(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, FastAPI]]:
    """Serve a provider and a portal."""
    provider = Provider(now=UTC_NOW)
    with pytest.MonkeyPatch.context() as patch, running(providers.make(provider)) as provider_port:
        patch.setenv("PORTAL_TEST_SECRET", providers.SECRET)
        provider.issuer = f"http://127.0.0.1:{provider_port}"
        shop = publication.make(tmp_path_factory.mktemp("oidc") / "shop")
        shop.settings.write_text(publication.SHOP + SECTION.format(issuer=provider.issuer), encoding="utf-8")
        publication.add_user(shop, "anna", "admin")
        portal = Portal.of(shop, is_secure=False, clock=Clock())
        app = application.make(portal)
        with running(app) as port:
            yield Door(portal, port, provider), app


@pytest.fixture
def door(served: tuple[Door, FastAPI]) -> Door:
    """Return the portal as if it had just been made: no log, no session, nothing known of the provider."""
    (door, app), issuer = served, served[0].provider.issuer
    shop, chosen = door.portal.shop, door.portal.chosen.portal.oidc
    for path in (*shop.folder.glob("portal/audit.*"), *shop.folder.glob("portal/sessions.sqlite*")):
        path.unlink()
    shop.settings.write_text(publication.SHOP + SECTION.format(issuer=issuer), encoding="utf-8")
    vars(door.provider).update(vars(Provider(now=UTC_NOW, issuer=issuer)))
    door.provider.__dict__.pop("description", None)
    vars(door.portal.clock)["now"] = NOW
    assert chosen
    app.state.provider = Ours(chosen, door.portal.clock)
    return door


def test_who_is_known_there_and_has_a_role_here_gets_in_and_out(door: Door) -> None:
    assert "Company &lt;b&gt;" in door.stranger.get("/login").text
    entered = door.enter()
    assert (entered.status, entered.headers["Location"]) == (303, "/")
    visitor = Visitor(door.port, cookies_of(entered))
    page = visitor.get("/?language=en")
    assert ("oidc:anna" in page.text, "marketer" in page.text, "admin" in page.text) == (True, True, False)
    assert visitor.api("lists", edition=publication.EDITION).status == 200
    assert visitor.post("/logout", token=token_in(page)).status == 303
    assert visitor.get("/").status == 303
    who = {"user": "oidc:anna", "subject": "248289761001", "address": "127.0.0.1"}
    assert door.said == [{"event": "login", **who}, {"event": "logout", "user": "oidc:anna", "address": "127.0.0.1"}]


def test_groups_that_the_id_token_lacks_are_asked_for(door: Door) -> None:
    door.provider.left_out = ("groups",)
    door.provider.userinfo = {"sub": "248289761001", "groups": ["marketing"]}
    entered = door.enter()
    assert (entered.status, entered.headers["Location"]) == (303, "/")
    page = Visitor(door.port, cookies_of(entered)).get("/?language=en")
    assert ("marketer" in page.text, door.provider.asked.count("userinfo")) == (True, 1)


def test_groups_of_the_id_token_are_enough(door: Door) -> None:
    door.provider.claims = {"groups": []}
    door.provider.userinfo = {"sub": "248289761001", "groups": ["marketing"]}
    assert (door.enter().status, "userinfo" in door.provider.asked) == (403, False)


def test_what_userinfo_says_of_somebody_else_lets_nobody_in(door: Door) -> None:
    door.provider.left_out = ("groups",)
    for told in ({"sub": "another", "groups": ["marketing"]}, {"groups": ["marketing"]}):
        door.provider.userinfo = told
        assert door.enter().status == 401
        assert door.said[-1]["why"] == "the provider's userinfo is about somebody else"
    door.provider.userinfo = {"sub": "248289761001"}
    assert door.enter().status == 403
    assert door.said[-1]["why"] == "no group with a role under portal.oidc.roles"


def test_what_the_browser_is_sent_with(door: Door) -> None:
    browser, there = door.begin()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
    secrets = {name: asked.pop(name) for name in ("state", "nonce", "code_challenge")}
    assert asked == {
        "response_type": "code",
        "client_id": "offermill",
        "redirect_uri": f"http://127.0.0.1:{door.port}/oidc/back",
        "scope": "openid profile email",
        "code_challenge_method": "S256",
    }
    assert len({*secrets.values()}) == 3
    assert min(map(len, secrets.values())) >= 43
    again = parse_qs(urlsplit(door.begin()[1]).query)
    assert all(again[name][0] != value for name, value in secrets.items())
    assert not any(value in (browser.cookie or "") for value in secrets.values())


# What is wrong with the token -> what the audit log says.
FALSE_TOKENS: dict[str, tuple[dict[str, Any], str]] = {
    "another nonce": ({"claims": {"nonce": "somebody else's"}}, "does not count: invalid_claim"),
    "no nonce": ({"left_out": ("nonce",)}, "does not count: missing_claim"),
    "for another client": ({"claims": {"aud": "other"}}, "does not count: invalid_claim"),
    "for others too": ({"claims": {"aud": ["offermill", "other"]}}, "does not count: it is for others too"),
    "asked for by another": ({"claims": {"azp": "other"}}, "does not count: it is for others too"),
    "no audience": ({"left_out": ("aud",)}, "does not count: missing_claim"),
    "of another issuer": ({"claims": {"iss": "http://127.0.0.1:1"}}, "does not count: invalid_claim"),
    "expired": ({"claims": {"exp": UTC_NOW - 61}}, "does not count: expired_token"),
    "without an end": ({"left_out": ("exp",)}, "does not count: missing_claim"),
    "from tomorrow": ({"claims": {"iat": UTC_NOW + 86_400}}, "does not count: "),
    "not yet": ({"claims": {"nbf": UTC_NOW + 86_400}}, "does not count: "),
    "of nobody": ({"left_out": ("sub",)}, "does not count: missing_claim"),
    "signed by nobody": ({"signing": providers.by_nobody}, "is not the provider's"),
    "signed by another key": ({"signing": providers.by_another_key}, "is not the provider's"),
    "signed with the public key": ({"signing": providers.by_the_public_key}, "is not the provider's"),
    "changed on the way": ({"signing": providers.changed}, "is not the provider's"),
    "no token at all": ({"signing": lambda claims: "not.a.token"}, "is not the provider's"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FALSE_TOKENS)
def test_a_token_that_proves_nothing_lets_nobody_in(door: Door, fault: str) -> None:
    faults, why = FALSE_TOKENS[fault]
    for name, value in faults.items():
        setattr(door.provider, name, value)
    answer = door.enter()
    assert (answer.status, "offermill=" in str(answer.cookies)) == (401, False)
    (event,) = door.said
    assert (event["event"], event["user"]) == ("login failed", None)
    assert why in str(event["why"])


@pytest.mark.parametrize(
    "groups", [["staff"], [], "", None, {"marketing": True}, [["marketing"]], "marketing,books", ["Marketing"]]
)
def test_without_a_group_that_shop_yml_names_nobody_has_a_role(door: Door, groups: object) -> None:
    door.provider.claims = {"groups": groups}
    answer = door.enter()
    assert (answer.status, "offermill" in answer.cookies) == (403, False)
    assert door.said[-1]["why"] == "no group with a role under portal.oidc.roles"


def test_a_missing_claim_of_groups_gives_no_role_and_a_missing_name_shows_the_subject(door: Door) -> None:
    door.provider.left_out = ("groups",)
    assert door.enter().status == 403
    door.provider.left_out = ("preferred_username",)
    page = Visitor(door.port, cookies_of(door.enter())).get("/")
    assert "oidc:248289761001" in page.text


def altered(path: str, **changes: str | None) -> str:
    """Return the way back with some of its answers changed, or gone."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()} | changes
    return f"{urlsplit(path).path}?{urlencode({name: value for name, value in asked.items() if value is not None})}"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"state": "x" * 43}, 403),
        ({"state": None}, 403),
        ({"code": "guessed"}, 401),
        ({"code": None}, 401),
        ({"iss": "https://other.example"}, 401),
        ({"code": None, "error": "access_denied\n<script>"}, 401),
    ],
)
def test_an_answer_that_was_changed_on_the_way_lets_nobody_in(
    door: Door, changes: dict[str, str | None], status: int
) -> None:
    browser, there = door.begin()
    back = door.agree(there)
    answer = browser.get(altered(back, **changes))
    assert (answer.status, "offermill" in answer.cookies, "<script>" in answer.text) == (status, False, False)
    # A log-in whose answer failed is over: the right answer comes too late.
    if status == 401:
        assert browser.get(back).status == 403


def test_the_answer_counts_in_the_browser_that_asked_and_once(door: Door) -> None:
    browser, there = door.begin()
    back = door.agree(there)
    assert door.stranger.get(back).status == 403, "somebody else's answer, pushed on a visitor"
    assert door.begin()[0].get(back).status == 403, "nor in a browser with a log-in of its own"
    assert browser.get(back).status == 303
    assert browser.get(back).status == 403


def test_two_tabs_may_log_in_at_once_and_a_log_in_waits_ten_minutes(door: Door) -> None:
    browser, there = door.begin()
    second, other = door.begin(browser.cookie)
    assert second.cookie == browser.cookie
    assert browser.get(door.agree(other)).status == 303
    clock = door.portal.clock
    assert isinstance(clock, Clock)
    clock.now = NOW + timedelta(seconds=600)
    assert browser.get(door.agree(there)).status == 403


def test_many_failures_close_the_door_for_that_address_alone(door: Door) -> None:
    door.provider.signing = providers.by_nobody
    assert [door.enter().status for _ in range(3)] == [401] * 3
    assert door.stranger.get("/oidc/login").status == 429
    limits = door.portal.attempts
    assert not limits.is_closed("oidc 192.0.2.1", "192.0.2.1", NOW)
    assert not limits.is_closed("anna", "127.0.0.1", NOW)


def test_new_keys_of_the_provider_are_asked_for(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    assert door.enter().status == 303
    monkeypatch.setattr("portal.oidc._KEYS_SECONDS", 0.0)
    door.provider.key, door.provider.signing = providers.OTHER_KEY, providers.by_another_key
    assert door.enter().status == 303
    assert door.provider.asked == ["description", "keys", "keys"]


def reopened(door: Door, change: Callable[[str], str]) -> Portal:
    """Return the portal after a restart with other settings."""
    shop = door.portal.shop
    shop.settings.write_text(change(shop.settings.read_text(encoding="utf-8")), encoding="utf-8")
    return Portal.of(shop, is_secure=False, clock=door.portal.clock)


@pytest.mark.parametrize(
    ("before", "after"),
    [("marketing: marketer, ", ""), ("client_id: offermill", "client_id: other"), ("  oidc:", "  oidc: null\n#")],
)
def test_a_session_ends_with_the_trust_that_it_rests_on(door: Door, before: str, after: str) -> None:
    entered = door.enter()
    _, _, cookie = cookies_of(entered).partition("offermill=")
    session = door.portal.sessions.find(cookie.split(";")[0], NOW)
    assert session
    assert door.portal.visitor(session) is not None

    def change(text: str) -> str:
        return text.split(before)[0] + after if after.endswith("#") else text.replace(before, after)

    assert reopened(door, change).visitor(session) is None


def test_passwords_of_the_portals_own_remain_and_nobody_takes_a_local_name(door: Door) -> None:
    assert log_in(door.stranger).status == 303
    assert Visitor(door.port, cookies_of(log_in(door.stranger))).get("/").text.count("oidc:") == 0
    # The provider's anna is a marketer, the portal's own an admin.
    assert json.dumps([event.get("user") for event in door.said]) == '["anna", "anna"]'


def test_a_provider_that_cannot_be_reached_or_calls_itself_otherwise_lets_nobody_in(door: Door) -> None:
    door.provider.description = lambda: {"issuer": "https://other.example"}  # type: ignore[method-assign]
    answer = door.stranger.get("/oidc/login?language=en")
    assert (answer.status, "Logging in there did not work" in answer.text) == (401, True)
    assert door.said[-1]["why"] == "the provider calls itself 'https://other.example'"


def test_a_provider_that_points_to_an_unsafe_place_is_not_followed() -> None:
    chosen = OidcSettings(issuer="https://login.example", client_id="x", roles={"a": "admin"})
    ours = Ours(chosen, lambda: NOW)
    ours._description = (1e18, {"authorization_endpoint": "http://login.example/authorize"})
    with pytest.raises(RefusedError, match="has no safe authorization_endpoint"):
        ours.address(Begun.now(), "https://portal.example/oidc/back")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("http://127", "http://login.example#", "must be the provider's https address, such as https://login.example"),
        ("PORTAL_TEST_SECRET", "s3cr3t-with-dashes", "names an environment variable, such as OFFERMILL_OIDC_SECRET"),
        ("marketing: marketer", "marketing: marketeer", "'marketing' gets 'marketeer', which is no role. Did you mean"),
        ("PORTAL_TEST_SECRET", "NOT_SET", "portal.oidc.client_secret_env: the environment variable NOT_SET is not set"),
        ("client_id: offermill", "client: offermill", "portal.oidc.client: unknown key. Did you mean 'client_id'?"),
    ],
)
def test_a_mistake_in_the_settings_is_said(door: Door, before: str, after: str, said: str) -> None:
    path = door.portal.shop.settings
    path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    done = CliRunner().invoke(cli.app, ["serve", "--shop", str(path.parent), "--port", "1"])
    assert (done.exit_code, "Traceback" in done.output) == (2, False)
    assert said in " ".join(done.output.split())
