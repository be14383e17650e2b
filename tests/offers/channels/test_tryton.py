"""Tryton's files: parties with the city of their store as the address, and coupon numbers; tests/crm imports them."""

import csv
from pathlib import Path

from offermill.warehouse import Warehouse
from offers.channels import handover
from tests.offers.channels.leaving import NAMES, Row, fill, message, run_with, withdrawn


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_parties_and_numbers_read_again_equal_the_messages(tmp_path: Path) -> None:
    offered = [
        message(1, first_name="Jānis", last_name='O"Hara, jun.', home_store_id="s1"),
        message(2, first_name=NAMES[0], last_name=None, email=None, phone="+37120000001", home_store_id="s9"),
        message(3, first_name=None, last_name=" ", email=None, phone=None, home_store_id=None),
    ]
    ended = withdrawn(11, customer_id="c000011")
    with Warehouse.open() as warehouse:
        fill_with_store(warehouse, [*offered, ended])
        handover.write(warehouse, run_with(tmp_path / "shop", "{one: {target: tryton}}"), tmp_path)
    place = tmp_path / "channels" / "one"

    assert [tuple(row.values()) for row in rows(place / "party.csv")] == [
        ("c000001", 'Jānis O"Hara, jun.', "Rīga", "email", offered[0]["email"]),
        ("c000002", NAMES[0].strip(), "LV", "phone", "+37120000001"),
        ("c000003", "c000003", "LV", "other", "c000003"),
    ]
    assert rows(place / "coupon_number.csv") == [
        {
            "number": row["code"],
            "coupon": row["offer_id"],
            "start_date": str(row["valid_from"]),
            "end_date": str(row["valid_until"]),
        }
        for row in sorted(offered, key=lambda row: row["code"])
    ]
    assert [row["number"] for row in rows(place / "coupon_number.withdraw.csv")] == [ended["code"]]
    assert not (place / "party.withdraw.csv").exists()


def fill_with_store(warehouse: Warehouse, messages: list[Row]) -> None:
    fill(warehouse, messages, store=[{"store_id": "s1", "store_name": "Centrs", "city": "Rīga", "kind": "store"}])
