"""The files of promotion systems, read again by pandas, hold the decisions: for 20,000 people with hostile names."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from offers.channels import handover, hashing
from tests.offers.channels.leaving import EMOJI, NAMES, Row, run_with, withdrawn
from tests.offers.channels.promised import CATALOGUE, shop, told

PEOPLE, ENDED = 20_000, 500
TARGETS = ("voucherify", "talon_one", "point_of_sale", "google_customer_match", "meta_audiences")
HOSTILE = (*NAMES, *EMOJI)
BLOCKS = "{" + ", ".join(f"{name.replace('_', '-')}: {{target: {name}}}" for name in TARGETS) + "}"


def _message(number: int) -> Row:
    name, rule = HOSTILE[number % len(HOSTILE)], CATALOGUE[number % len(CATALOGUE)]
    identity = {"customer_id": (f"00{number}", f"{number}E5", f"=c{number}")[number % 3], "last_name": name}
    return told(number, str(rule["offer_id"]), offer_text=f"{name}: {rule['text_lv']}", **identity)


OFFERED = [_message(number) for number in range(PEOPLE)]
WITHDRAWN = [withdrawn(PEOPLE + number) for number in range(ENDED)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    target = tmp_path_factory.mktemp("promised")
    allowed = [
        {"customer_id": row["customer_id"], "may_match_email": True, "may_match_phone": False} for row in OFFERED[::2]
    ]
    with shop([*OFFERED, *WITHDRAWN], offers__ad_permission=allowed) as warehouse:
        handover.write(warehouse, run_with(target / "shop", BLOCKS), target)
    return target / "channels"


def read(path: Path, *columns: str) -> set[tuple[str, ...]]:
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    found = set(frame[list(columns)].itertuples(index=False, name=None))
    assert len(found) == len(frame)
    return found


def said(rows: list[Row], *names: str) -> set[tuple[str, ...]]:
    return {tuple(str(row[name]) for name in names) for row in rows}


def test_vouchers_hold_every_offer_but_points(folder: Path) -> None:
    shown = [row for row in OFFERED if row["kind"] != "points"]
    columns = ("Code", "customer_id", "offer_id", "offer_key", "kind", "Additional Info", "how_to_use")
    names = ("code", "customer_id", "offer_id", "offer_key", "kind", "offer_text", "how_to_use")
    assert read(folder / "voucherify" / "vouchers.csv", *columns) == said(shown, *names)
    assert read(folder / "voucherify" / "vouchers.withdraw.csv", "Code") == said(WITHDRAWN, "code")
    assert read(folder / "voucherify" / "customers.csv", "Source_id") == said(OFFERED, "customer_id")


def test_coupons_and_the_audience_hold_every_offer(folder: Path) -> None:
    names = ("code", "customer_id")
    place = folder / "talon-one"
    assert read(place / "coupons.csv", "value", "recipientintegrationid") == said(OFFERED, *names)
    assert read(place / "coupons.withdraw.csv", "value") == said(WITHDRAWN, "code")
    assert read(place / "audience.csv", "profileintegrationid") == said(OFFERED, "customer_id")


def test_tills_hold_every_offer_with_its_sentence(folder: Path) -> None:
    names = (
        "code",
        "customer_id",
        "offer_id",
        "kind",
        "valid_from",
        "valid_until",
        "offer_text",
        "how_to_use",
        "terms_url",
    )
    assert read(folder / "point-of-sale" / "coupons.csv", *names) == said(OFFERED, *names)
    assert read(folder / "point-of-sale" / "coupons.withdraw.csv", "code") == said(WITHDRAWN, "code")


def test_audiences_hold_every_second_address_and_no_number(folder: Path) -> None:
    google = {(str(hashing.sha256(hashing.google_email(str(row["email"])))), "") for row in OFFERED[::2]}
    assert read(folder / "google-customer-match" / "customer_match.csv", "Email", "Phone") == google
    meta = {(str(hashing.sha256(hashing.meta_email(str(row["email"])))), "") for row in OFFERED[::2]}
    assert read(folder / "meta-audiences" / "custom_audience.csv", "email", "phone") == meta


def test_no_file_holds_what_its_system_does_not_need(folder: Path) -> None:
    private = {str(OFFERED[7][name]) for name in ("email", "phone", "first_name")}
    found = [
        path.name for path in folder.rglob("*.csv") if private & set(path.read_text().replace('"', ",").split(","))
    ]
    assert found == []
