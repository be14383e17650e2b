"""What an offer really changes: the true chance of an extra trip, of redeeming, and what both are worth.

A person with an offer makes the trips of the own rhythm and, with the chance ``q``, one more inside 28 days, so
chance to buy with the offer = 1 - (1 - chance without) x (1 - q). ``q`` rises with the depth of the discount, with
the person's price sensitivity and with the time since the last trip, and is zero for the people it does not move.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaincc, gammainccinv

from offermill.synthetic import trips
from offermill.synthetic.arrays import Floats, Ints
from offermill.synthetic.assortment import (
    CATEGORIES,
    CHOCOLATE,
    CLEARANCE_PCT,
    MEAN_QUANTITY,
    SLOTS,
    WINE,
    Assortment,
)
from offermill.synthetic.baskets import LOYALTY, PROMOTION_PULL, is_minor, usual_product
from offermill.synthetic.clock import Clock, day_of
from offermill.synthetic.offers import Offer
from offermill.synthetic.people import FAVOURITES, People

HORIZON_DAYS = 28
STRENGTH = 0.85  # chance of an extra trip of the most movable person at an endless depth
DEPTH_SCALE = (4.0, 16.0)  # percent at which 63 % of the strength is reached: the least, and more by price sensitivity
NODES = 8  # points of the gamma interval over which the need of favourites is averaged


@dataclass(frozen=True)
class Prices:
    """Mean list amount and cost (minor units) of one line of every category, per person: (n, categories)."""

    amount: Floats
    cost: Floats


@dataclass(frozen=True)
class Baskets:
    """Expected baskets of the 28 days from a date; arrays (n,) in minor units, after returns."""

    natural_net: Floats
    natural_margin: Floats
    extra_net: Floats
    extra_margin: Floats
    shares: Floats  # (n, categories) share of the extra basket's list amount
    natural_lists: tuple[Floats, ...]  # per week: (n, categories) list amount of a natural basket, clearance left out
    extra_lists: tuple[Floats, ...]
    week_numbers: Ints
    week_weights: Floats

    def take(self, rows: Ints) -> "Baskets":
        """The chosen rows."""
        return replace(
            self,
            natural_net=self.natural_net[rows],
            natural_margin=self.natural_margin[rows],
            extra_net=self.extra_net[rows],
            extra_margin=self.extra_margin[rows],
            shares=self.shares[rows],
            natural_lists=tuple(week[rows] for week in self.natural_lists),
            extra_lists=tuple(week[rows] for week in self.extra_lists),
        )


def prices(people: People, goods: Assortment) -> Prices:
    """What a line of each category costs each person on average."""
    columns = [_category_prices(people, goods, category) for category in range(len(CATEGORIES))]
    return Prices(*(np.stack([column[place] for column in columns], axis=1) for place in (0, 1)))


def _category_prices(people: People, goods: Assortment, category: int) -> tuple[Floats, Floats]:
    usual = usual_product(goods, people.person, np.full(len(people), category))
    inside = goods.category == category
    amount, cost = (
        MEAN_QUANTITY * (LOYALTY * money[usual] + (1 - LOYALTY) * (money * goods.share)[inside].sum())
        for money in (goods.price, goods.cost)
    )
    return amount, cost


def needs(people: People, last: Floats, start: float, end: float) -> Floats:
    """Chance that each favourite is due at the first natural trip in [start, end): (n, FAVOURITES)."""
    scale = people.regularity / people.interval
    since = trips.own_time(people, last)
    low, high = (np.maximum(trips.own_time(people, moment) - since, 0) * scale for moment in (start, end))
    top, bottom = gammaincc(people.regularity, low), gammaincc(people.regularity, high)
    steps = (np.arange(NODES) + 0.5) / NODES
    levels = np.maximum(top[:, None] + (bottom - top)[:, None] * steps, 1e-300)
    gaps = gammainccinv(people.regularity[:, None], levels) / scale[:, None]
    return np.asarray(np.minimum(gaps[:, :, None] / people.cycle[:, None, :], 1.0).mean(axis=1))


def _mix(people: People, goods: Assortment, week: int, month: int) -> Floats:
    """(n, categories) chances of the category of an extra line, clearance aside."""
    count = len(people)
    pull, focus = PROMOTION_PULL * people.sensitivity[:, None], people.focus[:, None]
    promoted = np.zeros(len(CATEGORIES))
    promoted[goods.promoted[week]] = 1 / SLOTS
    favourite = np.zeros((count, len(CATEGORIES)))
    favourite[np.arange(count)[:, None], people.favourite] = 1 / FAVOURITES
    mix = pull * promoted + (1 - pull) * (focus * favourite + (1 - focus) * goods.season[month])
    mix[:, CHOCOLATE] += np.where(is_minor(people), mix[:, WINE], 0)
    mix[is_minor(people), WINE] = 0
    return np.asarray(mix)


def _windows(day: int, goods: Assortment) -> tuple[Ints, Floats, Ints]:
    days = day + np.arange(HORIZON_DAYS)
    weeks, first, counts = np.unique(goods.week(days), return_index=True, return_counts=True)
    months = np.array([day_of(number).month - 1 for number in days[first]])
    return weeks, counts / HORIZON_DAYS, months


@dataclass(frozen=True)
class _Counts:
    """Expected lines: due favourites (n, FAVOURITES), extra lines of a natural and of an extra trip (n,)."""

    due: Floats
    natural_extra: Floats
    extra: Floats


def baskets(people: People, goods: Assortment, clock: Clock, last: Floats, day: int) -> Baskets:
    """Expected baskets in the 28 days from a day number, given each person's last natural trip."""
    start, end = clock.effort_after(day), clock.effort_after(day, HORIZON_DAYS)
    due = needs(people, last, start, end)
    none = np.exp(-people.extra_lines) * np.prod(1 - due, axis=1)
    counts = _Counts(due, people.extra_lines + none, people.extra_lines + 1)
    weeks, weights, months = _windows(day, goods)
    price = prices(people, goods)
    parts = [_week(people, goods, price, counts, week, month) for week, month in zip(weeks, months, strict=True)]
    sums = [sum(weight * part[place] for weight, part in zip(weights, parts, strict=True)) for place in range(4)]
    kept = 1 - people.return_chance
    natural, extra = tuple(part[4] for part in parts), tuple(part[5] for part in parts)
    shares = sum(weight * part[5] for weight, part in zip(weights, parts, strict=True))
    shares = np.asarray(shares / np.maximum(np.sum(shares, axis=1, keepdims=True), 1))
    natural_net, natural_margin, extra_net, extra_margin = (total * kept for total in sums)
    return Baskets(natural_net, natural_margin, extra_net, extra_margin, shares, natural, extra, weeks, weights)


def _week(
    people: People, goods: Assortment, price: Prices, counts: _Counts, week: int, month: int
) -> tuple[Floats, ...]:
    mix = _mix(people, goods, week, month) * (1 - people.clearance_share)[:, None]
    lines = np.zeros_like(mix)
    np.put_along_axis(lines, people.favourite, counts.due, axis=1)
    natural, extra = lines + counts.natural_extra[:, None] * mix, counts.extra[:, None] * mix
    kept = 1 - goods.promoted_pct[week] / 100
    cleared = goods.clearance[week]
    clear_net = people.clearance_share * price.amount[:, cleared] * (1 - CLEARANCE_PCT / 100)
    clear_cost = people.clearance_share * price.cost[:, cleared]
    answer = []
    for expected, count in ((natural, counts.natural_extra), (extra, counts.extra)):
        net = (expected * price.amount) @ kept + count * clear_net
        answer += [net, net - (expected * price.cost).sum(axis=1) - count * clear_cost]
    return (*answer, natural * price.amount, extra * price.amount)


def depth(people: People, typical: Baskets, offer: Offer) -> Floats:
    """The offer as a percentage of the basket, as the person feels it."""
    basket = np.maximum(typical.extra_net, 100)
    if offer.kind == "percent":
        return np.full(len(people), float(offer.pct))
    if offer.kind == "category":
        return offer.pct * np.minimum(1, 2.5 * typical.shares[:, offer.category])
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
    """Chance that a natural and an extra trip may use the offer (close, not exact, for `amount` and `category`)."""
    always = np.ones(len(people))
    if offer.kind == "delivery":
        return people.web_share, always
    if offer.kind == "category":
        weeks = zip(typical.week_weights, typical.natural_lists, strict=True)
        lists = sum(weight * amounts[:, offer.category] for weight, amounts in weeks)
        return 1 - np.exp(-lists / np.maximum(typical.natural_net, 1)), always
    if offer.threshold_minor:
        nets = (typical.natural_net, typical.extra_net)
        natural, extra = (np.exp(-((0.85 * offer.threshold_minor / np.maximum(net, 1)) ** 1.4)) for net in nets)
        return natural, extra
    return always, always


def discounts(people: People, goods: Assortment, typical: Baskets, offer: Offer) -> tuple[Floats, Floats]:
    """Expected cost (minor units) of redeeming on a natural and on an extra trip, beyond the shelf discounts."""
    if offer.kind not in ("percent", "category"):
        fixed = np.full(len(people), float(offer.value_minor))
        return fixed, fixed
    natural, extra = np.zeros(len(people)), np.zeros(len(people))
    for place, (week, weight) in enumerate(zip(typical.week_numbers, typical.week_weights, strict=True)):
        more = np.maximum(offer.pct - goods.promoted_pct[week], 0) / 100 * weight
        if offer.category >= 0:
            more = more * (np.arange(len(CATEGORIES)) == offer.category)
        natural += typical.natural_lists[place] @ more
        extra += typical.extra_lists[place] @ more
    kept = 1 - people.return_chance
    return natural * kept, extra * kept
