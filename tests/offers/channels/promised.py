"""A literal night for targets that know offers' rules: a catalogue of every kind, and promises of earlier nights."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from offermill.warehouse import Warehouse
from offers.channels import handover
from tests.literal_tables import DAY, SCRIPT, make
from tests.offers.channels.leaving import Row, fill, message, run_with

_TEXTS = {"text_en": "Get {}.", "text_lv": "Saņem {}.", "text_ru": "Получи {}."}


def offer(offer_id: str, kind: str, **rule: Any) -> Row:
    """Return an offer of the catalogue; its sentences name it."""
    texts = {name: text.format(offer_id) for name, text in _TEXTS.items()}
    row: Row = {
        "offer_id": offer_id,
        "template_id": offer_id,
        "campaign_id": "summer",
        "kind": kind,
        "target_kind": "basket",
        "valid_from": date(2026, 7, 1),
        "valid_until": date(2026, 7, 28),
        "customer_value_minor": 399,
        "is_age_restricted": False,
        **texts,
    }
    return row | rule


CATALOGUE = (
    offer("tenth", "percent", depth_pct=10, max_discount_minor=2000),
    offer("five", "amount", amount_minor=500, threshold_minor=4000, customer_value_minor=500),
    offer("points-500", "points", points=500, customer_value_minor=500),
    offer("mug", "gift", threshold_minor=2500, customer_value_minor=600),
    offer("ride", "delivery", customer_value_minor=399),
    offer(
        "wine", "percent", depth_pct=20, max_discount_minor=1000, target_kind="category", target_id="c7",
        target_name=f"Wine {SCRIPT}", is_age_restricted=True,
    ),
)  # fmt: skip
_BY_ID = {row["offer_id"]: row for row in CATALOGUE}


def told(number: int, offer_id: str, **changes: Any) -> Row:
    """Return the message of an offer of the catalogue."""
    rule = _BY_ID[offer_id]
    parts = {name: rule.get(name) for name in ("offer_id", "kind", "depth_pct", "threshold_minor")}
    text = {"offer_text": rule["text_lv"], "value_minor": rule["customer_value_minor"]}
    return message(number, **(parts | text | changes))


@contextmanager
def shop(messages: Sequence[Row], **rows: Sequence[Row]) -> Iterator[Warehouse]:
    """Open a warehouse with the messages and the tables that targets read; `rows` fill those named `schema__table`."""
    empty = (
        "core.customer",
        "core.store",
        "core.credit",
        "core.redemption",
        "offers.ad_permission",
        "offers.last_word",
        "offers.ledger_entry",
        "offers.reservation",
        "offers.withdrawn_promise",
        "outcomes.returned_redemption",
    )
    with Warehouse.open() as warehouse:
        fill(warehouse, messages)
        make(warehouse, "offers.catalogue", CATALOGUE)
        for table in empty:
            make(warehouse, table, [])
        for name, given in rows.items():
            make(warehouse, name.replace("__", "."), given)
        yield warehouse


def hand_over(warehouse: Warehouse, folder: Path, block: str, day: date = DAY, *, new_version: bool = False) -> Path:
    """Write the files of one block, in YAML's flow style; return the folder they lie in."""
    run = run_with(folder / "shop", f"{{out: {block}}}", day, new_version=new_version)
    handover.write(warehouse, run, folder)
    return folder / "channels" / "out"


def read(path: Path) -> list[dict[str, str]]:
    """Return the records of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))
