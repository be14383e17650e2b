"""Policies beside the product's, valued by the generator's truth on the same nights and people.

They need no playing of their own: whether somebody comes by the own rhythm does not depend on offers, so what an offer
would change is the same whatever was given before. What carries over is kept per policy: who has a live offer of *this*
policy's is not offered another.
"""

from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from offermill.synthetic import state, truth
from offermill.synthetic.arrays import unit_hash
from offermill.synthetic.clock import day_number
from offermill.synthetic.offers import Menu
from offermill.synthetic.world import World
from offers.allocation import Limit, allocate

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TEN = "basket-percent-10"
# Stands for the product's estimate where it has none: never worth choosing.
UNKNOWN = -(2**40)
GAIN = truth.COLUMNS.index("incremental_margin_minor")
COST = truth.COLUMNS.index("discount_cost_minor")
BUYS = truth.COLUMNS.index("chance_without")


@dataclass(frozen=True)
class Truth:
    """What every offer would change for every person on a day; arrays (persons, offers) in minor units."""

    offers: tuple[str, ...]
    gain: Floats
    cost: Floats
    buys: Floats  # (persons,) chance to buy within 28 days with no offer

    @classmethod
    def of(cls, folder: Path, on: date, offers: tuple[str, ...]) -> "Truth":
        """The truth at the start of a day."""
        world, menu = World.load(folder), Menu.of_shop(folder)
        parts = [
            _part(folder, world, on, part, [menu.offer(name) for name in offers]) for part in state.parts(folder, on)
        ]
        gain, cost, buys = (np.concatenate([part[place] for part in parts]) for place in range(3))
        return cls(offers, gain, cost, buys)


def _part(folder: Path, world: World, on: date, part: int, offers: list[object]) -> tuple[Floats, Floats, Floats]:
    people, rhythm, _ = state.load_people(folder, on, part)
    known = truth.Known.of(world, people, rhythm.last, day_number(on))
    columns = [truth.columns(known, offer) for offer in offers]  # type: ignore[arg-type]
    gain, cost = (np.rint(np.stack([each[:, place] for each in columns], axis=1)) for place in (GAIN, COST))
    return gain, cost, columns[0][:, BUYS]


@dataclass(frozen=True)
class Pairs:
    """Candidates: person (row of the truth) and offer (column of it), with what they change and what they cost."""

    person: Ints
    offer: Ints
    gain: Ints
    cost: Ints
    is_control: Flags  # the person is in a control group
    guess: Ints  # the product's own estimates, UNKNOWN where it has none
    guessed_cost: Ints
    told_gain: Ints  # the truth as far as features tell it
    told_cost: Ints

    def __len__(self) -> int:
        return len(self.person)

    def take(self, rows: Ints | Flags) -> "Pairs":
        """The chosen ones."""
        return Pairs(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})


@dataclass(frozen=True)
class Bought:
    """What a policy's choices of one night come to; money in minor units, by the truth."""

    offers: int
    gain: int
    cost: int
    bound: int | None = None


@dataclass
class Rival:
    """A policy with its own live offers; `choose` is one of the functions below, by name."""

    name: str
    spares_controls: bool = True
    live_until: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    def night(self, pairs: Pairs, known: Truth, money: int, day: int, live_days: int) -> Bought:
        """Choose among the people without a live offer, and remember who has one now."""
        self._grow(len(known.buys))
        is_open = self.live_until[pairs.person] <= day
        if self.spares_controls:
            is_open &= ~pairs.is_control
        standing = pairs.take(np.flatnonzero(is_open))
        if self.name in PATIENT:
            everybody = pairs.take(~pairs.is_control) if self.spares_controls else pairs
            rows, bound = PATIENT[self.name](standing, everybody, money, live_days)
        else:
            rows, bound = CHOICES[self.name](standing, known, money, day)
        self.live_until[standing.person[rows]] = day + live_days
        return Bought(len(rows), int(standing.gain[rows].sum()), int(standing.cost[rows].sum()), bound)

    def _grow(self, count: int) -> None:
        more = count - len(self.live_until)
        self.live_until = np.append(self.live_until, np.zeros(max(more, 0), np.int64))


Chosen = tuple[Ints, int | None]


def _none(pairs: Pairs, known: Truth, money: int, day: int) -> Chosen:
    return np.zeros(0, np.int64), None


def _allocated(pairs: Pairs, value: Ints, cost: Ints, money: int) -> Chosen:
    rows = np.flatnonzero(value > 0)
    table = {"customer_id": pairs.person, "offer_id": pairs.offer, "value": value, "cost_minor": cost}
    choice = allocate(
        pa.table({name: column[rows] for name, column in table.items()}), (Limit("budget", money, "cost_minor"),)
    )
    return rows[choice.rows], int(choice.upper_bound)


def _best(pairs: Pairs, known: Truth, money: int, day: int) -> Chosen:
    return _allocated(pairs, pairs.gain, pairs.cost, money)


def _best_of_known(pairs: Pairs, known: Truth, money: int, day: int) -> Chosen:
    """The best of those offers of which the product knows something."""
    return _allocated(pairs, np.where(pairs.guess == UNKNOWN, 0, pairs.gain), pairs.cost, money)


def _told(pairs: Pairs, known: Truth | None, money: int, day: int) -> Chosen:
    """The told figures decide; the money asked for is lowered until the true cost is within what there is.

    Of many told costs the lowest are chosen, and those are told too low.
    """
    asked, rows = money, np.zeros(0, np.int64)
    for _ in range(6):
        rows = _allocated(pairs, pairs.told_gain, np.maximum(pairs.told_cost, 1), asked)[0]
        cost = int(pairs.cost[rows].sum())
        if cost <= money:
            break
        asked = int(asked * money / cost * 0.98)
    return rows, None


def _waiting(pairs: Pairs, everybody: Pairs, columns: tuple[str, str], money: int, nights: int) -> Ints:
    """What each candidate's person would bring at the price of the money of many nights, less one night's part."""
    value, cost = (getattr(everybody, name) for name in columns)
    rows = np.flatnonzero(value > 0)
    table = {"customer_id": everybody.person, "offer_id": everybody.offer, "value": value, "cost_minor": cost}
    limit = Limit("budget", money * nights, "cost_minor")
    whole = allocate(pa.table({name: column[rows] for name, column in table.items()}), (limit,))
    own = getattr(pairs, columns[0])
    # What is not known of is not waited for: its cost is as made up as its value.
    surplus = np.where(own > 0, own - whole.prices["budget"] * getattr(pairs, columns[1]), 0.0)
    best = np.zeros(int(pairs.person.max(initial=0)) + 1)
    np.maximum.at(best, pairs.person, surplus)
    return np.asarray(np.floor(best * (1 - 1 / nights)), dtype=np.int64)[pairs.person]


def _best_patient(pairs: Pairs, everybody: Pairs, money: int, nights: int) -> Chosen:
    """The best when nobody is taken cheap who brings more on a later night."""
    cost = ("gain", "cost")
    return _allocated(pairs, pairs.gain - _waiting(pairs, everybody, cost, money, nights), pairs.cost, money)[0], None


def _told_patient(pairs: Pairs, everybody: Pairs, money: int, nights: int) -> Chosen:
    """The same by the told figures."""
    waiting = _waiting(pairs, everybody, ("told_gain", "told_cost"), money, nights)
    return _told(replace(pairs, told_gain=pairs.told_gain - waiting), None, money, 0)


def _model_patient(pairs: Pairs, everybody: Pairs, money: int, nights: int) -> Chosen:
    waiting = _waiting(pairs, everybody, ("guess", "guessed_cost"), money, nights)
    return _allocated(pairs, pairs.guess - waiting, np.maximum(pairs.guessed_cost, 0), money)[0], None


def _unlimited(pairs: Pairs, known: Truth, money: int, day: int) -> Chosen:
    """The offer with the highest estimated effect to everybody for whom it is above 0, whatever it costs."""
    return _first_per_person(pairs, np.lexsort((pairs.offer, -pairs.guess, pairs.person)), pairs.guess > 0), None


def _first_per_person(pairs: Pairs, order: Ints, mask: Flags) -> Ints:
    order = order[mask[order]]
    _, first = np.unique(pairs.person[order], return_index=True)
    return np.asarray(order[np.sort(first)], dtype=np.int64)


def _within(rows: Ints, cost: Ints, money: int) -> Ints:
    """The rows in their order as far as the money goes."""
    return rows[np.cumsum(cost[rows]) <= money]


def _ten_to_all(pairs: Pairs, known: Truth, money: int, day: int) -> Chosen:
    return np.flatnonzero(pairs.offer == known.offers.index(TEN)), None


def _lots(pairs: Pairs, day: int, salt: int) -> Floats:
    return unit_hash(pairs.person, day, salt)


def _ten(pairs: Pairs, known: Truth, money: int, day: int) -> Chosen:
    rows = np.flatnonzero(pairs.offer == known.offers.index(TEN))
    return _within(rows[np.argsort(_lots(pairs, day, 501)[rows])], pairs.cost, money), None


def _likely(pairs: Pairs, known: Truth, money: int, day: int) -> Chosen:
    rows = np.flatnonzero(pairs.offer == known.offers.index(TEN))
    return _within(rows[np.argsort(-known.buys[pairs.person[rows]], kind="stable")], pairs.cost, money), None


def _random(pairs: Pairs, known: Truth, money: int, day: int) -> Chosen:
    """A random candidate of every person, people in random order."""
    named = unit_hash(pairs.person * 1_000 + pairs.offer, day, 503)
    rows = _first_per_person(pairs, np.lexsort((named, pairs.person)), np.ones(len(pairs), np.bool_))
    return _within(rows[np.argsort(_lots(pairs, day, 502)[rows])], pairs.cost, money), None


CHOICES = {
    "nothing": _none,
    "10 % to all, whatever it costs": _ten_to_all,
    "10 % to all, in the money": _ten,
    "random offers": _random,
    "10 % to the most likely to buy": _likely,
    "uplift without limits": _unlimited,
    "best that features can tell": _told,
    "best possible with the offers it knows": _best_of_known,
    "best possible": _best,
    "best possible without control groups": _best,
}
# Policies that keep people for later nights; they are told of everybody.
PATIENT = {
    "our effects without exploration": _model_patient,
    "best that features can tell, over four weeks": _told_patient,
    "best possible over four weeks": _best_patient,
}
UNSPARING = ("best possible without control groups",)


def all_rivals() -> list[Rival]:
    """Every policy beside the product's, as it begins."""
    return [Rival(name, name not in UNSPARING) for name in (*CHOICES, *PATIENT)]


def bound_over_time(nights: list[Truth], pairs: Pairs, money: int) -> int:
    """No plan that gives every person at most one offer in these nights, within the money of all of them, gains more.

    Every pair is taken at its highest gain and its lowest cost of the nights looked at.
    """
    count = min(len(each.buys) for each in nights)
    standing = pairs.take(np.flatnonzero((pairs.person < count) & ~pairs.is_control))
    gain = np.max([each.gain[standing.person, standing.offer] for each in nights], axis=0).astype(np.int64)
    cost = np.min([each.cost[standing.person, standing.offer] for each in nights], axis=0).astype(np.int64)
    bound = _allocated(standing, gain, cost, money)[1]
    return int(bound or 0)
