"""Who says no after the lists were published, and before they are sent, is not on what is sent."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from offermill import datapackage
from offermill.run import Run
from offermill.settings_delivery import DeliverySettings
from offermill.warehouse import Warehouse
from offers.channels import handover, hashing, last_check
from offers.delivery import errand
from offers.delivery.errand import Errand
from offers.delivery.journal import Journal
from offers.delivery.sending import Outcome
from tests.literal_tables import make
from tests.offers.channels import said_no
from tests.offers.channels.said_no import Person, land, refusal
from tests.offers.delivery.desk import Hours

NAMES = ("anna", "ilze", "olga", "zane")
PEOPLE = [Person(name, f"{name}@example.org", f"+3712900000{place}") for place, name in enumerate(NAMES)]


@pytest.fixture
def night(tmp_path: Path) -> Iterator[tuple[Warehouse, Run]]:
    """Yield a warehouse and a run whose block `crm` is published for four people."""
    settings = said_no.SETTINGS + "channels: {crm: {target: generic}, ads: {target: google_customer_match}}\n"
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


def send(warehouse: Warehouse, run: Run, inbox: Path, block: str = "crm") -> list[Outcome]:
    inbox.mkdir(exist_ok=True)
    blocks = {block: DeliverySettings.model_validate({"folder": {"path": str(inbox)}})}
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
