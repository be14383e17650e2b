"""The limits of a catalogue: what may be spent or given, of what, in which period, and how sure that must be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Literal

from offermill.money import to_minor
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.schema import Allowance, Budget, Capacity, Catalogue, FreeLimit, Funder, Pacing, Period, Risk, RiskKind

BUDGET = "budget"

Kind = Literal["money", "count"]
# A contact is used when the customer is told, a piece when it is redeemed.
Counted = Literal["money", "contacts", "pieces"]
WHERE = ("campaign", "channel", "template", "offer", "funder", "store", "segment")

_FIRST = date(1, 1, 1)
_EVERYTHING: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True)
class Cap:
    """One limit, as long as the catalogue stands.

    Attributes:
        name: unique; `budget` is the whole budget, others are named `campaign:<id>`, `capacity:<campaign>`,
            `template:<id>`, `pieces:<offer>`, `funder:<name>` or as the catalogue's `limits:` names them.
        kind: `money` (minor units) or `count`.
        at_most, at_least: in the period; None is without. A minimum is always for a night.
        period: `campaign` is once for all.
        risk: whether the expected cost (`expected`), the worst case (`hard`) or a quantile (`chance`) must fit.
        chance: how probable it must be that the money suffices; None unless risk is `chance`.
        where: key of WHERE -> values, of which one must fit, for every key; nothing covers every offer.
        counted: what a count counts.
        pacing: `even` spreads what is left over the nights left.
        ends_on: the last night of a period `campaign`, where there is one.
    """

    name: str
    kind: Kind
    at_most: int | None
    at_least: int | None = None
    period: Period = "night"
    risk: RiskKind = "expected"
    chance: float | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _EVERYTHING)
    counted: Counted = "money"
    pacing: Pacing = "none"
    ends_on: date | None = None

    def period_on(self, night: date) -> date:
        """Return the first day of the period that `night` is in: the name of the pool its money comes from."""
        return period_start(self.period, night)

    def nights_left(self, night: date) -> int:
        """Return how many nights the period still has, `night` included; 1 when it has no end."""
        last = period_end(self.period, night, self.ends_on)
        return max((last - night).days + 1, 1)

    def nights(self, night: date) -> int:
        """Return how many nights the night, week or month that `night` is in has."""
        return (period_end(self.period, night) - period_start(self.period, night)).days + 1


def period_start(period: Period, night: date) -> date:
    """Return the first day of the period that `night` is in; weeks begin on Monday."""
    if period == "week":
        return night - timedelta(days=night.weekday())
    if period == "campaign":
        return _FIRST
    return night.replace(day=1) if period == "month" else night


def period_end(period: Period, night: date, ends_on: date | None = None) -> date:
    """Return the last night of the period that `night` is in; `ends_on` (or the night itself) for a campaign."""
    if period == "week":
        return night + timedelta(days=6 - night.weekday())
    if period == "month":
        return (night.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return ends_on or night if period == "campaign" else night


def caps(catalogue: Catalogue, digits: int, offers: Mapping[str, Sequence[str]] | None = None) -> tuple[Cap, ...]:
    """Return every limit: the whole budget first, then campaigns, templates with pieces, funders, `limits:`.

    Args:
        digits: digits of the currency behind the point.
        offers: template -> ids of its offers tonight, each of which has its own pieces; without them pieces are left
            out.
    """
    return (
        _money(BUDGET, catalogue.budget, digits),
        *_of_campaigns(catalogue, digits),
        *_of_templates(catalogue, digits, offers or {}),
        *_of_funders(catalogue, digits),
        *(_free(limit, digits) for limit in catalogue.limits),
    )


def _of_campaigns(catalogue: Catalogue, digits: int) -> Iterator[Cap]:
    for campaign in catalogue.campaigns:
        where = {"campaign": (campaign.id,)}
        last = _last_night(campaign.valid_until)
        if campaign.budget is not None:
            yield _money(f"campaign:{campaign.id}", campaign.budget, digits, where, last)
        if campaign.capacity is not None:
            yield _contacts(f"capacity:{campaign.id}", campaign.capacity, where, last)


def _last_night(valid_until: date | None) -> date | None:
    """Return the last night whose offers still count for a day: they begin on the day after it."""
    return valid_until - timedelta(days=1) if valid_until is not None else None


def _of_templates(catalogue: Catalogue, digits: int, offers: Mapping[str, Sequence[str]]) -> Iterator[Cap]:
    for template in catalogue.templates:
        last = _last_night(catalogue.campaign(template.campaign).valid_until)
        if template.budget is not None:
            where = {"template": (template.id,)}
            yield _money(f"template:{template.id}", template.budget, digits, where, last)
        for offer_id in offers.get(template.id, ()) if template.pieces is not None else ():
            yield Cap(
                f"pieces:{offer_id}",
                "count",
                template.pieces,
                period="campaign",
                where=MappingProxyType({"offer": (offer_id,)}),
                counted="pieces",
                ends_on=last,
            )


def _of_funders(catalogue: Catalogue, digits: int) -> Iterator[Cap]:
    for funder in catalogue.funders:
        yield _money(f"funder:{funder.name}", funder, digits, {"funder": (funder.name,)})


def _money(
    name: str,
    budget: Budget | Allowance | Funder,
    digits: int,
    where: Mapping[str, tuple[str, ...]] = _EVERYTHING,
    ends_on: date | None = None,
) -> Cap:
    return Cap(
        name,
        "money",
        to_minor(budget.amount, digits),
        period=budget.period,
        risk=budget.risk.kind,
        chance=budget.risk.chance,
        where=MappingProxyType(dict(where)),
        pacing=budget.pacing,
        ends_on=ends_on,
    )


def _contacts(name: str, capacity: Capacity, where: Mapping[str, tuple[str, ...]], ends_on: date | None) -> Cap:
    return Cap(
        name,
        "count",
        capacity.contacts,
        period=capacity.period,
        where=MappingProxyType(dict(where)),
        counted="contacts",
        pacing=capacity.pacing,
        ends_on=ends_on,
    )


def _free(limit: FreeLimit, digits: int) -> Cap:
    is_money = limit.amount is not None
    where = {key: tuple(getattr(limit.where, key)) for key in WHERE if getattr(limit.where, key)}
    return Cap(
        limit.name,
        "money" if is_money else "count",
        to_minor(limit.amount, digits) if limit.amount is not None else limit.contacts,
        at_least=_least(limit, digits),
        period=limit.period,
        risk=limit.risk.kind,
        chance=limit.risk.chance,
        where=MappingProxyType(where),
        counted="money" if is_money else "contacts",
        pacing=limit.pacing,
    )


def _least(limit: FreeLimit, digits: int) -> int | None:
    return to_minor(limit.at_least, digits) if isinstance(limit.at_least, str) else limit.at_least


_OFFERS = "select template_id, list(offer_id order by offer_id) from offers.catalogue group by template_id"


def of_night(warehouse: Warehouse, run: Run, catalogue: Catalogue) -> tuple[Cap, ...]:
    """Return every limit, with the pieces of each of tonight's offers; reads offers.catalogue."""
    return caps(catalogue, run.settings.shop.currency_digits, dict(warehouse.rows(_OFFERS)))


def risk_text(risk: Risk) -> str:
    """Return a risk as offers.yml writes it."""
    return f"{{chance: {risk.chance}}}" if risk.kind == "chance" else risk.kind
