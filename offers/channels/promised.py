"""What becomes of promises: rewards that are overdue, credits that nobody promised, and what customers can be told."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offermill import csvfile, datapackage, money
from offermill.run import Run
from offermill.settings import ShopSettings
from offermill.warehouse import Warehouse
from offers import confirming
from offers.channels import tables


@dataclass(frozen=True)
class List:
    """A file made of one table of outcomes; amounts `x_minor` are written as `x_amount`, in the currency."""

    name: str
    title: str
    table: str
    order: str
    key: tuple[str, ...]
    columns: tables.Columns


_CURRENCY = ("currency", "string", "ISO 4217 code.")
OVERDUE = List(
    "overdue_credits.csv",
    "Rewards that customers have earned and that are not credited in time",
    "outcomes.overdue_credit",
    "redeemed_on, offer_key",
    ("offer_key",),
    (
        (
            "offer_key",
            "string",
            "Key of the offer in the list that brought it; of a wave run elsewhere its assignment.",
        ),
        ("customer_id", "string", "Customer in the shop's own ids, as text."),
        ("campaign_id", "string", "Campaign."),
        ("offer_id", "string", "Offer."),
        ("redeemed_on", "date", "Day on which the customer earned it."),
        ("age_days", "integer", "Days since then."),
        ("why", "string", "not_credited, or credited_in_part."),
        ("promised_amount", "number", "What the reward is worth to the customer."),
        ("credited_amount", "number", "What was credited of it."),
        ("owed_amount", "number", "What is still owed."),
        _CURRENCY,
    ),
)
UNPROMISED = List(
    "unpromised_credits.csv",
    "Credits of late that no redeemed promise stands behind, or that were credited before",
    "outcomes.unpromised_credit",
    "credited_on, credit_id",
    ("credit_id",),
    (
        ("credit_id", "string", "Number of the credit."),
        ("customer_id", "string", "Customer in the shop's own ids, as text."),
        ("offer_key", "string", "Offer that it answers; empty when there is none."),
        ("offer_id", "string", "Offer that the credit names."),
        ("kind", "string", "points, gift, delivery or money."),
        ("credited_amount", "number", "What it is worth to the customer."),
        ("credited_on", "date", "Day of the credit."),
        ("why", "string", "no_promise, not_redeemed or credited_again."),
        _CURRENCY,
    ),
)
CONFIRMATIONS = List(
    "confirmations.csv",
    "Rewards credited since the last night, each with the sentence that tells the customer",
    "outcomes.confirmation",
    "offer_key, kind",
    ("offer_key", "kind"),
    (
        (
            "offer_key",
            "string",
            "Key of the offer in the list that brought it; of a wave run elsewhere its assignment.",
        ),
        ("customer_id", "string", "Customer in the shop's own ids, as text."),
        ("kind", "string", "points, gift, delivery or money."),
        ("language", "string", "Language of the text: lv, ru or en."),
        ("text", "string", "The sentence for the customer."),
        ("credited_on", "date", "Day of the credit."),
        ("value_amount", "number", "What it is worth to the customer."),
        _CURRENCY,
    ),
)
LISTS = (OVERDUE, UNPROMISED, CONFIRMATIONS)


def write(warehouse: Warehouse, run: Run, folder: Path) -> list[datapackage.Resource]:
    """Write the lists that the night has made the tables of, also when they are empty."""
    return [_write(warehouse, run, folder, one) for one in LISTS if warehouse.exists(one.table)]


def _write(warehouse: Warehouse, run: Run, folder: Path, one: List) -> datapackage.Resource:
    names = [name for name, _, _ in one.columns]
    count = csvfile.write(folder / one.name, names, _records(warehouse, run, one, names))
    return datapackage.Resource(one.name, one.title, count, one.columns, one.key)


def _records(warehouse: Warehouse, run: Run, one: List, names: list[str]) -> Iterator[list[csvfile.Cell]]:
    shop = run.settings.shop
    for batch in tables.batches(warehouse, run, f"select * from {one.table} order by {one.order}"):
        for row in batch.to_pylist():
            filled = _filled(row, shop, has_text="text" in names)
            yield [filled[name] for name in names]


def _filled(row: dict[str, Any], shop: ShopSettings, *, has_text: bool) -> dict[str, Any]:
    """Return the row with amounts as text and, where asked for, the sentence."""
    amounts = {
        f"{name.removesuffix('_minor')}_amount": None if value is None else money.to_text(value, shop.currency_digits)
        for name, value in row.items()
        if name.endswith("_minor")
    }
    filled = {**row, **amounts, "currency": shop.currency}
    # The list that promised it bore the record of that night.
    filled["customer_id"] = row.get("promised_to_id") or row["customer_id"]
    if has_text:
        told = (row["kind"], row["points"], row["value_minor"], shop.currency, row["language"])
        filled["text"] = confirming.sentence(*told)
    return filled
