"""Audiences for Google and Meta: only addresses whose owners said yes, hashed by each network's rule."""

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from google.ads import datamanager_v1
from google.protobuf import json_format

from offermill import datapackage
from offermill.errors import ConfigError
from offers.channels import google_data_manager, handover, meta_audiences_api
from tests.offers.channels.leaving import NAMES, message, run_with, withdrawn
from tests.offers.channels.promised import hand_over, read, shop


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def may(number: int, *, email: bool = True, phone: bool = True) -> dict[str, object]:
    return {"customer_id": f"c{number:06d}", "may_match_email": email, "may_match_phone": phone}


PEOPLE = [
    message(1, email="jane.doe+shop@gmail.com", phone="+37120000001", first_name="Jānis", last_name="O'Brien"),
    message(2, email="anna@example.org", phone="+37120000002", first_name="Анна", last_name="Кузнецова-Ёлкина"),
    message(3, email="only@example.org", phone=None),
    message(4),
    message(5),
    withdrawn(6),
    message(7, email="..+x@gmail.com", phone=None),
]
PERMISSIONS = [may(1), may(2, email=False), may(3, phone=False), may(5, email=False, phone=False), may(6), may(7)]


def test_google_gets_addresses_with_consent_in_its_own_spelling(tmp_path: Path) -> None:
    with shop(PEOPLE, offers__ad_permission=PERMISSIONS) as warehouse:
        rows = read(hand_over(warehouse, tmp_path, "{target: google_customer_match}") / "customer_match.csv")
    assert {(row["Email"], row["Phone"]) for row in rows} == {
        (sha("janedoe@gmail.com"), sha("+37120000001")),
        ("", sha("+37120000002")),
        (sha("only@example.org"), ""),
    }
    assert list(rows[0]) == ["Email", "Phone"]


def test_meta_gets_the_same_people_in_its_own_spelling_and_names_only_when_the_shop_says_so(tmp_path: Path) -> None:
    with shop(PEOPLE, offers__ad_permission=PERMISSIONS) as warehouse:
        plain = read(hand_over(warehouse, tmp_path / "1", "{target: meta_audiences}") / "custom_audience.csv")
        block = "{target: meta_audiences, options: {names: 'yes'}}"
        named = read(hand_over(warehouse, tmp_path / "2", block) / "custom_audience.csv")
    assert {tuple(row.values()) for row in plain} == {
        (sha("jane.doe+shop@gmail.com"), sha("37120000001"), "", "", ""),
        ("", sha("37120000002"), "", "", ""),
        (sha("only@example.org"), "", "", "", ""),
        (sha("..+x@gmail.com"), "", "", "", ""),
    }
    found = {(row["phone"], row["fn"], row["ln"], row["country"]) for row in named}
    assert (sha("37120000001"), sha("jānis"), sha("obrien"), sha("lv")) in found
    assert (sha("37120000002"), sha("анна"), sha("кузнецоваёлкина"), sha("lv")) in found


def test_nobody_is_in_plain_and_nobody_without_consent_in_any_file(tmp_path: Path) -> None:
    people = [message(n, first_name=NAMES[n % len(NAMES)], last_name=NAMES[-n % len(NAMES)]) for n in range(200)]
    allowed = [may(n) for n in range(0, 200, 2)]
    for target in ("google_customer_match", "meta_audiences", "meta_audiences_api"):
        with shop(people, offers__ad_permission=allowed) as warehouse:
            block = f"{{target: {target}, options: {{names: 'yes'}}}}" if "meta" in target else f"{{target: {target}}}"
            place = hand_over(warehouse, tmp_path / target, block)
        text = "".join(path.read_text(encoding="utf-8") for path in place.iterdir())
        assert [row["email"] for row in people if row["email"] in text or row["phone"] in text] == []
        assert sum(sha(str(row["email"])) in text for row in people[::2]) == 100
        assert sum(sha(str(row["email"])) in text for row in people[1::2]) == 0
        assert sha("") not in text, "an empty cell has no hash: everybody without an address would share it"


def test_two_people_with_one_address_are_one_row_in_an_order_that_tells_nothing(tmp_path: Path) -> None:
    people = [message(n, email=f"{n // 2:03d}@example.org", phone=None) for n in range(60)]
    with shop(people, offers__ad_permission=[may(n) for n in range(60)]) as warehouse:
        rows = read(hand_over(warehouse, tmp_path, "{target: google_customer_match}") / "customer_match.csv")
    found = [row["Email"] for row in rows]
    alphabetical = [sha(f"{n:03d}@example.org") for n in range(30)]
    assert sorted(found) == sorted(alphabetical)
    assert found != alphabetical


def test_a_difference_never_shrinks_an_audience_and_a_consent_taken_back_does(tmp_path: Path) -> None:
    block = "{target: google_customer_match, mode: delta}"
    for allowed, expected in (([may(1), may(3)], 2), ([may(3)], 1), ([], 0)):
        with shop(PEOPLE, offers__ad_permission=allowed) as warehouse:
            rows = read(hand_over(warehouse, tmp_path / str(expected), block) / "customer_match.csv")
        assert len(rows) == expected


def test_the_api_bodies_are_one_session_of_at_most_so_many_people_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meta_audiences_api, "PEOPLE_PER_CALL", 3)
    people, allowed = [message(n) for n in range(7)], [may(n) for n in range(7)]
    with shop(people, offers__ad_permission=allowed) as warehouse:
        place = hand_over(warehouse, tmp_path, "{target: meta_audiences_api}")
    bodies = [json.loads(path.read_text()) for path in sorted(place.glob("*.json"))]
    sessions = [body["session"] for body in bodies]
    assert len({session.pop("session_id") for session in sessions}) == 1
    assert sessions == [
        {"batch_seq": 1, "last_batch_flag": False, "estimated_num_total": 7},
        {"batch_seq": 2, "last_batch_flag": False, "estimated_num_total": 7},
        {"batch_seq": 3, "last_batch_flag": True, "estimated_num_total": 7},
    ]
    assert [len(body["payload"]["data"]) for body in bodies] == [3, 3, 1]
    assert {tuple(body["payload"]["schema"]) for body in bodies} == {("EMAIL", "PHONE", "FN", "LN", "COUNTRY")}
    sent = {tuple(person) for body in bodies for person in body["payload"]["data"]}
    assert sent == {(sha(f"c{n}@example.org"), sha(f"3712{n:07d}"), "", "", "") for n in range(7)}


def test_an_audience_that_nobody_allows_is_replaced_by_nobody(tmp_path: Path) -> None:
    with shop(PEOPLE) as warehouse:
        body = json.loads(
            (hand_over(warehouse, tmp_path, "{target: meta_audiences_api}") / "usersreplace-0001.json").read_text()
        )
    assert body["payload"]["data"] == []
    assert body["session"]["last_batch_flag"] is True


MANAGER = "{target: google_data_manager, options: {account: 123-456-7890, audience: '7', terms: accepted}}"


def test_a_word_of_the_last_minute_takes_its_address_off(tmp_path: Path) -> None:
    said = [{"customer_id": f"c{n:06d}", "rule": "opted_out", "channel": way} for n, way in ((1, "sms"), (3, "email"))]
    with shop(PEOPLE, offers__ad_permission=PERMISSIONS, offers__last_word=said) as warehouse:
        rows = read(hand_over(warehouse, tmp_path, "{target: google_customer_match}") / "customer_match.csv")
    assert {(row["Email"], row["Phone"]) for row in rows} == {
        (sha("janedoe@gmail.com"), ""),
        ("", sha("+37120000002")),
    }


def test_the_data_manager_is_told_whom_to_add(tmp_path: Path) -> None:
    with shop(PEOPLE[:1], offers__ad_permission=PERMISSIONS) as warehouse:
        (path,) = hand_over(warehouse, tmp_path, MANAGER).iterdir()
    assert path.name == "audience-2-ingest-0001.json"
    assert json.loads(path.read_text()) == {
        "destinations": [
            {"operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": "1234567890"}, "productDestinationId": "7"}
        ],
        "audienceMembers": [
            {
                "userData": {
                    "userIdentifiers": [
                        {"emailAddress": sha("janedoe@gmail.com")},
                        {"phoneNumber": sha("+37120000001")},
                    ]
                }
            }
        ],
        "consent": {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"},
        "termsOfService": {"customerMatchTermsOfServiceStatus": "ACCEPTED"},
        "validateOnly": False,
        "encoding": "HEX",
    }


def two_nights(folder: Path, block: str) -> dict[str, dict[str, Any]]:
    """Return the calls of a night on which most of those of the night before do not allow ads any more, by name."""
    for day, allowed in (("2026-06-29", [may(1), may(2), may(3)]), ("2026-06-30", [may(1, phone=False)])):
        with shop(PEOPLE, offers__ad_permission=allowed) as warehouse:
            run = run_with(folder / "shop", f"{{out: {block}}}", date.fromisoformat(day))
            edition = run.shop.exports / day
            made = handover.write(warehouse, run, edition)
            datapackage.write(edition, "test", "Test", made.resources, {"channels": made.facts})
    place = folder / "shop" / "exports" / "2026-06-30" / "channels" / "out"
    return {path.name: json.loads(path.read_text()) for path in sorted(place.iterdir())}


def test_googles_own_messages_take_every_call(tmp_path: Path) -> None:
    bodies = two_nights(tmp_path, MANAGER.replace("audience: '7'", "audience: '7', login_account: 987-654-3210"))
    kinds = {
        "remove": datamanager_v1.RemoveAudienceMembersRequest,
        "ingest": datamanager_v1.IngestAudienceMembersRequest,
    }
    assert {name.split("-")[2] for name in bodies} == kinds.keys()
    for name, body in bodies.items():
        kind = kinds[name.split("-")[2]]
        read_back = json_format.ParseDict(body, kind.pb(kind()))
        assert {"validateOnly": False, **json_format.MessageToDict(read_back)} == body
        with pytest.raises(json_format.ParseError, match="no field named"):
            json_format.ParseDict({**body, "audienceMember": []}, kind.pb(kind()))


def test_the_data_manager_is_told_whom_to_take_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google_data_manager, "MEMBERS_PER_CALL", 2)
    bodies = two_nights(tmp_path, MANAGER)
    assert [(name, len(body["audienceMembers"])) for name, body in bodies.items()] == [
        ("audience-1-remove-0001.json", 2),
        ("audience-1-remove-0002.json", 2),
        ("audience-2-ingest-0001.json", 1),
    ]
    assert {
        name: body for name, body in bodies["audience-1-remove-0001.json"].items() if name != "audienceMembers"
    } == {
        "destinations": [
            {"operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": "1234567890"}, "productDestinationId": "7"}
        ],
        "validateOnly": False,
        "encoding": "HEX",
    }
    away = [one["userData"]["userIdentifiers"] for body in list(bodies.values())[:2] for one in body["audienceMembers"]]
    assert {value for identifiers in away for one in identifiers for value in one.values()} == {
        sha("anna@example.org"),
        sha("only@example.org"),
        sha("+37120000001"),
        sha("+37120000002"),
    }


def test_googles_terms_must_have_been_accepted(tmp_path: Path) -> None:
    block = MANAGER.replace("terms: accepted", "terms: 'no'")
    with shop(PEOPLE) as warehouse, pytest.raises(ConfigError, match=r"options.terms: 'no' is none of accepted"):
        hand_over(warehouse, tmp_path, block)
