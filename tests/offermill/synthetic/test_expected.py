"""Expected baskets, worked out, against baskets drawn many times."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from offermill.synthetic import baskets, expected, response, till
from offermill.synthetic.arrays import Floats, generator
from offermill.synthetic.assortment import WINE
from offermill.synthetic.baskets import PERSUADED, Lines, Visits
from offermill.synthetic.clock import DAY, day_number
from offermill.synthetic.offers import EXAMPLE, Menu
from offermill.synthetic.part import Plan, _people
from offermill.synthetic.people import People
from offermill.synthetic.world import World

MENU = Menu.of_shop(EXAMPLE.parent)
WORLD = World.of(1, date(2024, 7, 1), date(2026, 6, 30), 1_500)
TODAY = day_number(date(2026, 7, 1))
TIMES = 60  # trips per person


@pytest.fixture(scope="module")
def folk() -> People:
    plan = Plan(__file__, 1, WORLD.start, WORLD.end, WORLD.customers, 14)  # type: ignore[arg-type]
    return _people(generator(1, 9), plan, WORLD, 0)[0]


def extra_visits(people: People) -> Visits:
    """Trips that offers cause, spread evenly over 28 days."""
    rows = np.tile(np.arange(len(people)), TIMES)
    days = TODAY + generator(2, 9).integers(0, 28, len(rows))
    blank = np.zeros(len(rows))
    store = np.zeros(len(rows), np.int64)
    return Visits(rows, blank, blank, days * DAY + 43_200, np.full(len(rows), PERSUADED), store - 1, store)


def worth(visits: Visits, lines: Lines) -> tuple[float, float, float]:
    """Mean net amount and margin per trip before returns, and the error of the margin."""
    margins = lines.net - WORLD.goods.cost[lines.product] * lines.quantity
    net, margin = (np.bincount(lines.visit, values, len(visits)) for values in (lines.net, margins))
    return float(net.mean()), float(margin.mean()), float(margin.std() / len(visits) ** 0.5)


def before_returns(values: Floats, people: People) -> float:
    return float((values / (1 - people.return_chance)).mean())


@pytest.mark.parametrize("offer_id", ["basket-percent-10", "category-percent-20-wine", "category-percent-20-coffee"])
def test_the_basket_of_a_trip_that_an_offer_causes(folk: People, offer_id: str) -> None:
    offer, visits = MENU.offer(offer_id), extra_visits(folk)
    typical = expected.baskets(folk, WORLD.goods, WORLD.clock, np.full(len(folk), 700.0), TODAY)
    wanted = np.full(len(visits), offer.category)

    lines = baskets.draw(generator(3, 9), folk, WORLD.goods, visits, wanted)

    net, margin, error = worth(visits, lines)
    promised_net, promised_margin = response.extra_basket(folk, typical, offer)
    assert before_returns(promised_net, folk) == pytest.approx(net, rel=0.01)
    assert abs(before_returns(promised_margin, folk) - margin) < 4 * error


def test_the_basket_of_minors_holds_chocolate_for_wine(folk: People) -> None:
    young = replace(folk, born=folk.registered // DAY - 16 * 365)
    visits = extra_visits(young)
    typical = expected.baskets(young, WORLD.goods, WORLD.clock, np.full(len(young), 700.0), TODAY)

    lines = baskets.draw(generator(6, 9), young, WORLD.goods, visits, np.full(len(visits), -1))

    net, _, _ = worth(visits, lines)
    assert set(WORLD.goods.category[lines.product].tolist()) == set(range(15)) - {WINE}
    assert before_returns(typical.extra_net, young) == pytest.approx(net, rel=0.01)


def test_the_cost_of_a_percentage_beyond_the_shelf(folk: People) -> None:
    offer, visits = MENU.offer("basket-percent-15"), extra_visits(folk)
    typical = expected.baskets(folk, WORLD.goods, WORLD.clock, np.full(len(folk), 700.0), TODAY)
    shelf = baskets.draw(generator(4, 9), folk, WORLD.goods, visits, np.full(len(visits), -1))

    better = till._offered(shelf, WORLD.goods, offer, np.arange(len(shelf.visit)))

    cost = np.maximum(better - shelf.discount, 0).sum() / len(visits)
    promised = before_returns(response.discounts(folk, typical, offer)[1], folk)
    assert promised == pytest.approx(cost, rel=0.02)


def test_needs_that_are_due_at_the_first_trip_of_the_window(folk: People) -> None:
    """Against intervals really drawn, of which those count that end inside the 28 days."""
    few = folk.take(np.flatnonzero((folk.interval < 60) & (folk.gap == 0) & (folk.life_end > 1_000))[:40])
    start, end = 730.0, 758.0
    last = start - few.interval / 2

    due = expected.needs(few, last, start, end)

    drawn = generator(5, 9).gamma(few.regularity, few.interval / few.regularity, (40_000, len(few)))
    inside = (drawn > few.interval / 2) & (drawn < few.interval / 2 + 28)
    shares = np.minimum(drawn[:, :, None] / few.cycle, 1)
    found = (shares * inside[:, :, None]).sum(axis=0) / inside.sum(axis=0)[:, None]
    assert len(few) == 40
    assert due == pytest.approx(found, abs=0.015)
