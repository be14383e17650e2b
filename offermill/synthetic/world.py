"""What every part of one shop shares: its seed, clock, goods and dates, and the settings kept in the truth folder."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from offermill.errors import InputError
from offermill.synthetic.arrays import Bools, Floats, Ints, numbered, unit_hash
from offermill.synthetic.assortment import Assortment, assortment
from offermill.synthetic.clock import DAY, Clock
from offermill.synthetic.people import People

PRIMARY, SECOND = 10_000_000, 20_000_000  # customer numbers of a person's first and second record


@dataclass(frozen=True)
class World:
    """One demo shop."""

    seed: int
    start: date
    end: date  # the last day made by ``shop.make``
    customers: int  # persons made by ``shop.make``
    clock: Clock
    goods: Assortment

    @classmethod
    def of(cls, seed: int, start: date, end: date, customers: int) -> "World":
        """The shop of a seed, its dates and its size."""
        return cls(seed, start, end, customers, Clock.of(start, end), assortment(seed))

    def save(self, folder: Path) -> None:
        """Remember what the shop was made from."""
        facts = {"seed": self.seed, "start": str(self.start), "end": str(self.end), "customers": self.customers}
        (folder / "truth" / "shop.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "World":
        """The shop made in a folder; raises ``InputError`` when there is none."""
        path = folder / "truth" / "shop.json"
        if not path.exists():
            raise InputError(f"{folder} holds no demo shop: truth/shop.json is missing; make one first")
        facts = json.loads(path.read_text(encoding="utf-8"))
        start, end = (date.fromisoformat(facts[name]) for name in ("start", "end"))
        return cls.of(facts["seed"], start, end, facts["customers"])


@dataclass(frozen=True)
class Window:
    """The time that is being made, and how ids made in it are numbered."""

    first_day: int
    end_day: int  # the day after the last
    prefix: str  # of ids: empty for the history, the date for days played on
    base: int  # of the numbers in ids, different in every part

    def effort(self, clock: Clock) -> tuple[float, float]:
        """Effort at both ends."""
        start, end = clock.effort_at(np.array([self.first_day * DAY, self.end_day * DAY]))
        return float(start), float(end)

    def ids(self, letter: str, count: int) -> pa.Array:
        """Fresh ids of one sort."""
        return numbered(letter + self.prefix, self.base + np.arange(count))


def record_ids(people: People, rows: Ints, local: Ints) -> pa.Array:
    """The record under which each person acts at a time; those with two records use both."""
    person = people.person[rows]
    uses_second = (people.second_from[rows] < local) & (unit_hash(people.key[rows], local // DAY, 11) < 0.5)
    return numbered("c", person + np.where(uses_second, SECOND, PRIMARY))


def primary_ids(people: People) -> pa.Array:
    """The first record of every person."""
    return numbered("c", people.person + PRIMARY)


def chance_of(key: Ints, salt: int, share: float | Floats) -> Bools:
    """A fixed yes or no per person, by ``People.key``."""
    answer: Bools = unit_hash(key, 0, salt) < share
    return answer
