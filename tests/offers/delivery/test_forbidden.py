"""Who says no after the lists were published, and before they are sent, is not on what is sent."""

import csv
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from offermill import datapackage
from offermill.run import Run
from offermill.settings_delivery import DeliverySettings
from offermill.warehouse import Warehouse
from offers.channels import handover, hashing, last_check
from offers.delivery import errand, settling
from offers.delivery.errand import Errand
from offers.delivery.files import FileTransport
from offers.delivery.journal import Journal
from offers.delivery.parcel import TargetError
from offers.delivery.sending import Outcome
from offers.delivery.settling import Said
from tests.literal_tables import make
from tests.offers.channels import said_no
from tests.offers.channels.said_no import Person, land, refusal
from tests.offers.delivery.desk import START, Hours
from tests.offers.delivery.inbox import Inbox

NAMES = ("anna", "ilze", "olga", "zane")
# The only file of the block `mail`.
FILE = "profiles.json"
PEOPLE = [Person(name, f"{name}@example.org", f"+3712900000{place}") for place, name in enumerate(NAMES)]


@pytest.fixture
def night(tmp_path: Path) -> Iterator[tuple[Warehouse, Run]]:
    """Yield a warehouse and a run whose block `crm` is published for four people."""
    settings = (
        said_no.SETTINGS
        + "channels: {crm: {target: generic}, ads: {target: google_customer_match}, mail: {target: klaviyo}}\n"
    )
    with said_no.night(tmp_path / "shop", PEOPLE, settings) as (warehouse, run):
        warehouse.execute(
            "update offers.decision set valid_from = '2026-07-01', valid_until = '2026-07-28', code = 'AB'"
        )
        matched = [{"customer_id": name, "may_match_email": True, "may_match_phone": True} for name in NAMES]
        make(warehouse, "offers.ad_permission", matched)
        assert said_no.judged(warehouse, run) == {}
        edition = run.shop.exports / "2026-06-30"
        made = handover.write(warehouse, run, edition)
        datapackage.write(edition, "test", "Test", made.resources, {"channels": made.facts})
        yield warehouse, run


def send(
    warehouse: Warehouse, run: Run, inbox: Path, block: str = "crm", delivery: DeliverySettings | None = None
) -> list[Outcome]:
    inbox.mkdir(exist_ok=True)
    blocks = {block: delivery or DeliverySettings.model_validate({"folder": {"path": str(inbox)}})}
    with Journal.open(run.shop.state) as log:
        asked = Errand(run, "2026-06-30", blocks, last_check.forbidden, Hours().clock)
        return errand.perform(warehouse, asked, log)


def customers(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row["customer_id"] for row in csv.DictReader(file, strict=True)]


def test_a_no_between_publication_and_sending_is_heard(night: tuple[Warehouse, Run], tmp_path: Path) -> None:
    warehouse, run = night
    land(run, "consents", [refusal("ilze")])
    land(run, "suppressions", [("email", " ZANE@example.org", "erasure")])
    list_, manifest = send(warehouse, run, tmp_path / "inbox")
    assert (list_.result, manifest.result, dict(list_.parcel.withheld)) == (
        "delivered",
        "delivered",
        {"erased, opted_out": 2},
    )
    assert customers(tmp_path / "inbox" / "2026-06-30" / "crm" / "offers.csv") == ["anna", "olga"]
    assert customers(run.shop.exports / "2026-06-30" / "channels" / "crm" / "offers.csv") == [
        "anna",
        "ilze",
        "olga",
        "zane",
    ]


def test_a_no_by_any_way_takes_the_address_off_the_audience(night: tuple[Warehouse, Run], tmp_path: Path) -> None:
    warehouse, run = night
    land(run, "consents", [refusal("ilze", "sms", "ads")])
    land(run, "suppressions", [("customer", "zane", "erasure")])
    audience, _ = send(warehouse, run, tmp_path / "inbox", "ads")
    assert (audience.result, dict(audience.parcel.withheld)) == ("delivered", {"erased, opted_out": 2})
    text = (tmp_path / "inbox" / "2026-06-30" / "ads" / "customer_match.csv").read_text("utf-8")
    matched = {line.split(",")[0] for line in text.splitlines()[1:]}
    assert matched == {hashing.sha256(f"{name}@example.org") for name in ("anna", "olga")}


def test_nothing_leaves_while_a_no_cannot_be_read(night: tuple[Warehouse, Run], tmp_path: Path) -> None:
    warehouse, run = night
    path = land(run, "suppressions", [])
    path.write_text("kind,value,reason\nemail,,opt_out\n", encoding="utf-8")
    (only,) = send(warehouse, run, tmp_path / "inbox")
    assert (only.result, list((tmp_path / "inbox").iterdir())) == ("failed", [])
    assert "suppressions_2026-07-01.csv:2: value" in only.why
    path.unlink()
    assert {outcome.result for outcome in send(warehouse, run, tmp_path / "inbox")} == {"delivered"}


def test_nothing_leaves_when_nobody_knows_whom_the_list_is_for(night: tuple[Warehouse, Run], tmp_path: Path) -> None:
    warehouse, run = night
    shutil.rmtree(run.shop.state / "last_check")
    (only,) = send(warehouse, run, tmp_path / "inbox")
    assert (only.result, list((tmp_path / "inbox").iterdir())) == ("failed", [])
    assert only.why.startswith("2026-06-30: state/last_check/2026-06-30 is missing")


@pytest.fixture
def accepted(night: tuple[Warehouse, Run], tmp_path: Path) -> Callable[[Inbox], list[Outcome]]:
    """Return how to deliver to a server that gets no empty file; everybody says no after the first delivery."""
    warehouse, run = night

    def again(inbox: Inbox) -> list[Outcome]:
        found = send(warehouse, run, tmp_path / "unused", "mail", inbox.delivery({"attempts": 1, "job_seconds": 5}))
        land(run, "suppressions", [("email", f"{name}@example.org", "erasure") for name in NAMES])
        return found

    return again


def test_the_job_of_a_file_none_of_whose_rows_may_leave_any_more_is_followed(
    accepted: Callable[[Inbox], list[Outcome]], inbox: Inbox
) -> None:
    inbox.plan, inbox.jobs = [202], [(200, {}, b'{"status": "working"}')]
    assert [one.result for one in accepted(inbox)] == ["failed"]
    inbox.jobs = [(200, {}, b'{"status": "done"}')]
    assert [one.result for one in accepted(inbox)] == ["delivered"]
    assert [one.result for one in accepted(inbox)] == ["before"]
    assert len(inbox.requests) == 1


def test_and_is_not_sent_anew_when_it_failed(accepted: Callable[[Inbox], list[Outcome]], inbox: Inbox) -> None:
    inbox.plan, inbox.jobs = [202], [(200, {}, b'{"status": "working"}')]
    accepted(inbox)
    inbox.jobs = [(200, {}, b'{"status": "failed"}')]
    assert [[one.result for one in accepted(inbox)] for _ in range(2)] == [["withheld"], ["withheld"]]
    assert len(inbox.requests) == 1


def test_nor_when_its_answer_was_lost_and_somebody_has_to_look(
    accepted: Callable[[Inbox], list[Outcome]], inbox: Inbox, night: tuple[Warehouse, Run]
) -> None:
    inbox.plan = ["lose"]
    assert [one.result for one in accepted(inbox)] == ["failed"]
    (unknown,) = accepted(inbox)
    assert unknown.why.endswith("was sent it and gave no answer, so nobody knows whether its records are in")
    with Journal.open(night[1].shop.state) as log:
        settling.settle(log, "2026-06-30", Said("mail", FILE, "lost"), START)
    assert [one.result for one in accepted(inbox)] == ["withheld"]
    assert len(inbox.requests) == 1


def test_what_was_uploaded_and_not_shown_is_taken_away_again(
    night: tuple[Warehouse, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, run = night

    def die(*_: object, **__: object) -> str:
        raise TargetError("the share is gone", "mount it")

    with monkeypatch.context() as patched:
        patched.setattr(FileTransport, "finish", die)
        send(warehouse, run, tmp_path / "inbox", "mail")
    assert [path.name for path in (tmp_path / "inbox").rglob("*.part")] != []
    land(run, "suppressions", [("email", f"{name}@example.org", "erasure") for name in NAMES])
    assert [one.result for one in send(warehouse, run, tmp_path / "inbox", "mail")] == ["withheld"]
    assert [path for path in (tmp_path / "inbox").rglob("*") if path.is_file()] == []
