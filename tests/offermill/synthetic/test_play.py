"""Playing on: deliveries of the next days, true to the people and to the offers they were given."""

import hashlib
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from math import sqrt
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from offermill.errors import InputError
from offermill.synthetic import play, shop, truth
from offermill.synthetic.offers import EXAMPLE
from tests.offermill.synthetic.conftest import Landed, landed

JULY = date(2026, 7, 1)
Fork = Callable[[], Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    shop.make(folder, customers=3_000, seed=11, part_size=1_500, start=date(2026, 1, 1), deliveries=2)
    return folder


@pytest.fixture
def fork(made: Path, tmp_path: Path) -> Fork:
    """A fresh copy of the shop at every call."""
    copies: list[Path] = []

    def copy() -> Path:
        copies.append(shutil.copytree(made, tmp_path / str(len(copies))))
        return copies[-1]

    return copy


def offers(count: int, offer_id: str | None = "basket-percent-20", first: int = 0) -> pa.Table:
    ids = [f"c{10_000_000 + first + number}" for number in range(count)]
    return pa.table({"customer_id": ids, "offer_id": pa.array([offer_id] * count, pa.string())})


def daily(folder: Path, source: str, day: date = JULY) -> list[tuple[object, ...]]:
    path = next((folder / "landing" / source).glob(f"{source}_{day}.*"))
    return duckdb.read_csv(str(path), all_varchar=True, header=True).fetchall()


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_source_is_delivered_every_day(fork: Fork) -> None:
    folder = fork()
    before = set(digests(folder))

    summary = play.play_on(folder, offers(100), start=JULY, days=2)

    new = sorted(name for name in set(digests(folder)) - before if name.startswith("landing"))
    assert new == sorted(
        f"landing/{source}/{source}_2026-07-0{day}.{extension}"
        for source, extension in (
            ("audit_attributes", "csv"), ("browsing_events", "jsonl"), ("complaints", "csv"),
            ("consents", "csv"), ("contacts", "csv"),
            ("credits", "csv"), ("customers", "csv"), ("households", "csv"), ("identity_links", "csv"),
            ("offer_assignments", "csv"),
            ("order_lines", "csv.gz"), ("orders", "csv.gz"), ("products", "csv"), ("receipts", "csv"),
            ("redemptions", "csv"), ("stores", "csv"), ("strategic_customers", "csv"), ("suppressions", "csv"),
            ("survey_answers", "csv"),
        )
        for day in (1, 2)
    )  # fmt: skip
    assert summary["deliveries"]["offer_assignments"] == 100
    assert summary["deliveries"]["orders"] > 20


def test_the_same_call_gives_the_same_bytes(fork: Fork) -> None:
    folders = [fork(), fork()]

    for folder in folders:
        play.play_on(folder, offers(200), start=JULY, days=2)
    play.play_on(folders[0], offers(200), start=JULY, days=2)

    assert digests(folders[0]) == digests(folders[1])


def test_other_offers_give_another_future(fork: Fork) -> None:
    folders = [fork(), fork()]

    for folder, offer_id in zip(folders, ("basket-percent-20", None), strict=True):
        play.play_on(folder, offers(3_000, offer_id), start=JULY, days=3)

    assert daily(folders[0], "orders") != daily(folders[1], "orders")


def test_assignments_are_logged_as_listed(fork: Fork) -> None:
    folder = fork()
    listed = pa.table(
        {
            "customer_id": ["c10000000", "c10000001", "c10002999"],
            "offer_id": ["basket-percent-05", None, "points-500"],
            "campaign_id": ["summer"] * 3,
            "wave_id": ["summer-2026-06-30"] * 3,
            "channel": ["email", "sms", None],
            "propensity": [0.25, 0.4, None],
            "is_randomised": [True, True, None],
            "valid_until": [date(2026, 7, 28), None, date(2026, 7, 10)],
        }
    )

    play.play_on(folder, listed, start=JULY, days=1)

    assert sorted(daily(folder, "offer_assignments")) == [
        ("a20260701-10000000", "c10000000", "summer", "summer-2026-06-30", "basket-percent-05", "basket-percent-05",
         "email", "0.25000000", "true", "2026-07-01T06:00:00+03:00", "2026-07-01", "2026-07-28"),
        ("a20260701-10000001", "c10000001", "summer", "summer-2026-06-30", "control", None,
         "sms", "0.40000000", "true", "2026-07-01T06:00:00+03:00", "2026-07-01", "2026-07-28"),
        ("a20260701-10000002", "c10002999", "summer", "summer-2026-06-30", "points-500", "points-500",
         "email", "1.00000000", "false", "2026-07-01T06:00:00+03:00", "2026-07-01", "2026-07-10"),
    ]  # fmt: skip


def test_a_published_csv_list_is_read_as_it_is(fork: Fork, tmp_path: Path) -> None:
    folder, path = fork(), tmp_path / "crm_offers.csv"
    path.write_text(
        "offer_key,customer_id,campaign_id,wave_id,offer_id,offer_status,channel,language,offer_text,value_amount,"
        "currency,valid_from,valid_until,code\n"
        'K1,c10000005,summer,summer-2026-06-30,amount-5-off-40,offered,post,lv,"5 €, ja pērc par 40 €",5.00,EUR,'
        "2026-07-01,2026-07-28,ABC\n",
        encoding="utf-8",
    )

    play.play_on(folder, path, start=JULY, days=1)

    assert [row[1:7] for row in daily(folder, "offer_assignments")] == [
        ("c10000005", "summer", "summer-2026-06-30", "amount-5-off-40", "amount-5-off-40", "post")
    ]


def played(folder: Path, listed: pa.Table | None, *, steps: tuple[int, ...] = (28,)) -> Landed:
    """The shop after so many days, in steps, the list given on the first day."""
    start = JULY
    for days in steps:
        play.play_on(folder, listed if start == JULY else None, start=start, days=days)
        start += timedelta(days=days)
    return landed(folder, {})


def test_only_what_was_offered_is_redeemed(fork: Fork) -> None:
    after = played(fork(), offers(1_000, "basket-percent-20", first=500))

    redeemed = after.rows(
        "select min(customer_id) >= 'c10000500', max(customer_id) < 'c10001500', count(*) > 100, "
        "count(*) - count(distinct customer_id), min(offer_id), max(offer_id) "
        "from redemptions where redeemed_at > timestamptz '2026-06-30 21:00:00+00'"
    )

    assert redeemed == [(True, True, True, 0, "basket-percent-20", "basket-percent-20")]


def test_nobody_redeems_when_nothing_is_offered(fork: Fork) -> None:
    after = played(fork(), None)

    assert after.value("select count(*) from redemptions where redeemed_at > timestamptz '2026-06-30 21:00:00+00'") == 0
    assert after.value("select count(*) from orders where ordered_at > timestamptz '2026-06-30 21:00:00+00'") > 500


def bought(after: Landed) -> np.ndarray:
    """Who of the 3,000 bought in the 28 days of July."""
    rows = after.rows(
        """
        select distinct cast(substr(customer_id, 3) as integer) from orders inner join order_lines using (order_id)
        where kind = 'sale' and customer_id is not null
        and ordered_at between timestamptz '2026-06-30 21:00:00+00' and timestamptz '2026-07-28 21:00:00+00'
        """
    )
    answer = np.zeros(3_000, np.bool_)
    answer[[row[0] for row in rows if row[0] < 3_000]] = True
    return answer


@pytest.mark.parametrize("offer_id", [None, "basket-percent-20", "points-500"])
def test_people_buy_as_the_truth_says(fork: Fork, offer_id: str | None) -> None:
    folder = fork()
    listed = offers(3_000, offer_id)
    effects = truth.effects(folder, listed["customer_id"].to_pylist(), listed["offer_id"].to_pylist())
    chance, redeems = (effects[name].to_numpy() for name in ("chance_with", "redeem_chance"))

    after = played(folder, listed, steps=(1, 6, 21))

    assert abs(bought(after).sum() - chance.sum()) < 3.3 * sqrt((chance * (1 - chance)).sum())
    if offer_id == "basket-percent-20":
        without = effects["chance_without"].to_numpy()
        assert bought(after).sum() - without.sum() > 5 * sqrt((without * (1 - without)).sum())
    if offer_id == "points-500":
        count = after.value(
            "select count(*) from redemptions where offer_id = 'points-500' and redemption_id like 'd2026%'"
        )
        assert abs(count - redeems.sum()) < 3.3 * sqrt((redeems * (1 - redeems)).sum())


def test_a_new_offer_replaces_an_open_one(fork: Fork) -> None:
    folder = fork()
    play.play_on(folder, offers(3_000, "basket-percent-05"), start=JULY, days=1)
    play.play_on(folder, offers(3_000, "gift-mug"), start=date(2026, 7, 2), days=21)

    late = landed(folder, {}).rows(
        "select distinct offer_id from redemptions where redeemed_at > timestamptz '2026-07-01 21:00:00+00'"
    )

    assert late == [("gift-mug",)]


def test_a_later_catalogue_changes_no_open_promise(fork: Fork) -> None:
    """The gift of the first day costs 2.40; the second day's catalogue makes it dearer for those who get it then."""
    folder = fork()
    play.play_on(folder, offers(1_500, "gift-mug"), start=JULY, days=1)
    rules = EXAMPLE.read_text(encoding="utf-8").replace('cost: "2.40"', 'cost: "3.10"')
    (folder / "offers.yml").write_text(rules, encoding="utf-8")
    play.play_on(folder, offers(1_500, "gift-mug", first=1_500), start=date(2026, 7, 2), days=21)

    given = landed(folder, {}).rows(
        """
        select customer_id >= 'c10001500' as is_later, min(discount)::text, max(discount)::text
        from redemptions where redeemed_at > timestamptz '2026-07-01 21:00:00+00' group by 1 order by 1
        """
    )

    assert given == [(False, "2.40", "2.40"), (True, "3.10", "3.10")]


def test_of_a_nights_decisions_only_the_waves_are_given(fork: Fork) -> None:
    folder = fork()
    decisions = pa.table(
        {
            "customer_id": ["c10000000", "c10000001", "c10000002", "c10000003"],
            "group_name": ["pilot", "pilot", "global_control", "choose"],
            "offer_id": ["points-500", None, None, "gift-mug"],
            "wave_id": ["summer:2026-06-30", "summer:2026-06-30", None, "summer:2026-06-30"],
            "propensity": [0.125, 0.5, 0.05, 0.8],
            "is_randomised": [True, True, True, False],
        }
    )

    play.play_on(folder, decisions, start=JULY, days=1)

    assert [(row[1], row[4], row[7], row[8]) for row in daily(folder, "offer_assignments")] == [
        ("c10000000", "points-500", "0.12500000", "true"),
        ("c10000001", "control", "0.50000000", "true"),
        ("c10000003", "gift-mug", "0.80000000", "false"),
    ]


def test_people_who_withdraw_their_consent_do_so_in_a_delivery(fork: Fork) -> None:
    folder = fork()
    before = digests(folder)

    after = played(folder, None, steps=(28,))

    withdrawn = after.value(
        "select count(*) from consents where not is_granted and recorded_at > timestamptz '2026-07-02 00:00:00+00'"
    )
    assert withdrawn > 0
    assert any(name.startswith("landing/consents/consents_2026-07-2") for name in set(digests(folder)) - set(before))


def test_of_two_offers_in_one_list_the_first_works(fork: Fork) -> None:
    listed = pa.concat_tables([offers(3_000, "points-500"), offers(3_000, "basket-percent-20")])

    after = played(fork(), listed)

    assert after.rows("select distinct offer_id from redemptions where redemption_id like 'd2026%'") == [
        ("points-500",)
    ]
    assert after.value("select count(*) from offer_assignments where assignment_id like 'a2026%'") == 6_000


def test_new_customers_join_and_returns_of_older_purchases_come_in(fork: Fork) -> None:
    after = played(fork(), None)

    newest = after.rows(
        "select count(distinct customer_id), min(registered_at) > timestamptz '2026-06-30 21:00:00+00' "
        "from customers where customer_id >= 'c10003000' and customer_id < 'c2'"
    )
    returned = after.value(
        "select count(*) from orders inner join order_lines using (order_id) where kind = 'return' "
        "and ordered_at between timestamptz '2026-06-30 21:00:00+00' and timestamptz '2026-07-02 21:00:00+00'"
    )

    # 38 % of 3,000 customers joined in 181 days: 6.3 a day.
    assert 120 < newest[0][0] < 240
    assert newest[0][1] is True
    assert returned > 3


def test_what_was_played_refers_to_what_is_there(fork: Fork) -> None:
    after = played(fork(), offers(3_000), steps=(7, 7))

    after.warehouse.execute("create view known_orders as select * from orders where customer_id is not null")
    lost = {
        (child, column): after.value(f"select count(*) from {child} anti join {parent} using ({column})")
        for child, column, parent in (
            ("known_orders", "customer_id", "customers"), ("order_lines", "order_id", "orders"),
            ("redemptions", "order_id", "orders"), ("redemptions", "assignment_id", "offer_assignments"),
            ("receipts", "assignment_id", "offer_assignments"), ("consents", "customer_id", "customers"),
        )
    }  # fmt: skip

    assert {pair: count for pair, count in lost.items() if count} == {}
    assert after.value("select count(*) - count(distinct order_id) from orders") == 0
    assert after.value("select count(*) - count(distinct receipt_id) from receipts") == 0


@pytest.mark.parametrize(
    ("listed", "start", "days", "message"),
    [
        (None, date(2026, 7, 5), 1,
         "the demo shop does not stand at the start of 2026-07-05; it stands at: 2026-07-01"),
        (None, JULY, 0, "the demo shop is played on for at least 1 day; got 0"),
        (pa.table({"customer": ["c1"]}), JULY, 1,
         "the offer list lacks the column customer_id, offer_id; it has ['customer']"),
        (offers(1, "half-price"), JULY, 1,
         "offer 'half-price' is not in the catalogue that the demo customers know. It has 23, such as amount-5-off-40, "
         "basket-percent-05, basket-percent-10."),
        (offers(1, first=500_000), JULY, 1, "no demo customer has the id 'c10500000'"),
    ],
)  # fmt: skip
def test_what_cannot_be_played_is_refused_and_changes_nothing(
    made: Path, listed: pa.Table | None, start: date, days: int, message: str
) -> None:
    before = digests(made)

    with pytest.raises(InputError) as error:
        play.play_on(made, listed, start=start, days=days)

    assert str(error.value) == message
    assert digests(made) == before
