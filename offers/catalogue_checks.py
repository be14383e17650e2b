"""What offers.yml can get wrong although every key is well formed; each problem names its key, so its line is found."""

from collections.abc import Iterator
from decimal import Decimal

from offermill.money import to_minor
from offermill.yamlfile import nearest
from offers import contact_checks, limit_checks
from offers.problems import Problem, Where
from offers.schema import Campaign, Catalogue, Template

# The share of groups' lots is computed for every set of campaigns a customer may be held back from: 2^n sets.
MAX_CAMPAIGNS = 6

_KEYS_OF_KIND = {"max_discount": "percent", "gift": "gift", "delivery": "delivery"}


def catalogue_problems(catalogue: Catalogue, digits: int) -> Iterator[Problem]:
    """Yield what is wrong before any warehouse is looked at."""
    yield from _empty_lists(catalogue)
    yield from _money_problems(catalogue, digits)
    yield from _campaign_problems(catalogue)
    yield from _twice(("templates",), [template.id for template in catalogue.templates])
    yield from limit_checks.problems(catalogue)
    yield from contact_checks.problems(catalogue)
    for index, template in enumerate(catalogue.templates):
        where: Where = ("templates", index)
        yield from _reference_problems(catalogue, template, where)
        yield from _kind_problems(catalogue, template, where)
        yield from _depth_problems(template, where, digits)
        yield from _target_problems(template, where)
        yield from _prior_price_problems(template, where)


def _empty_lists(catalogue: Catalogue) -> Iterator[Problem]:
    lists: list[tuple[Where, tuple[object, ...] | None]] = [
        (("campaigns",), catalogue.campaigns),
        (("templates",), catalogue.templates),
        *((("campaigns", index, "channels"), one.channels) for index, one in enumerate(catalogue.campaigns)),
        *((("templates", index, "channels"), one.channels) for index, one in enumerate(catalogue.templates)),
    ]
    for where, items in lists:
        if items is not None and not items:
            yield Problem(where, "is empty; write at least one")


def _amounts(catalogue: Catalogue) -> Iterator[tuple[Where, str | None]]:
    yield ("budget", "amount"), catalogue.budget.amount
    yield ("example_purchase",), catalogue.example_purchase
    yield from limit_checks.amounts(catalogue)
    for index, template in enumerate(catalogue.templates):
        where: Where = ("templates", index)
        yield (*where, "threshold"), template.threshold
        yield (*where, "max_discount"), template.max_discount
        yield (*where, "prior_price"), template.prior_price
        if template.gift is not None:
            yield (*where, "gift", "value"), template.gift.value
            yield (*where, "gift", "cost"), template.gift.cost
        if template.delivery is not None:
            yield (*where, "delivery", "value"), template.delivery.value
            yield (*where, "delivery", "cost"), template.delivery.cost


def _money_problems(catalogue: Catalogue, digits: int) -> Iterator[Problem]:
    for where, amount in _amounts(catalogue):
        if amount is not None and not _fits(amount, digits):
            yield Problem(where, f"'{amount}' has more than {digits} decimal places")


def _fits(amount: str, digits: int) -> bool:
    try:
        to_minor(amount, digits)
    except ValueError:
        return False
    return True


def _twice(where: Where, ids: list[str]) -> Iterator[Problem]:
    for index, given in enumerate(ids):
        if given in ids[:index]:
            yield Problem((*where, index, "id"), f"{given!r} is used twice; ids are unique")


def _campaign_problems(catalogue: Catalogue) -> Iterator[Problem]:
    yield from _twice(("campaigns",), [campaign.id for campaign in catalogue.campaigns])
    if len(catalogue.campaigns) > MAX_CAMPAIGNS:
        yield Problem(("campaigns",), f"{len(catalogue.campaigns)} campaigns; at most {MAX_CAMPAIGNS} run at a time")
    for index, campaign in enumerate(catalogue.campaigns):
        yield from _validity_problems(campaign, ("campaigns", index))


def _validity_problems(campaign: Campaign, where: Where) -> Iterator[Problem]:
    has_dates = campaign.valid_from is not None or campaign.valid_until is not None
    if campaign.valid_days is not None and has_dates:
        yield Problem((*where, "valid_days"), "write either valid_days or valid_from and valid_until, not both")
    if campaign.valid_days is None and campaign.valid_until is None:
        yield Problem(where, f"campaign {campaign.id!r} never ends; write valid_days or valid_until")
    if campaign.valid_from and campaign.valid_until and campaign.valid_from > campaign.valid_until:
        yield Problem((*where, "valid_from"), f"{campaign.valid_from} is after valid_until ({campaign.valid_until})")


def _reference_problems(catalogue: Catalogue, template: Template, where: Where) -> Iterator[Problem]:
    known = [campaign.id for campaign in catalogue.campaigns]
    if template.campaign not in known:
        yield Problem(
            (*where, "campaign"),
            f"{template.campaign!r} is no campaign.{nearest(template.campaign, known)} Known: {', '.join(known)}",
        )


def _kind_problems(catalogue: Catalogue, template: Template, where: Where) -> Iterator[Problem]:
    for key, kind in _KEYS_OF_KIND.items():
        given = getattr(template, key) is not None
        if given and template.kind != kind:
            yield Problem((*where, key), f"belongs to offers of kind {kind}, not {template.kind}")
        if not given and template.kind == kind:
            yield Problem(where, f"an offer of kind {kind} needs {key}{_WHY.get(key, '')}")
    if template.kind == "points" and catalogue.point_value is None:
        yield Problem(where, "an offer of kind points needs point_value at the top of the file: points are money")
    if template.kind == "amount" and template.threshold is None:
        yield Problem(where, "an offer of kind amount needs a threshold: else the goods may be given away")


_WHY = {"max_discount": ": without a cap no budget can hold it"}


def _depth_problems(template: Template, where: Where, digits: int) -> Iterator[Problem]:
    if template.kind in ("gift", "delivery"):
        if template.depths:
            yield Problem((*where, "depths"), f"an offer of kind {template.kind} has no depths")
        return
    if not template.depths:
        yield Problem(where, f"an offer of kind {template.kind} needs depths, a list")
    for index, depth in enumerate(template.depths):
        message = _CHECKS[template.kind](template, depth, digits)
        if message:
            yield Problem((*where, "depths", index), message)
        elif depth in template.depths[:index]:
            yield Problem((*where, "depths", index), f"{depth!r} is written twice")


def _whole(depth: object) -> bool:
    return isinstance(depth, int) and not isinstance(depth, bool)


def _percent_depth(template: Template, depth: object, digits: int) -> str | None:
    if not _whole(depth) or not 1 <= int(str(depth)) <= 99:
        return f"a percent discount is a whole number from 1 to 99 (got {depth!r})"
    if template.threshold and template.max_discount and _fits(template.threshold, digits):
        promised = Decimal(template.threshold) * int(str(depth)) / 100
        if promised > Decimal(template.max_discount):
            return (
                f"{depth} % of the threshold {template.threshold} is {promised.normalize():f}, more than max_discount "
                f"{template.max_discount}: nobody would get the {depth} %"
            )
    return None


def _points_depth(template: Template, depth: object, digits: int) -> str | None:
    if not _whole(depth) or not 1 <= int(str(depth)) <= 10_000_000:
        return f"points are a whole number from 1 (got {depth!r})"
    return None


def _amount_depth(template: Template, depth: object, digits: int) -> str | None:
    if not isinstance(depth, str):
        return f'an amount is money as text in quotes, such as "5.00" (got {depth!r})'
    try:
        amount = to_minor(depth, digits)
    except ValueError as problem:
        return str(problem)
    if amount <= 0:
        return f"{depth!r} must be more than 0"
    if template.threshold and Decimal(depth) >= Decimal(template.threshold):
        return f"{depth} off a purchase of {template.threshold} gives the goods away; raise the threshold"
    return None


_CHECKS = {"percent": _percent_depth, "points": _points_depth, "amount": _amount_depth}


def _target_problems(template: Template, where: Where) -> Iterator[Problem]:
    target = template.target
    place: Where = (*where, "target")
    if target.kind == "basket" and (target.ids or target.top_categories):
        yield Problem(place, "the whole basket has no ids; write kind: category or kind: product")
    if target.kind == "product" and target.top_categories:
        yield Problem((*place, "top_categories"), "belongs to kind: category")
    if target.kind != "basket" and bool(target.ids) == bool(target.top_categories):
        wanted = "either ids or top_categories" if target.kind == "category" else "ids"
        yield Problem(place, f"kind: {target.kind} needs {wanted}")
    for index, given in enumerate(target.ids):
        if given in target.ids[:index]:
            yield Problem((*place, "ids", index), f"{given!r} is written twice")


def _prior_price_problems(template: Template, where: Where) -> Iterator[Problem]:
    if template.prior_price is None:
        return
    place: Where = (*where, "prior_price")
    if template.kind not in ("percent", "amount"):
        yield Problem(place, f"belongs to offers that lower a price (percent, amount), not to kind {template.kind}")
    if template.target.kind != "product" or len(template.target.ids) != 1:
        yield Problem(place, "is the former price of one product; write target: {kind: product, ids: [<one>]}")
    for depth in template.depths if template.kind == "amount" else ():
        if isinstance(depth, str) and _fits(depth, 4) and Decimal(depth) >= Decimal(template.prior_price):
            yield Problem(place, f"{depth} off a price of {template.prior_price} leaves nothing to pay")
