"""Vouchers, coupons and points as the systems that redeem them read them; their vendors' own models are the judges."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from offers.channels import registry
from tests.literal_tables import DAY
from tests.offers.channels.leaving import EMOJI, NAMES, Row, withdrawn
from tests.offers.channels.promised import CATALOGUE, hand_over, read, shop, told
from tests.vendor_models import model

KINDS = [told(number, str(row["offer_id"])) for number, row in enumerate(CATALOGUE, start=1)]
Voucher = model("voucherify", "vouchers_import_create_item_request_body", "VouchersImportCreateItemRequestBody")
Customer = model("voucherify", "customers_create_request_body", "CustomersCreateRequestBody")
Coupons = model("talon_one", "new_coupons", "NewCoupons")
Points = model("talon_one", "add_loyalty_points", "AddLoyaltyPoints")


def as_voucher(row: dict[str, str]) -> Any:
    """Return the row as Voucherify's own kit sends it."""
    value = int(row["Value"])
    amounts = {"PERCENT": "percent_off", "AMOUNT": "amount_off", "UNIT": "unit_off"}
    return Voucher.from_dict(
        {
            "code": row["Code"],
            "type": row["Voucher Type"],
            "category": row["Category"],
            "start_date": row["Start Date"],
            "expiration_date": row["Expiration Date"],
            "redemption": {"quantity": int(row["Redemption Limit"])},
            "active": row["Active"] == "TRUE",
            "additional_info": row["Additional Info"],
            "discount": {"type": row["Discount Type"], amounts[row["Discount Type"]]: value},
        }
    )


def test_vouchers_say_each_kind_by_the_letter_and_leave_points_out(tmp_path: Path) -> None:
    with shop(KINDS) as warehouse:
        place = hand_over(warehouse, tmp_path, "{target: voucherify}")
    assert (place / "vouchers.csv").read_text(encoding="utf-8").splitlines()[:2] == [
        "Code,Voucher Type,Value,Discount Type,Category,Start Date,Expiration Date,Redemption Limit,Active,"
        "Additional Info,offer_key,customer_id,offer_id,kind,threshold_minor,max_discount_minor,target_kind,target_id,"
        "how_to_use,terms,terms_url",
        "AAAA-BBBB-000001,DISCOUNT_VOUCHER,10,PERCENT,summer,2026-06-30T21:00:00.000Z,2026-07-28T20:59:59.000Z,1,TRUE,"
        "Saņem tenth.,000000000000000000000001,c000001,tenth,percent,0,2000,basket,none,"
        '"Say ""offer"", show the code.",none,https://shop.example/terms?a=1&b=2',
    ]
    found = [(row["offer_id"], row["Discount Type"], row["Value"]) for row in read(place / "vouchers.csv")]
    assert found == [
        ("tenth", "PERCENT", "10"),
        ("five", "AMOUNT", "500"),
        ("mug", "UNIT", "1"),
        ("ride", "AMOUNT", "399"),
        ("wine", "PERCENT", "20"),
    ]


def test_voucherifys_own_models_take_every_voucher_and_customer(tmp_path: Path) -> None:
    names = (*NAMES, *EMOJI)
    people = [told(n, "five", first_name=names[n], last_name=names[-n]) for n in range(len(names))]
    people.append(told(99, "five", first_name=None, last_name=None, email=None, phone=None))
    with shop(people) as warehouse:
        place = hand_over(warehouse, tmp_path, "{target: voucherify, options: {contacts: 'yes'}}")
    vouchers = [as_voucher(row) for row in read(place / "vouchers.csv")]
    assert [(one.code, one.discount.amount_off) for one in vouchers] == [(row["code"], 500) for row in people]
    customers = [
        Customer.from_dict({name.lower(): value for name, value in row.items() if name != "language" and value})
        for row in read(place / "customers.csv")
    ]
    assert [(one.source_id, one.name, one.email, one.phone) for one in customers] == [
        (
            row["customer_id"],
            " ".join(part for part in (row["first_name"], row["last_name"]) if part) or None,
            row["email"],
            row["phone"],
        )
        for row in people
    ]


def test_vouchers_need_no_address(tmp_path: Path) -> None:
    with shop(KINDS) as warehouse:
        place = hand_over(warehouse, tmp_path, "{target: voucherify}")
    assert {(row["Name"], row["Email"], row["Phone"]) for row in read(place / "customers.csv")} == {("", "", "")}


def test_a_withdrawn_voucher_is_the_same_code_switched_off(tmp_path: Path) -> None:
    with shop([*KINDS, withdrawn(9), withdrawn(10, code=None)]) as warehouse:
        place = hand_over(warehouse, tmp_path, "{target: voucherify}")
    assert read(place / "vouchers.withdraw.csv") == [
        {"Code": "AAAA-BBBB-000009", "Active": "FALSE", "Additional Info": "Withdrawn."}
    ]


def test_vouchers_are_divided_into_files_that_one_import_takes(tmp_path: Path) -> None:
    limits = [(file.limits.bytes, file.limits.rows) for file in registry.targets()["voucherify"].files]
    assert limits == [(10_000_000, 100_000)] * 3


def as_coupon(row: dict[str, str]) -> Any:
    """Return the row as Talon.One's own kit sends it."""
    return Coupons.from_dict(
        {
            "usageLimit": int(row["limitval"]),
            "discountLimit": float(row["discountlimit"]) if row["discountlimit"] else None,
            "startDate": row["startdate"],
            "expiryDate": row["expirydate"],
            "recipientIntegrationId": row["recipientintegrationid"],
            "attributes": json.loads(row["attributes"]),
            "numberOfCoupons": 1,
        }
    )


def test_coupons_say_each_kind_by_the_letter_and_talon_ones_own_model_takes_them(tmp_path: Path) -> None:
    with shop(KINDS) as warehouse:
        rows = read(hand_over(warehouse, tmp_path, "{target: talon_one}") / "coupons.csv")
    assert rows[1] == {
        "value": "AAAA-BBBB-000002",
        "expirydate": "2026-07-28T20:59:59Z",
        "startdate": "2026-06-30T21:00:00Z",
        "recipientintegrationid": "c000002",
        "limitval": "1",
        "discountlimit": "5.00",
        "attributes": '{"offer_key":"000000000000000000000002","offer_id":"five"}',
    }
    coupons = [as_coupon(row) for row in rows]
    assert [(one.recipient_integration_id, one.discount_limit) for one in coupons] == [
        ("c000001", 20.0),
        ("c000002", 5.0),
        ("c000003", None),
        ("c000004", None),
        ("c000005", 3.99),
        ("c000006", 10.0),
    ]


def test_a_withdrawn_coupon_is_listed_to_be_deleted_and_the_audience_is_whole_in_every_mode(tmp_path: Path) -> None:
    with shop([*KINDS, withdrawn(9)]) as warehouse:
        place = hand_over(warehouse, tmp_path, "{target: talon_one, mode: delta}")
    assert read(place / "coupons.withdraw.csv") == [{"value": "AAAA-BBBB-000009"}]
    assert [row["profileintegrationid"] for row in read(place / "audience.csv")] == [f"c{n:06d}" for n in range(1, 7)]


def redeemed(number: int, offer_id: str = "points-500", *, night: date = DAY, **changes: Any) -> dict[str, Row]:
    """Return a promise, its redemption, and the ledger's posting of it on a night."""
    customer = f"c{number:06d}"
    promise = {"reservation_id": f"r{number}", "customer_id": customer, "offer_id": offer_id}
    redemption = {
        "redemption_id": f"x{number}", "customer_id": customer, "offer_id": offer_id, "redeemed_on": night,
        "arrived_on": night,
    }  # fmt: skip
    posting = {
        "entry_id": f"e{number}", "business_date": night, "kind": "post", "limit_name": "budget",
        "reservation_id": f"r{number}", "redemption_id": f"x{number}",
    }  # fmt: skip
    return {"offers__reservation": promise, "core__redemption": redemption, "offers__ledger_entry": posting | changes}


def tables(*redemptions: dict[str, Row]) -> dict[str, list[Row]]:
    return {name: [one[name] for one in redemptions] for name in redemptions[0]}


def points(folder: Path, rows: dict[str, list[Row]], **how: Any) -> list[dict[str, str]]:
    with shop(KINDS, **rows) as warehouse:
        return read(
            hand_over(warehouse, folder, "{target: talon_one, options: {subledger: offers}}", **how) / "points.csv"
        )


def test_points_are_added_for_tonights_redemptions_of_our_promises_alone(tmp_path: Path) -> None:
    rows = tables(
        redeemed(1),
        redeemed(2, night=date(2026, 6, 29)),
        redeemed(3, "tenth"),
        redeemed(4, kind="reverse"),
        redeemed(5, limit_name="campaign:summer"),
    )
    found = points(tmp_path, rows)
    assert found == [
        {
            "customerprofileid": "c000001",
            "amount": "500",
            "startdate": "immediate",
            "expirydate": "unlimited",
            "subledgerid": "offers",
            "reason": "offermill:x1",
        }
    ]
    sent = Points.from_dict({"points": int(found[0]["amount"]), "name": found[0]["reason"], "subledgerId": "offers"})
    assert sent.points == 500


def test_points_that_the_till_credited_itself_are_not_added_again(tmp_path: Path) -> None:
    credit = {
        "credit_id": "k1", "customer_id": "c000001", "offer_id": "points-500", "kind": "points", "points": 500,
        "credited_on": DAY, "arrived_on": DAY,
    }  # fmt: skip
    rows = tables(redeemed(1), redeemed(2)) | {"core__credit": [credit]}
    assert [row["reason"] for row in points(tmp_path, rows)] == ["offermill:x2"]


def test_goods_that_are_all_back_already_earn_no_points(tmp_path: Path) -> None:
    returned = [{"redemption_id": "x1", "returned_on": DAY}]
    rows = tables(redeemed(1), redeemed(2)) | {"outcomes__returned_redemption": returned}
    assert [row["reason"] for row in points(tmp_path, rows)] == ["offermill:x2"]


def test_a_later_version_of_the_night_adds_no_points_twice(tmp_path: Path) -> None:
    first = points(tmp_path / "first", tables(redeemed(1)))
    published = tmp_path / "second" / "shop" / "exports" / "2026-06-30" / "channels" / "out" / "points.csv"
    published.parent.mkdir(parents=True)
    with published.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(first[0]))
        writer.writeheader()
        writer.writerows(first)
    second = points(tmp_path / "second", tables(redeemed(1), redeemed(2)), new_version=True)
    assert [row["reason"] for row in second] == ["offermill:x2"]


def test_a_till_gets_the_whole_rule_of_every_kind(tmp_path: Path) -> None:
    with shop([*KINDS, withdrawn(9)]) as warehouse:
        place = hand_over(warehouse, tmp_path, "{target: point_of_sale}")
    rows = read(place / "coupons.csv")
    assert rows[5] == {
        "code": "AAAA-BBBB-000006",
        "status": "active",
        "kind": "percent",
        "value": "20",
        "unit": "percent",
        "threshold_minor": "0",
        "max_discount_minor": "1000",
        "target_kind": "category",
        "target_id": "c7",
        "valid_from": "2026-07-01",
        "valid_until": "2026-07-28",
        "uses": "1",
        "customer_id": "c000006",
        "offer_id": "wine",
        "offer_text": "Saņem wine.",
        "how_to_use": 'Say "offer", show the code.',
        "terms": "=1+1; tikai 🎁,\nвсё",
        "terms_url": "https://shop.example/terms?a=1&b=2",
    }
    assert [(row["kind"], row["value"], row["unit"], row["threshold_minor"]) for row in rows] == [
        ("percent", "10", "percent", "0"),
        ("amount", "500", "minor", "4000"),
        ("points", "500", "points", "0"),
        ("gift", "1", "piece", "2500"),
        ("delivery", "399", "minor", "0"),
        ("percent", "20", "percent", "0"),
    ]
    assert read(place / "coupons.withdraw.csv") == [
        {"code": "AAAA-BBBB-000009", "status": "withdrawn", "valid_until": "2026-06-30"}
    ]


FILES = [("voucherify", "vouchers"), ("point_of_sale", "coupons"), ("talon_one", "coupons")]


@pytest.mark.parametrize(("target", "file"), FILES)
def test_files_for_programs_hold_hostile_texts_exactly(tmp_path: Path, target: str, file: str) -> None:
    people = [told(n, "tenth", offer_text=f"={name}", customer_id=f"{name.strip()}{n}") for n, name in enumerate(NAMES)]
    people = [row for row in people if len(str(row["customer_id"])) < 200]
    with shop(people) as warehouse:
        rows = read(hand_over(warehouse, tmp_path, f"{{target: {target}}}") / f"{file}.csv")
    ids = [row.get("customer_id") or row["recipientintegrationid"] for row in rows]
    assert sorted(ids) == sorted(str(row["customer_id"]) for row in people)
    texts = [row.get("offer_text") or row.get("Additional Info") for row in rows]
    assert target == "talon_one" or sorted(map(str, texts)) == sorted(str(row["offer_text"]) for row in people)
