"""A promise taken back by command: the wish is a file that the next night reads; the ledger releases what it held."""

import json
from datetime import date
from pathlib import Path

import pytest

from offermill import flows, night
from offermill.warehouse import Warehouse
from tests.nights import copy_of
from tests.offermill.test_cli import offermill, said

NEXT = date(2026, 7, 1)
READS = ("raw.withdrawals", "staging.withdrawals", "core.withdrawal", "offers.withdrawn_promise", "offers.ledger")


@pytest.fixture(scope="module")
def shop(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of(published, tmp_path_factory.mktemp("withdraw") / "shop")


def rows(shop: Path, sql: str) -> list[tuple[object, ...]]:
    with Warehouse.open(shop / "warehouse.duckdb", read_only=True) as warehouse:
        return warehouse.rows(sql)


def promised(shop: Path) -> list[tuple[str, str]]:
    """Return customer and offer of the night's promises."""
    found = rows(shop, "select customer_id, offer_id from offers.reservation order by all")
    return [(str(customer), str(offer)) for customer, offer in found]


def read_wishes(shop: Path) -> None:
    """Perform what the next night does with them."""
    for address in ("night.open", *READS):
        night.perform(flows.nightly().step(address), shop, NEXT)


def test_a_promise_is_taken_back_by_the_next_night_and_its_money_is_free_again(shop: Path) -> None:
    (customer, offer), (other, _) = promised(shop)[:2]

    code, out, _ = offermill(
        "withdraw", customer, "--offer", offer, "--reason", "sent by mistake, sorry", "--shop", shop
    )

    assert code == 0
    assert f"{customer}: 2026-06-30:{customer}:{offer} is taken back by the night of 2026-07-01." in said(out)
    assert (shop / "landing/withdrawals/withdrawals_2026-07-01.csv").read_text() == (
        "withdrawal_id,customer_id,offer_id,reason\n"
        f'2026-06-30:{customer}:{offer},{customer},{offer},"sent by mistake, sorry"\n'
    )

    code, out, _ = offermill("withdraw", other, "--reason", "a complaint", "--shop", shop, "--json")
    assert (code, json.loads(out)["night"], len(json.loads(out)["promises"])) == (0, "2026-07-01", 1)

    code, _, error = offermill("withdraw", customer, "--reason", "again", "--shop", shop)
    assert (code, "takes" in said(error), "back already." in said(error)) == (2, True, True)

    for _ in range(2):
        read_wishes(shop)
        released = rows(
            shop,
            "select split_part(reservation_id, ':', 2), sum(amount) > 0 from offers.ledger_entry "
            "where reason = 'withdrawn' and limit_name = 'budget' group by all order by all",
        )
        assert released == [(customer, True), (other, True)]

    code, _, error = offermill("withdraw", customer, "--reason", "again", "--shop", shop)
    assert code == 2
    assert f"{offer} was taken back on 2026-07-01." in said(error)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nobody", "--reason", "r"), 3, "'nobody': no such customer (ids are compared byte by byte)."),
        (("c10000000", "--reason", " "), 2, "--reason: must be a text in one line"),
        (("c10000000", "--reason", "r", "--offer", "mug"), 2, "holds no promise of 'mug' that the night of"),
        (
            ("c10000000", "--reason", "r", "--date", "2026-06-30"),
            2,
            "--date 2026-06-30: the night of 2026-06-30 has begun and would not see the wish; say --date 2026-07-01",
        ),
    ],
)
def test_what_cannot_be_taken_back_is_said(
    published: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    found, _, error = offermill("withdraw", *arguments, "--shop", published)
    assert (found, message in said(error)) == (code, True), said(error)
    assert not (published / "landing/withdrawals").exists()


def test_what_was_used_stays_used(published: Path, tmp_path: Path) -> None:
    shop = copy_of(published, tmp_path / "shop")
    customer, offer = promised(shop)[0]
    with Warehouse.open(shop / "warehouse.duckdb") as warehouse:
        warehouse.execute(
            "insert into core.redemption by name select 'd1' as redemption_id, $customer as customer_id, "
            "$offer as offer_id, date '2026-07-02' as redeemed_on",
            {"customer": customer, "offer": offer},
        )

    code, _, error = offermill("withdraw", customer, "--reason", "r", "--shop", shop)

    assert code == 2
    assert f"could take back: {offer} was redeemed on 2026-07-02." in said(error)


def test_a_shop_that_reads_no_wishes_is_told_how_to(published: Path, tmp_path: Path) -> None:
    shop = copy_of(published, tmp_path / "shop")
    settings = shop / "shop.yml"
    settings.write_text(settings.read_text().replace("  withdrawals:\n    files: withdrawals_{date}.csv\n", ""))

    code, _, error = offermill("withdraw", "c10000000", "--reason", "r", "--shop", shop)

    assert code == 2
    assert 'Add `withdrawals: {files: "withdrawals_{date}.csv"}` under sources.' in said(error)
