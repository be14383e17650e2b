"""Logging in and out: cookies, foreign forms, guessing, headers, and what the audit log keeps of it."""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from offermill.paths import ShopPaths
from portal import app as application
from portal import limit, sessions, store, users
from portal.headers import POLICY
from portal.limit import Attempts, network
from portal.sessions import Sessions
from portal.state import Portal
from tests.portal.conftest import NOW, Clock
from tests.portal.publication import EDITION, PASSWORD
from tests.portal.visits import Answer, Visitor, as_user, running

Fresh = tuple[Portal, Visitor]


def cookies_of(answer: Answer) -> str:
    return "; ".join(f"{name}={value.split(';')[0]}" for name, value in answer.cookies.items())


def token_in(answer: Answer) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', answer.text)
    assert found
    return found[1]


def log_in(stranger: Visitor, name: str = "anna", password: str = PASSWORD) -> Answer:
    """Open the form and send it."""
    form = stranger.get("/login")
    visitor = Visitor(stranger.port, cookies_of(form))
    return visitor.post("/login", name=name, password=password, token=token_in(form))


def events(portal: Portal) -> list[dict[str, object]]:
    """Return what the audit log says, without number, time and chain."""
    lines = (portal.shop.folder / "portal" / "audit.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k not in ("number", "at", "before")} for line in lines]


def test_who_logs_in_sees_the_nights_and_who_logs_out_no_longer(fresh: Fresh) -> None:
    portal, stranger = fresh
    entered = log_in(stranger)
    assert (entered.status, entered.headers["Location"]) == (303, "/")
    visitor = Visitor(stranger.port, cookies_of(entered))
    page = visitor.get("/")
    assert (page.status, "2026. gada 30. jūnijs" in page.text) == (200, True)
    left = visitor.post("/logout", token=token_in(page))
    assert (left.status, left.headers["Location"]) == (303, "/login")
    assert visitor.get("/").status == 303, "the cookie opens nothing any more"
    assert [event["event"] for event in events(portal)] == ["login", "logout"]


def test_the_session_cookie_is_for_our_pages_alone(fresh: Fresh) -> None:
    _, stranger = fresh
    flags = log_in(stranger).cookies["offermill"].split("; ")[1:]
    assert sorted(flag.lower() for flag in flags) == ["httponly", "max-age=28800", "path=/", "samesite=lax"]


def test_beyond_this_machine_cookies_are_for_https_alone(fresh: Fresh) -> None:
    portal = Portal.of(fresh[0].shop, is_secure=True)
    with running(application.make(portal)) as port:
        entered = log_in(Visitor(port))
    assert "secure" in entered.cookies["__Host-offermill"].lower().split("; ")
    assert "domain" not in entered.cookies["__Host-offermill"].lower()
    assert entered.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "forge",
    [
        # Not the last character: some of its bits say nothing.
        lambda cookie: cookie[:-2] + ("A" if cookie[-2] != "A" else "B") + cookie[-1],
        lambda cookie: cookie.split(".")[0],
        lambda cookie: "x" + cookie,
        lambda cookie: "",
        lambda cookie: "." * 300,
        lambda cookie: "%00.%ff",
    ],
)
def test_a_cookie_that_is_not_ours_opens_nothing(fresh: Fresh, forge: Callable[[str], str]) -> None:
    portal, stranger = fresh
    good = as_user(portal, stranger.port, "anna").cookie or ""
    name, _, value = good.partition("=")
    assert Visitor(stranger.port, good).get("/").status == 200
    assert Visitor(stranger.port, f"{name}={forge(value)}").get("/").status == 303


def test_a_session_ends_by_itself(fresh: Fresh) -> None:
    portal, stranger = fresh
    visitor, clock = as_user(portal, stranger.port, "anna"), portal.clock
    assert isinstance(clock, Clock)
    clock.now = NOW + timedelta(minutes=479)
    assert visitor.get("/").status == 200
    clock.now = NOW + timedelta(minutes=480)
    assert visitor.get("/").status == 303


def test_a_new_password_and_a_removed_user_end_open_sessions(fresh: Fresh) -> None:
    portal, stranger = fresh
    visitor = as_user(portal, stranger.port, "anna")
    users.add(portal.shop, portal.chosen.portal, "anna", ("marketer",), "another long password", replace=True)
    assert visitor.get("/").status == 303
    again = as_user(portal, stranger.port, "anna")
    users.remove(portal.shop, "anna")
    assert again.get("/").status == 303


def test_a_form_of_a_foreign_page_is_refused(fresh: Fresh) -> None:
    portal, stranger = fresh
    form, other = stranger.get("/login"), stranger.get("/login")
    mine = Visitor(stranger.port, cookies_of(form))
    for token in ("", "0" * 64, token_in(other)):
        assert mine.post("/login", name="anna", password=PASSWORD, token=token).status == 403
    assert stranger.post("/login", name="anna", password=PASSWORD, token=token_in(form)).status == 403
    visitor = as_user(portal, stranger.port, "anna")
    assert visitor.post("/logout", token=token_in(form)).status == 403
    assert visitor.get("/").status == 200


def test_guessing_closes_the_door_for_a_while_even_for_the_right_password(fresh: Fresh) -> None:
    portal, stranger = fresh
    clock = portal.clock
    assert isinstance(clock, Clock)
    assert [log_in(stranger, password="wrong password").status for _ in range(5)] == [401, 401, 401, 429, 429]
    assert log_in(stranger).status == 429
    clock.now = NOW + timedelta(minutes=15)
    assert log_in(stranger).status == 303
    failed = {"event": "login failed", "user": "anna", "address": "127.0.0.1"}
    assert events(portal)[:4] == [
        failed | {"is_closed_now": False},
        failed | {"is_closed_now": False},
        failed | {"is_closed_now": True},
        {"event": "login", "user": "anna", "address": "127.0.0.1"},
    ]


def test_an_unknown_name_is_told_the_same_and_not_written_down(fresh: Fresh) -> None:
    portal, stranger = fresh
    known, unknown = log_in(stranger, password="wrong password"), log_in(stranger, name="my password", password="x")
    hidden = re.compile(r'value="[0-9a-f]+"')
    assert hidden.sub("", known.text) == hidden.sub("", unknown.text)
    assert known.status == unknown.status == 401
    assert events(portal)[1]["user"] is None
    assert "my password" not in (portal.shop.folder / "portal" / "audit.jsonl").read_text()


def test_attempts_count_by_user_by_address_and_by_both(tmp_path: Path) -> None:
    attempts = Attempts(ShopPaths(tmp_path), 3, timedelta(minutes=15))
    for number in range(12):  # 4 x 3 users guessed from one address
        attempts.failed(f"user{number}", "192.0.2.1", NOW)
    assert attempts.is_closed("another", "192.0.2.1", NOW)
    assert not attempts.is_closed("another", "192.0.2.2", NOW)
    for number in range(30):  # 10 x 3 addresses that guess one user
        attempts.failed("anna", f"198.51.100.{number}", NOW)
    assert attempts.is_closed("anna", "203.0.113.1", NOW)
    assert not attempts.is_closed("anna", "203.0.113.1", NOW + timedelta(minutes=15))


def test_attempts_take_bounded_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "_ROWS", 30)
    attempts = Attempts(ShopPaths(tmp_path), 3, timedelta(minutes=15))
    for number in range(50):
        attempts.failed(f"user{number}", f"10.0.{number}.1", NOW)
    with store.opened(ShopPaths(tmp_path)) as database:
        assert database.execute("select count(*) from failure").fetchone() == (30,)
    attempts.failed("anna", "10.0.0.1", NOW + timedelta(minutes=15))
    with store.opened(ShopPaths(tmp_path)) as database:
        assert database.execute("select count(*) from failure").fetchone() == (3,), "what no longer counts is gone"


def test_sessions_take_bounded_room_and_the_oldest_ends_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_OPEN", 2)
    kept = Sessions(ShopPaths(tmp_path), timedelta(hours=1))
    cookies = [kept.begin(f"user{number}", "stamp", NOW)[1] for number in range(3)]
    assert [found.user if (found := kept.find(cookie, NOW)) else None for cookie in cookies] == [None, "user1", "user2"]


def test_who_reads_the_file_of_sessions_finds_no_cookie_in_it(tmp_path: Path) -> None:
    kept = Sessions(ShopPaths(tmp_path), timedelta(hours=1))
    session, cookie = kept.begin("anna", "stamp", NOW)
    written = b"".join(path.read_bytes() for path in (tmp_path / "portal").glob("sessions.sqlite*"))
    assert (b"anna" in written, session.number.encode() in written, cookie.encode() in written) == (True, False, False)
    assert {oct(path.stat().st_mode & 0o777) for path in (tmp_path / "portal").iterdir()} == {"0o600"}


def test_without_its_sessions_nobody_is_let_in(fresh: Fresh) -> None:
    portal, stranger = fresh
    visitor = as_user(portal, stranger.port, "anna")
    for path in (portal.shop.folder / "portal").glob("sessions.sqlite*"):
        path.unlink()
    (portal.shop.folder / "portal" / "sessions.sqlite").write_bytes(b"no database at all" * 100)
    assert [visitor.get("/").status, visitor.api("editions").status, log_in(stranger).status] == [503, 503, 503]


def test_an_ipv6_network_counts_as_one_address() -> None:
    assert network("2001:db8:1:2:3:4:5:6") == network("2001:db8:1:2::1") == "2001:db8:1:2::"
    assert network("192.0.2.7") == "192.0.2.7"


@pytest.mark.parametrize("path", ["/login", "/nothing", "/api/editions", "/api/openapi.json"])
def test_every_answer_carries_the_headers(stranger: Visitor, path: str) -> None:
    headers = stranger.get(path).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert "frame-ancestors 'none'" in POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Server"] is None or "uvicorn" in headers["Server"]  # `serve` leaves it out


def test_a_download_is_for_no_cache_and_has_a_plain_name(portal: Portal, port: int) -> None:
    headers = as_user(portal, port, "admin").get(f"/download/{EDITION}/crm_offers.csv/csv").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Disposition"] == 'attachment; filename="crm_offers-2026-06-30.csv"'
    part = as_user(portal, port, "emailer").get(f"/download/{EDITION}/crm_offers.csv/csv").headers
    assert part["Content-Disposition"] == 'attachment; filename="crm_offers-2026-06-30-part.csv"'


def test_the_style_sheet_may_be_kept_since_its_name_changes_with_it(stranger: Visitor) -> None:
    found = re.search(r'href="(/static/portal-[0-9a-f]{12}\.css)"', stranger.get("/login").text)
    assert found
    assert stranger.get(found[1]).headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_form_larger_than_any_of_ours_is_not_read(stranger: Visitor) -> None:
    assert stranger.post("/login", name="x" * 20_000).status == 413


def test_another_host_name_is_refused(portal: Portal) -> None:
    with running(application.make(portal, hosts=("127.0.0.1",))) as port:
        assert Visitor(port).get("/login", Host="evil.example").status == 400
        assert Visitor(port).get("/login").status == 200


def test_a_program_logs_in_with_each_request(fresh: Fresh) -> None:
    _, stranger = fresh
    basic = {"Authorization": "Basic " + b64encode(f"anna:{PASSWORD}".encode()).decode()}
    wrong = {"Authorization": "Basic " + b64encode(b"anna:wrong").decode()}
    assert stranger.get("/api/editions", **basic).json == [
        {"edition": EDITION, "business_date": EDITION, "version": 1, "list_count": 8, "problem": None}
    ]
    assert [stranger.get("/api/editions", **wrong).status for _ in range(4)] == [401, 401, 401, 429]
    assert stranger.get("/", **basic).status == 303, "pages are for sessions"


def test_everything_that_is_handed_out_or_refused_is_logged(fresh: Fresh) -> None:
    portal, stranger = fresh
    visitor = as_user(portal, stranger.port, "anna")
    visitor.api("preview", edition=EDITION, list="crm_offers.csv")
    body = visitor.api("download", edition=EDITION, list="crm_offers.csv").body
    visitor.api("download", edition=EDITION, list="audit.decisions.parquet")
    who = {"user": "anna", "address": "127.0.0.1"}
    offers = {**who, "edition": EDITION, "list": "crm_offers.csv"}
    handed = {**offers, "format": "csv", "is_whole": True}
    assert events(portal) == [
        {"event": "preview", **offers, "page": 1, "rows": 3},
        {"event": "download", **handed},
        {
            "event": "downloaded",
            **handed,
            "bytes": len(body),
            "sha256": users.sha256(body).hexdigest(),
            "is_complete": True,
        },
        {
            "event": "refusal",
            **who,
            "why": "no such list, or not for this role",
            "edition": EDITION,
            "list": "audit.decisions.parquet",
            "verb": "download",
        },
    ]


def test_without_an_audit_log_nothing_is_handed_out(fresh: Fresh) -> None:
    portal, stranger = fresh
    visitor = as_user(portal, stranger.port, "anna")
    visitor.api("preview", edition=EDITION, list="crm_offers.csv")
    log = portal.shop.folder / "portal" / "audit.jsonl"
    log.write_bytes(log.read_bytes().replace(b"preview", b"nothing"))
    answer = visitor.api("download", edition=EDITION, list="crm_offers.csv")
    assert (answer.status, b"K1" in answer.body) == (503, False)
    assert log_in(stranger).status == 503


def test_a_file_that_is_not_the_published_one_is_not_handed_out(fresh: Fresh) -> None:
    portal, stranger = fresh
    visitor = as_user(portal, stranger.port, "anna")
    path = portal.shop.exports / EDITION / "crm_offers.csv"
    path.write_bytes(path.read_bytes().replace(b"3.05", b"9.99"))
    for call in ("preview", "download"):
        assert visitor.api(call, edition=EDITION, list="crm_offers.csv").status == 409
    path.unlink()
    assert visitor.api("download", edition=EDITION, list="crm_offers.csv").status == 409
    page = visitor.get(f"/editions/{EDITION}/crm_offers.csv?language=en")
    assert (page.status, "no longer the file that was published" in page.text) == (409, True)
