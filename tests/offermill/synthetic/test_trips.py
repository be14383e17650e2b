"""The rhythm of shopping: the chance in closed form against trips that were really drawn."""

from dataclasses import replace

import numpy as np
import pytest

from offermill.synthetic import people, trips
from offermill.synthetic.arrays import generator
from offermill.synthetic.people import NEVER, People
from offermill.synthetic.trips import Rhythm

COUNT = 20_000


def crowd(interval: float, regularity: float, **changes: float) -> People:
    """Many people of one nature who never stop and never pause, unless changed."""
    random = generator(1, 1)
    drawn = people.draw(random, 0, np.full(COUNT, 1_700_000_000), np.zeros(COUNT), 1_800_000_000)
    nature = {"interval": interval, "regularity": regularity, "gap_at": NEVER, "gap": 0.0, "life_end": NEVER} | changes
    return replace(drawn, **{name: np.full(COUNT, value) for name, value in nature.items()})


@pytest.mark.parametrize(("interval", "regularity"), [(10.0, 8.0), (40.0, 1.0), (60.0, 2.5)])
def test_the_chance_agrees_with_trips_drawn_from_the_start(interval: float, regularity: float) -> None:
    """After 100 days everybody stands somewhere else; the buyers of the next 28 days are counted by band of chance."""
    folk = crowd(interval, regularity)
    start = trips.begin(generator(2, 1), folk, np.full(COUNT, -1.0))
    _, then = trips.walk(generator(3, 1), folk, start, 100.0)
    chance = trips.chance(folk, then.last, 100.0, 128.0)

    bought = then.next < 128.0

    for low in (0.0, 0.3, 0.6):
        band = (chance >= low) & (chance < low + 0.3)
        error = np.sqrt((chance[band] * (1 - chance[band])).sum()) + 1
        assert abs(bought[band].sum() - chance[band].sum()) < 3.5 * error, low


def test_the_first_trip_of_older_customers_comes_as_if_they_had_always_shopped() -> None:
    """A stationary renewal process brings time / interval trips on average, from the first day on."""
    folk = crowd(20.0, 6.0)

    taken, _ = trips.walk(generator(5, 1), folk, trips.begin(generator(4, 1), folk, np.full(COUNT, -1.0)), 10.0)

    assert len(taken.row) / COUNT == pytest.approx(10 / 20, rel=0.03)


def test_nobody_shops_after_the_end_or_in_a_pause() -> None:
    folk = crowd(5.0, 2.0, life_end=60.0, gap_at=20.0, gap=25.0)

    taken, then = trips.walk(generator(6, 1), folk, Rhythm(np.full(COUNT, 0.0), np.full(COUNT, 1.0)), 400.0)

    assert ((taken.at < 20) | (taken.at >= 45)).all()
    assert taken.at.max() < 60
    assert (then.next == NEVER).all()


def test_the_chance_knows_the_end_and_the_pause() -> None:
    folk = crowd(5.0, 2.0, life_end=60.0, gap_at=20.0, gap=25.0)
    last = np.full(COUNT, 18.0)

    after_the_end, in_the_pause, at_its_end = (
        trips.chance(folk, last, start, end)[0] for start, end in ((60.0, 88.0), (21.0, 44.0), (44.0, 55.0))
    )

    assert (after_the_end, in_the_pause) == (0.0, 0.0)
    assert at_its_end > 0.8


def test_walking_in_two_stretches_makes_every_trip_once() -> None:
    folk = crowd(15.0, 2.0)
    start = trips.begin(generator(7, 1), folk, np.full(COUNT, -1.0))

    first, middle = trips.walk(generator(8, 1), folk, start, 50.0)
    second, _ = trips.walk(generator(9, 1), folk, middle, 100.0)

    assert first.at.max() < 50 <= second.at.min()
    assert len(second.row) / COUNT == pytest.approx(50 / 15, rel=0.03)
    assert (middle.next >= 50).all()


def test_the_last_and_the_first_trip_around_a_moment_are_found() -> None:
    taken = trips.Trips(np.array([0, 0, 2]), np.array([3.0, 9.0, 5.0]), np.zeros(3))
    start = Rhythm(np.array([-1.0, -2.0, -3.0]), np.zeros(3))

    before = trips.last_before(taken, start, np.array([9.0, 9.0, 9.0]))
    after = trips.first_from(taken, np.array([0, 1, 2, 2]), np.array([9.0, 0.0, 5.0, 5.1]))

    assert before.tolist() == [3.0, -2.0, 5.0]
    assert after.tolist() == [1, -1, 2, -1]
