"""An offer = template x target x depth, with everything in money and on dates."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from offermill.money import round_half_away, share_of, to_minor
from offermill.settings_texts import Links
from offers.schema import Campaign, Catalogue, Gift, Kind, Template, Texts, Use


@dataclass(frozen=True)
class TargetItem:
    """What an offer counts for; `target_id` and `name` are None for the whole basket.

    `cost_share` is cost over list price of the goods (None when unknown).
    """

    kind: str = "basket"
    target_id: str | None = None
    name: str | None = None
    is_age_restricted: bool = False
    cost_share: Fraction | None = None


@dataclass(frozen=True)
class Offer:
    """One offer; money in minor units, dates local. See expectations/offers/catalogue.yml for each figure."""

    offer_id: str
    template_id: str
    campaign_id: str
    kind: Kind
    target: TargetItem
    valid_from: date
    valid_until: date
    channels: tuple[str, ...]
    max_cost_minor: int
    customer_value_minor: int
    depth_pct: int | None = None
    amount_minor: int | None = None
    points: int | None = None
    gift: Gift | None = None
    max_discount_minor: int | None = None
    threshold_minor: int | None = None
    prior_price_minor: int | None = None
    example_purchase_minor: int | None = None
    texts: Texts | None = None
    use: Use | None = None
    terms: Texts | None = None
    terms_url: Links | None = None

    @property
    def is_price_cut(self) -> bool:
        """Tell whether the offer lowers what the customer pays."""
        return self.kind in ("percent", "amount", "delivery")


def validity(campaign: Campaign, night: date) -> tuple[date, date]:
    """Return the first and last day of offers made on `night`; they begin the day after it."""
    tomorrow = night + timedelta(days=1)
    if campaign.valid_days is not None:
        return tomorrow, night + timedelta(days=campaign.valid_days)
    first, last = campaign.valid_from or tomorrow, campaign.valid_until or date.max
    return (max(first, tomorrow) if tomorrow <= last else first), last


def depth_suffix(template: Template, depth: object, digits: int) -> str:
    """Return what the depth adds to the offer's id: `-05`, `-500`, `-5-off-40`; nothing for a gift or delivery."""
    if template.kind == "percent":
        return f"-{depth:02d}"
    if template.kind == "points":
        return f"-{depth}"
    if template.kind == "amount":
        return f"-{_short(str(depth))}-off-{_short(template.threshold or '0')}"
    return ""


def _short(amount: str) -> str:
    units, _, rest = amount.partition(".")
    return f"{int(units)}-{rest}" if rest.strip("0") else str(int(units))


def of_template(
    catalogue: Catalogue, template: Template, target: TargetItem, depth: object, *, night: date, digits: int
) -> Offer:
    """Return the offer of a template for one target and depth on a night."""
    campaign = catalogue.campaign(template.campaign)
    valid_from, valid_until = validity(campaign, night)
    suffix = f"-{target.target_id}" if target.target_id is not None else ""
    offer_id = template.id + depth_suffix(template, depth, digits) + suffix
    fields = _MONEY[template.kind](catalogue, template, depth, digits)
    return Offer(
        offer_id=offer_id,
        template_id=template.id,
        campaign_id=campaign.id,
        kind=template.kind,
        target=target,
        valid_from=valid_from,
        valid_until=valid_until,
        channels=template.channels or campaign.channels,
        threshold_minor=to_minor(template.threshold, digits) if template.threshold else None,
        prior_price_minor=to_minor(template.prior_price, digits) if template.prior_price else None,
        texts=template.texts,
        use=template.use,
        terms=template.terms or catalogue.terms,
        terms_url=template.terms_url,
        **fields,  # type: ignore[arg-type]
    )


def percent_of(minor: int, depth_pct: int, most: int | None) -> int:
    """Return `depth_pct` % of an amount, rounded half away from zero, at most `most`."""
    discount = share_of(minor, Fraction(depth_pct, 100))
    return discount if most is None else min(discount, most)


def _percent(catalogue: Catalogue, template: Template, depth: object, digits: int) -> dict[str, object]:
    depth_pct = int(str(depth))
    most = to_minor(template.max_discount or "0", digits)
    example = to_minor(template.threshold or template.prior_price or catalogue.example_purchase, digits)
    return {
        "depth_pct": depth_pct,
        "max_discount_minor": most,
        "max_cost_minor": most,
        "example_purchase_minor": example,
        "customer_value_minor": percent_of(example, depth_pct, most),
    }


def _amount(catalogue: Catalogue, template: Template, depth: object, digits: int) -> dict[str, object]:
    amount = to_minor(str(depth), digits)
    return {"amount_minor": amount, "max_cost_minor": amount, "customer_value_minor": amount}


def _points(catalogue: Catalogue, template: Template, depth: object, digits: int) -> dict[str, object]:
    worth = points_worth(int(str(depth)), catalogue.point_value or "0", digits)
    return {"points": int(str(depth)), "max_cost_minor": worth, "customer_value_minor": worth}


def points_worth(points: int, point_value: str, digits: int) -> int:
    """Return what points are worth in minor units; a point may be worth less than one of them."""
    return round_half_away(points * Decimal(point_value).scaleb(digits))


def _gift(catalogue: Catalogue, template: Template, depth: object, digits: int) -> dict[str, object]:
    gift = template.gift
    cost, value = (to_minor(gift.cost, digits), to_minor(gift.value, digits)) if gift else (0, 0)
    return {"gift": gift, "max_cost_minor": cost, "customer_value_minor": value}


def _delivery(catalogue: Catalogue, template: Template, depth: object, digits: int) -> dict[str, object]:
    given = template.delivery
    cost, value = (to_minor(given.cost, digits), to_minor(given.value, digits)) if given else (0, 0)
    return {"max_cost_minor": cost, "customer_value_minor": value}


_MONEY = {"percent": _percent, "amount": _amount, "points": _points, "gift": _gift, "delivery": _delivery}
