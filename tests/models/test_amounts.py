"""Estimates become integer minor units as `offermill.money` rounds."""

from decimal import Decimal

import numpy as np
import pytest

from models import amounts
from offermill import money


def test_a_half_goes_away_from_zero() -> None:
    assert amounts.to_minor(np.array([2.5, -2.5, 0.5, -0.5, 0.49999999999999994, 1e15 + 0.5])).tolist() == [
        3, -3, 1, -1, 0, 1_000_000_000_000_001,
    ]  # fmt: skip


def test_every_estimate_rounds_as_the_one_rounding_function_does() -> None:
    estimates = np.random.default_rng(5).normal(0, 10_000, 2_000).round(1)
    assert amounts.to_minor(estimates).tolist() == [money.round_half_away(Decimal(float(each))) for each in estimates]


def test_what_is_not_finite_is_no_money() -> None:
    with pytest.raises(ValueError, match="an estimate is not finite, so it is no amount of money"):
        amounts.to_minor(np.array([1.0, np.nan]))
