"""A real CRM takes our lists and gives back what was sold: Tryton, served on loopback (make test-crm).

Three nights of a small shop end today, because Tryton's coupons count by the clock. The first offers; in the second
the shop takes one offer back; on the third day customers use their codes in Tryton, one for a percentage and one for a
sum of money, and another tries to.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from offermill.paths import ROOT, ShopPaths
from offermill.synthetic import shop
from offermill.warehouse import Warehouse
from tests import nights
from tests.crm import served
from tests.crm.served import Tryton, csv_rows

pytestmark = [
    pytest.mark.crm,
    pytest.mark.skipif(
        not (served.ENVIRONMENT / "stamp").exists(), reason="Tryton is not installed; make test-crm does"
    ),
]

TODAY = datetime.now(UTC).date()
OFFERED, WITHDRAWN = TODAY - timedelta(days=2), TODAY - timedelta(days=1)
PARTY, NUMBER = "party.party", "sale.promotion.coupon.number"
PERCENT, AMOUNT = "basket-percent-10", "amount-5-off-40"

CATALOGUE = """
budget: {amount: "100000.00"}
campaigns: [{id: autumn, name: Autumn, valid_days: 28, channels: [email, sms, push, post]}]
templates:
  - {id: basket-percent, campaign: autumn, kind: percent, depths: [10], max_discount: "50.00"}
  - {id: amount, campaign: autumn, kind: amount, depths: ["5.00"], threshold: "40.00"}
"""


@dataclass(frozen=True)
class Shop:
    """The shop on disk."""

    folder: Path

    def exports(self, day: date) -> Path:
        return self.folder / "exports" / str(day) / "channels" / "tryton"

    @cached_property
    def offered(self) -> list[list[str]]:
        """Customer, code and offer of every offer of the first night, customers by id."""
        rows = csv_rows(self.folder / "exports" / str(OFFERED) / "crm_offers.csv")
        places = [rows[0].index(name) for name in ("customer_id", "code", "offer_id")]
        return [[row[place] for place in places] for row in rows[1:]]

    def holders(self, offer: str) -> list[list[str]]:
        """Return customer and code of those who were offered it."""
        return [row[:2] for row in self.offered if row[2] == offer]

    def funnel(self) -> dict[str, Any]:
        """Return the funnel of the first night's wave, summed over the channels."""
        sql = """
            select sum(offered_count) as offered, sum(redeemed_count) as redeemed, sum(credited_count) as credited,
                sum(credited_minor) as credited_minor
            from outcomes.funnel where wave_on = $wave_on
        """
        with Warehouse.open(ShopPaths(self.folder).warehouse) as warehouse:
            return dict(warehouse.arrow(sql, {"wave_on": OFFERED}).to_pylist()[0])


@pytest.fixture(scope="module")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tryton]:
    with served.serving(tmp_path_factory.mktemp("tryton")) as running:
        running.ask("set_up", percents={PERCENT: 10}, amounts={AMOUNT: ["5.00", "40.00"]})
        yield running


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Return a shop of which the first night has run."""
    folder = tmp_path_factory.mktemp("shop")
    settings = (ROOT / "shop" / "shop.yml").read_text(encoding="utf-8")
    settings = settings.replace("time_zone: Europe/Riga", "time_zone: UTC").replace(
        "pilot_share: 0.10", "pilot_share: 1.0"
    )
    settings = settings.replace("channels:\n", "channels:\n  tryton: {target: tryton}\n")
    (folder / "shop.yml").write_text(settings, encoding="utf-8")
    start = TODAY - timedelta(days=120)
    shop.make(folder, customers=400, start=start, end=TODAY, deliveries=3, pilot=False)
    (folder / "offers.yml").write_text(CATALOGUE, encoding="utf-8")
    nights.perform("nightly", folder, OFFERED)
    return Shop(folder)


def test_what_we_promise_is_imported_used_ended_and_credited(small: Shop, tryton: Tryton) -> None:
    (buyer, code), (other, ended) = small.holders(PERCENT)[:2]
    saver, voucher = small.holders(AMOUNT)[0]
    first = small.exports(OFFERED)

    # Every contact and every code arrives, byte for byte.
    assert tryton.take(PARTY, first / "party.csv") == len(small.offered)
    assert tryton.take(NUMBER, first / "coupon_number.csv") == len(small.offered)
    there = tryton.ask("state")
    assert {tuple(row) for row in csv_rows(first / "coupon_number.csv")[1:]} == set(map(tuple, there["numbers"]))
    parties = {(row[0], row[1], row[2], row[4]) for row in csv_rows(first / "party.csv")[1:]}
    assert parties <= set(map(tuple, there["parties"]))

    # The same again changes nothing, whether somebody looks first or Tryton refuses the file.
    assert tryton.take(PARTY, first / "party.csv") == 0
    assert tryton.take(NUMBER, first / "coupon_number.csv") == 0
    assert "must be unique" in tryton.take(PARTY, first / "party.csv", "load_again")
    assert "can not overlap" in tryton.take(NUMBER, first / "coupon_number.csv", "load_again")
    assert tryton.ask("state") == there

    # The shop takes one offer back: the next night writes its end, and its code is worth nothing.
    write_withdrawal(small.folder, other)
    nights.perform("nightly", small.folder, WITHDRAWN)
    ends = csv_rows(small.exports(WITHDRAWN) / "coupon_number.withdraw.csv")[1:]
    assert [row[0] for row in ends] == [ended]
    assert tryton.ask("end", rows=ends) == 1
    assert tryton.ask("sell", customer=buyer, code=code, pieces=5) == {"is_usable": True, "amount": "90.00"}
    assert tryton.ask("sell", customer=other, code=ended, pieces=5) == {"is_usable": False, "amount": "100.00"}
    # Nor is a code twice.
    assert tryton.ask("sell", customer=buyer, code=code, pieces=5) == {"is_usable": False, "amount": "100.00"}

    # Money off: 20.00 does not earn it and leaves the code as it was, 60.00 does, whatever lies in the basket.
    assert tryton.ask("sell", customer=saver, code=voucher, pieces=1) == {"is_usable": True, "amount": "20.00"}
    assert tryton.ask("sell", customer=saver, code=voucher, pieces=3) == {"is_usable": True, "amount": "55.00"}
    assert tryton.ask("sell", customer=saver, code=voucher, pieces=3) == {"is_usable": False, "amount": "60.00"}

    # What was sold comes back; the night counts the promise as kept: 100.00 - 90.00 off at the till, and 60.00 - 55.00.
    before = small.funnel()
    assert before == {"offered": len(small.offered), "redeemed": 0, "credited": 0, "credited_minor": 0}
    write_sales(small.folder, tryton.ask("sold"))
    nights.perform("nightly", small.folder, TODAY)
    assert small.funnel() == {**before, "redeemed": 2, "credited": 2, "credited_minor": 1500}


def write_withdrawal(folder: Path, customer: str) -> None:
    """Write the shop's wish to take back what a customer was promised."""
    place = folder / "landing" / "withdrawals"
    place.mkdir(exist_ok=True)
    text = f"withdrawal_id,customer_id,offer_id,reason\nw1,{customer},,a test\n"
    (place / f"withdrawals_{WITHDRAWN}.csv").write_text(text, encoding="utf-8")


def write_sales(folder: Path, sales: list[dict[str, Any]]) -> None:
    """Add Tryton's sales to today's deliveries: an order and a line each, and a redemption where a code was used."""
    landing = folder / "landing"
    orders, lines, redemptions = [], [], []
    for sale in sales:
        order, who, at = f"tryton-{sale['number']}", sale["customer"], sale["at"]
        discount = f"{float(sale['full_amount']) - float(sale['amount']):.2f}"
        orders.append({"order_id": order, "customer_id": who, "store_id": "s01", "channel": "store", "ordered_at": at,
                       "currency": "EUR"})  # fmt: skip
        lines.append({"order_id": order, "line_number": "1", "product_id": "p0001", "kind": "sale",
                      "quantity": "1.000", "list_amount": sale["full_amount"], "discount": discount,
                      "net_amount": sale["amount"]})  # fmt: skip
        if sale["code"]:
            redemptions.append({"redemption_id": f"r-{order}", "offer_id": sale["offer"], "customer_id": who,
                                "order_id": order, "redeemed_at": at, "discount": discount})  # fmt: skip
    add(landing / "orders" / f"orders_{TODAY}.csv.gz", orders)
    add(landing / "order_lines" / f"order_lines_{TODAY}.csv.gz", lines)
    add(landing / "redemptions" / f"redemptions_{TODAY}.csv", redemptions)


def add(path: Path, records: list[dict[str, str]]) -> None:
    """Add records to a delivered CSV file, gzipped or not."""
    is_zipped = path.suffix == ".gz"
    data = gzip.decompress(path.read_bytes()) if is_zipped else path.read_bytes()
    text = data.decode("utf-8-sig")
    written = io.StringIO(newline="")
    csv.DictWriter(written, text.splitlines()[0].split(","), lineterminator="\n").writerows(records)
    data = (text + written.getvalue()).encode()
    path.write_bytes(gzip.compress(data, mtime=0) if is_zipped else data)
