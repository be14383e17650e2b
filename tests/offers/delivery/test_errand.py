"""Published blocks to their targets: each file once, a failure beside the others, nothing that became forbidden."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from offermill import datapackage, publish
from offermill.errors import InputError
from offermill.ingest.sources import SourceSettings
from offermill.run import Run
from offermill.settings_delivery import DeliverySettings
from offermill.warehouse import Warehouse
from offers.channels import generic, publication, registry
from offers.channels.contract import Limits
from offers.delivery import errand, journal, table
from offers.delivery.errand import Errand
from offers.delivery.journal import Journal
from offers.delivery.sending import Outcome
from tests import literal_night
from tests.literal_tables import DAY
from tests.offers.channels.leaving import fill, message, run_with, withdrawn
from tests.offers.delivery.desk import Hours
from tests.offers.delivery.inbox import Inbox

TWO = "{crm: {target: generic}, mail: {target: generic, channel: [email]}}"


def key(number: int) -> str:
    return str(message(number)["offer_key"])


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with Warehouse.open() as opened:
        literal_night.fill(opened)
        fill(opened, [message(1), message(2, channel="sms"), message(3), message(4), withdrawn(5)])
        yield opened


@pytest.fixture
def run(warehouse: Warehouse, tmp_path: Path) -> Run:
    """Return the run of a night that is published."""
    made = run_with(tmp_path / "shop", TWO)
    publish_night(warehouse, made)
    return made


def publish_night(warehouse: Warehouse, run: Run) -> None:
    publication.stage(warehouse, run)
    publish.release(warehouse, run)


def into(folder: Path, **changed: Any) -> DeliverySettings:
    folder.mkdir(exist_ok=True)
    return DeliverySettings.model_validate({"folder": {"path": str(folder)}, **changed})


def nobody(run: Run, messages: pa.Table, *, by_any_channel: bool) -> Mapping[str, str]:
    return {}


def deliver(
    warehouse: Warehouse, run: Run, blocks: Mapping[str, DeliverySettings], check: errand.Check = nobody
) -> list[Outcome]:
    asked = Errand(run, errand.newest_edition(run), blocks, check, Hours().clock)
    with Journal.open(run.shop.state) as log:
        outcomes = errand.perform(warehouse, asked, log)
    assert not asked.copies.exists()
    return outcomes


def results(outcomes: list[Outcome]) -> list[tuple[str, str, str]]:
    return [(outcome.parcel.block, outcome.parcel.file, outcome.result) for outcome in outcomes]


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def customers(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row["customer_id"] for row in csv.DictReader(file, strict=True)]


def test_every_file_of_every_block_arrives_and_the_manifest_last(
    warehouse: Warehouse, run: Run, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    done = deliver(warehouse, run, {"crm": into(inbox), "mail": into(inbox, name="{edition}_{block}_{file}")})
    assert results(done) == [
        ("crm", "offers.csv", "delivered"),
        ("crm", "offers.withdraw.csv", "delivered"),
        ("crm", "crm.manifest.json", "delivered"),
        ("mail", "offers.csv", "delivered"),
        ("mail", "offers.withdraw.csv", "delivered"),
        ("mail", "mail.manifest.json", "delivered"),
    ]
    assert [name for name in names(inbox) if not name.endswith(".sha256")] == [
        "2026-06-30/crm/crm.manifest.json",
        "2026-06-30/crm/offers.csv",
        "2026-06-30/crm/offers.withdraw.csv",
        "2026-06-30_mail_mail.manifest.json",
        "2026-06-30_mail_offers.csv",
        "2026-06-30_mail_offers.withdraw.csv",
    ]
    published = run.shop.exports / "2026-06-30" / "channels" / "crm" / "offers.csv"
    assert (inbox / "2026-06-30" / "crm" / "offers.csv").read_bytes() == published.read_bytes()
    manifest = json.loads((inbox / "2026-06-30" / "crm" / "crm.manifest.json").read_text("utf-8"))
    assert [(file["name"], file["rows"]) for file in manifest["files"]] == [
        ("2026-06-30/crm/offers.csv", 4),
        ("2026-06-30/crm/offers.withdraw.csv", 1),
    ]
    again = deliver(warehouse, run, {"crm": into(inbox), "mail": into(inbox, name="{edition}_{block}_{file}")})
    assert {outcome.result for outcome in again} == {"before"}


def test_over_http_there_is_no_manifest(warehouse: Warehouse, run: Run, inbox: Inbox) -> None:
    done = deliver(warehouse, run, {"crm": inbox.delivery()})
    assert results(done) == [("crm", "offers.csv", "delivered"), ("crm", "offers.withdraw.csv", "delivered")]
    assert [request.path for request in inbox.requests] == [
        "/in/2026-06-30/offers.csv",
        "/in/2026-06-30/offers.withdraw.csv",
    ]


def test_a_block_that_fails_does_not_stop_the_others_and_gets_no_manifest(
    warehouse: Warehouse, run: Run, tmp_path: Path
) -> None:
    missing = DeliverySettings.model_validate(
        {"folder": {"path": str(tmp_path / "unmounted")}, "retry": {"attempts": 2}}
    )
    done = deliver(warehouse, run, {"crm": missing, "mail": into(tmp_path / "inbox")})
    assert results(done)[:3] == [
        ("crm", "offers.csv", "failed"),
        ("crm", "offers.withdraw.csv", "failed"),
        ("mail", "offers.csv", "delivered"),
    ]
    (tmp_path / "unmounted").mkdir()
    done = deliver(warehouse, run, {"crm": missing, "mail": into(tmp_path / "inbox")})
    assert [result for _, _, result in results(done)] == ["delivered"] * 3 + ["before"] * 3


def test_what_became_forbidden_stays_here_and_the_publication_does_not_change(
    warehouse: Warehouse, run: Run, tmp_path: Path
) -> None:
    published = run.shop.exports / "2026-06-30" / "channels" / "crm" / "offers.csv"
    before, inbox = published.read_bytes(), tmp_path / "inbox"
    asked: list[list[str]] = []

    def check(run: Run, messages: pa.Table, *, by_any_channel: bool) -> Mapping[str, str]:
        asked.append(sorted(messages.column("offer_key").to_pylist()))
        return {key(1): "opted_out", key(3): "suppressed", key(9): "of somebody else"}

    done = deliver(warehouse, run, {"crm": into(inbox), "mail": into(inbox)}, check)
    assert asked == [[key(n) for n in (1, 2, 3, 4, 5)], [key(n) for n in (1, 3, 4, 5)]]
    assert customers(inbox / "2026-06-30" / "crm" / "offers.csv") == ["c000002", "c000004"]
    assert customers(inbox / "2026-06-30" / "mail" / "offers.csv") == ["c000004"]
    assert [(one.parcel.rows, dict(one.parcel.withheld)) for one in done[:2]] == [
        (2, {"of somebody else, opted_out, suppressed": 2}),
        (1, {}),
    ]
    assert published.read_bytes() == before
    assert publish.release(warehouse, run)["result"] == "identical"


def test_rows_do_not_move_between_the_parts_of_a_list(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = replace(generic.TARGET.files[0], limits=Limits(bytes=10_000_000, rows=3))
    small = replace(generic.TARGET, files=(contract,))
    monkeypatch.setattr(registry, "targets", lambda: {"generic": small})
    fill(warehouse, [message(number) for number in range(8)])
    run = run_with(tmp_path / "shop", "{crm: {target: generic}}")
    publish_night(warehouse, run)
    inbox = tmp_path / "inbox"
    done = deliver(warehouse, run, {"crm": into(inbox)}, lambda *_, **__: dict.fromkeys((key(1), key(4)), "opted_out"))
    parts = [inbox / "2026-06-30" / "crm" / f"offers-000{number}.csv" for number in (1, 2, 3)]
    assert [customers(path) for path in parts] == [
        ["c000000", "c000002"],
        ["c000003", "c000005"],
        ["c000006", "c000007"],
    ]
    assert [dict(one.parcel.withheld) for one in done[:3]] == [{"opted_out": 1}, {"opted_out": 1}, {}]


def test_a_check_that_fails_lets_nothing_of_the_block_leave(warehouse: Warehouse, run: Run, tmp_path: Path) -> None:
    def check(run: Run, messages: pa.Table, *, by_any_channel: bool) -> Mapping[str, str]:
        raise InputError("landing/consents: the newest delivery is too old.")

    done = deliver(warehouse, run, {"crm": into(tmp_path / "inbox")}, check)
    assert [(outcome.result, outcome.why) for outcome in done] == [
        ("failed", "landing/consents: the newest delivery is too old.")
    ]
    assert names(tmp_path / "inbox") == []


def test_a_night_that_the_warehouse_no_longer_holds_is_sent_whole_or_not_at_all(
    warehouse: Warehouse, run: Run, tmp_path: Path
) -> None:
    fill(warehouse, [message(1), message(2)])
    (only,) = deliver(warehouse, run, {"crm": into(tmp_path / "inbox")}, lambda *_, **__: {key(1): "opted_out"})
    assert (only.result, only.why) == (
        "failed",
        "2026-06-30: crm: of its 5 messages some must stay (1 opted_out), and the warehouse does not hold the messages "
        "of this edition any more, so they cannot be taken out of the files. Run the night of 2026-06-30 again (it "
        "changes nothing that is published), then deliver.",
    )
    assert names(tmp_path / "inbox") == []
    done = deliver(warehouse, run, {"crm": into(tmp_path / "inbox")})
    assert {outcome.result for outcome in done} == {"delivered"}
    assert customers(tmp_path / "inbox" / "2026-06-30" / "crm" / "offers.csv")[0] == "c000001"


def test_of_an_older_night_nothing_is_sent_that_has_ended_or_was_overtaken(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    two = TWO.replace("mail: {target: generic", "mail: {target: hubspot")
    ended = {"valid_from": DAY, "valid_until": DAY}
    fill(warehouse, [message(1, **ended), message(2, **ended), withdrawn(5)])
    older = run_with(tmp_path / "shop", two)
    publish_night(warehouse, older)
    publish_night(warehouse, run_with(tmp_path / "shop", two, date(2026, 7, 1)))
    fill(warehouse, [message(1, **ended), message(2, **ended), withdrawn(5)])
    blocks = {"crm": into(tmp_path / "inbox"), "mail": into(tmp_path / "inbox")}
    done = deliver(warehouse, older, blocks)
    rows = {(one.parcel.block, one.parcel.file): one.parcel.rows for one in done if "manifest" not in one.parcel.file}
    assert rows == {
        ("crm", "offers.csv"): 0,
        ("crm", "offers.withdraw.csv"): 1,
        ("mail", "contacts.csv"): 0,
        ("mail", "contacts.withdraw.csv"): 0,
    }


def test_a_difference_counts_from_what_last_arrived(warehouse: Warehouse, tmp_path: Path) -> None:
    inbox, day = tmp_path / "inbox", date(2026, 7, 1)
    channels = f"{{crm: {{target: generic, mode: delta, delivery: {{folder: {{path: {inbox}}}}}}}}}"
    fill(warehouse, [message(1), withdrawn(5)])
    publish_night(warehouse, run_with(tmp_path / "shop", channels))

    def against(name: str) -> str | None:
        facts = datapackage.read(tmp_path / "shop" / "exports" / name)["offermill"]["channels"]["crm"]
        return str(facts["against"]) if facts["against"] else None

    # The first night never arrived: the second tells everything again.
    fill(warehouse, [message(2), withdrawn(5)])
    second = run_with(tmp_path / "shop", channels, day)
    publish_night(warehouse, second)
    assert against("2026-07-01") is None
    assert [one.result for one in deliver(warehouse, second, {"crm": into(inbox)})] == ["delivered"] * 3

    fill(warehouse, [message(3), withdrawn(5)])
    third = run_with(tmp_path / "shop", channels, date(2026, 7, 2))
    publish_night(warehouse, third)
    assert against("2026-07-02") == "2026-07-01"
    files = [path.name for path in (tmp_path / "shop" / "exports" / "2026-07-02" / "channels" / "crm").iterdir()]
    assert files == ["offers.csv"], "that the offer of c5 ended is known there"


def test_a_correction_is_delivered_beside_what_was_delivered_before(
    warehouse: Warehouse, run: Run, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    deliver(warehouse, run, {"crm": into(inbox)})
    fill(warehouse, [message(1), message(2)])
    corrected = replace(run, new_version=True)
    publish_night(warehouse, corrected)
    done = deliver(warehouse, corrected, {"crm": into(inbox)})
    assert {outcome.result for outcome in done} == {"delivered"}
    assert customers(inbox / "2026-06-30.v2" / "crm" / "offers.csv") == ["c000001", "c000002"]


def test_what_earlier_nights_still_owe_is_listed(warehouse: Warehouse, run: Run, tmp_path: Path) -> None:
    gone = DeliverySettings.model_validate({"folder": {"path": str(tmp_path / "gone")}, "retry": {"attempts": 1}})
    deliver(warehouse, run, {"crm": into(tmp_path / "inbox"), "mail": gone})
    days = [date(2026, 7, day) for day in (1, 2)]
    for day in days:
        publish_night(warehouse, run_with(tmp_path / "shop", TWO, day))
    later = run_with(tmp_path / "shop", TWO, days[1])
    with Journal.open(run.shop.state) as log:
        owed = errand.overdue(later, "2026-07-02", {"crm": gone, "mail": gone, "new": gone}, log, DAY)
    both = ("offers.csv", "offers.withdraw.csv")
    assert owed == [
        *[f"2026-07-01 crm: {file}" for file in both],
        *[f"2026-06-30 mail: {file}" for file in both],
        *[f"2026-07-01 mail: {file}" for file in both],
    ]


def test_the_log_becomes_a_table(warehouse: Warehouse, run: Run, tmp_path: Path) -> None:
    missing = DeliverySettings.model_validate(
        {"folder": {"path": str(tmp_path / "unmounted")}, "retry": {"attempts": 2}}
    )
    deliver(warehouse, run, {"crm": missing, "mail": into(tmp_path / "inbox")}, lambda *_, **__: {key(1): "opted_out"})
    table.write(warehouse, journal.read(run.shop.state))
    sql = "select block, file, status, row_count, withheld_count, withheld_by, attempt_count, problem from meta.sending"
    problem = f"there is no folder {tmp_path / 'unmounted'}"
    assert warehouse.rows(sql) == [
        ("crm", "offers.csv", "failed", 3, 1, "opted_out", 2, problem),
        ("crm", "offers.withdraw.csv", "failed", 1, 0, None, 2, problem),
        ("mail", "mail.manifest.json", "delivered", 2, 0, None, 1, None),
        ("mail", "offers.csv", "delivered", 2, 1, "opted_out", 1, None),
        ("mail", "offers.withdraw.csv", "delivered", 1, 0, None, 1, None),
    ]


def test_a_block_that_was_not_written_is_red_and_a_record_left_out_stays_out(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    fill(warehouse, [message(1, phone="80012345"), *map(message, range(2, 150)), message(150, offer_text="")])
    run = run_with(tmp_path / "shop", TWO.replace("mail: {target: generic", "mail: {target: hubspot"))
    publish_night(warehouse, run)
    inbox = tmp_path / "inbox"
    blocks = {"crm": into(inbox), "mail": into(inbox)}
    (crm,) = deliver(warehouse, run, blocks)[:1]
    assert (crm.result, crm.why.startswith("crm/offers.csv: the row offer_key=")) == ("failed", True)

    fill(warehouse, [message(1, phone="80012345"), *map(message, range(2, 150))])
    later = run_with(tmp_path / "shop", TWO, date(2026, 7, 1))
    publish_night(warehouse, later)
    done = deliver(warehouse, later, blocks, lambda *_, **__: {key(2): "opted_out"})
    assert [(one.result, one.parcel.rows, dict(one.parcel.withheld)) for one in done[:1]] == [
        ("delivered", 147, {"opted_out": 1})
    ]
    assert customers(inbox / "2026-07-01" / "crm" / "offers.csv")[0] == "c000003"


@pytest.mark.parametrize(
    ("files", "folder"), [("receipts_*{date}.csv", "landing/receipts"), ("receipts_{date}.csv", "state/refused")]
)
def test_what_a_job_refused_becomes_receipts_of_the_next_night(
    warehouse: Warehouse, run: Run, inbox: Inbox, files: str, folder: str
) -> None:
    listed = [{"offer_key": key(3), "reason": "no such\nphone"}, {"offer_key": "a stranger's", "reason": "odd"}]
    inbox.plan = [202]
    inbox.jobs = [(200, {}, json.dumps({"status": "done", "refused": listed}).encode())]
    sources = {"receipts": SourceSettings(files=files)}
    run = replace(run, settings=run.settings.model_copy(update={"sources": sources}))
    done = deliver(warehouse, run, {"crm": inbox.delivery(job={"refused_key": "refused"})})
    assert [outcome.result for outcome in done] == ["delivered", "delivered"]
    written = run.shop.folder / folder / "receipts_refused-crm-offers-2026-06-30_2026-07-01.csv"
    assert written.read_text(encoding="utf-8").splitlines() == [
        "receipt_id,assignment_id,customer_id,channel,status,occurred_at,reason",
        f"refused-crm-2026-06-30-{key(3)},{key(3)},c000003,email,rejected,2026-07-01T03:00:00.000+00:00,no such phone",
    ]
