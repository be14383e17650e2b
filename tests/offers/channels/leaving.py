"""Messages for tests of channels: who may be told what, with names that try to break every format."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from offermill.run import Run
from offermill.warehouse import Warehouse
from tests import literal_night
from tests.literal_tables import DAY, make

Row = dict[str, Any]

# Quotes, delimiters, newlines, formulas, Latvian, Cyrillic, right-to-left, long and empty-looking.
NAMES = (
    'Anna "Ann" Bērziņa',
    "O'Liepa, jr; sr",
    "two\nlines",
    "carriage\r\nreturn",
    "=1+1",
    "+371-1",
    "@SUM(A1)",
    " spaces around ",
    "Ķirsis-Šķēle Ģērmane",
    "Анна Кузнецова-Ёлкина",
    "مريم العلي",
    "abc\u202egpj.exe",
    "\ttab|pipe^caret`back\\slash",
    "NULL",
    "N/A",
    "<script>alert(1)</script>",
    "é decomposed e\u0301",
    "x" * 200,
)
EMOJI = ("Līga 🎁", "👩‍👩‍👧 family", "1️⃣ one")


def message(number: int, **changes: Any) -> Row:
    """Return one message; `number` makes its customer, key and code."""
    names = (*NAMES, *EMOJI)
    row: Row = {
        "offer_key": f"{number:024X}",
        "customer_id": f"c{number:06d}",
        "campaign_id": "summer",
        "wave_id": f"summer:{DAY}",
        "offer_id": "basket-percent-10",
        "offer_status": "offered",
        "channel": "email",
        "language": ("lv", "ru", "en")[number % 3],
        "offer_text": ("Pērc par 40,00 €, saņem 4,00 €.", "Купи на 40,00 €.", "Buy for €40, get €4.")[number % 3],
        "value_minor": 5 + number % 1000,
        "kind": "percent",
        "depth_pct": 10,
        "threshold_minor": 2000,
        "valid_from": date(2026, 7, 1),
        "valid_until": date(2026, 7, 28),
        "code": f"AAAA-BBBB-{number:06d}",
        "email": f"c{number}@example.org",
        "phone": f"+3712{number:07d}",
        "first_name": names[number % len(names)],
        "last_name": names[-number % len(names)],
        "home_store_id": "s1",
        "price_notice": "Personalised.",
        "how_to_use": 'Say "offer", show the code.',
        "terms": None if number % 2 else "=1+1; tikai 🎁,\nвсё",
        "terms_url": "https://shop.example/terms?a=1&b=2",
        "promised_on": DAY,
    }
    return row | changes


def withdrawn(number: int, **changes: Any) -> Row:
    """Return the end of an offer of an earlier night."""
    texts = ("offer_text", "price_notice", "how_to_use", "terms", "terms_url")
    ended = dict.fromkeys((*texts, "value_minor", "kind", "depth_pct", "threshold_minor"))
    dates = {"promised_on": date(2026, 6, 20), "valid_from": date(2026, 6, 21), "valid_until": DAY}
    return message(number) | ended | dates | {"offer_status": "withdrawn"} | changes


def fill(warehouse: Warehouse, messages: Sequence[Row], **others: Sequence[Row]) -> None:
    """Make the tables that blocks read; `others` are rows of `decision_history` and `membership`."""
    make(warehouse, "offers.allowed_message", messages)
    if warehouse.exists("offers.decision"):
        # These messages are no decisions of that night.
        warehouse.execute("update offers.decision set offer_id = null")
    people = {row["customer_id"]: row for row in messages}
    names = ("customer_id", "email", "phone", "first_name", "last_name", "home_store_id", "language")
    make(warehouse, "offers.addressee", [{name: row[name] for name in names} for row in people.values()])
    make(warehouse, "offers.decision_history", others.get("decision_history", []))
    make(warehouse, "segments.membership", others.get("membership", []))
    make(warehouse, "core.store", others.get("store", []))


def run_with(folder: Path, channels: str, day: date = DAY, *, new_version: bool = False) -> Run:
    """Return a run of a shop with the given `channels:` in YAML's flow style."""
    settings = literal_night.SETTINGS + f"channels: {channels}\n"
    return literal_night.make_run(folder, day, new_version=new_version, settings=settings)
