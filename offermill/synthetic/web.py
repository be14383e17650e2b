"""Browsing: sessions that lead purchases or nowhere, their events, visitors and the links that come later."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offermill.synthetic.arrays import Bools, Floats, Ints, Random, moments, numbered, picked, unit_hash
from offermill.synthetic.assortment import CATEGORIES, CATEGORY_IDS, WEB, Assortment
from offermill.synthetic.baskets import Visits, usual_product
from offermill.synthetic.clock import DAY
from offermill.synthetic.people import FAVOURITES, People
from offermill.synthetic.world import Window, World, chance_of, primary_ids

EVENTS_MEAN = 2.4  # events per session besides the first
DEVICES = 2
SEARCHES = (
    ("kafija", "šokolāde", "vīns", "uzkodas", "mazgāšana", "krēms", "šampūns", "vitamīni", "autiņbiksītes",
     "kaķu barība", "panna", "dvieļi", "rotaļlieta", "burtnīca", "sēklas"),
    ("кофе", "шоколад", "вино", "закуски", "уборка", "крем", "шампунь", "витамины", "подгузники", "корм для кошек",
     "сковорода", "полотенца", "игрушка", "тетрадь", "семена"),
    ("coffee", "chocolate", "wine", "snacks", "cleaner", "face cream", "shampoo", "vitamins", "nappies", "cat food",
     "frying pan", "towels", "toy", "notebook", "seeds"),
)  # fmt: skip
VIEW, SEARCH, CART = 0, 1, 2


@dataclass(frozen=True)
class Sessions:
    """Browsing sessions; ``row`` points into the People."""

    row: Ints
    local: Ints
    category: Ints
    is_leading: Bools  # ends in a purchase later
    is_anonymous: Bools


def sessions(random: Random, people: People, goods: Assortment, window: Window, visits: Visits) -> Sessions:
    """Sessions of a window: before web orders, before some store trips, and idle ones."""
    leading = _leading(random, people, visits)
    local = visits.local[leading] - (random.exponential(1.2, len(leading)) * DAY).astype(np.int64) - 1_800
    local = _awake(random, np.maximum(local, window.first_day * DAY + 8 * 3_600), visits.local[leading] - 1_200)
    idle, at = _idle(random, people, window)
    row = np.append(visits.row[leading], idle)
    favourite = people.favourite[row, random.integers(0, FAVOURITES, len(row))]
    other = random.integers(0, len(CATEGORIES), len(row))
    is_leading = np.arange(len(row)) < len(leading)
    return Sessions(
        row, np.append(local, at), np.where(random.random(len(row)) < 0.7, favourite, other), is_leading,
        random.random(len(row)) < np.where(is_leading, 0.03, 0.2),
    )  # fmt: skip


def _leading(random: Random, people: People, visits: Visits) -> Ints:
    share = np.where(visits.store == WEB, 0.9, 0.25 * np.minimum(1, 2 * people.web_share[visits.row]))
    return np.asarray(np.flatnonzero(random.random(len(visits)) < share), dtype=np.int64)


def _awake(random: Random, local: Ints, latest: Ints) -> Ints:
    """The same day between 08:00 and 23:00, not after ``latest``."""
    hour = 8 * 3_600 + (random.beta(2, 1.4, len(local)) * 15 * 3_600).astype(np.int64)
    start = local // DAY * DAY
    return np.asarray(np.minimum(start + hour, np.maximum(latest, start + 7 * 3_600)))


def _idle(random: Random, people: People, window: Window) -> tuple[Ints, Ints]:
    days = window.end_day - window.first_day
    count = random.poisson(people.browse_rate * (0.2 + people.web_share) * days / 30)
    row = np.repeat(np.arange(len(people)), count)
    local = (window.first_day + random.integers(0, max(days, 1), len(row))) * DAY
    local = _awake(random, local, local + DAY)
    alive = (local >= people.registered[row] - 60 * DAY) & (row >= 0)
    return row[alive], local[alive]


def visitor_ids(people: People, rows: Ints, device: Ints) -> pa.Array:
    """The browser a person uses: a scrambled number that says nothing about the customer."""
    number = np.floor(unit_hash(people.key[rows], device, 13) * 9e12).astype(np.int64)
    return numbered("v", number + 1_000_000_000_000)


def events(random: Random, people: People, world: World, window: Window, held: Sessions) -> tuple[pa.Table, Ints]:
    """The browsing_events source in time order, and the local seconds of its rows."""
    session = np.repeat(np.arange(len(held.row)), 1 + random.poisson(EVENTS_MEAN, len(held.row)))
    dwell = np.minimum(random.exponential(np.where(held.is_leading[session], 55, 30)), 600).astype(np.int64)
    local = held.local[session] + _elapsed(session, dwell)
    order = np.argsort(local, kind="stable")
    session, dwell, local = session[order], dwell[order], local[order]
    row = held.row[session]
    kind = _kinds(random, held.is_leading[session])
    is_searching = kind == SEARCH
    product = _product(random, people, world.goods, row, held.category[session])
    words = people.language[row] * len(CATEGORIES) + held.category[session]
    table = {
        "event_id": window.ids("e", len(session)),
        "session_id": numbered("w" + window.prefix, window.base + session),
        "visitor_id": _visitors(people, held, row, session, window),
        "occurred_at": moments(world.clock.utc(local)),
        "kind": picked(("view", "search", "cart"), kind),
        "product_id": picked([f"p{number:04d}" for number in range(1, 401)], np.where(is_searching, -1, product)),
        "category_id": picked(CATEGORY_IDS, np.where(is_searching, -1, held.category[session])),
        "query": picked([word for group in SEARCHES for word in group], np.where(is_searching, words, -1)),
        "dwell_seconds": pa.array(dwell),
    }
    return pa.table(table), local


def _elapsed(session: Ints, dwell: Ints) -> Ints:
    """Seconds since the session began; every event starts after the one before was read."""
    if not len(session):
        return session
    running = np.cumsum(dwell + 1) - dwell - 1
    starts = np.flatnonzero(np.append(True, np.diff(session) != 0))
    return running - np.repeat(running[starts], np.diff(np.append(starts, len(session))))


def _kinds(random: Random, is_leading: Bools) -> Ints:
    unit = random.random(len(is_leading))
    cart = np.where(is_leading, 0.22, 0.05)
    return np.where(unit < cart, CART, np.where(unit < cart + 0.15, SEARCH, VIEW))


def _product(random: Random, people: People, goods: Assortment, row: Ints, category: Ints) -> Ints:
    usual = usual_product(goods, people.key[row], category)
    return np.where(random.random(len(row)) < 0.4, usual, goods.draw_product(category, random.random(len(row))))


def _visitors(people: People, held: Sessions, row: Ints, session: Ints, window: Window) -> pa.Array:
    device = _device(people, row, session)
    own = visitor_ids(people, row, device)
    unknown = numbered("v" + window.prefix, window.base + 50_000_000_000_000 + session)
    return pc.if_else(pa.array(held.is_anonymous[session]), unknown, own)


def _device(people: People, row: Ints, session: Ints) -> Ints:
    return (unit_hash(people.key[row], session, 17) < 0.3).astype(np.int64)


def links(people: People, world: World) -> tuple[pa.Table, Ints]:
    """The identity_links source of these people for ever: half log in at once, others later or never."""
    parts = [_device_links(people, device) for device in range(DEVICES)]
    row, local = (np.concatenate([part[place] for part in parts]) for place in (0, 1))
    device = np.repeat(np.arange(DEVICES), [len(part[0]) for part in parts])
    order = np.lexsort((row, local))
    row, local, device = row[order], local[order], device[order]
    table = {
        "visitor_id": visitor_ids(people, row, device),
        "customer_id": primary_ids(people).take(pa.array(row)),
        "linked_at": moments(world.clock.utc(local)),
    }
    return pa.table(table), local


def _device_links(people: People, device: int) -> tuple[Ints, Floats]:
    key = people.key
    browses = (people.web_share > 0.02) & chance_of(key, 21 + device, 0.85 if device == 0 else 0.55)
    later = unit_hash(key, device, 23)
    days = np.where(later < 0.5, 0, np.floor(-90 * np.log(1 - np.maximum(later - 0.5, 0) * 1.99))).astype(np.int64)
    day = people.registered // DAY + days
    second = 9 * 3_600 + np.floor(unit_hash(key, device, 25) * 12 * 3_600).astype(np.int64)
    local = np.maximum(day * DAY + second, people.registered + 60)
    row = np.flatnonzero(browses)
    return row, local[row]
