"""Every target's files, read again by others' parsers, hold the decisions: for 20,000 people with hostile names."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openapi_client.models.profile_import_job_create_query import ProfileImportJobCreateQuery

from offermill.warehouse import Warehouse
from offers.channels import handover, registry
from tests.offers.channels.leaving import EMOJI, NAMES, Row, fill, message, run_with, withdrawn

PEOPLE, ENDED = 20_000, 500
CRM = ("generic", "salesforce", "marketing_cloud", "hubspot", "odoo")
NAMED = (*CRM, "braze", "klaviyo", "mailchimp", "mautic", "emarsys")
BLOCKS = "{" + ", ".join(f"{name.replace('_', '-')}: {{target: {name}}}" for name in NAMED) + "}"
LONG = "Līdz 2026. gada 28. jūlijam iepērcieties un saņemiet 5% atlaidi, ne vairāk kā 20,00 €: ietaupāt vismaz 2,00 €. "


def _id(number: int) -> str:
    """Return ids that a careless reader takes for numbers."""
    return (f"00{number}", f"{number}E5", f"c-{number}", f"0x{number}")[number % 4]


def _text(number: int) -> str:
    name = (*NAMES, *EMOJI)[number % (len(NAMES) + len(EMOJI))]
    return f"{name}, купи на 40,00 € {'' if number % 3 else LONG * 2}un saņem 4,00 €."


def _messages() -> list[Row]:
    """Return an offer to each person; of 500 an older offer ended, and half of them have none tonight."""
    offered = [message(n, customer_id=_id(n), offer_text=_text(n), offer_id=f"offer-{n}") for n in range(PEOPLE)]
    ended = [
        withdrawn(PEOPLE + n, customer_id=_id(n if n % 2 else PEOPLE + n), email=f"ended{n}@example.org")
        for n in range(ENDED)
    ]
    return offered + ended


MESSAGES = _messages()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    target = tmp_path_factory.mktemp("channels")
    with Warehouse.open() as warehouse:
        fill(warehouse, MESSAGES)
        handover.write(warehouse, run_with(target / "shop", BLOCKS), target)
    return target / "channels"


def read(folder: Path, stem: str) -> list[dict[str, str]]:
    """Return the records of all parts of a CSV, read strictly, each cell as its text; pandas must read the same."""
    rows: list[dict[str, str]] = []
    for path in sorted(folder.glob(f"{stem}.csv")) or sorted(folder.glob(f"{stem}-*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found = list(csv.DictReader(file, strict=True))
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
        assert list(frame.columns) == list(found[0])
        assert [tuple(row) for row in frame.itertuples(index=False)] == [tuple(row.values()) for row in found]
        rows += found
    return rows


def money(row: Row, nothing: str = "0.00") -> str:
    return nothing if row["value_minor"] is None else f"{row['value_minor'] // 100}.{row['value_minor'] % 100:02d}"


def last() -> list[Row]:
    """Return each customer's last message: tonight's offer stands before the end of an older one."""
    offered = {row["customer_id"] for row in MESSAGES if row["offer_status"] == "offered"}
    return [row for row in MESSAGES if row["offer_status"] == "offered" or row["customer_id"] not in offered]


def by(rows: list[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    found = {row[key]: row for row in rows}
    assert len(found) == len(rows)
    return found


def dates(row: Row, start: str, end: str) -> dict[str, str]:
    return {start: str(row["valid_from"]), end: str(row["valid_until"])}


BESIDE = ("how_to_use", "terms", "terms_url")


def generic(row: Row) -> Row:
    names = (
        "offer_key",
        "customer_id",
        "email",
        "phone",
        "first_name",
        "last_name",
        "language",
        "offer_status",
        "channel",
    )
    kept = {name: row[name] for name in (*names, "campaign_id", "wave_id", "offer_id", "code")}
    said = ("offer_text", "price_notice", *BESIDE)
    texts = {name: row[name] or "none" for name in said}
    return kept | texts | {"value_amount": money(row), "currency": "EUR"} | dates(row, "valid_from", "valid_until")


def salesforce(row: Row) -> Row:
    return {
        "Offer_Key__c": row["offer_key"],
        "Contact__r.Customer_Key__c": row["customer_id"],
        "Status__c": row["offer_status"],
        "Channel__c": row["channel"],
        "Text__c": row["offer_text"] or "#N/A",
        "Price_Notice__c": row["price_notice"] or "#N/A",
        "How_To_Use__c": row["how_to_use"] or "#N/A",
        "Terms__c": row["terms"] or "#N/A",
        "Terms_Url__c": row["terms_url"] or "#N/A",
        "Value__c": money(row, "#N/A"),
        "Currency__c": "EUR",
        **dates(row, "Valid_From__c", "Valid_To__c"),
        "Code__c": row["code"],
        "Wave__c": row["wave_id"],
    }


def inert(text: str) -> str:
    """Return a text as it goes to systems that put it into HTML as it stands."""
    return text.replace("<", "‹").replace(">", "›")


def marketing_cloud(row: Row) -> Row:
    given = generic(row) | {"offer_text": inert(row["offer_text"] or "none")}
    dropped = ("customer_id", "email", "phone", "first_name", "last_name", "offer_id")
    return {name: given[name] for name in given if name not in dropped} | {"SubscriberKey": row["customer_id"]}


def contact(row: Row) -> Row:
    """Return what HubSpot and Emarsys are told of a contact."""
    return {
        "customer_key": row["customer_id"],
        "offer_status": row["offer_status"],
        "offer_key": row["offer_key"],
        "offer_text": inert(row["offer_text"] or "none"),
        "offer_price_notice": row["price_notice"] or "none",
        **{f"offer_{name}": row[name] or "none" for name in BESIDE},
        "offer_value": money(row),
        "offer_currency": "EUR",
        **dates(row, "offer_valid_from", "offer_valid_until"),
        "offer_code": row["code"],
        "offer_wave": row["wave_id"],
    }


def emarsys(row: Row) -> Row:
    # The emoji of the names, and what joins them.
    said = contact(row)
    plain = {
        name: said[name].replace("🎁", "").replace("👩\u200d👩\u200d👧", "") for name in ("offer_text", "offer_terms")
    }
    return said | plain


def mautic(row: Row) -> Row:
    kept = {name: value for name, value in contact(row).items() if name not in ("offer_currency", "offer_wave")}
    beside = {f"offer_{name}": row[name] or "" for name in ("price_notice", *BESIDE)}
    return kept | beside | {"offer_text": inert(row["offer_text"] or "")}


def partner(row: Row) -> Row:
    return {
        "id": f"cust_{row['customer_id']}",
        "x_offer_status": row["offer_status"],
        "x_offer_text": row["offer_text"] or "",
        "x_offer_price_notice": row["price_notice"] or "",
        **{f"x_offer_{name}": row[name] or "" for name in BESIDE},
        "x_offer_value": money(row, ""),
        **dates(row, "x_offer_valid_from", "x_offer_valid_until"),
        "x_offer_code": row["code"],
    }


def card(row: Row) -> Row:
    return {
        "id": f"offer_{row['offer_key']}",
        "program_id/id": f"program_{row['offer_id']}",
        "partner_id/id": f"cust_{row['customer_id']}",
        "code": row["code"],
        "points": "1" if row["offer_status"] == "offered" else "0",
        "expiration_date": str(row["valid_until"]),
    }


# Block, file, key, whether the system keeps one offer per customer, and what it must say of a message.
CASES: list[tuple[str, str, str, bool, Callable[[Row], Row]]] = [
    ("generic", "offers", "offer_key", False, generic),
    ("salesforce", "personal_offer", "Offer_Key__c", False, salesforce),
    ("marketing-cloud", "personal_offers", "offer_key", False, marketing_cloud),
    ("hubspot", "contacts", "customer_key", True, contact),
    ("emarsys", "contacts", "customer_key", True, emarsys),
    ("mautic", "contacts", "customer_key", True, mautic),
    ("odoo", "res_partner", "id", True, partner),
    ("odoo", "loyalty_card", "id", False, card),
]


@pytest.mark.parametrize(
    ("block", "stem", "key", "keeps_one", "expected"), CASES, ids=[f"{block}.{stem}" for block, stem, *_ in CASES]
)
def test_a_file_read_again_equals_the_decisions(
    folder: Path, block: str, stem: str, key: str, keeps_one: bool, expected: Callable[[Row], Row]
) -> None:
    messages = last() if keeps_one else MESSAGES
    for status, name in (("offered", stem), ("withdrawn", f"{stem}.withdraw")):
        told = by([expected(row) for row in messages if row["offer_status"] == status], key)
        assert by(read(folder / block, name), key) == told
        assert len(told) >= ENDED / 2


def test_braze_users_point_at_the_catalog_that_holds_their_text(folder: Path) -> None:
    items = by(read(folder / "braze", "catalog"), "id")
    users = by(read(folder / "braze", "users"), "external_id")
    assert {
        key: (user["offer_key"], user["offer_code"], user["offer_value"], items[user["offer_item"]]["offer_text"])
        for key, user in users.items()
    } == {
        row["customer_id"]: (f"offer-{row['offer_key']}", f"code {row['code']}", money(row), inert(row["offer_text"]))
        for row in last()
        if row["offer_status"] == "offered"
    }
    ended = read(folder / "braze", "users.withdraw")
    assert {(user["offer_item"], user["offer_status"], user["offer_value"]) for user in ended} == {
        ("none", "withdrawn", "0.00")
    }
    assert len(ended) == ENDED / 2


def test_a_text_message_has_an_item_of_its_own_in_braze_since_it_words_the_offer_otherwise(tmp_path: Path) -> None:
    said = {"email": "Get “a mug” – free.", "sms": 'Get "a mug" - free.', "push": "Get “a mug” – free."}
    rows = [
        message(number, language="en", channel=channel, offer_text=said[channel])
        for number, channel in enumerate(("email", "sms", "push"))
    ]
    with Warehouse.open() as warehouse:
        fill(warehouse, rows)
        handover.write(warehouse, run_with(tmp_path / "shop", "{braze: {target: braze}}"), tmp_path)
    items = by(read(tmp_path / "channels" / "braze", "catalog"), "id")
    users = by(read(tmp_path / "channels" / "braze", "users"), "external_id")
    assert len(items) == 2
    assert [items[users[row["customer_id"]]["offer_item"]]["offer_text"] for row in rows] == [*said.values()]


def test_mailchimp_gets_every_sentence_whole_in_fields_of_255_bytes(folder: Path) -> None:
    rows = by(read(folder / "mailchimp", "contacts"), "Email Address")
    assert all(0 < len(cell.encode()) <= 255 for row in rows.values() for cell in row.values())
    said = {key: " ".join(row[f"OTEXT{part}"] for part in (1, 2, 3)).split() for key, row in rows.items()}
    offered = [row for row in MESSAGES if row["offer_status"] == "offered"]
    assert said == {row["email"]: inert(row["offer_text"]).split() for row in offered}
    assert max(len(row["offer_text"].encode()) for row in offered) > 255
    beside = {key: (row["OUSE"], row["OTERMSURL"]) for key, row in rows.items()}
    assert beside == {row["email"]: (row["how_to_use"], row["terms_url"]) for row in offered}


def documents(folder: Path, stem: str) -> list[dict[str, Any]]:
    paths = sorted(folder.glob(f"{stem}.json")) or sorted(folder.glob(f"{stem}-*.json"))
    assert all(path.stat().st_size <= 5_000_000 for path in paths)
    return [json.loads(path.read_bytes()) for path in paths]


def test_klaviyo_jobs_hold_the_decisions_and_its_own_model_takes_them(folder: Path) -> None:
    jobs = documents(folder / "klaviyo", "profiles")
    profiles = [profile for job in jobs for profile in job["data"]["attributes"]["profiles"]["data"]]
    assert all(len(job["data"]["attributes"]["profiles"]["data"]) <= 10_000 for job in jobs)
    assert [profile["type"] for profile in profiles] == ["profile"] * PEOPLE
    assert {profile["attributes"]["external_id"]: profile["attributes"]["properties"] for profile in profiles} == {
        row["customer_id"]: {
            "offer_status": "offered",
            "offer_key": row["offer_key"],
            "offer_text": inert(row["offer_text"]),
            "offer_price_notice": row["price_notice"],
            **{f"offer_{name}": row[name] for name in BESIDE},
            "offer_value": row["value_minor"] / 100,
            "offer_currency": "EUR",
            **dates(row, "offer_valid_from", "offer_valid_until"),
            "offer_code": row["code"],
            "offer_wave": row["wave_id"],
        }
        for row in MESSAGES
        if row["offer_status"] == "offered"
    }
    # All 20,000 take the model half a minute: of every job a few hundred.
    for job in jobs:
        listed = job["data"]["attributes"]["profiles"]
        listed["data"] = listed["data"][:200]
        parsed = ProfileImportJobCreateQuery.from_dict(job)
        assert parsed is not None
        assert [profile.attributes.external_id for profile in parsed.data.attributes.profiles.data] == [
            profile["attributes"]["external_id"] for profile in listed["data"]
        ]


def test_klaviyo_clears_an_offer_that_ended(folder: Path) -> None:
    (job,) = documents(folder / "klaviyo", "profiles.withdraw")
    profiles = job["data"]["attributes"]["profiles"]["data"]
    assert len(profiles) == ENDED / 2
    told = profiles[0]["attributes"]["properties"]
    assert (told["offer_status"], told["offer_text"], told["offer_value"]) == ("withdrawn", None, None)


def test_no_address_leaves_where_the_id_suffices(folder: Path) -> None:
    holders = {path.parent.name for path in folder.rglob("*.*") if b"@example.org" in path.read_bytes()}
    assert holders == {"generic", "mailchimp"}


def test_mautic_and_klaviyo_are_split_by_records(folder: Path) -> None:
    sizes = [len(read(folder / "mautic", path.stem)) for path in sorted((folder / "mautic").glob("contacts-*.csv"))]
    assert sizes == [5_000] * 4
    assert len(list((folder / "klaviyo").glob("profiles-*.json"))) >= 2


def refusal(folder: Path, target: str, *messages: Row) -> str:
    run = run_with(folder / "shop", f"{{one: {{target: {target}}}}}")
    with Warehouse.open() as warehouse:
        fill(warehouse, messages)
        return str(handover.write(warehouse, run, folder).facts["one"]["stopped"])


@pytest.mark.parametrize(
    ("target", "change", "said"),
    [
        ("emarsys", {"offer_text": "Letter 𐍈 here"}, "in offer_text; expected no letter of four bytes in UTF-8"),
        ("emarsys", {"code": "A🎁"}, r"has 'A🎁' in offer_code; expected the form [\x{0}-\x{FFFF}]*"),
        ("mailchimp", {"offer_text": f"{'x' * 256} is one word"}, "in OTEXT1; expected at most 255 bytes"),
        ("mailchimp", {"offer_text": LONG * 9}, "in OTEXT3; expected at most 255 bytes"),
        ("salesforce", {"offer_text": "#N/A"}, "has '#N/A' in Text__c; expected anything but '#N/A', which clears"),
        (
            "odoo",
            {"customer_id": "module.c1"},
            "has 'cust_module.c1' in partner_id/id; expected the form [A-Za-z0-9_-]+",
        ),
        ("hubspot", {"offer_text": ""}, "has '' in offer_text; expected something"),
        ("klaviyo", {"offer_text": "x" * 100_000}, "is 100486 bytes long; the target takes 100000"),
        ("generic", {"offer_text": "a\x00b"}, "in offer_text; expected a text without NUL"),
    ],
)
def test_what_a_target_cannot_hold_is_refused(tmp_path: Path, target: str, change: Row, said: str) -> None:
    found = refusal(tmp_path, target, message(1, **change))
    assert said in found
    assert found.startswith("one/")


def test_an_address_that_two_customers_share_or_mailchimp_cannot_take_is_counted_and_left_out(tmp_path: Path) -> None:
    rows = [
        message(1, email="shop@example.org"),
        message(2, email="shop@example.org"),
        message(3, email="jānis@example.org"),
        message(4, email=None),
        message(5),
    ]
    with Warehouse.open() as warehouse:
        fill(warehouse, rows)
        facts = handover.write(warehouse, run_with(tmp_path / "shop", "{one: {target: mailchimp}}"), tmp_path).facts
    assert [row["Email Address"] for row in read(tmp_path / "channels" / "one", "contacts")] == ["c5@example.org"]
    told = facts["one"]
    assert (told["offered"], told["unaddressed"]) == (1, 4)


def test_a_system_with_one_offer_per_customer_is_not_told_that_an_older_one_ended(tmp_path: Path) -> None:
    later = {"business_date": message(1)["promised_on"].replace(day=25), "customer_id": "c000002", "offer_id": "mug"}
    rows = [message(1), withdrawn(11, customer_id="c000001"), withdrawn(2), withdrawn(3)]
    with Warehouse.open() as warehouse:
        fill(warehouse, rows, decision_history=[later | {"channel": "email"}, later | {"channel": "sms"}])
        handover.write(warehouse, run_with(tmp_path / "shop", "{one: {target: hubspot}}"), tmp_path)
    place = tmp_path / "channels" / "one"
    assert [row["customer_key"] for row in read(place, "contacts")] == ["c000001"]
    assert [row["customer_key"] for row in read(place, "contacts.withdraw")] == ["c000003"]


def test_every_target_has_tests_here_or_beside() -> None:
    beside = [path for path in Path(__file__).parent.glob("test_*.py") if path.name != Path(__file__).name]
    tested = "".join(path.read_text(encoding="utf-8") for path in beside)
    assert {name for name in registry.targets() if name not in NAMED and name not in tested} == set()
