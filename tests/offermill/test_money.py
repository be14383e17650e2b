"""Money is counted in whole minor units; a half goes away from zero; parts always sum to the whole."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offermill import money


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("2.5", 3), ("-2.5", -3), ("2.4", 2), ("-2.4", -2), ("0.5", 1), ("-0.5", -1), ("0", 0), ("2.4999", 2)],
)
def test_a_half_goes_away_from_zero(amount: str, rounded: int) -> None:
    assert money.round_half_away(Decimal(amount)) == rounded
    assert money.round_half_away(Fraction(amount)) == rounded


@pytest.mark.parametrize(
    ("text", "digits", "minor"), [("12.34", 2, 1234), ("-0.05", 2, -5), ("7", 2, 700), ("1.500", 2, 150), ("12", 0, 12)]
)
def test_text_becomes_minor_units(text: str, digits: int, minor: int) -> None:
    assert money.to_minor(text, digits) == minor


@pytest.mark.parametrize("text", ["5.005", "1.5e3", "nan", "inf", "", "-", "1,50", " 1", "12345678901234567"])
def test_text_that_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimal places"):
        money.to_minor(text, 2)


@given(st.integers(-(10**15), 10**15), st.sampled_from([0, 2, 3]))
def test_text_and_minor_units_are_inverse(minor: int, digits: int) -> None:
    assert money.to_minor(money.to_text(minor, digits), digits) == minor


def test_a_share_is_rounded_once() -> None:
    assert money.share_of(1005, Decimal("0.10")) == 101  # 100.5
    assert money.share_of(-1005, Decimal("0.10")) == -101
    assert money.share_of(999, Fraction(1, 3)) == 333


def test_ten_euro_split_in_three() -> None:
    assert money.split(1000, [1, 1, 1]) == [334, 333, 333]
    assert money.split(-1000, [1, 1, 1]) == [-334, -333, -333]


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**6), min_size=1).filter(any))
def test_parts_sum_to_the_whole_and_stay_within_a_cent_of_their_share(total: int, weights: list[int]) -> None:
    parts = money.split(total, weights)
    assert sum(parts) == total
    assert all(
        abs(part - Fraction(total * weight, sum(weights))) < 1 for part, weight in zip(parts, weights, strict=True)
    )


def test_weights_must_be_able_to_carry_the_whole() -> None:
    with pytest.raises(ValueError, match="non-negative and not all zero"):
        money.split(100, [0, 0])
