"""The lots of arms for everybody and of arms for a few."""

from itertools import product

import pytest

from offers import pilot_lots
from offers.pilot_lots import OpenSet
from offers.power import Cohort, Design, Spread, detectable

EVEN = Spread.of_money(1.0)


def test_arms_open_to_everybody_are_alike() -> None:
    usual = pilot_lots.possible([OpenSet((0, 1, 2, 3), 500)], 4, EVEN)[2]

    # Dunnett: the control arm is sqrt(4) times an arm.
    assert (usual.arms, usual.control) == ((100, 100, 100, 100), 200)
    assert usual.shares == pytest.approx([1 / 6] * 4)
    assert usual.controls == pytest.approx([2 / 6] * 4)
    assert usual.shared(600) == pilot_lots.Shared((100, 100, 100, 100), (200, 200, 200, 200), 200)


def test_shares_are_sums_over_people_of_their_chances() -> None:
    open_sets = [OpenSet((0,), 60), OpenSet((0, 1), 30), OpenSet((1,), 10)]

    for lots in pilot_lots.possible(open_sets, 2, EVEN):
        control, (first, second) = lots.control, lots.arms
        alone, both, other = 60 / (control + first), 30 / (control + first + second), 10 / (control + second)
        assert lots.shares == pytest.approx([(alone + both) * first / 100, (both + other) * second / 100])
        assert lots.controls == pytest.approx([(alone + both) * control / 100, (both + other) * control / 100])


def test_no_other_lots_find_the_effect_of_a_rare_arm_with_far_fewer_people() -> None:
    # Every tenth person may get the second arm.
    open_sets, design = [OpenSet((0,), 90), OpenSet((0, 1), 10)], Design(2)

    found = min(lots.wanted(design, EVEN, 0.3) for lots in pilot_lots.possible(open_sets, 2, EVEN))

    def wanted(control: float, rare: float) -> float:
        both, alone = 0.1 / (control + 1 + rare), 0.9 / (control + 1)
        pairs = [(alone + both, (alone + both) * control), (both * rare, both * control)]
        return max(design.drift**2 * (1 / arm + 1 / own) / 0.3**2 for arm, own in pairs)

    grid = [0.25 * step for step in range(1, 41)]
    best = min(wanted(control, rare) for control, rare in product(grid, grid))
    # Control arms are tried in steps.
    assert best <= found <= 1.1 * best
    # With the lots of the usual arm the rare one would need a quarter more.
    assert wanted(2**0.5, 1.0) > 1.25 * found


def test_the_wanted_people_find_just_the_effect() -> None:
    design = Design(3)
    lots = pilot_lots.possible([OpenSet((0, 1), 70), OpenSet((0, 1, 2), 30)], 3, EVEN)[3]

    each = lots.shared(lots.wanted(design, EVEN, 0.2)).each()

    assert max(detectable(design, EVEN, one) for one in each) == pytest.approx(0.2, rel=0.01)
    assert all(isinstance(one, Cohort) for one in each)
