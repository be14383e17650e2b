"""What offers.yml may say: strict models; what one key alone can get wrong is refused here."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictFloat, StrictInt, StrictStr

from offermill.settings_texts import Links

Kind = Literal["percent", "amount", "points", "gift", "delivery"]
Channel = Literal["email", "sms", "push", "post"]
Period = Literal["night", "week", "month", "campaign"]
# How a customer uses an offer: a code at one of the places, or the card alone.
Use = Literal["till", "checkout", "till_or_checkout", "card"]
RiskKind = Literal["expected", "chance", "hard"]
Pacing = Literal["none", "even"]
CHANNELS: tuple[Channel, ...] = ("email", "sms", "push", "post")
LANGUAGES = ("en", "lv", "ru")

_PLAIN = re.compile(r"-?\d{1,10}(\.\d+)?")
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def _money_text(given: object) -> object:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise ValueError('is no amount; write money as text in quotes, such as "12.34"')
    if not isinstance(given, str):
        raise ValueError(f'is a number; write money as text in quotes, such as "{given}"')
    if not _PLAIN.fullmatch(given):
        raise ValueError(f'{given!r} is no amount; write it as text with a point, such as "12.34"')
    return given


def _not_negative(given: str) -> str:
    if given.startswith("-"):
        raise ValueError(f"{given!r} is negative; write 0 or more")
    return given


def _positive(given: str) -> str:
    if Decimal(given) <= 0:
        raise ValueError(f"{given!r} must be more than 0")
    return given


def _id(given: str) -> str:
    if not ID.fullmatch(given):
        raise ValueError(f"{given!r} is no id; use small letters, digits and '-', at most 40 characters")
    return given


def _day(given: object) -> object:
    if isinstance(given, str):
        try:
            return date.fromisoformat(given)
        except ValueError as problem:
            raise ValueError(f"{given!r} is no date; write it as 2026-07-28") from problem
    return given


# Money stays text until the shop's currency says how many digits it has.
Money = Annotated[str, BeforeValidator(_money_text), AfterValidator(_not_negative), AfterValidator(_positive)]
BudgetMoney = Annotated[str, BeforeValidator(_money_text), AfterValidator(_not_negative)]
Id = Annotated[str, AfterValidator(_id)]
Day = Annotated[date, BeforeValidator(_day)]


class Part(BaseModel):
    """A part of offers.yml: unknown keys are errors, values do not change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Risk(Part):
    """How sure the money must be to suffice: written `expected`, `hard` or `{chance: 0.95}`."""

    kind: RiskKind = "expected"
    chance: float | None = None


def _risk(given: object) -> object:
    if isinstance(given, Risk):
        return given
    if given in ("expected", "hard"):
        return {"kind": given}
    if not isinstance(given, dict) or list(given) != ["chance"]:
        raise ValueError(f"{given!r} is no risk; write expected, hard or {{chance: 0.95}}")
    chance = given["chance"]
    if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0.5 <= chance < 1:
        raise ValueError(f"the chance that the money suffices is from 0.5 to below 1, such as 0.95 (got {chance!r})")
    return {"kind": "chance", "chance": float(chance)}


RiskOf = Annotated[Risk, BeforeValidator(_risk)]


class Budget(Part):
    """The money that offers may cost, for each night, week (from Monday) or month.

    `pacing: even` spreads what is left of the period over its remaining nights.
    """

    amount: BudgetMoney
    period: Literal["night", "week", "month"] = "night"
    risk: RiskOf = Risk()
    pacing: Pacing = "none"


class Allowance(Part):
    """The money that a part of the offers may cost; `period: campaign` is once for all, never renewed."""

    amount: BudgetMoney
    period: Period = "night"
    risk: RiskOf = Risk()
    pacing: Pacing = "none"


class Funder(Part):
    """Somebody who pays for offers, such as a supplier, and how much."""

    name: Id
    amount: BudgetMoney
    period: Period = "campaign"
    risk: RiskOf = Risk()
    pacing: Pacing = "none"


class Capacity(Part):
    """How many customers may be told."""

    contacts: Annotated[int, Field(ge=0, strict=True)]
    period: Period = "night"
    pacing: Pacing = "none"


def _listed(given: object) -> object:
    return (given,) if isinstance(given, str) else given


Names = Annotated[tuple[StrictStr, ...], BeforeValidator(_listed)]


class Scope(Part):
    """Which offers to whom a limit covers: those that fit every key written; a key with several values fits any."""

    campaign: Names = ()
    channel: Names = ()
    template: Names = ()
    offer: Names = ()
    funder: Names = ()
    store: Names = ()
    segment: Names = ()


class FreeLimit(Part):
    """A limit of the shop's own making: money or contacts, at most and at least, for whatever `where` says."""

    name: Id
    amount: BudgetMoney | None = None
    contacts: Annotated[int, Field(ge=0, strict=True)] | None = None
    at_least: StrictInt | StrictStr | None = None
    period: Period = "night"
    risk: RiskOf = Risk()
    pacing: Pacing = "none"
    where: Scope = Scope()


class Campaign(Part):
    """When offers count (`valid_days` from the day after the night, or fixed dates), and how customers are told."""

    id: Id
    name: Annotated[str, Field(min_length=1, max_length=80)]
    valid_days: Annotated[int, Field(ge=1, le=366, strict=True)] | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None
    channels: tuple[Channel, ...]
    budget: Allowance | None = None
    capacity: Capacity | None = None


class Texts(Part):
    """One text per language."""

    en: Annotated[str, Field(min_length=1)]
    lv: Annotated[str, Field(min_length=1)]
    ru: Annotated[str, Field(min_length=1)]

    def of(self, language: str) -> str:
        """Return the text in a language."""
        return str(getattr(self, language))


class Target(Part):
    """What the offer counts for: the whole basket, or categories or products (each makes an offer of its own)."""

    kind: Literal["basket", "category", "product"] = "basket"
    ids: tuple[str, ...] = ()
    top_categories: Annotated[int, Field(ge=1, le=200, strict=True)] | None = None


class Gift(Part):
    """A thing given: its name (as the object of `get`), what it is worth to the customer, what it costs the shop."""

    name: Texts
    value: Money
    cost: Money


class Delivery(Part):
    """A free delivery: the fee that the customer saves and what the delivery costs the shop."""

    value: Money
    cost: Money


class Audience(Part):
    """Who may get it: in one of `segments` (when any are named), in none of `excluded_segments`."""

    segments: tuple[str, ...] = ()
    excluded_segments: tuple[str, ...] = ()
    minimum_orders: Annotated[int, Field(ge=0, strict=True)] = 0


class PersonCap(Part):
    """How often one person may get offers of a template: in a sliding window of `days`, or in each `period`."""

    times: Annotated[int, Field(ge=1, strict=True)]
    days: Annotated[int, Field(ge=1, le=3660, strict=True)] | None = None
    period: Literal["day", "week", "month"] | None = None


class Template(Part):
    """A rule that makes one offer per target and depth."""

    id: Id
    campaign: str
    kind: Kind
    depths: tuple[StrictInt | StrictFloat | StrictStr, ...] = ()
    target: Target = Target()
    threshold: Money | None = None
    max_discount: Money | None = None
    prior_price: Money | None = None
    gift: Gift | None = None
    delivery: Delivery | None = None
    channels: tuple[Channel, ...] | None = None
    audience: Audience = Audience()
    budget_share: Annotated[float, Field(gt=0, le=1)] | None = None
    budget: Allowance | None = None
    pieces: Annotated[int, Field(ge=1, strict=True)] | None = None
    funder: str | None = None
    never_with: Names = ()
    only_after: Names = ()
    per_person: PersonCap | None = None
    allow_below_cost: str | None = None
    texts: Texts | None = None
    use: Use | None = None
    terms: Texts | None = None
    terms_url: Links | None = None


class Catalogue(Part):
    """All of offers.yml."""

    budget: Budget
    point_value: Money | None = None
    example_purchase: Money = "20"
    sign_off: str | None = None
    terms: Texts | None = None
    campaigns: tuple[Campaign, ...]
    templates: tuple[Template, ...]
    funders: tuple[Funder, ...] = ()
    limits: tuple[FreeLimit, ...] = ()

    def campaign(self, campaign_id: str) -> Campaign:
        """Return the campaign of an id that is known to exist."""
        return next(campaign for campaign in self.campaigns if campaign.id == campaign_id)
