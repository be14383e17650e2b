"""What became of a night's files: read from the delivery log itself, shown to those who may see it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from offers.delivery.journal import FILE, Event, Journal
from offers.delivery.parcel import Parcel
from portal import app as application
from portal.state import Portal
from tests.portal import publication
from tests.portal.publication import EDITION
from tests.portal.visits import Visitor, as_user, running

AT = datetime(2026, 7, 1, 0, 10, tzinfo=UTC)
CHANNELS = """\
channels:
  crm: {target: generic}
  email: {target: generic}
"""
ROLES = """\
    deliverer: [{lists: [deliveries], verbs: [see]}]
"""


def sent(log: Journal, minute: int, event: Event, block: str, edition: str = EDITION, **told: Any) -> None:
    """Write one line of the log: what was done with the block's one file, so many minutes past 00:10 UTC."""
    parcel = Parcel("test", edition, block, f"{block}.csv", "n", Path("n"), 9, "0" * 64, 3, (("opted_out", 1),))
    log.note(event, parcel, at=AT + timedelta(minutes=minute), place=f"sftp://{block}.example <b>", **told)


@pytest.fixture
def served(quick: None, tmp_path: Path) -> Iterator[tuple[Portal, int]]:
    shop = publication.make(tmp_path / "shop")
    shop.settings.write_text(CHANNELS + publication.SHOP + ROLES, encoding="utf-8")
    for role in ("admin", "marketer", "emailer", "store-one", "deliverer"):
        publication.add_user(shop, role, role)
    with Journal.open(shop.state) as log:
        sent(log, 0, "intent", "crm")
        sent(log, 1, "failed", "crm", detail="connection refused <script>")
        sent(log, 6, "intent", "crm", attempt=2)
        sent(log, 7, "acknowledged", "crm", attempt=2)
        sent(log, 8, "intent", "email")
        sent(log, 9, "failed", "email", detail="550 <script>alert(1)</script>")
        sent(log, 10, "intent", "crm", edition="2026-07-01")
    portal = Portal.of(shop, is_secure=False)
    with running(application.make(portal)) as port:
        yield portal, port


def page(served: tuple[Portal, int], role: str, edition: str = EDITION) -> tuple[int, str]:
    answer = as_user(served[0], served[1], role).get(f"/deliveries/{edition}?language=en")
    return answer.status, answer.text


def test_blocks_with_their_tries_results_and_times_in_the_shops_zone(served: tuple[Portal, int]) -> None:
    status, text = page(served, "deliverer")
    crm, email = text.split("<section")[1:]
    assert status == 200
    # 00:10 UTC is 03:10 in Riga; the second try came through at 00:17.
    assert ("delivered</span>" in crm, "Tries: 2" in crm, ">2026-07-01 03:10<" in crm, ">2026-07-01 03:17<" in crm) == (
        (True,) * 4
    )
    assert "connection refused" not in crm, "what came of it in the end is what counts"
    assert ("failed</span>" in email, "550 &lt;script&gt;" in email, "Tries: 1" in email) == (True,) * 3
    assert ("sftp://email.example &lt;b&gt;" in email, "<script>" in text) == (True, False)


def test_who_may_see_what(served: tuple[Portal, int]) -> None:
    assert [page(served, role)[0] for role in ("admin", "deliverer", "emailer", "marketer", "store-one")] == [
        200, 200, 200, 404, 404,
    ]  # fmt: skip
    limited = page(served, "emailer")[1]
    assert ("email.csv" in limited, "crm.csv" in limited) == (True, False)
    portal, port = served
    links = [f'href="/deliveries/{EDITION}"' in as_user(portal, port, role).get(f"/editions/{EDITION}").text
             for role in ("admin", "marketer")]  # fmt: skip
    assert links == [True, False]
    assert Visitor(port).get(f"/deliveries/{EDITION}").status == 303


def test_of_another_night_and_of_one_that_is_not_there(served: tuple[Portal, int]) -> None:
    portal, _ = served
    publication.publish(portal.shop.exports, "2026-07-01")
    assert ">begun</span>" in page(served, "admin", "2026-07-01")[1]
    publication.publish(portal.shop.exports, "2026-07-02")
    assert "Nothing of this night was sent" in page(served, "admin", "2026-07-02")[1]
    assert page(served, "admin", "2026-07-03")[0] == 404
    assert page(served, "admin", "..%2f..%2fstate")[0] == 404


def test_a_log_that_was_changed_is_not_believed(served: tuple[Portal, int]) -> None:
    path = served[0].shop.state / FILE
    path.write_bytes(path.read_bytes().replace(b"acknowledged", b"abandoned"))
    status, text = page(served, "admin")
    assert (status, "The delivery log was changed" in text, "crm.csv" in text) == (200, True, False)


def told(served: tuple[Portal, int], role: str, edition: str = EDITION) -> tuple[int, Any]:
    answer = as_user(served[0], served[1], role).api("deliveries", edition=edition)
    return answer.status, answer.json


def test_programs_are_told_what_people_see(served: tuple[Portal, int]) -> None:
    crm = {
        "block": "crm",
        "status": "delivered",
        "files": [
            {
                "name": "crm.csv",
                "place": "sftp://crm.example <b>",
                "status": "delivered",
                "rows": 3,
                "withheld": 1,
                "tries": 2,
                # 00:10 UTC is 03:10 in Riga.
                "first_tried_at": "2026-07-01T03:10:00",
                "ended_at": "2026-07-01T03:17:00",
                "problem": None,
            }
        ],
    }
    status, blocks = told(served, "deliverer")
    assert (status, [block["block"] for block in blocks], blocks[0]) == (200, ["crm", "email"], crm)
    assert [block["block"] for block in told(served, "emailer")[1]] == ["email"]
    assert [told(served, role)[0] for role in ("admin", "marketer", "store-one")] == [200, 404, 404]
    assert Visitor(served[1]).api("deliveries", edition=EDITION).status == 401
    assert told(served, "admin", "2026-07-03")[0] == 404


def test_programs_are_told_nothing_by_a_log_that_was_changed(served: tuple[Portal, int]) -> None:
    path = served[0].shop.state / FILE
    path.write_bytes(path.read_bytes().replace(b"acknowledged", b"abandoned"))
    assert told(served, "admin")[0] == 409
