"""The nights beside each other: what arrived of each channel, what is to be done, and who is told."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from offers.delivery.journal import FILE, Journal
from portal import app as application
from portal.state import Portal
from tests.portal import publication
from tests.portal.test_deliveries import sent
from tests.portal.visits import Visitor, as_user, running

Served = tuple[Portal, int]
NIGHTS = ("2026-06-30", "2026-07-01", "2026-07-02")
CHANNELS = """\
channels:
  crm: {target: generic, delivery: {folder: {path: /mnt/crm}}}
  email: {target: generic, delivery: {folder: {path: /mnt/email}}}
  stores: {target: generic}
"""
ROLES = """\
    deliverer: [{lists: [deliveries], verbs: [see]}]
    email-deliverer: [{lists: [deliveries], verbs: [see], channels: [email]}]
"""
# crm: the first night failed, the second arrived, the third was begun.
# E-mail: the first arrived, the second failed, the third is not sent.
LOG = (
    ("intent", "crm", 0), ("failed", "crm", 0), ("intent", "crm", 1), ("acknowledged", "crm", 1), ("intent", "crm", 2),
    ("intent", "email", 0), ("acknowledged", "email", 0), ("intent", "email", 1), ("failed", "email", 1),
)  # fmt: skip


@pytest.fixture(scope="module")
def served(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    shop = publication.make(tmp_path_factory.mktemp("operation") / "shop")
    for night in NIGHTS[1:]:
        publication.publish(shop.exports, night)
    shop.settings.write_text(CHANNELS + publication.SHOP + ROLES, encoding="utf-8")
    with Journal.open(shop.state) as log:
        for minute, (event, block, night) in enumerate(LOG):
            told = {"detail": "550 <script>alert(1)</script>"} if event == "failed" else {}
            sent(log, minute, event, block, NIGHTS[night], **told)  # type: ignore[arg-type]
    portal = Portal.of(shop, is_secure=False)
    for role in portal.chosen.portal.roles:
        publication.add_user(shop, role, role)
    with running(application.make(portal)) as port:
        yield portal, port


def page(served: Served, role: str, language: str = "en") -> tuple[int, str]:
    answer = as_user(*served, role).get(f"/operation?language={language}")
    return answer.status, answer.text


def rows(text: str) -> list[list[str]]:
    """Return the texts of the cells of every row."""
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S) for row in re.findall(r"<tr>(.*?)</tr>", text, re.S)]
    return [[unescape(" ".join(re.sub(r"<[^>]*>", "", cell).split())) for cell in row] for row in cells]


def test_what_did_not_arrive_is_said_with_what_to_do(served: Served) -> None:
    status, text = page(served, "deliverer")
    again, leave_it = "bin/offermill deliver --shop shop --date", "a later night of this channel has arrived."
    assert (status, "<script>" in text) == (200, False)
    assert [row[:4] + row[4].rsplit(": ", 1)[1:] for row in rows(text)[1:5]] == [
        ["2 Jul 2026", "crm", "begun", "", f"{again} 2026-07-02 --block crm"],
        ["2 Jul 2026", "email", "not sent", "", f"{again} 2026-07-02 --block email"],
        ["1 Jul 2026", "email", "failed", "550 <script>alert(1)</script>", f"{again} 2026-07-01 --block email"],
        ["30 Jun 2026", "crm", "overtaken", "550 <script>alert(1)</script>", leave_it],
    ]  # fmt: skip
    assert rows(text)[5:] == [
        ["Night", "crm", "email"],
        ["2 Jul 2026", "begun", "not sent"],
        ["1 Jul 2026", "delivered", "failed"],
        ["30 Jun 2026", "failed", "delivered"],
    ]


def test_every_role_sees_its_channels_or_nothing(served: Served) -> None:
    told = {role: page(served, role)[0] for role in served[0].chosen.portal.roles}
    may = {"admin", "analyst", "emailer", "deliverer", "email-deliverer"}
    assert told == {role: 200 if role in may else 404 for role in told}
    for role in ("emailer", "email-deliverer"):
        assert rows(page(served, role)[1])[-1] == ["30 Jun 2026", "delivered"]
        assert "crm" not in page(served, role)[1]
    linked = {role: 'href="/operation"' in as_user(*served, role).get("/").text for role in told}
    assert linked == {role: role in may for role in told}
    assert Visitor(served[1]).get("/operation").headers["Location"] == "/login"


@pytest.mark.parametrize("language", ["lv", "ru"])
def test_it_is_said_in_the_readers_language(served: Served, language: str) -> None:
    english, other = page(served, "admin")[1], page(served, "admin", language)[1]
    assert [len(row) for row in rows(other)] == [len(row) for row in rows(english)]
    assert {"begun", "failed", "delivered", "overtaken", "not sent"} & {
        cell for row in rows(other) for cell in row
    } == set()


def api(served: Served, role: str) -> tuple[int, Any]:
    answer = as_user(*served, role).api("operation")
    return answer.status, answer.json


def test_programs_are_told_the_same(served: Served) -> None:
    status, told = api(served, "email-deliverer")
    again = "bin/offermill deliver --shop shop --date"
    assert (status, told) == (200, [
        {"edition": "2026-07-02", "block": "email", "kind": "none", "problem": None,
         "command": f"{again} 2026-07-02 --block email"},
        {"edition": "2026-07-01", "block": "email", "kind": "failed", "problem": "550 <script>alert(1)</script>",
         "command": f"{again} 2026-07-01 --block email"},
    ])  # fmt: skip
    assert [one["kind"] for one in api(served, "admin")[1]] == ["begun", "none", "failed", "overtaken"]
    assert (api(served, "marketer")[0], Visitor(served[1]).api("operation").status) == (404, 401)


def test_a_log_that_was_changed_is_not_believed(served: Served) -> None:
    path = served[0].shop.state / FILE
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"acknowledged", b"abandoned"))
    try:
        assert ("The delivery log was changed" in page(served, "admin")[1], api(served, "admin")[0]) == (True, 409)
    finally:
        path.write_bytes(whole)
