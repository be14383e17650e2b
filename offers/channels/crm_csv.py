"""The offer list for a CRM: one row per offer, no contact data, no model figures."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from offermill import csvfile, datapackage, money
from offermill.errors import PublishError
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import tables

FILE = "crm_offers.csv"
COLUMNS: tables.Columns = (
    ("offer_key", "string", "Key of the offer to this customer on this night; the upsert key in the CRM."),
    ("customer_id", "string", "Customer in the shop's own ids, as text."),
    ("campaign_id", "string", "Campaign."),
    ("wave_id", "string", "Campaign and night."),
    ("offer_id", "string", "Offer in the catalogue."),
    ("offer_status", "string", "offered; a correction withdraws with the status withdrawn."),
    ("channel", "string", "Way to tell the customer."),
    ("language", "string", "Language of the text: lv, ru or en."),
    ("offer_text", "string", "The sentence for the customer."),
    ("price_notice", "string", "Notice of a personalised price, to be shown with it; empty where none is due."),
    ("how_to_use", "string", "How the customer uses it, in one short sentence."),
    ("terms", "string", "Terms that go with it; empty when it has none of its own."),
    ("terms_url", "string", "Page with all terms; empty when the shop names none."),
    ("value_amount", "number", "What the offer is worth to the customer, in the currency."),
    ("currency", "string", "ISO 4217 code."),
    ("valid_from", "date", "First day it counts."),
    ("valid_until", "date", "Last day it counts."),
    ("code", "string", "Code the customer shows or types."),
)
NAMES = tuple(name for name, _, _ in COLUMNS)


@dataclass
class Totals:
    """What the list holds, counted while it is written."""

    count: int = 0
    money: dict[str, int] = field(
        default_factory=lambda: {"customer_value": 0, "expected_margin": 0, "expected_cost": 0, "worst_cost": 0}
    )

    def add(self, row: dict[str, Any]) -> None:
        self.count += 1
        self.money["customer_value"] += row["customer_value_minor"]
        self.money["expected_margin"] += row["value_minor"] or 0
        self.money["expected_cost"] += row["cost_minor"]
        self.money["worst_cost"] += row["worst_cost_minor"]


def _records(warehouse: Warehouse, run: Run, totals: Totals) -> Iterator[list[csvfile.Cell]]:
    shop = run.settings.shop
    for batch in tables.batches(warehouse, run, tables.query("crm_offers")):
        for row in batch.to_pylist():
            totals.add(row)
            row["value_amount"] = money.to_text(row["customer_value_minor"], shop.currency_digits)
            row["currency"] = shop.currency
            yield [row[name] for name in NAMES]


_HELD_BACK = """
    select count(distinct verdicts.offer_key)
    from offers.message_verdict as verdicts
    inner join offers.message as messages on verdicts.offer_key = messages.offer_key
    where messages.offer_status = 'offered'
"""


def _check_whole(warehouse: Warehouse, totals: Totals) -> None:
    decided = warehouse.value("select count(*) from offers.decision where offer_id is not null")
    expected = decided - warehouse.value(_HELD_BACK)
    if expected != totals.count:
        raise PublishError(
            f"{FILE}: {totals.count} rows, but offers.decision has {decided} offers ({decided - expected} held back "
            f"by the last checks); {expected - totals.count} name an "
            "offer that is not in offers.catalogue or a customer that is not in core.customer. Nothing was published."
        )


def write(warehouse: Warehouse, run: Run, folder: Path) -> datapackage.Resource:
    """Write the list into `folder`.

    Raises:
        PublishError: a decision would be lost on the way.
    """
    totals = Totals()
    csvfile.write(folder / FILE, NAMES, _records(warehouse, run, totals))
    _check_whole(warehouse, totals)
    title = "Offers for the CRM: one row per customer with an offer"
    return datapackage.Resource(FILE, title, totals.count, COLUMNS, ("offer_key",), totals.money)
