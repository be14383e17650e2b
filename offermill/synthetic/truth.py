"""Answers what an offer really changes for a demo customer. For tests and reports; no step of the pipeline reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offermill.errors import InputError
from offermill.synthetic import expected, response, state, trips
from offermill.synthetic.arrays import Bools, Floats, Ints
from offermill.synthetic.clock import day_number
from offermill.synthetic.offers import Menu, Offer
from offermill.synthetic.people import People
from offermill.synthetic.world import PRIMARY, SECOND, World

COLUMNS = (
    "chance_without",  # to buy within 28 days with no offer
    "chance_with",  # to buy within 28 days with the offer
    "redeem_chance",
    "basket_minor",  # mean net basket of a trip that the offer causes, after returns
    "basket_margin_minor",
    "discount_cost_minor",  # expected cost of the offer per person who gets it
    "incremental_margin_minor",  # expected gain of margin per person who gets it, less that cost
)


def persons_of(customer_ids: Sequence[str] | pa.Array) -> Ints:
    """The person behind each customer id; raises ``InputError`` for an id that no demo customer has."""
    numbers = [int(text[1:]) if text[:1] == "c" and text[1:].isdigit() else -1 for text in map(str, customer_ids)]
    found = np.array(numbers, dtype=np.int64)
    is_known = (found >= PRIMARY) & (found < SECOND + PRIMARY)
    if not is_known.all():
        raise InputError(
            f"no demo customer has the id {customer_ids[int(np.argmin(is_known))]!r}; expected c1 or c2 + 7 digits"
        )
    return found % PRIMARY


def effects(
    folder: Path,
    customer_ids: Sequence[str],
    offer_ids: Sequence[str | None],
    *,
    on: date | None = None,
    menu: Menu | None = None,
) -> pa.Table:
    """The truth of each pair (customer_ids[i], offer_ids[i]); an offer of None is no offer.

    ``on`` is a day at whose start the shop stands (the day after it was made, and every end of ``play_on``); the
    default is the latest. ``menu`` says what the offers mean (default: the shop's offers.yml). Chances are of the 28
    days from then; money is in minor units, rounded.

    Raises:
        InputError: unknown customers, offers or days, or lists of different lengths.
    """
    if len(customer_ids) != len(offer_ids):
        raise InputError(f"pairs expected: got {len(customer_ids)} customers and {len(offer_ids)} offers")
    world = World.load(folder)
    day = on if on is not None else max(state.known_days(folder))
    persons, answers = persons_of(customer_ids), np.zeros((len(customer_ids), len(COLUMNS)))
    asked, is_found = Asked.of(offer_ids, menu or Menu.of_shop(folder)), np.zeros(len(persons), np.bool_)
    for part in state.parts(folder, day):
        people, rhythm, _ = state.load_people(folder, day, part)
        is_found |= _fill(answers, world, (people, rhythm.last, day_number(day)), persons, asked)
    if not is_found.all():
        raise InputError(f"no demo customer has the id {customer_ids[int(np.argmin(is_found))]!r}")
    return _table(customer_ids, offer_ids, answers)


@dataclass(frozen=True)
class Asked:
    """The distinct offers of the pairs (the first is none), and which of them each pair is about."""

    offers: list[Offer | None]
    codes: Ints

    @classmethod
    def of(cls, offer_ids: Sequence[str | None], menu: Menu) -> "Asked":
        """The offers of the pairs."""
        plain = [_plain(each) for each in offer_ids]
        distinct = sorted({each for each in plain if each is not None})
        places: dict[str | None, int] = {None: 0, **{each: place + 1 for place, each in enumerate(distinct)}}
        return cls([None, *map(menu.offer, distinct)], np.array([places[each] for each in plain], dtype=np.int64))


Standing = tuple[People, Floats, int]  # the people of a part, their last natural trip, the day number


def _plain(value: object) -> str | None:
    text = value.as_py() if isinstance(value, pa.Scalar) else value
    return None if text is None else str(text)


@dataclass(frozen=True)
class Known:
    """People on a day, with what is true of them whatever the offer; one row each."""

    people: People
    last: Floats
    now: float
    without: Floats
    typical: expected.Baskets

    @classmethod
    def of(cls, world: World, people: People, last: Floats, day: int) -> "Known":
        """People with their last natural trip before a day number."""
        start, end = world.clock.effort_after(day), world.clock.effort_after(day, expected.HORIZON_DAYS)
        typical = expected.baskets(people, world.goods, world.clock, last, day)
        return cls(people, last, start, trips.chance(people, last, start, end), typical)

    def take(self, rows: Ints) -> "Known":
        """The chosen rows."""
        typical = self.typical.take(rows)
        return Known(self.people.take(rows), self.last[rows], self.now, self.without[rows], typical)


def _fill(answers: Floats, world: World, standing: Standing, persons: Ints, asked: Asked) -> Bools:
    """Fill in the answers about the persons of a part; returns which pairs those were."""
    folk, last, day = standing
    place = np.minimum(np.searchsorted(folk.person, persons), len(folk) - 1)
    mine: Bools = folk.person[place] == persons
    rows, back = np.unique(place[mine], return_inverse=True)
    if not len(rows):
        return mine
    known = Known.of(world, folk.take(rows), last[rows], day)
    for code, offer in enumerate(asked.offers):
        wanted = np.flatnonzero(asked.codes[mine] == code)
        answers[np.flatnonzero(mine)[wanted]] = columns(known.take(back[wanted]), offer)
    return mine


def columns(known: Known, offer: Offer | None) -> Floats:
    """The columns of the truth under one offer: (n, columns)."""
    nothing = np.zeros(len(known.people))
    extra, redeems, cost = (nothing, nothing, nothing) if offer is None else _offer(known, offer)
    net, margin = known.typical.extra_net, known.typical.extra_margin
    if offer is not None:
        net, margin = response.extra_basket(known.people, known.typical, offer)
    with_offer = 1 - (1 - known.without) * (1 - extra)
    return np.stack([known.without, with_offer, redeems, net, margin, cost, extra * margin - cost], axis=1)


def _offer(known: Known, offer: Offer) -> tuple[Floats, Floats, Floats]:
    """Chance of an extra trip, of redeeming, and the expected cost."""
    people, typical = known.people, known.typical
    extra = response.persuaded(people, known.last, known.now, response.depth(people, typical, offer))
    may_natural, may_extra = response.qualifying(people, typical, offer)
    natural, caused = known.without * people.redeem_chance * may_natural, extra * may_extra
    cost_natural, cost_caused = response.discounts(people, typical, offer)
    both = natural * caused
    cost = (natural - both) * cost_natural + (caused - both) * cost_caused + both * (cost_natural + cost_caused) / 2
    return extra, natural + caused - both, cost


def _table(customer_ids: Sequence[str], offer_ids: Sequence[str | None], answers: Floats) -> pa.Table:
    columns = {
        "customer_id": pa.array(map(str, customer_ids)),
        "offer_id": pa.array(map(_plain, offer_ids), pa.string()),
    }
    for place, name in enumerate(COLUMNS):
        is_money = name.endswith("_minor")
        columns[name] = pa.array(np.rint(answers[:, place]).astype(np.int64) if is_money else answers[:, place])
    return pa.table(columns)


def pilot(folder: Path) -> pa.Table:
    """The true chances behind every assignment of the pilot: chance_without, chance_with, extra_chance."""
    paths = sorted((folder / "truth" / "pilot").glob("pilot_part-*.parquet"))
    return pa.concat_tables([pq.read_table(path) for path in paths])
