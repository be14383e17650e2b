"""What is in the basket: the lines of every trip, with shelf promotions and the discount of a redeemed offer."""

from dataclasses import dataclass

import numpy as np

from offermill.synthetic.arrays import Bools, Floats, Ints, Random, share_of, unit_hash
from offermill.synthetic.assortment import (
    CATEGORIES,
    CHOCOLATE,
    CLEARANCE_PCT,
    QUANTITY_SHARES,
    SLOTS,
    WEB,
    WEEKS,
    WINE,
    Assortment,
)
from offermill.synthetic.clock import DAY
from offermill.synthetic.people import FAVOURITES, People

LOYALTY = 0.7  # share of lines that are the person's usual product of the category
PROMOTION_PULL = 0.75  # share of extra lines that the most price-sensitive take from the promoted shelves
NATURAL, PERSUADED, GUEST = 0, 1, 2


@dataclass(frozen=True)
class Visits:
    """Trips in calendar time, in time order; ``row`` points into the People of the part."""

    row: Ints
    at: Floats  # effort
    previous: Floats  # effort of the natural trip before
    local: Ints  # local seconds
    cause: Ints  # NATURAL, PERSUADED or GUEST
    assignment: Ints  # place of the assignment that caused it, -1 = none
    store: Ints

    @property
    def day(self) -> Ints:
        """Day numbers."""
        return self.local // DAY

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True)
class Lines:
    """Order lines in visit order; money in minor units."""

    visit: Ints
    number: Ints
    product: Ints
    quantity: Ints
    list_minor: Ints
    discount: Ints
    promotion: Ints  # index into assortment.promotion_names(), then offers; -1 = none

    @property
    def net(self) -> Ints:
        """Amount paid."""
        return self.list_minor - self.discount


def usual_product(goods: Assortment, key: Ints, category: Ints) -> Ints:
    """The product that this person usually takes in a category; the same for ever."""
    return goods.draw_product(category, unit_hash(key, category, 7))


def draw(random: Random, people: People, goods: Assortment, visits: Visits, wanted: Ints) -> Lines:
    """The lines of all visits at shelf prices; ``wanted`` is a category that the visit is made for, -1 = none."""
    visit, category, is_extra = _categories(random, people, goods, visits)
    is_wanted = is_extra & (wanted[visit] >= 0) & (numbers(visit) == 1)
    category, is_extra = np.where(is_wanted, wanted[visit], category), is_extra & ~is_wanted
    week = goods.week(visits.day[visit])
    is_clearance = is_extra & (random.random(len(visit)) < people.clearance_share[visits.row[visit]])
    category = np.where(is_clearance, goods.clearance[week], category)
    product = _products(random, goods, people.key[visits.row[visit]], category)
    quantity = 1 + np.searchsorted(np.cumsum(QUANTITY_SHARES[:2]), random.random(len(visit)), side="right")
    amount = goods.price[product] * quantity
    pct = np.where(is_clearance, CLEARANCE_PCT, goods.promoted_pct[week, category])
    shelf = week * len(CATEGORIES) + category
    promotion = np.where(is_clearance, WEEKS * len(CATEGORIES) + week, np.where(pct > 0, shelf, -1))
    return Lines(visit, numbers(visit), product, quantity, amount, share_of(amount, pct), promotion)


def numbers(visit: Ints) -> Ints:
    """1, 2, 3 ... inside every run of equal values."""
    if not len(visit):
        return visit
    starts = np.flatnonzero(np.append(True, np.diff(visit) != 0))
    return np.arange(len(visit)) - np.repeat(starts, np.diff(np.append(starts, len(visit)))) + 1


def _categories(random: Random, people: People, goods: Assortment, visits: Visits) -> tuple[Ints, Ints, Bools]:
    due_visit, slot = np.nonzero(_due(people, visits))
    due_count = np.bincount(due_visit, minlength=len(visits))
    extra = random.poisson(people.extra_lines[visits.row])
    extra = np.where(visits.cause == NATURAL, np.maximum(extra, due_count == 0), extra + 1)
    extra_visit = np.repeat(np.arange(len(visits)), extra)
    visit = np.concatenate([due_visit, extra_visit])
    favourite = people.favourite[visits.row[due_visit], slot]
    category = np.concatenate([favourite, extra_categories(random, people, goods, visits, extra_visit)])
    order = np.argsort(visit, kind="stable")
    return visit[order], category[order], order >= len(due_visit)


def _due(people: People, visits: Visits) -> Bools:
    """Favourites whose need came up since the last natural trip; other trips leave the needs alone."""
    rows = visits.row
    cycle, phase = people.cycle[rows], people.phase[rows]
    turns = [np.floor((moment[:, None] - phase) / cycle) for moment in (visits.at, visits.previous)]
    is_due: Bools = (turns[0] > turns[1]) & (visits.cause == NATURAL)[:, None]
    return is_due


def extra_categories(random: Random, people: People, goods: Assortment, visits: Visits, visit: Ints) -> Ints:
    """Categories of the extra lines: a promoted shelf, a favourite, or what is popular in the month."""
    rows, count = visits.row[visit], len(visit)
    promoted = goods.promoted[goods.week(visits.day[visit]), random.integers(0, SLOTS, count)]
    favourite = people.favourite[rows, random.integers(0, FAVOURITES, count)]
    month = visits.local.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)[visit] % 12
    cumulative = np.cumsum(goods.season, axis=1) + np.arange(12)[:, None]
    popular = np.searchsorted(cumulative.ravel(), month + random.random(count) * (1 - 1e-12), side="right")
    popular = popular - month * len(CATEGORIES)
    takes_promoted = random.random(count) < PROMOTION_PULL * people.sensitivity[rows]
    takes_favourite = random.random(count) < people.focus[rows]
    category = np.where(takes_promoted, promoted, np.where(takes_favourite, favourite, popular))
    may_not = (category == WINE) & is_minor(people)[rows]
    return np.where(may_not, CHOCOLATE, category)


def is_minor(people: People) -> Bools:
    """Persons under 18 when they registered; they buy no wine."""
    young: Bools = people.registered // DAY - people.born < 18 * 365
    return young


def _products(random: Random, goods: Assortment, key: Ints, category: Ints) -> Ints:
    usual = usual_product(goods, key, category)
    any_product = goods.draw_product(category, random.random(len(category)))
    return np.where(random.random(len(category)) < LOYALTY, usual, any_product)


def stores_of(random: Random, people: People, rows: Ints) -> Ints:
    """The store of each trip: the web shop by the person's share, else mostly the home store."""
    elsewhere = random.integers(0, WEB, len(rows))
    store = np.where(random.random(len(rows)) < 0.85, people.home_store[rows], elsewhere)
    return np.where(random.random(len(rows)) < people.web_share[rows], WEB, store)
