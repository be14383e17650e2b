"""The blocks of `channels:`: who is told what, in full, as a difference, and when something is taken back."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from frictionless import Package

from offermill import datapackage, publish
from offermill.errors import ConfigError
from offermill.warehouse import Warehouse
from offers.channels import handover, publication
from tests import literal_night
from tests.literal_tables import DAY
from tests.offers.channels.leaving import fill, message, run_with, withdrawn


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with Warehouse.open() as opened:
        literal_night.fill(opened)
        yield opened


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def told(warehouse: Warehouse, folder: Path, channels: str) -> tuple[list[str], list[str]]:
    """Return the customers whom the block `crm` is told offers and ends of offers of."""
    handover.write(warehouse, run_with(folder / "shop", channels), folder)
    place = folder / "channels" / "crm"
    ends = place / "offers.withdraw.csv"
    return (
        [row["customer_id"] for row in read(place / "offers.csv")],
        [row["customer_id"] for row in read(ends)] if ends.exists() else [],
    )


def publish_night(warehouse: Warehouse, folder: Path, day: date = DAY, *, new_version: bool = False) -> Path:
    """Publish a night of the block `crm` in delta mode; return its folder."""
    run = run_with(folder, "{crm: {target: generic, mode: delta}}", day, new_version=new_version)
    publication.stage(warehouse, run)
    edition = publish.release(warehouse, run)["edition"]
    return run.shop.exports / str(edition) / "channels" / "crm"


def test_a_block_writes_one_row_per_message_by_the_letter(warehouse: Warehouse, tmp_path: Path) -> None:
    fill(warehouse, [message(1, first_name='Anna "A", jr', last_name="O'Liepa", phone=None)])
    handover.write(warehouse, run_with(tmp_path / "shop", "{crm: {target: generic}}"), tmp_path)
    assert (tmp_path / "channels" / "crm" / "offers.csv").read_bytes().decode() == (
        "offer_key,customer_id,email,phone,first_name,last_name,language,offer_status,channel,campaign_id,wave_id,"
        "offer_id,offer_text,price_notice,how_to_use,terms,terms_url,value_amount,currency,valid_from,valid_until,code\n"
        '000000000000000000000001,c000001,c1@example.org,,"Anna ""A"", jr",O\'Liepa,ru,offered,email,summer,'
        'summer:2026-06-30,basket-percent-10,"Купи на 40,00 €.",Personalised.,"Say ""offer"", show the code.",none,'
        "https://shop.example/terms?a=1&b=2,0.06,EUR,2026-07-01,2026-07-28,"
        "AAAA-BBBB-000001\n"
    )


def test_the_end_of_an_offer_is_written_and_no_cell_about_it_is_empty(warehouse: Warehouse, tmp_path: Path) -> None:
    fill(warehouse, [message(1), withdrawn(2, phone=None)])
    handover.write(warehouse, run_with(tmp_path / "shop", "{crm: {target: generic}}"), tmp_path)
    ends = read(tmp_path / "channels" / "crm" / "offers.withdraw.csv")
    assert [{name: ends[0][name] for name in ends[0] if name not in ("first_name", "last_name")}] == [
        {
            "offer_key": "000000000000000000000002",
            "customer_id": "c000002",
            "email": "c2@example.org",
            "phone": "",
            "language": "en",
            "offer_status": "withdrawn",
            "channel": "email",
            "campaign_id": "summer",
            "wave_id": "summer:2026-06-30",
            "offer_id": "basket-percent-10",
            "offer_text": "none",
            "price_notice": "none",
            "how_to_use": "none",
            "terms": "none",
            "terms_url": "none",
            "value_amount": "0.00",
            "currency": "EUR",
            "valid_from": "2026-06-21",
            "valid_until": "2026-06-30",
            "code": "AAAA-BBBB-000002",
        }
    ]


def test_a_block_tells_its_channels_and_segments_and_ends_of_offers_whatever_the_segment(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    rows = [message(1), message(2, channel="sms"), message(3), withdrawn(4), withdrawn(5, channel="sms")]
    rows.append(withdrawn(6, channel=None))
    member = {"customer_id": "c000001", "family": "lifecycle", "segment": "lapsed", "reason": "."}
    fill(warehouse, rows, membership=[member, member | {"family": "cluster"}])
    everything = told(warehouse, tmp_path / "1", "{crm: {target: generic}}")
    assert everything == (["c000001", "c000002", "c000003"], ["c000004", "c000005", "c000006"])
    lapsed = told(warehouse, tmp_path / "2", "{crm: {target: generic, channel: [email], segments: [lapsed]}}")
    assert lapsed == (["c000001"], ["c000004", "c000006"])


def test_a_difference_tells_what_is_new_changed_and_ended(warehouse: Warehouse, tmp_path: Path) -> None:
    fill(warehouse, [message(1), message(2), withdrawn(3)])
    first = publish_night(warehouse, tmp_path)
    assert [row["customer_id"] for row in read(first / "offers.csv")] == ["c000001", "c000002"]
    assert [row["customer_id"] for row in read(first / "offers.withdraw.csv")] == ["c000003"]

    # On the next night c1 gets another offer, the end of c3's is told again, and c2's offer is taken back.
    fill(warehouse, [message(4, customer_id="c000001"), withdrawn(2), withdrawn(3)])
    second = publish_night(warehouse, tmp_path, date(2026, 7, 1))
    assert [row["offer_key"][-1] for row in read(second / "offers.csv")] == ["4"]
    assert [row["customer_id"] for row in read(second / "offers.withdraw.csv")] == ["c000002"]
    facts = datapackage.read(second.parents[1])["offermill"]["channels"]["crm"]
    assert (facts["against"], facts["offered"], facts["withdrawn"]) == ("2026-06-30", 1, 1)


def test_a_night_published_again_is_compared_with_what_it_was_compared_with(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    fill(warehouse, [message(1), withdrawn(3)])
    publish_night(warehouse, tmp_path, date(2026, 7, 1))
    # A night before it is published later.
    publish_night(warehouse, tmp_path, DAY)
    run = run_with(tmp_path, "{crm: {target: generic, mode: delta}}", date(2026, 7, 1))
    publication.stage(warehouse, run)
    assert publish.release(warehouse, run) == {"edition": "2026-07-01", "result": "identical"}


@pytest.mark.parametrize("mode", ["full", "delta"])
def test_a_correction_ends_what_it_drops(warehouse: Warehouse, tmp_path: Path, mode: str) -> None:
    fill(warehouse, [message(1), message(2), message(3)])
    publish_night(warehouse, tmp_path)
    fill(warehouse, [message(1), message(3, offer_text="Another sentence.")])
    run = run_with(tmp_path, f"{{crm: {{target: generic, mode: {mode}}}}}", new_version=True)
    publication.stage(warehouse, run)
    publish.release(warehouse, run)
    place = run.shop.exports / "2026-06-30.v2" / "channels" / "crm"
    offered = [row["customer_id"] for row in read(place / "offers.csv")]
    assert offered == (["c000001", "c000003"] if mode == "full" else ["c000003"])
    ended = read(place / "offers.withdraw.csv")
    assert [(row["customer_id"], row["offer_text"], row["valid_until"]) for row in ended] == [
        ("c000002", "none", "2026-06-30")
    ]


def test_what_was_told_is_kept_without_addresses(warehouse: Warehouse, tmp_path: Path) -> None:
    fill(warehouse, [message(1), message(2)])
    place = publish_night(warehouse, tmp_path)
    kept = place.parents[1] / "audit" / "channels" / "crm.parquet"
    names = warehouse.arrow(f"select * from '{kept}'").column_names
    assert [name for name in names if name in ("email", "phone", "first_name", "last_name")] == []
    assert warehouse.value(f"select count(*) from '{kept}'") == 2


def test_the_data_package_with_channels_is_valid(warehouse: Warehouse, tmp_path: Path) -> None:
    fill(warehouse, [message(number) for number in range(60)] + [withdrawn(60)])
    exports = publish_night(warehouse, tmp_path).parents[1]
    report = Package(str(exports / "datapackage.json")).validate()
    assert report.valid, report.flatten(["name", "type", "message"])
    listed = [resource["path"] for resource in datapackage.read(exports)["resources"]]
    assert [path for path in listed if "channels" in path] == [
        "audit/channels/crm.parquet",
        "channels/crm/offers.csv",
        "channels/crm/offers.withdraw.csv",
    ]


def refusal(warehouse: Warehouse, folder: Path, channels: str) -> str:
    with pytest.raises(ConfigError) as problem:
        handover.write(warehouse, run_with(folder / "shop", channels), folder)
    return str(problem.value)


def written(warehouse: Warehouse, folder: Path, channels: str) -> handover.Handover:
    return handover.write(warehouse, run_with(folder / "shop", channels), folder)


def test_a_record_that_breaks_its_contract_is_left_out_and_listed(warehouse: Warehouse, tmp_path: Path) -> None:
    fill(warehouse, [message(1, phone="80012345"), *map(message, range(3, 300)), message(2, offer_text="x" * 1001)])
    made = written(warehouse, tmp_path, "{crm: {target: generic}, other: {target: hubspot}}")
    assert len(read(tmp_path / "channels" / "crm" / "offers.csv")) == 297
    assert (made.facts["crm"]["left_out"], made.facts["other"]["left_out"]) == (2, 1)
    said = read(tmp_path / "audit" / "left_out_records.csv")
    # What is personal is not repeated.
    assert [tuple(row.values()) for row in said] == [
        (
            "crm",
            "crm/offers.csv",
            "offer_key=000000000000000000000001",
            "phone",
            r"has 8 characters in phone; expected the form \+[1-9][0-9]{6,14}",
        ),
        (
            "crm",
            "crm/offers.csv",
            "offer_key=000000000000000000000002",
            "offer_text",
            f"has '{'x' * 60}...' in offer_text; expected at most 1000 characters",
        ),
        (
            "other",
            "other/contacts.csv",
            "customer_key=c000002",
            "offer_text",
            f"has '{'x' * 60}...' in offer_text; expected at most 1000 characters",
        ),
    ]


def test_many_bad_records_or_a_shared_key_stop_their_block_alone(warehouse: Warehouse, tmp_path: Path) -> None:
    fill(warehouse, [message(1), message(2, offer_text="x" * 1001), message(3, offer_text="x" * 1001)])
    made = written(
        warehouse, tmp_path, "{crm: {target: generic}, tags: {target: salesforce}, users: {target: klaviyo}}"
    )
    assert made.facts["crm"]["stopped"] == (
        f"crm/offers.csv: the row offer_key=000000000000000000000002 has '{'x' * 60}...' in offer_text; expected at "
        "most 1000 characters (2 such records of 3, more than the share of 0.01 allowed). Mend the text or the "
        "customer's record, or take the block out of channels in shop.yml."
    )
    assert (made.facts["crm"]["files"], (tmp_path / "channels" / "crm").exists()) == ([], False)
    assert "stopped" not in made.facts["users"]
    assert (tmp_path / "channels" / "users").is_dir()

    fill(warehouse, [message(1), message(1, customer_id="c2")])
    made = written(warehouse, tmp_path / "again", "{crm: {target: generic}}")
    assert made.facts["crm"]["stopped"] == (
        "crm/offers: 2 rows have the key offer_key=000000000000000000000001; the target would keep one of them by "
        "chance. Two records of the shop must not share it."
    )


def test_a_block_that_cannot_be_meant_is_refused_with_all_its_problems(warehouse: Warehouse, tmp_path: Path) -> None:
    given = "{crm: {target: genric}, other: {target: generic, options: {lsit: x}}}"
    first, second = refusal(warehouse, tmp_path, given).splitlines()
    assert first.startswith("shop.yml: channels.crm.target: 'genric' is no known target. Did you mean 'generic'? Known")
    assert second == "shop.yml: channels.other.options: 'lsit' is no option of generic. It has none."


def test_a_block_for_a_segment_that_is_none_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    fill(warehouse, [message(1)])
    assert refusal(warehouse, tmp_path, "{crm: {target: generic, segments: [lasped]}}") == (
        "shop.yml: channels.crm.segments: 'lasped' is no segment. Did you mean 'lapsed'? Nobody would be told."
    )
