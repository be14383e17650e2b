"""Logging out at the identity provider, there and back over HTTP and in a real browser."""

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from portal import headers, leaving, store
from portal.oidc import Provider as Ours
from portal.sessions import Sessions, WayOut
from tests.portal.conftest import NOW
from tests.portal.test_attacks import CHROMIUM
from tests.portal.test_entering import cookies_of, log_in, token_in
from tests.portal.test_oidc import Door, door, reopened, served
from tests.portal.visits import Answer, Visitor

__all__ = ["door", "served"]


def inside(door: Door) -> Visitor:
    return Visitor(door.port, cookies_of(door.enter()))


def leave(visitor: Visitor) -> Answer:
    return visitor.post("/logout", token=token_in(visitor.get("/")))


def at_the_provider(answer: Answer) -> Answer:
    """Follow the browser to the provider."""
    parts = urlsplit(str(answer.headers["Location"]))
    return Visitor(int(parts.port or 0)).get(f"{parts.path}?{parts.query}")


def test_who_logs_out_is_logged_out_at_the_provider_and_told_so(door: Door) -> None:
    visitor = inside(door)
    left = leave(visitor)
    address, asked = str(left.headers["Location"]).split("?")
    assert (left.status, address) == (303, f"{door.provider.issuer}/end")
    assert {name: values[0] for name, values in parse_qs(asked).items() if name not in ("state", "id_token_hint")} == {
        "client_id": "offermill", "post_logout_redirect_uri": f"http://127.0.0.1:{door.port}/oidc/left",
    }  # fmt: skip
    assert visitor.get("/").status == 303, "whatever becomes of the rest, the session here is over"
    back = at_the_provider(left)
    assert door.provider.ended == ["248289761001"]
    there = urlsplit(str(back.headers["Location"]))
    page = Visitor(door.port, cookies_of(left)).get(f"{there.path}?{there.query}&language=en")
    assert (page.status, "You are logged out." in page.text, "<form" in page.text) == (200, True, True)


@pytest.mark.parametrize("state", ["", "x" * 32, "%C3%A9%00"])
def test_nobody_is_told_so_who_did_not_ask(door: Door, state: str) -> None:
    asked = leave(inside(door))
    for visitor in (door.stranger, Visitor(door.port, cookies_of(asked))):
        answer = visitor.get(f"/oidc/left?state={state}")
        assert (answer.status, answer.headers["Location"]) == (303, "/login")
    real = parse_qs(urlsplit(str(asked.headers["Location"])).query)["state"][0]
    assert door.stranger.get(f"/oidc/left?state={real}").status == 303, "in another browser"


def test_a_provider_that_publishes_no_way_out_is_logged_out_of_here_alone(door: Door) -> None:
    door.provider.end = None
    visitor = inside(door)
    left = leave(visitor)
    assert (left.status, left.headers["Location"]) == (303, "/login?left=here")
    assert (door.provider.ended, visitor.get("/").status) == ([], 303)
    assert "may still know you" in door.stranger.get("/login?left=here&language=en").text
    assert leave(Visitor(door.port, cookies_of(log_in(door.stranger)))).headers["Location"] == "/login"


@pytest.mark.parametrize(
    "address",
    ["ftp://login.example/end", "https://", "https://login.example;script-src *", "https://a b/end",
     "https://user:pw@login.example/end", "javascript:alert(1)", 7, None],
)  # fmt: skip
def test_an_unsafe_way_out_is_none(door: Door, address: object) -> None:
    ours = Ours(door.portal.chosen.portal.oidc, lambda: NOW)  # type: ignore[arg-type]
    ours._description = (1e18, {"end_session_endpoint": address})  # type: ignore[dict-item]
    assert ours._way_out("token") is None


def test_forms_lead_on_to_the_provider_for_those_alone_who_came_from_there(door: Door) -> None:
    def policy(visitor: Visitor) -> str:
        return str(visitor.get("/").headers["Content-Security-Policy"])

    assert policy(inside(door)) == headers.POLICY.replace(
        "form-action 'self'", f"form-action 'self' {door.provider.issuer}"
    )
    assert policy(door.stranger) == headers.POLICY
    assert policy(Visitor(door.port, cookies_of(log_in(door.stranger)))) == headers.POLICY


def test_a_token_too_long_for_an_address_is_left_out(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "_LONGEST_HINT", 100)
    asked = parse_qs(urlsplit(str(leave(inside(door)).headers["Location"])).query)
    assert sorted(asked) == ["client_id", "post_logout_redirect_uri", "state"]


def test_the_way_out_outlives_a_restart_and_a_file_of_an_older_version(door: Door) -> None:
    portal = reopened(door, lambda text: text)
    path = portal.shop.folder / "portal" / store.FILE
    _make_old(path)
    sessions = Sessions(portal.shop, portal.sessions._length)
    way_out = WayOut("https://login.example/end?x=1", "a.b.c")
    _, old = sessions.begin("anna", "s", NOW)
    _, new = sessions.begin("oidc:anna", "s", NOW, subject="1", way_out=way_out)
    again = Sessions(portal.shop, portal.sessions._length)
    assert [found and found.way_out for found in (again.find(old, NOW), again.find(new, NOW))] == [None, way_out]
    assert way_out.origin == "https://login.example"


def _make_old(path: Path) -> None:
    """Put a file there as the version before made it."""
    for one in path.parent.glob(f"{path.name}*"):
        one.unlink()
    with sqlite3.connect(path) as database:
        database.executescript(store._TABLES.replace(", end_address text, id_token text", ""))
        database.execute("insert into session values ('h', 'anna', 's', null, '[]', '2999-01-01T00:00:00')")
    database.close()


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium (apt-get install chromium)")
def test_chromium_is_led_to_the_provider_and_back(door: Door) -> None:
    from playwright.sync_api import sync_playwright

    said = list[str]()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page: Any = browser.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"http://127.0.0.1:{door.port}/login?language=en")
        page.click(".elsewhere a")
        page.wait_for_url(f"http://127.0.0.1:{door.port}/")
        page.click("header button")
        page.wait_for_url("**/oidc/left?*")
        assert "You are logged out." in page.inner_text(".said")
        browser.close()
    assert (door.provider.ended, said) == (["248289761001"], [])
