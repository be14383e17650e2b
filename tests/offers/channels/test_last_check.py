"""Nothing leaves to somebody who said no, whenever and in whatever spelling they said it before it left."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from offermill import publish
from offermill.errors import GateError, InputError
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import approval
from offers.channels import last_check, late
from tests.literal_night import make_run
from tests.literal_tables import DAY, make
from tests.offers.channels import address_variants
from tests.offers.channels.said_no import SETTINGS, Person, account, complaint, judged, land, night, refusal
from tests.offers.small_shop import CATALOGUE

ROLES = "approval: {roles: [lawyer]}\n"


def sent(warehouse: Warehouse, run: Run) -> set[str]:
    """Return the customers to whom a delivery of the published messages would go now."""
    messages = warehouse.arrow("select * from offers.allowed_message")
    forbidden = last_check.forbidden(run, messages)
    return {row["customer_id"] for row in messages.to_pylist() if row["offer_key"] not in forbidden}


def test_500_spellings_of_suppressed_addresses_are_caught(tmp_path: Path) -> None:
    pairs = address_variants.same()
    people = _people(pairs)
    with night(tmp_path / "shop", people) as (warehouse, run):
        land(run, "suppressions", [(kind, other, "opt_out") for kind, _, other in pairs])
        # Two spellings of one address belong to as many people here.
        assert set(judged(warehouse, run)) == {one.customer_id for one in people}
        assert sent(warehouse, run) == set()


def test_200_alike_addresses_of_other_people_are_not(tmp_path: Path) -> None:
    pairs = address_variants.different()
    with night(tmp_path / "shop", _people(pairs)) as (warehouse, run):
        known = [{"kind": kind, "value": other, "reason": "opt_out"} for kind, _, other in pairs]
        make(warehouse, "core.suppression", known)
        assert judged(warehouse, run) == {}
        assert len(sent(warehouse, run)) == 200


def _people(pairs: Sequence[address_variants.Pair]) -> list[Person]:
    people = []
    for number, (kind, value, _) in enumerate(pairs):
        one = Person(f"p{number}" if kind != "customer" else value)
        people.append(one if kind == "customer" else replace(one, **{kind: value}))
    return people


HOME = "Brīvības iela 1-2, Rīga"


def test_a_suppression_silences_the_household_and_a_refusal_only_its_own_channel(tmp_path: Path) -> None:
    people = [
        Person("anna", email="anna@x.lv", household=HOME),
        Person("janis", email="janis@x.lv", household="BRĪVĪBAS IELA 1 - 2 RĪGA"),
        Person("ilze", email="ilze@x.lv", phone="+37129000001"),
        Person("olga", email="olga@x.lv", phone="8 29000001", told=False),
        Person("zane", email="zane@x.lv"),
        Person("ivars", email="ivars@x.lv"),
    ]
    with night(tmp_path / "shop", people) as (warehouse, run):
        land(run, "suppressions", [("", "ANNA@x.lv", "erasure"), ("customer", "olga", "court")])
        land(run, "consents", [refusal("zane", "sms"), refusal("ivars", purpose="profiling")])
        assert judged(warehouse, run) == {
            "anna": "erased",
            "janis": "erased",
            "ilze": "suppressed",
            "ivars": "opted_out",
        }
        assert sent(warehouse, run) == {"zane"}


def test_a_closed_account_a_complaint_and_a_withdrawal_are_heard_late(tmp_path: Path) -> None:
    names = ("anna", "ilze", "ivars", "janis", "karlis", "olga", "zane")
    people = [Person(name, email=f"{name}@x.lv", household=HOME) for name in names]
    with night(tmp_path / "shop", people) as (warehouse, run):
        make(warehouse, "core.withdrawal", [{"withdrawal_id": "w1", "customer_id": "zane", "arrived_on": DAY}])
        land(run, "customers", [account("anna", "closed"), account("zane", "active")])
        settled = [complaint("ivars", "2026-06-20T05:00:00Z"), complaint("zane", "2026-06-10T05:00:00Z")]
        land(run, "complaints", [complaint("ilze"), *settled])
        wishes = [("w1", "zane", ""), ("w2", "janis", ""), ("w3", "karlis", "points"), ("w4", "zane", "another")]
        land(run, "withdrawals", [(*wish, "wrong price") for wish in wishes])
        assert judged(warehouse, run) == {
            "anna": "closed",
            "ilze": "open_complaint",
            "ivars": "after_complaint",
            "janis": "withdrawn",
            "karlis": "withdrawn",
        }
        assert sent(warehouse, run) == {"olga", "zane"}, "none of it silences a household, and w1 was known"


def test_an_account_closed_that_nobody_is_written_to_under_changes_nothing(tmp_path: Path) -> None:
    with night(tmp_path / "shop", [Person("anna", email="anna@x.lv")]) as (warehouse, run):
        links = [{"record_id": one, "customer_id": "anna", "record_count": 2} for one in ("anna", "anna-old")]
        make(warehouse, "core.person_link", links)
        land(run, "customers", [account("anna-old", "closed")])
        assert (judged(warehouse, run), sent(warehouse, run)) == ({}, {"anna"})
        land(run, "complaints", [complaint("anna-old")])
        assert (judged(warehouse, run), sent(warehouse, run)) == ({"anna": "open_complaint"}, set())


def test_a_bad_record_of_one_customer_silences_this_one(tmp_path: Path) -> None:
    people = [Person("anna", email="anna@x.lv"), Person("zane", email="zane@x.lv")]
    with night(tmp_path / "shop", people, SETTINGS + "gates: {reject_count_allowed: 5}\n") as (warehouse, run):
        land(run, "customers", [account("anna", "active", "yesterday"), account("zane", "active")])
        assert judged(warehouse, run) == {"anna": "unreadable"}
        land(run, "customers", [account("", "closed")], "_more")
        with pytest.raises((InputError, GateError), match=r"customers_2026-07-01_more.csv:2: customer_id"):
            sent(warehouse, run)


def test_a_signature_taken_back_stops_everything(tmp_path: Path) -> None:
    with night(tmp_path / "shop", [Person("anna", email="anna@x.lv")], SETTINGS + ROLES) as (warehouse, run):
        for place in (run.shop.catalogue, run.catalogue):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(CATALOGUE, encoding="utf-8")
        signed = approval.sign(run.shop, "lawyer", "Jānis").signature
        judged(warehouse, run)
        assert sent(warehouse, run) == {"anna"}
        run.shop.settings.write_text(SETTINGS + ROLES.replace("lawyer", "lawyer, owner"), encoding="utf-8")
        with pytest.raises(GateError, match="is not signed by owner, so nothing leaves"):
            sent(warehouse, run)
        run.shop.settings.write_text(SETTINGS, encoding="utf-8")
        approval.take_back(run.shop, "lawyer", "Jānis", signed.version[:12])
        with pytest.raises(GateError, match=r"is not signed by lawyer.*Jānis \(lawyer\) took back the signature of"):
            sent(warehouse, run)


def test_a_refusal_taken_back_in_the_same_file_holds_nobody_back(tmp_path: Path) -> None:
    with night(tmp_path / "shop", [Person("anna", email="anna@x.lv")]) as (warehouse, run):
        again = ("anna", "email", "offers", "true", "2026-07-01T06:00:00Z")
        land(run, "consents", [refusal("anna"), again])
        assert judged(warehouse, run) == {}


def test_a_published_night_keeps_its_words_and_the_delivery_hears_later_ones(tmp_path: Path) -> None:
    people = [Person("anna", email="anna@x.lv"), Person("zane", email="zane@x.lv")]
    with night(tmp_path / "shop", people) as (warehouse, run):
        land(run, "consents", [refusal("anna")])
        assert judged(warehouse, run) == {"anna": "opted_out"}
        words = run.shop.exports / publish.edition(run) / last_check.WORDS
        words.parent.mkdir(parents=True)
        words.write_text("customer_id,channel,rule,why\nanna,email,opted_out,said so\n")
        land(run, "consents", [refusal("zane")], "_later")
        assert judged(warehouse, run) == {"anna": "opted_out"}, "the same night again is the same night"
        assert sent(warehouse, run) == set()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("kind,value,reason\nemail,,opt_out\n", "suppressions/suppressions_2026-07-01.csv:2: value"),
        ("kind,value,reason\nemail,a@x.lv\n", "suppressions/suppressions_2026-07-01.csv:2: "),
        ("kind,address\nemail,a@x.lv\n", "value"),
    ],
)
def test_what_cannot_be_read_stops_everything(tmp_path: Path, text: str, problem: str) -> None:
    with night(tmp_path / "shop", [Person("anna", email="anna@x.lv")]) as (warehouse, run):
        judged(warehouse, run)
        land(run, "suppressions", []).write_text(text)
        for check in (last_check.refresh, sent):
            with pytest.raises((InputError, GateError)) as refused:
                check(warehouse, run)
            assert problem in str(refused.value)


def test_two_records_that_contradict_one_another_stop_everything(tmp_path: Path) -> None:
    with night(tmp_path / "shop", [Person("anna", email="anna@x.lv")]) as (warehouse, run):
        land(run, "consents", [refusal("anna"), refusal("anna", granted="true")])
        with pytest.raises((InputError, GateError), match=r"anna|conflicting|contradicts"):
            judged(warehouse, run)


def test_nothing_is_sent_when_nobody_knows_whom_the_messages_are_for(tmp_path: Path) -> None:
    with night(tmp_path / "shop", [Person("anna", email="anna@x.lv")]) as (warehouse, run):
        judged(warehouse, run)
        messages = warehouse.arrow("select 'unheard-of' as offer_key, 'offered' as offer_status")
        assert last_check.forbidden(run, messages) == {"unheard-of": "unknown"}
        withdrawn = warehouse.arrow("select 'unheard-of' as offer_key, 'withdrawn' as offer_status")
        assert last_check.forbidden(run, withdrawn) == {}
        (run.shop.state / "last_check" / "2026-06-30" / "known.json").unlink()
        with pytest.raises(GateError, match=r"state/last_check/2026-06-30 holds no known.json"):
            last_check.forbidden(run, messages)


def test_what_was_deleted_comes_back_with_its_night_run_again_and_hears_what_later_nights_loaded(
    tmp_path: Path,
) -> None:
    people = [Person("anna", email="anna@x.lv"), Person("zane", email="zane@x.lv")]
    with night(tmp_path / "shop", people) as (warehouse, run):
        judged(warehouse, run)
        words = run.shop.exports / publish.edition(run) / last_check.WORDS
        words.parent.mkdir(parents=True)
        words.write_text("customer_id,channel,rule,why\n")
        said = land(run, "consents", [refusal("zane")])
        shutil.rmtree(run.shop.state)
        with pytest.raises(GateError, match=r"state/last_check/2026-06-30 is missing, .* Run the night again"):
            sent(warehouse, run)
        # The night of 1 July has loaded the refusal: what is made again for 30 June must not take it for known.
        warehouse.execute("create schema meta")
        warehouse.execute(f"create table meta.delivery ({DELIVERED})")
        row = {"file": f"consents/{said.name}", "sha256": hashlib.sha256(said.read_bytes()).hexdigest()}
        for day in ("2026-06-30", "2026-07-01"):
            sql = "insert into meta.delivery values ('consents', $day, $file, $sha256, false)"
            warehouse.execute(sql, {**row, "day": day, "sha256": row["sha256"] if day > "2026-06-30" else "another"})
        assert judged(warehouse, run) == {}
        assert sent(warehouse, run) == {"anna"}


DELIVERED = "source varchar, delivered_on date, file varchar, sha256 varchar, is_history boolean"


def refused(tmp_path: Path, settings: str, delivered_on: str | None, source: str = "consents") -> str:
    """Return why a night with consents (or another source) of that day is refused; empty when it is not."""
    with night(tmp_path / "shop", [Person("anna", email="anna@x.lv")], settings) as (warehouse, run):
        warehouse.execute("create schema meta")
        warehouse.execute(f"create table meta.delivery ({DELIVERED})")
        if delivered_on:
            row = f"('{source}', $day, 'f', 's', false)"
            warehouse.execute(f"insert into meta.delivery values {row}", {"day": delivered_on})
        else:
            warehouse.execute("delete from core.consent")
        try:
            judged(warehouse, run)
        except GateError as problem:
            return str(problem)
        return ""


def test_missing_and_stale_consents_refuse_everything(tmp_path: Path) -> None:
    assert refused(tmp_path / "fresh", SETTINGS, "2026-06-27") == ""
    assert refused(tmp_path / "stale", SETTINGS, "2026-06-26") == (
        "landing/consents: the newest consents are of 2026-06-26, 4 days before 2026-06-30; nothing leaves on consents "
        "older than 3 days (last_check.consent_days_max). Deliver them and run again."
    )
    assert refused(tmp_path / "none", SETTINGS, None) == (
        "landing/consents: no consents were ever delivered, so nobody may be told anything, and nothing leaves. "
        "Deliver consents for 2026-06-30 and run again."
    )
    strict = SETTINGS.replace("last_check: {", "last_check: {consent_days_max: 0, ")
    assert "1 days before" in refused(tmp_path / "strict", strict, "2026-06-29")


def test_a_list_of_whom_nobody_may_tell_must_have_been_delivered_once(tmp_path: Path) -> None:
    keeping = SETTINGS.replace("has_suppression_list: false", "has_suppression_list: true, suppression_days_max: 30")
    assert refused(tmp_path / "never", keeping, "2026-06-30") == (
        "landing/suppressions: no list of people whom nobody may tell anything was ever delivered, so nobody knows "
        "whom e-mails, text messages and ads must not reach, and nothing leaves. Deliver `suppressions` (a header "
        "alone when the list is empty), or write `last_check: {has_suppression_list: false}` into shop.yml if this "
        "shop keeps none."
    )
    assert refused(tmp_path / "empty", keeping, "2026-06-01", "suppressions") == ""
    assert "30 days (last_check.suppression_days_max)" in refused(
        tmp_path / "stale", keeping, "2026-05-30", "suppressions"
    )


def test_a_shop_that_writes_letters_only_needs_no_such_list_until_ads_match_addresses(tmp_path: Path) -> None:
    keeping = SETTINGS.replace("has_suppression_list: false", "")
    ads = keeping + "channels: {ads: {target: google_customer_match}}\n"
    with night(tmp_path / "shop", [Person("anna", email="anna@x.lv")], keeping) as (warehouse, run):
        warehouse.execute("update offers.decision set channel = 'post'")
        warehouse.execute("update core.consent set channel = 'post'")
        assert judged(warehouse, run) == {}
        with pytest.raises(GateError, match=r"landing/suppressions: no list"):
            judged(warehouse, make_run(tmp_path / "shop", settings=ads))


def test_a_refusal_of_ads_alone_silences_no_message_and_leaves_every_audience(tmp_path: Path) -> None:
    people = [Person("anna", email="anna@x.lv"), Person("ilze", email="ilze@x.lv")]
    with night(tmp_path / "shop", people) as (warehouse, run):
        land(run, "consents", [refusal("anna", purpose="ads")])
        assert (judged(warehouse, run), sent(warehouse, run)) == ({}, {"anna", "ilze"})
        assert warehouse.rows("select customer_id, channel, rule from offers.last_word") == [
            ("anna", "ads:email", "opted_out")
        ]
        messages = warehouse.arrow("select * from offers.allowed_message")
        matched = last_check.forbidden(run, messages, by_any_channel=True)
        keys = dict(warehouse.rows("select customer_id, offer_key from offers.message"))
        assert matched == {keys["anna"]: "opted_out"}


def test_what_is_kept_to_check_old_nights_is_removed_with_them(tmp_path: Path) -> None:
    with night(tmp_path / "shop", [Person("anna", email="anna@x.lv")]) as (warehouse, run):
        kept = run.shop.state / "last_check"
        # 90 days before 30 June is 1 April.
        for name in ("2026-03-31", "2026-04-01", "notes"):
            (kept / name).mkdir(parents=True)
            (kept / name / "watched.parquet").write_bytes(b"names people")
        judged(warehouse, run)
        assert sorted(path.name for path in kept.iterdir()) == ["2026-04-01", "2026-06-30", "notes"]
        earlier = replace(run, business_date=date(2026, 4, 1))
        with pytest.raises(GateError, match=r"2026-04-01 holds no known.json: an earlier version of Offermill wrote"):
            last_check.forbidden(earlier, warehouse.arrow("select * from offers.allowed_message"))


def test_late_files_are_read_once_for_all_blocks_and_again_when_one_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [Person(name, email=f"{name}@x.lv") for name in ("anna", "ilze", "zane")]
    with night(tmp_path / "shop", people) as (warehouse, run):
        judged(warehouse, run)
        land(run, "customers", [account("anna", "closed")])
        messages, reader = warehouse.arrow("select * from offers.allowed_message"), late.Reader()
        read: list[str] = []
        whole = late.words
        monkeypatch.setattr(late, "words", lambda *given: read.append("all") or whole(*given))

        def forbidden() -> int:
            return len(last_check.forbidden(run, messages, reader=reader))

        assert [forbidden(), forbidden(), len(read)] == [1, 1, 1]
        land(run, "consents", [refusal("zane")])
        assert [forbidden(), forbidden(), len(read)] == [2, 2, 2]
        land(run, "consents", [refusal("zane"), refusal("ilze")])
        assert [forbidden(), len(read)] == [3, 3]
