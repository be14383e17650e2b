"""What offers are redeemed for is counted per person of the draw, and a handful of redemptions is not a size."""

import numpy as np
import pytest

from models import appeal

ARM = np.array([0, 0, 1, 1, 1, 1, 2, 2])
EVEN = np.full((8, 3), 1 / 3)


def test_a_size_is_money_redeemed_per_person_by_what_an_order_is_worth() -> None:
    spent = np.array([0.0, 0.0, 100.0, 0.0, 300.0, 0.0, 80.0, 0.0])
    # The arms' 100 and 40 / 0.8 = 50 per person, mean 75; two redemptions count 2 / 7, one 1 / 6.
    assert appeal.sizes(ARM, spent, EVEN, np.array([1.0, 0.8])) == pytest.approx([75 + 25 * 2 / 7, 75 - 25 / 6])


def test_who_was_likelier_to_be_drawn_counts_less() -> None:
    spent = np.array([0.0, 0.0, 100.0, 100.0, 0.0, 0.0, 0.0, 0.0])
    chances = EVEN.copy()
    chances[[2, 3], 1] = 0.5
    # 2 x 100 x 1 / 0.5 of 2 / 0.5 + 2 / (1/3) people: 40 each; the other arm has nothing, so the mean of both is 20.
    assert appeal.sizes(ARM, spent, chances, np.ones(2)) == pytest.approx([20 + 20 * 2 / 7, 20.0])


def test_without_redemptions_there_are_no_sizes() -> None:
    assert appeal.sizes(ARM, np.zeros(8), EVEN, np.ones(2)) is None
