"""What offers.yml may say: strict models; what one key alone can get wrong is refused here."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictFloat, StrictInt, StrictStr

Kind = Literal["percent", "amount", "points", "gift", "delivery"]
Channel = Literal["email", "sms", "push", "post"]
CHANNELS: tuple[Channel, ...] = ("email", "sms", "push", "post")
LANGUAGES = ("en", "lv", "ru")

_PLAIN = re.compile(r"-?\d{1,10}(\.\d+)?")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


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
    if not _ID.fullmatch(given):
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


class Budget(Part):
    """The money that offers may cost, for each night, week (from Monday) or month."""

    amount: BudgetMoney
    period: Literal["night", "week", "month"] = "night"


class Campaign(Part):
    """When offers count (`valid_days` from the day after the night, or fixed dates), and how customers are told."""

    id: Id
    name: Annotated[str, Field(min_length=1, max_length=80)]
    valid_days: Annotated[int, Field(ge=1, le=366, strict=True)] | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None
    channels: tuple[Channel, ...]


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


class Template(Part):
    """A rule that makes one offer per target and depth."""

    id: Id
    campaign: str
    kind: Kind
    depths: tuple[StrictInt | StrictFloat | StrictStr, ...] = ()
    target: Target = Target()
    threshold: Money | None = None
    max_discount: Money | None = None
    gift: Gift | None = None
    delivery: Delivery | None = None
    channels: tuple[Channel, ...] | None = None
    audience: Audience = Audience()
    budget_share: Annotated[float, Field(gt=0, le=1)] | None = None
    allow_below_cost: str | None = None
    texts: Texts | None = None


class Catalogue(Part):
    """All of offers.yml."""

    budget: Budget
    point_value: Money | None = None
    example_purchase: Money = "20"
    sign_off: str | None = None
    campaigns: tuple[Campaign, ...]
    templates: tuple[Template, ...]

    def campaign(self, campaign_id: str) -> Campaign:
        """Return the campaign of an id that is known to exist."""
        return next(campaign for campaign in self.campaigns if campaign.id == campaign_id)
