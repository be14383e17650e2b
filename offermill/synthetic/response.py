"""What an offer really changes: the true chance of an extra trip, of using the offer, and what that costs.

A person with an offer makes the trips of the own rhythm and, with the chance ``q``, one more inside 28 days, so
chance to buy with the offer = 1 - (1 - chance without) x (1 - q). ``q`` rises with the depth of the discount, with
the person's price sensitivity and with the time since the last trip, and is zero for the people it does not move.
"""

import numpy as np

from offermill.synthetic.arrays import Floats
from offermill.synthetic.assortment import CATEGORIES
from offermill.synthetic.expected import Baskets
from offermill.synthetic.offers import Offer
from offermill.synthetic.people import People

STRENGTH = 0.85  # chance of an extra trip of the most movable person at an endless depth
DEPTH_SCALE = (4.0, 16.0)  # percent at which 63 % of the strength is reached: the least, and more by price sensitivity


def depth(people: People, typical: Baskets, offer: Offer) -> Floats:
    """The offer as a percentage of the basket, as the person feels it."""
    basket = np.maximum(typical.extra_net, 100)
    if offer.kind == "percent":
        return np.full(len(people), float(offer.pct))
    if offer.kind == "category":
        amounts = typical.mean(typical.extra_lists)
        share = amounts[:, offer.category] / np.maximum(amounts.sum(axis=1), 1)
        return np.asarray(offer.pct * np.minimum(1, 2.5 * share))
    felt = {"points": 0.6, "gift": 0.5, "delivery": 1.0, "amount": 1.0}[offer.kind]
    share = 100 * felt * offer.value_minor / np.maximum(basket, offer.threshold_minor)
    if offer.kind == "delivery":
        return np.asarray(share * np.minimum(1, 1.5 * people.web_share))
    return np.asarray(share * np.minimum(1, basket / max(offer.threshold_minor, 1)))


def persuaded(people: People, last: Floats, now: float, felt: Floats) -> Floats:
    """Chance ``q`` of an extra trip within the horizon from ``now`` (effort), at a felt depth in percent."""
    recency = np.interp(now - last, [0, 15, 60, 210, 420], [0.35, 0.5, 1.0, 1.0, 0.35])
    force = STRENGTH * people.persuasion * people.sensitivity * recency
    scale = DEPTH_SCALE[0] + DEPTH_SCALE[1] * people.sensitivity
    return np.asarray(np.clip(force, 0, 0.9) * (1 - np.exp(-felt / scale)))


def qualifying(people: People, typical: Baskets, offer: Offer) -> tuple[Floats, Floats]:
    """Chance that natural and extra trips may use the offer (close, not exact, if it asks for a category or a sum)."""
    always = np.ones(len(people))
    if offer.kind == "delivery":
        return people.web_share, always
    if offer.kind == "category":
        amounts = typical.mean(typical.natural_lists)[:, offer.category]
        return 1 - np.exp(-amounts / typical.price.amount[:, offer.category]), always
    if offer.threshold_minor:
        nets = (typical.natural_net, typical.extra_net)
        natural, extra = (np.exp(-((0.85 * offer.threshold_minor / np.maximum(net, 1)) ** 1.4)) for net in nets)
        return natural, extra
    return always, always


def discounts(people: People, typical: Baskets, offer: Offer) -> tuple[Floats, Floats]:
    """Expected cost (minor units) of using the offer on a natural and on an extra trip, beyond the shelf discounts."""
    if offer.kind not in ("percent", "category"):
        fixed = np.full(len(people), float(offer.value_minor))
        return fixed, fixed
    more = np.maximum(offer.pct - typical.shelf_pct, 0) / 100
    if offer.kind == "category":
        more = more * (np.arange(len(CATEGORIES)) == offer.category)
    natural, extra = (
        sum(weight * (amounts @ row) for weight, amounts, row in zip(typical.weights, lists, more, strict=True))
        for lists in (typical.natural_lists, typical.extra_lists)
    )
    kept = 1 - people.return_chance
    if offer.kind == "category":
        wanted = typical.price.amount[:, offer.category] * float(typical.weights @ more[:, offer.category])
        uses = qualifying(people, typical, offer)[0]
        return natural / np.maximum(uses, 1e-9) * kept, (wanted + others(people) * extra) * kept
    return np.asarray(natural * kept), np.asarray(extra * kept)


def others(people: People) -> Floats:
    """Share of the lines of an extra trip that are left when one is for the offer's category."""
    return np.asarray(people.extra_lines / (people.extra_lines + 1))


def extra_basket(people: People, typical: Baskets, offer: Offer) -> tuple[Floats, Floats]:
    """Expected net amount and margin of the basket of an extra trip, at shelf prices and after returns."""
    if offer.kind != "category":
        return typical.extra_net, typical.extra_margin
    kept = 1 - people.return_chance
    shelf = float(typical.weights @ (1 - typical.shelf_pct[:, offer.category] / 100))
    net = typical.price.amount[:, offer.category] * shelf * kept
    margin = net - typical.price.cost[:, offer.category] * kept
    return net + others(people) * typical.extra_net, margin + others(people) * typical.extra_margin
