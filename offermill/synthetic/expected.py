"""What baskets are worth on average: the exact means of what ``baskets`` draws, per person and date."""

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
from offermill.synthetic.people import FAVOURITES, People

HORIZON_DAYS = 28
NODES = 8  # points of the gamma interval over which the need of favourites is averaged


@dataclass(frozen=True)
class Prices:
    """Mean list amount and cost (minor units) of one line of every category, per person: (n, categories)."""

    amount: Floats
    cost: Floats

    def take(self, rows: Ints) -> "Prices":
        """The chosen rows."""
        return Prices(self.amount[rows], self.cost[rows])


@dataclass(frozen=True)
class Baskets:
    """Expected baskets of the 28 days from a date; arrays (n,) in minor units, after returns."""

    natural_net: Floats
    natural_margin: Floats
    extra_net: Floats
    extra_margin: Floats
    price: Prices
    natural_lists: tuple[Floats, ...]  # per week: (n, categories) list amount of a natural basket, clearance left out
    extra_lists: tuple[Floats, ...]
    weights: Floats  # (weeks,) share of the 28 days
    shelf_pct: Ints  # (weeks, categories) shelf discounts

    def mean(self, lists: tuple[Floats, ...]) -> Floats:
        """Mean over the 28 days of lists per week."""
        return np.asarray(sum(weight * amounts for weight, amounts in zip(self.weights, lists, strict=True)))

    def take(self, rows: Ints) -> "Baskets":
        """The chosen rows."""
        return replace(
            self,
            natural_net=self.natural_net[rows],
            natural_margin=self.natural_margin[rows],
            extra_net=self.extra_net[rows],
            extra_margin=self.extra_margin[rows],
            price=self.price.take(rows),
            natural_lists=tuple(week[rows] for week in self.natural_lists),
            extra_lists=tuple(week[rows] for week in self.extra_lists),
        )


def prices(people: People, goods: Assortment) -> Prices:
    """What a line of each category costs each person on average."""
    columns = [_category_prices(people, goods, category) for category in range(len(CATEGORIES))]
    return Prices(*(np.stack([column[place] for column in columns], axis=1) for place in (0, 1)))


def _category_prices(people: People, goods: Assortment, category: int) -> tuple[Floats, Floats]:
    usual = usual_product(goods, people.key, np.full(len(people), category))
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
    natural_net, natural_margin, extra_net, extra_margin = (total * (1 - people.return_chance) for total in sums)
    natural, extra = tuple(part[4] for part in parts), tuple(part[5] for part in parts)
    shelf = goods.promoted_pct[weeks]
    return Baskets(natural_net, natural_margin, extra_net, extra_margin, price, natural, extra, weights, shelf)


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
