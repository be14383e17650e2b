"""What the limits in offers.yml can get wrong although every key is well formed."""

from collections.abc import Iterator, Mapping, Sequence

from offermill.money import to_minor, to_text
from offermill.yamlfile import nearest
from offers.limits import BUDGET, Cap, caps
from offers.offer import Offer
from offers.problems import Problem, Where
from offers.schema import CHANNELS, Allowance, Budget, Capacity, Catalogue, FreeLimit, Funder

_NEVER_RENEWED = "is for week, month or a campaign with valid_until: there are no nights to spread over"


def amounts(catalogue: Catalogue) -> Iterator[tuple[Where, str | None]]:
    """Yield every amount of money in the limits and where it stands."""
    for where, budget in _budgets(catalogue):
        if not isinstance(budget, Capacity):
            yield (*where, "amount"), budget.amount
    for index, limit in enumerate(catalogue.limits):
        yield ("limits", index, "amount"), limit.amount
        yield ("limits", index, "at_least"), limit.at_least if isinstance(limit.at_least, str) else None


def _budgets(catalogue: Catalogue) -> Iterator[tuple[Where, Budget | Allowance | Funder | Capacity]]:
    for index, campaign in enumerate(catalogue.campaigns):
        if campaign.budget is not None:
            yield ("campaigns", index, "budget"), campaign.budget
        if campaign.capacity is not None:
            yield ("campaigns", index, "capacity"), campaign.capacity
    for index, template in enumerate(catalogue.templates):
        if template.budget is not None:
            yield ("templates", index, "budget"), template.budget
    for index, funder in enumerate(catalogue.funders):
        yield ("funders", index), funder


def problems(catalogue: Catalogue) -> Iterator[Problem]:
    """Yield what is wrong with the limits before any warehouse is looked at."""
    yield from _twice("funders", [funder.name for funder in catalogue.funders])
    yield from _twice("limits", [limit.name for limit in catalogue.limits])
    yield from _unknown_funders(catalogue)
    yield from _pacing_problems(catalogue)
    for index, limit in enumerate(catalogue.limits):
        where: Where = ("limits", index)
        yield from _measure_problems(limit, where)
        yield from _where_problems(catalogue, limit, where)


def _twice(key: str, names: list[str]) -> Iterator[Problem]:
    for index, name in enumerate(names):
        if name == BUDGET:
            yield Problem((key, index, "name"), "'budget' is the name of the whole budget; choose another")
        if name in names[:index]:
            yield Problem((key, index, "name"), f"{name!r} is used twice; names are unique")


def _unknown_funders(catalogue: Catalogue) -> Iterator[Problem]:
    known = [funder.name for funder in catalogue.funders]
    for index, template in enumerate(catalogue.templates):
        if template.funder is not None and template.funder not in known:
            message = f"{template.funder!r} is no funder.{nearest(template.funder, known)}"
            yield Problem(("templates", index, "funder"), f"{message} Known: {', '.join(known) or 'none'}")


def _pacing_problems(catalogue: Catalogue) -> Iterator[Problem]:
    if catalogue.budget.pacing == "even" and catalogue.budget.period == "night":
        yield Problem(("budget", "pacing"), f"even {_NEVER_RENEWED}")
    paced = {where: budget for where, budget in _budgets(catalogue) if budget.pacing == "even"}
    for where, budget in paced.items():
        if budget.period == "night" or (budget.period == "campaign" and not _has_end(catalogue, where)):
            yield Problem((*where, "pacing"), f"even {_NEVER_RENEWED}")
    for index, limit in enumerate(catalogue.limits):
        if limit.pacing == "even" and limit.period in ("night", "campaign"):
            yield Problem(("limits", index, "pacing"), "even is for week or month: there are no nights to spread over")


def _has_end(catalogue: Catalogue, where: Where) -> bool:
    index = int(where[1])
    if where[0] == "campaigns":
        return catalogue.campaigns[index].valid_until is not None
    if where[0] == "templates":
        return catalogue.campaign(catalogue.templates[index].campaign).valid_until is not None
    return False


def _measure_problems(limit: FreeLimit, where: Where) -> Iterator[Problem]:
    if (limit.amount is None) == (limit.contacts is None):
        yield Problem(where, "write either amount (money) or contacts (a number of customers)")
        return
    if limit.contacts is not None and limit.risk.kind != "expected":
        yield Problem((*where, "risk"), "belongs to amount: a contact is made or not, nothing about it is uncertain")
    if limit.at_least is not None:
        yield from _minimum_problems(limit, (*where, "at_least"))


def _minimum_problems(limit: FreeLimit, where: Where) -> Iterator[Problem]:
    if limit.period != "night":
        yield Problem(where, f"a minimum is for a night, not for a {limit.period}; leave period out")
    if limit.amount is not None and not isinstance(limit.at_least, str):
        yield Problem(where, f'is a number; write money as text in quotes, such as "{limit.at_least}.00"')
    elif limit.contacts is not None and isinstance(limit.at_least, str):
        yield Problem(where, f"{limit.at_least!r} is text; write a number of customers")
    elif str(limit.at_least).startswith("-"):
        yield Problem(where, f"{limit.at_least!r} is negative; write 0 or more")
    elif _is_above(limit):
        most = limit.amount if limit.amount is not None else limit.contacts
        yield Problem(where, f"the minimum {limit.at_least} is above the maximum {most}")


def _is_above(limit: FreeLimit) -> bool:
    if limit.amount is None or limit.at_least is None:
        return int(limit.at_least or 0) > int(limit.contacts or 0)
    try:
        return to_minor(str(limit.at_least), 4) > to_minor(limit.amount, 4)
    except ValueError:
        return False  # said where amounts are read


def _where_problems(catalogue: Catalogue, limit: FreeLimit, where: Where) -> Iterator[Problem]:
    known: dict[str, list[str]] = {
        "campaign": [campaign.id for campaign in catalogue.campaigns],
        "channel": list(CHANNELS),
        "template": [template.id for template in catalogue.templates],
        "funder": [funder.name for funder in catalogue.funders],
    }
    for key in limit.where.model_fields_set:
        if not getattr(limit.where, key):
            yield Problem((*where, "where", key), "is empty; write a name or leave the key out")
    yield from _unknown(limit, (*where, "where"), known)


def _unknown(limit: FreeLimit, where: Where, known: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    for key, names in known.items():
        for place, given in enumerate(getattr(limit.where, key)):
            if given not in names:
                hint = nearest(given, names) or f" Known: {', '.join(names) or 'none'}"
                yield Problem((*where, key, place), f"{given!r} is no {key}.{hint}")


def unknown_names(catalogue: Catalogue, known: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """Yield the names in `where` that the shop does not have; `known` holds its offers, stores and segments."""
    for index, limit in enumerate(catalogue.limits):
        yield from _unknown(limit, ("limits", index, "where"), known)


def too_small(catalogue: Catalogue, offers: Sequence[Offer], digits: int) -> Iterator[Problem]:
    """Yield limits on money that pay for none of the offers they cover, as far as templates tell what that is."""
    funders = {template.id: template.funder for template in catalogue.templates}
    places = _places(catalogue)
    for cap in caps(catalogue, digits)[1:]:
        costs = sorted((offer.max_cost_minor, offer.offer_id) for offer in offers if _may_cover(cap, offer, funders))
        if cap.kind == "money" and costs and 0 < (cap.at_most or 0) < costs[0][0]:
            least, offer_id = costs[0]
            yield Problem(
                places[cap.name],
                f"{to_text(cap.at_most or 0, digits)} pays for no offer: the cheapest it covers, {offer_id}, can cost "
                f"{to_text(least, digits)}; write 0 to make none",
            )


def _places(catalogue: Catalogue) -> dict[str, Where]:
    names = {"campaigns": "campaign", "templates": "template", "funders": "funder"}
    named: dict[str, Where] = {}
    for where, budget in _budgets(catalogue):
        if not isinstance(budget, Capacity):
            owner = getattr(catalogue, str(where[0]))[where[1]]
            named[f"{names[str(where[0])]}:{getattr(owner, 'id', getattr(owner, 'name', ''))}"] = (*where, "amount")
    return named | {limit.name: ("limits", index, "amount") for index, limit in enumerate(catalogue.limits)}


def _may_cover(cap: Cap, offer: Offer, funders: Mapping[str, str | None]) -> bool:
    has = {"campaign": offer.campaign_id, "template": offer.template_id, "funder": funders[offer.template_id]}
    return all(has[key] in cap.where[key] for key in has if key in cap.where)
