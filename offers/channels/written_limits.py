"""Step offers.written_limit: the limits of offers.yml as they are written, for adding them up once more.

It reads the catalogue only, and shares nothing with the choice of offers, so that a mistake there cannot hide here.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

import pyarrow as pa

from offermill.money import to_minor
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import catalogue, tables
from offers.schema import Allowance, Budget, Capacity, Catalogue, FreeLimit, Funder, Scope

Measure = Literal["cost", "worst", "count"]
# A campaign's limit is once for all.
_ALWAYS = date(1, 1, 1)


class Written(NamedTuple):
    """A limit on one night: its most in minor units or a count, and what it covers (key -> values; {}: everything)."""

    name: str
    counted: str
    measure: Measure
    period: str
    most: int
    covers: Mapping[str, Sequence[str]]


def written(said: Catalogue, offers: Mapping[str, Sequence[str]], digits: int) -> Iterator[Written]:
    """Yield every limit with a most; `offers` are the offers of each template tonight."""
    yield _money("budget", said.budget, {}, digits)
    for campaign in said.campaigns:
        if campaign.budget:
            yield _money(f"campaign:{campaign.id}", campaign.budget, {"campaign": [campaign.id]}, digits)
        if campaign.capacity:
            yield _told(f"capacity:{campaign.id}", campaign.capacity, {"campaign": [campaign.id]})
    for template in said.templates:
        if template.budget:
            yield _money(f"template:{template.id}", template.budget, {"template": [template.id]}, digits)
        for offer in offers.get(template.id, ()) if template.pieces is not None else ():
            yield Written(f"pieces:{offer}", "pieces", "count", "campaign", template.pieces or 0, {"offer": [offer]})
    for funder in said.funders:
        yield _money(f"funder:{funder.name}", funder, {"funder": [funder.name]}, digits)
    for limit in said.limits:
        yield from _free(limit, digits)


def _money(name: str, given: Budget | Allowance | Funder, covers: Mapping[str, Sequence[str]], digits: int) -> Written:
    measure: Measure = "worst" if given.risk.kind == "hard" else "cost"
    return Written(name, "money", measure, given.period, to_minor(given.amount, digits), covers)


def _told(name: str, given: Capacity, covers: Mapping[str, Sequence[str]]) -> Written:
    return Written(name, "contacts", "count", given.period, given.contacts, covers)


def _free(limit: FreeLimit, digits: int) -> Iterator[Written]:
    covers = {key: getattr(limit.where, key) for key in Scope.model_fields if getattr(limit.where, key)}
    if limit.amount is not None:
        measure: Measure = "worst" if limit.risk.kind == "hard" else "cost"
        yield Written(limit.name, "money", measure, limit.period, to_minor(limit.amount, digits), covers)
    elif limit.contacts is not None:
        yield Written(limit.name, "contacts", "count", limit.period, limit.contacts, covers)


def period_on(period: str, night: date) -> date:
    """Return the first day of the period that the night is in, under which the ledger keeps it."""
    first = {
        "night": night,
        "week": night - timedelta(days=night.isoweekday() - 1),
        "month": date(night.year, night.month, 1),
    }
    return first.get(period, _ALWAYS)


def _rows(one: Written, night: date) -> Iterator[dict[str, object]]:
    facts = {
        "limit_name": one.name,
        "counted": one.counted,
        "measure": one.measure,
        "period_on": period_on(one.period, night),
        "cap": one.most,
        "scope_count": len(one.covers),
    }
    pairs = [(key, value) for key, values in one.covers.items() for value in values]
    for key, value in pairs or [("", "")]:
        yield {**facts, "scope_key": key, "scope_value": value}


_OFFERS = "select template_id, list(offer_id order by offer_id) from offers.catalogue group by template_id"


def write(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Write offers.written_limit: one row per limit and value that it covers."""
    shop = run.settings.shop
    limits = written(
        catalogue.read(run.catalogue, shop, run.settings.texts), dict(warehouse.rows(_OFFERS)), shop.currency_digits
    )
    rows = [row for one in limits for row in _rows(one, run.business_date)]
    schema = tables.schema("offers.written_limit")
    return {"rows": warehouse.write("offers.written_limit", pa.Table.from_pylist(rows, schema=schema))}
