"""What happens in a window of time to one part of the customers: every source's rows, and where it leaves them."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from offermill.synthetic import baskets, campaign, credits, outreach, till, web
from offermill.synthetic.arrays import Ints, Random
from offermill.synthetic.campaign import Uses
from offermill.synthetic.clock import DAY
from offermill.synthetic.outreach import Given
from offermill.synthetic.people import People
from offermill.synthetic.till import Sales
from offermill.synthetic.trips import Trips
from offermill.synthetic.world import Window, World

Timed = tuple[pa.Table, Ints]  # rows and the day number of each


@dataclass(frozen=True)
class Period:
    """The rows of a window by source, and what the next window needs."""

    rows: dict[str, Timed]
    sold: Sales
    still_open: Given


def happen(random: Random, people: People, world: World, window: Window, taken: Trips, given: Given) -> Period:
    """Everything that follows from the trips taken and the offers given."""
    who, offers, goods = given.assignments, given.offers, world.goods
    visits = till.visits(random, people, world, window, taken, who, offers)
    shelf = baskets.draw(random, people, goods, visits, till.wanted_categories(visits, who, offers))
    used = campaign.uses(who, offers, visits, shelf, goods)
    lines = till.redeem(shelf, goods, used, who, offers, len(visits))
    sold = till.sales(random, people, world.clock, visits, lines, used, who, offers)
    ids = window.ids("o", len(sold.row))
    order = sold.visit_order[used.visit]
    discount = till.discount_of_uses(lines, used, who, offers, len(visits))
    redeemed, redeemed_local = outreach.redemptions(
        world.clock, window, given, used, (ids.take(pa.array(order)), sold.local[order], discount)
    )
    credited, credited_local = credits.of_uses(people, world.clock, window, given, used, (sold.local[order], discount))
    browsed = web.sessions(random, people, goods, window, visits)
    events, event_local = web.events(random, people, world, window, browsed)
    rows = {
        **_log(random, people, world, window, given, used),
        "orders": (till.orders_table(people, world, sold, ids), sold.local // DAY),
        "order_lines": (till.lines_table(sold, ids, offers), sold.local[sold.line_order] // DAY),
        "browsing_events": (events, event_local // DAY),
        "redemptions": (redeemed, redeemed_local // DAY),
        "credits": (credited, credited_local // DAY),
    }
    left = replace(given, assignments=campaign.after(who, visits), fresh=len(who))
    return Period(rows, sold, left.take(campaign.still_open(who, used, window.end_day)))


def _log(random: Random, people: People, world: World, window: Window, given: Given, used: Uses) -> dict[str, Timed]:
    assigned, assigned_local = outreach.assignments(world.clock, given)
    received, received_local = outreach.receipts(random, people, world.clock, window, given, used)
    return {
        "offer_assignments": (assigned, assigned_local // DAY),
        "receipts": (received, received_local // DAY),
    }


def paid(sold: Sales, count: int) -> Ints:
    """Minor units paid per person in all the orders, returns that come later deducted."""
    mine = ~sold.is_guest
    return np.bincount(sold.row[mine], sold.net[mine], count).astype(np.int64)


def paid_by_day(sold: Sales, count: int, first: int, end: int) -> list[Ints]:
    """Minor units paid per person before each day number from ``first`` to ``end`` inclusive."""
    mine = ~sold.is_guest
    row, net, day = sold.row[mine], sold.net[mine], sold.local[mine] // DAY
    periods = [day < first, *(day == number for number in range(first, end))]
    amounts = [np.bincount(row[inside], net[inside], count).astype(np.int64) for inside in periods]
    return list(np.cumsum(amounts, axis=0))
