"""Who the customers are: the parameters that drive everything a person does, drawn once per person."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from offermill.synthetic import assortment, names
from offermill.synthetic.arrays import Bools, Floats, Ints, Random, whole
from offermill.synthetic.clock import DAY

NEVER = 1e9  # effort or days that never come
FAVOURITES = 4


@dataclass(frozen=True)
class Kind:
    """A kind of shopper; numbers are means that vary from person to person."""

    name: str
    share: float
    interval_days: float  # between shopping trips
    regularity: float  # shape of the gamma intervals: 1 = random, 8 = clockwork
    extra_lines: float  # lines per trip besides the favourites that are due
    price_sensitivity: tuple[float, float]  # beta distribution
    persuadable_share: float  # the others never change their trips because of an offer
    clearance_share: float
    return_chance: float  # per line
    web_share: float
    focus: float = 0.55  # share of unpromoted extra lines that are favourites
    open_share: float = 0.42  # of the messages received
    need_factor: float = 1.0  # how much longer favourites last


KINDS = (
    Kind("habit", 0.18, 40, 7.0, 0.3, (1.2, 9), 0.00, 0.00, 0.01, 0.03, focus=0.97, open_share=0.10),
    Kind("regular", 0.30, 88, 2.0, 0.9, (2, 4), 0.60, 0.01, 0.03, 0.30),
    Kind("occasional", 0.32, 190, 1.2, 1.2, (2, 3), 0.65, 0.02, 0.04, 0.35),
    Kind("deals", 0.14, 95, 1.5, 1.0, (5, 2), 0.95, 0.06, 0.04, 0.30),
    Kind("hunter", 0.03, 26, 1.3, 2.4, (9, 1.5), 0.45, 0.90, 0.08, 0.40, need_factor=8.0),
    Kind("returner", 0.03, 36, 1.5, 1.2, (2, 3), 0.30, 0.03, 0.80, 0.75),
)


@dataclass(frozen=True)
class People:
    """Parameters of persons, one row each. Times are local seconds or days of effort since the shop's start."""

    person: Ints  # number of the person in the shop
    key: Ints  # a random number, for choices that never change
    kind: Ints
    registered: Ints  # local seconds
    born: Ints  # day number
    language: Ints
    is_male: Bools
    first_name: Ints
    last_name: Ints
    home_store: Ints
    interval: Floats  # mean effort days between trips
    regularity: Floats
    life_end: Floats  # effort at which the person stops buying
    gap_at: Floats  # effort at which a long pause starts
    gap: Floats  # length of the pause
    extra_lines: Floats
    sensitivity: Floats  # to prices, 0..1: shows in the share of lines bought on promotion
    persuasion: Floats  # how much offers move this person; 0 = not at all
    focus: Floats  # share of unpromoted extra lines that are favourites
    open_share: Floats  # of the messages received
    redeem_chance: Floats  # of using an offer on a trip made anyway
    clearance_share: Floats
    return_chance: Floats
    web_share: Floats
    browse_rate: Floats  # browsing sessions per 30 days that lead nowhere
    favourite: Ints  # (n, FAVOURITES) categories
    cycle: Floats  # (n, FAVOURITES) effort days between needs
    phase: Floats  # (n, FAVOURITES)
    email_from: Ints  # local seconds of the e-mail consent; far future = never
    email_until: Ints  # of its withdrawal
    second_from: Ints  # local seconds at which a second record was made; far future = none
    is_second_refusing: Bools  # the second record says no to e-mail

    def __len__(self) -> int:
        return len(self.person)

    def take(self, rows: NDArray[Any]) -> "People":
        """The chosen rows."""
        return People(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def with_more(self, others: "People") -> "People":
        """These people, then the others."""
        pairs = ((field.name, getattr(self, field.name), getattr(others, field.name)) for field in fields(self))
        return People(**{name: np.concatenate([mine, theirs]) for name, mine, theirs in pairs})

    def to_table(self) -> pa.Table:
        """Arrow table with one column per parameter."""
        return pa.table({field.name: _column(getattr(self, field.name)) for field in fields(self)})

    @classmethod
    def from_table(cls, table: pa.Table) -> "People":
        """The opposite of ``to_table``."""
        return cls(**{field.name: _values(whole(table[field.name])) for field in fields(cls)})


FAR = 1 << 40  # local seconds that never come


def _column(values: NDArray[Any]) -> pa.Array:
    if values.ndim == 1:
        return pa.array(values)
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])


def _values(column: pa.Array) -> NDArray[Any]:
    if isinstance(column, pa.FixedSizeListArray):
        flat: NDArray[Any] = column.flatten().to_numpy()
        return flat.reshape(len(column), -1)
    plain: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return plain


def _of_kind(kind: Ints, name: str) -> Floats:
    return np.array([getattr(each, name) for each in KINDS], dtype=np.float64)[kind]


def _beta(random: Random, kind: Ints) -> Floats:
    shapes = np.array([each.price_sensitivity for each in KINDS])[kind]
    return random.beta(shapes[:, 0], shapes[:, 1])


def _favourites(random: Random, count: int, is_minor: Bools) -> Ints:
    popularity = np.array([row[4] for row in assortment.CATEGORIES])
    keys = random.exponential(size=(count, len(popularity))) / popularity
    keys[is_minor, assortment.WINE] = np.inf
    return np.argsort(keys, axis=1)[:, :FAVOURITES].astype(np.int64)


def _habits(random: Random, kind: Ints, is_minor: Bools) -> dict[str, Any]:
    count = len(kind)
    interval = np.clip(_of_kind(kind, "interval_days") * np.exp(random.normal(-0.12, 0.5, count)), 5, 900)
    cycle = interval[:, None] * random.uniform(0.9, 5.0, (count, FAVOURITES)) * _of_kind(kind, "need_factor")[:, None]
    return {
        "interval": interval,
        "regularity": _of_kind(kind, "regularity") * random.uniform(0.8, 1.25, count),
        "extra_lines": _of_kind(kind, "extra_lines") * random.gamma(4, 0.25, count) + 0.1,
        "favourite": _favourites(random, count, is_minor),
        "cycle": cycle,
        "phase": cycle * random.random((count, FAVOURITES)),
    }


def _attitude(random: Random, kind: Ints) -> dict[str, Any]:
    count = len(kind)
    is_persuadable = random.random(count) < _of_kind(kind, "persuadable_share")
    return {
        "sensitivity": _beta(random, kind),
        "persuasion": np.where(is_persuadable, random.uniform(0.7, 1.3, count), 0.0),
        "focus": _of_kind(kind, "focus"),
        "open_share": np.clip(_of_kind(kind, "open_share") * random.uniform(0.5, 1.5, count), 0, 1),
        "redeem_chance": random.beta(6, 4, count),
        "clearance_share": np.minimum(_of_kind(kind, "clearance_share") * random.uniform(0.7, 1.3, count), 0.97),
        "return_chance": np.minimum(_of_kind(kind, "return_chance") * random.uniform(0.7, 1.3, count), 0.97),
        "web_share": np.clip(_of_kind(kind, "web_share") * random.gamma(2, 0.5, count), 0, 0.95),
    }


def _life(random: Random, kind: Ints, joined: Floats) -> dict[str, Any]:
    count = len(kind)
    years = np.where(kind == 0, 7.0, 3.2)
    pauses = random.random(count) < 0.06
    return {
        "life_end": np.maximum(joined, 0) + random.exponential(years) * 365,
        "gap_at": np.where(pauses, np.maximum(joined, 0) + random.uniform(60, 500, count), NEVER),
        "gap": np.where(pauses, random.uniform(190, 330, count), 0.0),
    }


def _identity(random: Random, registered: Ints) -> dict[str, Any]:
    count = len(registered)
    age = np.where(random.random(count) < 0.015, random.uniform(13, 17.5, count), random.gamma(7, 4, count) + 18.2)
    return {
        "born": registered // DAY - (np.clip(age, 13, 92) * 365.25).astype(np.int64),
        "language": np.searchsorted([0.60, 0.93], random.random(count), side="right").astype(np.int64),
        "is_male": random.random(count) < 0.44,
        "home_store": _home_store(random, count),
    }


def _home_store(random: Random, count: int) -> Ints:
    size = np.array([2.0 if city == "Rīga" else 1.0 for city in assortment.STORE_CITIES])
    return np.searchsorted(np.cumsum(size / size.sum()), random.random(count)).astype(np.int64)


def _permissions(random: Random, registered: Ints) -> dict[str, Any]:
    count = len(registered)
    grants = random.random(count) < 0.86
    later = np.where(random.random(count) < 0.15, random.exponential(90 * DAY, count), 0).astype(np.int64)
    granted = np.where(grants, _in_the_day(registered, later), FAR)
    withdraws = grants & (random.random(count) < 0.11)
    after = random.exponential(300 * DAY, count).astype(np.int64) + DAY
    return {"email_from": granted, "email_until": np.where(withdraws, _in_the_day(granted, after), FAR)}


def _in_the_day(moment: Ints, after: Ints) -> Ints:
    """So much later, at an hour at which people are awake (08:00 to 21:59)."""
    later = moment + after
    return np.where(after == 0, moment, later // DAY * DAY + 8 * 3_600 + later % DAY * 14 // 24)


def _second_record(random: Random, registered: Ints, end: int) -> dict[str, Any]:
    count = len(registered)
    has_one = random.random(count) < 0.03
    after = (random.random(count) * np.maximum(end - registered, DAY)).astype(np.int64) + 1
    made = np.where(has_one, _in_the_day(registered, after), FAR)
    return {"second_from": made, "is_second_refusing": has_one & (random.random(count) < 0.12)}


def draw(random: Random, first: int, registered: Ints, joined: Floats, end: int) -> People:
    """Persons numbered from ``first``; ``joined`` is the effort at registration, ``end`` the last local second."""
    count = len(registered)
    kind = np.searchsorted(np.cumsum([each.share for each in KINDS])[:-1], random.random(count), side="right")
    identity = _identity(random, registered)
    is_minor = registered // DAY - identity["born"] < 18 * 365
    language, is_male = identity["language"], identity["is_male"]
    return People(
        person=np.arange(first, first + count),
        key=random.integers(0, 1 << 62, count),
        kind=kind.astype(np.int64),
        registered=registered,
        first_name=names.codes(language, is_male, random.random(count), is_first=True),
        last_name=names.codes(language, is_male, random.random(count), is_first=False),
        browse_rate=random.gamma(1.0, 0.12, count) + 0.0,
        **identity,
        **_habits(random, kind, is_minor),
        **_attitude(random, kind),
        **_life(random, kind, joined),
        **_permissions(random, registered),
        **_second_record(random, registered, end),
    )
