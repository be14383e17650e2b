"""The till: visits and their lines become orders, order lines and return receipts, with offers redeemed."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from offermill.synthetic import baskets
from offermill.synthetic.arrays import (
    Bools,
    Ints,
    Random,
    blanked,
    decimals,
    moments,
    picked,
    share_of,
)
from offermill.synthetic.assortment import STORE_IDS, WEB, Assortment, promotion_names
from offermill.synthetic.baskets import GUEST, NATURAL, PERSUADED, Lines, Visits, stores_of
from offermill.synthetic.campaign import Assignments, Uses
from offermill.synthetic.clock import Clock
from offermill.synthetic.offers import Offer
from offermill.synthetic.people import People
from offermill.synthetic.trips import Trips
from offermill.synthetic.world import Window, World, record_ids

GUEST_SHARE = 0.08
PARCEL_MINOR = 450  # what a parcel costs the shop, of which customers pay the fee
FEE_MINOR = 399
RETURN_DAYS = (1.5, 14.0)
QUANTITY = pa.decimal128(12, 3)


def visits(
    random: Random, people: People, world: World, window: Window, taken: Trips, given: Assignments, offers: list[Offer]
) -> Visits:
    """All trips of a window in time order: natural ones, those that offers caused, and guests'."""
    start, end = window.effort(world.clock)
    caused = np.flatnonzero((given.persuaded_at >= start) & (given.persuaded_at < end))
    guests = int(len(taken.row) * GUEST_SHARE) if len(people) else 0
    row = np.concatenate([taken.row, given.row[caused], random.integers(0, max(len(people), 1), guests)])
    at = np.concatenate([taken.at, given.persuaded_at[caused], random.uniform(start, end, guests)])
    none = np.full(len(caused) + guests, -1.0)
    cause = np.repeat([NATURAL, PERSUADED, GUEST], [len(taken.row), len(caused), guests])
    assignment = np.concatenate([np.full(len(taken.row), -1), caused, np.full(guests, -1)])
    store = stores_of(random, people, row)
    store = np.where(_needs_web(given, offers)[assignment] & (assignment >= 0), WEB, store) if len(given) else store
    every = Visits(row, at, np.append(taken.previous, none), world.clock.local(at), cause, assignment, store)
    return _sorted(every)


def _needs_web(given: Assignments, offers: list[Offer]) -> Bools:
    is_web = np.array([offer.kind == "delivery" for offer in offers] + [False])  # the last answers for the control
    return is_web[given.offer]


def wanted_categories(every: Visits, given: Assignments, offers: list[Offer]) -> Ints:
    """The category for which a persuaded visit is made, -1 = none."""
    category = np.array([offer.category for offer in offers] + [-1])
    if not len(given):
        return np.full(len(every), -1)
    return np.where(every.assignment >= 0, category[given.offer[every.assignment]], -1)


def _sorted(every: Visits) -> Visits:
    order = np.lexsort((every.row, every.local))
    names = ("row", "at", "previous", "local", "cause", "assignment", "store")
    return Visits(**{name: getattr(every, name)[order] for name in names})


def redeem(lines: Lines, goods: Assortment, used: Uses, given: Assignments, offers: list[Offer], count: int) -> Lines:
    """The lines with the discounts of redeemed offers; the better of shelf and offer counts."""
    code_of = np.full(count, -1)
    code_of[used.visit] = given.offer[used.assignment]
    code, discount = code_of[lines.visit], lines.discount.copy()
    promotion = lines.promotion.copy()
    for number, offer in enumerate(offers):
        mine = np.flatnonzero(code == number)
        better = _offered(lines, goods, offer, mine)
        wins = better > discount[mine]
        discount[mine[wins]] = better[wins]
        promotion[mine[wins]] = len(promotion_names()) + number
    return replace(lines, discount=discount, promotion=promotion)


def _offered(lines: Lines, goods: Assortment, offer: Offer, mine: Ints) -> Ints:
    """Discount per line of the visits that use an offer; nothing for offers that leave the prices alone."""
    if offer.kind == "amount":
        return lines.discount[mine] + _spread(lines.visit[mine], lines.net[mine], offer.value_minor)
    amount = share_of(lines.list_minor[mine], np.full(len(mine), offer.pct))
    if offer.kind == "category":
        amount = np.where(goods.category[lines.product[mine]] == offer.category, amount, 0)
    return _capped(lines.visit[mine], amount, offer.cap_minor)


def _capped(visit: Ints, amount: Ints, cap: int) -> Ints:
    """The amounts of each visit, scaled down where they exceed the cap together."""
    total = np.bincount(visit, amount, visit.max(initial=0) + 1).astype(np.int64)[visit]
    return np.where((total > cap) & (cap > 0), _spread(visit, amount, cap), amount)


def _spread(visit: Ints, net: Ints, value: int) -> Ints:
    """``value`` over the lines of each visit in proportion to what they cost; the parts sum to it exactly."""
    if not len(visit):
        return net
    _, place = np.unique(visit, return_inverse=True)
    running = np.cumsum(net)
    total = np.bincount(place, net).astype(np.int64)
    before = np.cumsum(total) - total
    inside = running - before[place]
    total = np.maximum(total, 1)
    return value * inside // total[place] - value * (inside - net) // total[place]


def discount_of_uses(lines: Lines, used: Uses, given: Assignments, offers: list[Offer], count: int) -> Ints:
    """What each redemption was worth to the customer, in minor units."""
    by_offer = lines.promotion >= len(promotion_names())
    taken = np.bincount(lines.visit[by_offer], lines.discount[by_offer], count).astype(np.int64)
    fixed = np.array([offer.value_minor for offer in offers] + [0])
    return np.where(fixed[given.offer[used.assignment]] > 0, fixed[given.offer[used.assignment]], taken[used.visit])


@dataclass(frozen=True)
class Sales:
    """Orders in time order and their lines; ``order`` of a line points into the orders."""

    row: Ints
    is_guest: Bools
    local: Ints
    store: Ints
    is_return: Bools
    is_free_delivery: Bools
    line_order: Ints
    line_number: Ints
    line: Lines
    visit_order: Ints  # order of each visit

    @property
    def net(self) -> Ints:
        """Net amount per order; negative for return receipts."""
        total = np.bincount(self.line_order, self.line.net, len(self.row)).astype(np.int64)
        return np.where(self.is_return, -total, total)


def sales(
    random: Random, people: People, clock: Clock, every: Visits, lines: Lines, used: Uses, given: Assignments,
    offers: list[Offer],
) -> Sales:  # fmt: skip
    """Orders of the visits, and the return receipts that follow them."""
    back = np.flatnonzero(random.random(len(lines.visit)) < people.return_chance[every.row[lines.visit]])
    origin, place = np.unique(lines.visit[back], return_inverse=True)
    local = clock.local(every.at[origin] + random.uniform(*RETURN_DAYS, len(origin)))
    count, total = len(every), len(every) + len(origin)
    time = np.append(every.local, local)
    order = np.argsort(time, kind="stable")
    rank = np.empty(total, np.int64)
    rank[order] = np.arange(total)
    free = np.zeros(total, np.bool_)
    free[used.visit] = _needs_web(given, offers)[used.assignment] if len(used.visit) else False
    line_order = rank[np.append(lines.visit, count + place)]
    sort = np.argsort(line_order, kind="stable")
    source = np.append(np.arange(len(lines.visit)), back)[sort]
    parent = np.append(np.arange(count), origin)[order]
    return Sales(
        row=every.row[parent],
        is_guest=every.cause[parent] == GUEST,
        local=time[order],
        store=every.store[parent],
        is_return=order >= count,
        is_free_delivery=free[order],
        line_order=line_order[sort],
        line_number=baskets.numbers(line_order[sort]),
        line=_chosen(lines, source),
        visit_order=rank[:count],
    )


def _chosen(lines: Lines, rows: Ints) -> Lines:
    names = ("visit", "number", "product", "quantity", "list_minor", "discount", "promotion")
    return Lines(**{name: getattr(lines, name)[rows] for name in names})


def orders_table(people: People, world: World, sold: Sales, ids: pa.Array) -> pa.Table:
    """The orders source."""
    is_web = sold.store == WEB
    delivery = PARCEL_MINOR - np.where(sold.is_free_delivery, 0, FEE_MINOR)
    return pa.table(
        {
            "order_id": ids,
            "customer_id": blanked(record_ids(people, sold.row, sold.local), sold.is_guest),
            "store_id": picked(STORE_IDS, sold.store),
            "channel": picked(("store", "web"), is_web.astype(np.int64)),
            "ordered_at": moments(world.clock.utc(sold.local)),
            "currency": picked(("EUR",), np.zeros(len(sold.row), np.int64)),
            "delivery_cost": blanked(decimals(delivery), ~is_web | sold.is_return),
        }
    )


def lines_table(sold: Sales, ids: pa.Array, offers: list[Offer]) -> pa.Table:
    """The order_lines source."""
    names = promotion_names() + [offer.offer_id for offer in offers]
    line = sold.line
    return pa.table(
        {
            "order_id": ids.take(pa.array(sold.line_order)),
            "line_number": pa.array(sold.line_number),
            "product_id": picked([f"p{number:04d}" for number in range(1, 401)], line.product),
            "kind": picked(("sale", "return"), sold.is_return[sold.line_order].astype(np.int64)),
            "quantity": decimals(line.quantity * 1000, QUANTITY),
            "list_amount": decimals(line.list_minor),
            "discount": decimals(line.discount),
            "net_amount": decimals(line.net),
            "promotion_id": picked(names, line.promotion),
        }
    )
