"""A shop of a few hundred people, written in rows, for tests of whole steps."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import pyarrow as pa

from offermill import sqlfiles
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.settings import RandomisationSettings, Settings, ShopSettings
from offermill.warehouse import Warehouse
from offers import tables
from offers.channels import address_keys, last_check, phone_numbers, written_limits

NIGHT = date(2026, 6, 30)

CATALOGUE = """
budget: {amount: "100.00", period: night}
point_value: "0.01"
campaigns:
  - {id: summer, name: Summer, valid_days: 28, channels: [email, sms]}
templates:
  - {id: basket, campaign: summer, kind: percent, depths: [10, 20], max_discount: "20.00"}
  - {id: points, campaign: summer, kind: points, depths: [500]}
"""


def settings(**randomisation: object) -> Settings:
    """Return settings with the given lots; half a share of everything unless named."""
    shares = {
        "global_control_share": 0.05,
        "campaign_control_share": 0.10,
        "exploration_share": 0.10,
        "pilot_share": 0.1,
    }
    lots = RandomisationSettings.model_validate({"salt": "a salt for tests", **shares, **randomisation})
    return Settings(shop=ShopSettings(id="test", name="Test", time_zone="Europe/Riga"), randomisation=lots, sources={})


def run_of(folder: Path, catalogue: str = CATALOGUE, night: date = NIGHT, **randomisation: object) -> Run:
    """Return a run whose snapshot holds the catalogue; as_of is the end of the night in Riga (UTC+3 in summer)."""
    run = Run(
        night, datetime(night.year, night.month, night.day, 21), ShopPaths(folder), settings(**randomisation), "0" * 64
    )
    run.snapshot.mkdir(parents=True, exist_ok=True)
    run.catalogue.write_text(catalogue, encoding="utf-8")
    return run


def fill(warehouse: Warehouse, address: str, rows: list[dict[str, object]]) -> None:
    """Make a table with its promised columns and the given rows."""
    declared = tables.columns(address)
    warehouse.execute(f"create schema if not exists {address.split('.')[0]}")
    body = ", ".join(f'"{name}" {kind}' for name, kind in declared.items())
    warehouse.execute(f"create or replace table {address} ({body})")
    for _, alike in groupby(rows, key=tuple):
        warehouse.append(address, pa.Table.from_pylist(list(alike)))


@contextmanager
def shop(rows: Mapping[str, list[dict[str, object]]]) -> Iterator[Warehouse]:
    """Open a warehouse in memory with the tables that offers read; those not named are empty."""
    with Warehouse.open() as warehouse:
        for address in _READ:
            fill(warehouse, address, rows.get(address, []))
        yield warehouse


_READ = (
    "offers.ramp",
    "offers.withdrawn_promise",
    "core.customer",
    "core.contact",
    "core.contact_name",
    "core.consent",
    "core.product",
    "core.category",
    "core.purchase",
    "core.purchase_line",
    "core.browsing_event",
    "core.visitor_link",
    "core.offer_assignment",
    "core.person_link",
    "core.redemption",
    "core.complaint",
    "core.receipt",
    "core.withdrawal",
    "core.suppression",
    "core.household",
    "features.customer_category",
    "features.customer_event",
    "segments.membership",
    "models.offer_effect",
)


# These tables tell what was decided, and to whom.
_TOLD = ("offers.decision_log", "offers.left_out", "offers.trial_balance", "offers.message")
AFTER_DECISION = (*_TOLD, *last_check.VERDICTS)


def make_tables(warehouse: Warehouse, run: Run, later: tuple[str, ...] = AFTER_DECISION) -> None:
    """Make the SQL tables of offers that do not wait for the decision, and what they read of addresses."""
    address_keys.write_addresses(warehouse, run)
    address_keys.write_suppressions(warehouse, run)
    phone_numbers.write(warehouse, run)
    for address in sqlfiles.tables("offers"):
        if address not in later:
            warehouse.replace_table(address, sqlfiles.read(address).text, run.parameters)


def make_later_tables(warehouse: Warehouse, run: Run) -> None:
    """Make the tables that tell what was decided, and what the last checks say of it."""
    for address in _TOLD:
        warehouse.replace_table(address, sqlfiles.read(address).text, run.parameters)
    written_limits.write(warehouse, run)
    last_check.listen(warehouse, run)
    for address in last_check.VERDICTS:
        warehouse.replace_table(address, sqlfiles.read(address).text, run.parameters)


def people(count: int) -> dict[str, list[dict[str, object]]]:
    """Return rows of people who may all be told by e-mail: c000, c001, ..."""
    ids = [f"c{number:03d}" for number in range(count)]
    long_ago = datetime(2025, 1, 1)
    return {
        "core.customer": [
            {"customer_id": i, "registered_at": long_ago, "language": "lv", "status": "active"} for i in ids
        ],
        "core.contact": [{"customer_id": i, "record_id": i, "kind": "email", "value": f"{i}@example.org"} for i in ids],
        "core.consent": [
            {
                "customer_id": i,
                "channel": "email",
                "purpose": "offers",
                "is_granted": True,
                "recorded_at": long_ago,
                "arrived_on": date(1, 1, 1),
            }
            for i in ids
        ],
    }
