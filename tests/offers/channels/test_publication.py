"""What leaves the house: exact for programs, harmless for people, the same bytes every time."""

import csv
import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as parquet
import pytest
from frictionless import Package

from offermill import csvfile, datapackage, durable, publish
from offermill.errors import PublishError
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import crm_csv, publication, segment_lists
from tests import literal_night as nights

CONTACT_WORDS = ("email", "phone", "name", "address", "birth", "propensity", "effect", "chance")


@pytest.fixture
def night(tmp_path: Path) -> Iterator[tuple[Warehouse, Run]]:
    with nights.night(tmp_path / "shop") as (warehouse, run):
        yield warehouse, run


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the literal night's staged files; tests only read them."""
    with nights.night(tmp_path_factory.mktemp("exports") / "shop") as (warehouse, run):
        publication.stage(warehouse, run)
    return publish.folder(run) / "exports"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sheet(path: Path) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))


def test_the_crm_list_is_one_exact_row_per_offer(exports: Path) -> None:
    rows = read(exports / "crm_offers.csv")
    key = hashlib.sha256("\x1f".join(("2026-06-30", "summer", "c001", "basket-percent-10")).encode()).hexdigest()
    assert rows[0] == {
        "offer_key": key[:24].upper(),
        "customer_id": "c001",
        "campaign_id": "summer",
        "wave_id": "summer:2026-06-30",
        "offer_id": "basket-percent-10",
        "offer_status": "offered",
        "channel": "email",
        "language": "lv",
        "offer_text": "Pērc par 40.00, saņem basket-percent-10.",
        "price_notice": "",
        "how_to_use": "Uzrādi kodu.",
        "terms": "Vienreiz.",
        "terms_url": "https://shop.example/lv",
        "value_amount": "3.05",
        "currency": "EUR",
        "valid_from": "2026-07-01",
        "valid_until": "2026-07-14",
        "code": "CODE0000",
    }
    assert len(rows) == 4 * 7  # 7 of every 10 customers get an offer
    assert [row["customer_id"] for row in rows] == sorted(row["customer_id"] for row in rows)
    assert {row["language"] for row in rows} == {"lv", "ru", "en"}
    assert len({row["offer_key"] for row in rows}) == len(rows)


def test_the_crm_list_keeps_hostile_text_byte_for_byte(exports: Path) -> None:
    texts = {row["offer_text"] for row in read(exports / "crm_offers.csv")}
    assert f"Купи на 40.00, получи gift-{nights.SCRIPT}." in texts


def test_no_contact_data_and_no_model_figures_leave_the_house(exports: Path) -> None:
    header = (exports / "crm_offers.csv").read_text(encoding="utf-8").splitlines()[0]
    assert [word for word in CONTACT_WORDS if word in header] == []
    everything = b"".join(path.read_bytes() for path in durable.files(exports) if path.suffix == ".csv")
    assert b"@" not in everything


def test_a_decision_that_would_be_lost_stops_the_publication(night: tuple[Warehouse, Run]) -> None:
    warehouse, run = night
    warehouse.execute("delete from offers.catalogue where offer_id = 'points-500'")
    with pytest.raises(PublishError) as refusal:
        publication.stage(warehouse, run)
    assert str(refusal.value) == (
        "crm_offers.csv: 25 rows, but offers.decision has 28 offers (0 held back by the last checks); 3 name an offer "
        "that is not in offers.catalogue or a customer that is not in core.customer. Nothing was published."
    )


def test_a_segment_has_a_workbook_and_a_csv_with_the_same_rows(exports: Path) -> None:
    rows = read(exports / "segments" / "lifecycle-new.csv")
    assert rows[0] == {
        "customer_id": "c001",
        "language": "lv",
        "home_store": "s1",
        "tier": "gold",
        "days_since_order": "0",
        "orders_365_days": "40",
        "net_sales_365_days": "0.00",
        "margin_365_days": "-10.00",
        "offer_tonight": "basket-percent-10",
        "reason": "Because of new, =2+3",
    }
    header, *cells = sheet(exports / "segments" / "lifecycle-new.xlsx")
    assert header == segment_lists.NAMES
    assert cells[0] == ("c001", "lv", "s1", "gold", 0, 40, 0, -10, "basket-percent-10", "Because of new, =2+3")
    assert [row[0] for row in cells] == [row["customer_id"] for row in rows] == ["c001", "c002", "c003"]


def test_no_cell_of_what_a_person_opens_is_a_formula(night: tuple[Warehouse, Run], tmp_path: Path) -> None:
    warehouse, run = night
    hostile = ("=1+1", "+1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "http://x")
    for number, text in enumerate(hostile):
        warehouse.execute(
            "update segments.membership set reason = $text where family = 'lifecycle' and customer_id = $customer",
            {"text": text, "customer": f"c{number + 4:03}"},
        )
    publication.stage(warehouse, run)
    folder = publish.folder(run) / "exports" / "segments"
    book = openpyxl.load_workbook(folder / "lifecycle-active.xlsx")
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert [row[-1] for row in sheet(folder / "lifecycle-active.xlsx")[1 : len(hostile) + 1]] == list(hostile)
    assert "xl/worksheets/_rels" not in "".join(zipfile.ZipFile(folder / "lifecycle-active.xlsx").namelist())
    said = [row["reason"] for row in read(folder / "lifecycle-active.csv")[: len(hostile)]]
    assert said == [csvfile.guarded(text) for text in hostile]
    assert [text for text in said if text[0] in "=+-@\t"] == []


@pytest.mark.parametrize(
    ("segment", "name"),
    [
        ("at-risk", "cluster-at-risk"),
        ("../../etc/passwd", "cluster-etc-passwd"),
        ("Ķekava & Co", "cluster-kekava-co"),
        ("CON", "cluster-con"),
        ("cluster-a", "cluster-a"),
        ("Cluster", "cluster"),
        ("clustering", "cluster-clustering"),
    ],
)
def test_segment_names_become_safe_file_names(segment: str, name: str) -> None:
    assert segment_lists.file_name("cluster", segment) == name


@pytest.mark.parametrize("segment", ["", "..", "Лояльные", "x" * 100])
def test_a_segment_that_cannot_name_a_file_is_refused(segment: str) -> None:
    with pytest.raises(PublishError) as refusal:
        segment_lists.file_name("cluster", segment)
    assert str(refusal.value) == (
        f"segments.membership: no file name can be made of the segment {segment!r} of 'cluster'; "
        "name it with 1 to 80 Latin letters, digits and hyphens."
    )


def test_two_segments_never_share_a_file(night: tuple[Warehouse, Run]) -> None:
    warehouse, run = night
    warehouse.execute(
        "update segments.membership set segment = 'At risk' where customer_id = 'c001' and family = 'lifecycle'"
    )
    warehouse.execute(
        "update segments.membership set segment = 'at-risk' where customer_id = 'c002' and family = 'lifecycle'"
    )
    with pytest.raises(PublishError) as refusal:
        publication.stage(warehouse, run)
    assert str(refusal.value) == (
        "segments.membership: the segments 'At risk' and 'at-risk' of 'lifecycle' would share the file "
        "lifecycle-at-risk.csv; rename one of them."
    )


def test_the_data_package_is_valid_and_covers_every_file(exports: Path) -> None:
    package = datapackage.read(exports)
    listed = {resource["path"] for resource in package["resources"]}
    assert listed | {"datapackage.json"} == {path.relative_to(exports).as_posix() for path in durable.files(exports)}
    report = Package(str(exports / "datapackage.json")).validate()
    assert report.valid, report.flatten(["name", "type", "message"])
    datapackage.verify(exports)


def test_frictionless_finds_an_altered_list(exports: Path, tmp_path: Path) -> None:
    altered = Path(shutil.copytree(exports, tmp_path / "altered"))
    path = altered / "crm_offers.csv"
    path.write_bytes(path.read_bytes().replace(b"3.05", b"9.05", 1))
    report = Package(str(altered / "datapackage.json")).validate()
    assert {row[0] for row in report.flatten(["type"])} == {"hash-count"}


def test_the_data_package_tells_rows_money_and_where_it_comes_from(night: tuple[Warehouse, Run], exports: Path) -> None:
    warehouse, run = night
    package = datapackage.read(exports)
    given = "from offers.decision where offer_id is not null"
    expected = {
        "customer_value": warehouse.value(
            f"select sum(customer_value_minor) from offers.catalogue join (select offer_id {given}) using (offer_id)"
        ),
        "expected_margin": warehouse.value(f"select sum(value_minor) {given}"),
        "expected_cost": warehouse.value(f"select sum(cost_minor) {given}"),
        "worst_cost": 28 * 500,
    }
    facts = package["offermill"]
    told = {
        name: facts[name]
        for name in facts
        if name not in ("groups", "budgets", "choice", "checks", "left_out", "shop_name")
    }
    assert told == {
        "edition": "2026-06-30",
        "run_id": run.run_id,
        "shop": "test",
        "business_date": "2026-06-30",
        "config_hash": run.config_hash,
        "catalogue_hash": hashlib.sha256(b"").hexdigest(),
        "input_hash": datapackage.sha256(exports / "audit" / "input_manifest.csv"),
        "currency": "EUR",
        "currency_digits": 2,
        "offer_count": 28,
        "money_minor": expected,
        "channels": {},
        "held_back": {},
        "signatures": [],
    }
    offers = next(resource for resource in package["resources"] if resource["path"] == "crm_offers.csv")
    assert (offers["rows"], offers["money_minor"]) == (28, expected)
    assert [field["name"] for field in offers["schema"]["fields"]] == list(crm_csv.NAMES)
    assert offers["schema"]["primaryKey"] == ["offer_key"]


def test_audit_files_see_nothing_of_later_nights(exports: Path) -> None:
    audit = exports / "audit"
    assert {row["delivered_on"] for row in read(audit / "input_manifest.csv")} == {
        "2026-06-16",
        "2026-06-29",
        "2026-06-30",
    }
    assert [(row["delivered_on"], row["reject_count"]) for row in read(audit / "rejects.csv")] == [
        ("2026-06-29", "1"),
        ("2026-06-30", "2"),
    ]
    assert len(read(audit / "check_results.csv")) == 14
    assert parquet.read_table(audit / "decision_log.parquet")["customer_id"].to_pylist() == nights.customer_ids()


def test_the_same_night_gives_the_same_bytes(tmp_path: Path) -> None:
    def contents(folder: Path) -> dict[str, str]:
        with nights.night(folder) as (warehouse, run):
            publication.stage(warehouse, run)
        staged = publish.folder(run) / "exports"
        return {str(path.relative_to(staged)): datapackage.sha256(path) for path in durable.files(staged)}

    first = contents(tmp_path / "one")
    assert len(first) > 20
    assert contents(tmp_path / "two") == first


def test_a_night_without_offers_and_segments_is_an_empty_list_with_its_header(night: tuple[Warehouse, Run]) -> None:
    warehouse, run = night
    for table in ("offers.decision", "segments.membership", "offers.decision_log"):
        warehouse.execute(f"delete from {table}")
    warehouse.execute("drop table meta.reject")
    summary = publication.stage(warehouse, run)
    exports = publish.folder(run) / "exports"
    assert summary["offers"] == 0
    assert (exports / "crm_offers.csv").read_text() == ",".join(crm_csv.NAMES) + "\n"
    assert parquet.read_table(exports / "audit" / "decision_log.parquet").num_rows == 0
    assert Package(str(exports / "datapackage.json")).validate().valid


def test_a_correction_withdraws_what_no_longer_holds(night: tuple[Warehouse, Run]) -> None:
    warehouse, run = night
    publication.stage(warehouse, run)
    publish.release(warehouse, run)
    first = {row["customer_id"]: row["offer_key"] for row in read(run.shop.exports / "2026-06-30" / "crm_offers.csv")}
    warehouse.execute("update offers.decision set offer_id = null where customer_id in ('c001', 'c003')")
    warehouse.execute("update offers.decision set offer_id = 'points-500' where customer_id = 'c002'")
    nights.make_messages(warehouse)
    corrected = nights.make_run(run.shop.folder, new_version=True)
    publication.stage(warehouse, corrected)
    publish.release(warehouse, corrected)
    published = run.shop.exports / "2026-06-30.v2"
    assert read(published / "withdrawals.csv") == [
        {"offer_key": first[customer], "customer_id": customer, "offer_status": "withdrawn"}
        for customer in ("c001", "c002", "c003")
    ]
    assert json.loads((run.shop.exports / "latest.json").read_text())["edition"] == "2026-06-30.v2"
    publication.stage(warehouse, nights.make_run(run.shop.folder))
    assert publish.release(warehouse, nights.make_run(run.shop.folder)) == {
        "edition": "2026-06-30.v2",
        "result": "identical",
    }


def test_a_promise_taken_back_is_told_to_the_crm_until_it_would_have_ended(night: tuple[Warehouse, Run]) -> None:
    warehouse, run = night
    publication.stage(warehouse, run)
    exports = publish.folder(run) / "exports"
    assert not (exports / "withdrawals.csv").exists()
    listed = next(row for row in read(exports / "crm_offers.csv") if row["customer_id"] == "c001")

    taken_back = {
        "reservation_id": "r1",
        "customer_id": "merged-since",
        "promised_to_id": "c001",
        "offer_id": listed["offer_id"],
        "campaign_id": listed["campaign_id"],
        "promised_on": nights.DAY,
        "valid_until": nights.DAY + timedelta(days=1),
        "withdrawn_on": nights.DAY,
    }
    ended = taken_back | {"reservation_id": "r2", "promised_to_id": "c002", "valid_until": nights.DAY}
    nights.make(warehouse, "offers.withdrawn_promise", [taken_back, ended])
    publication.stage(warehouse, run)

    assert read(exports / "withdrawals.csv") == [
        {"offer_key": listed["offer_key"], "customer_id": "c001", "offer_status": "withdrawn"}
    ]
    assert Package(str(exports / "datapackage.json")).validate().valid
