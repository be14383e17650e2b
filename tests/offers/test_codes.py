"""Redemption codes: stable, unguessable without the salt, and typing errors are caught."""

import pytest

from offers import codes, lots

SALT = "a salt for tests"


def test_a_code_depends_on_everything_and_nothing_else() -> None:
    given = codes.code(SALT, "c1", "points-500", "summer:2026-06-30")

    assert given == codes.code(SALT, "c1", "points-500", "summer:2026-06-30")
    others = [
        codes.code("another salt", "c1", "points-500", "summer:2026-06-30"),
        codes.code(SALT, "c2", "points-500", "summer:2026-06-30"),
        codes.code(SALT, "c1", "points-600", "summer:2026-06-30"),
        codes.code(SALT, "c1", "points-500", "summer:2026-07-01"),
    ]
    assert len({given, *others}) == 5
    assert [len(part) for part in given.split("-")] == [4, 4, 4]


def test_ten_thousand_codes_are_all_different_and_valid() -> None:
    made = [codes.code(SALT, f"c{number}", "points-500", "summer:2026-06-30") for number in range(10_000)]

    assert len(set(made)) == 10_000
    assert all(codes.is_valid(one) for one in made)


def test_every_single_wrong_character_is_caught() -> None:
    whole = codes.code(SALT, "c1", "points-500", "summer:2026-06-30").replace("-", "")

    wrong = [whole[:at] + other + whole[at + 1 :] for at in range(12) for other in codes.ALPHABET if other != whole[at]]

    assert len(wrong) == 12 * 30
    assert not any(codes.is_valid(one) for one in wrong)


def test_every_swap_of_two_neighbours_is_caught() -> None:
    whole = codes.code(SALT, "c1", "points-500", "summer:2026-06-30").replace("-", "")

    swaps = [whole[:at] + whole[at + 1] + whole[at] + whole[at + 2 :] for at in range(11) if whole[at] != whole[at + 1]]

    assert swaps
    assert not any(codes.is_valid(one) for one in swaps)


@pytest.mark.parametrize("given", ["", "K7Q2", "0000-0000-0000", "ŠŠŠŠ-ŠŠŠŠ-ŠŠŠŠ"])
def test_what_is_no_code(given: str) -> None:
    assert not codes.is_valid(given)


def test_small_letters_and_missing_dashes_do_not_matter() -> None:
    given = codes.code(SALT, "c1", "points-500", "summer:2026-06-30")

    assert codes.is_valid(given.lower().replace("-", " "))


def test_lots_are_spread_evenly() -> None:
    found = [lots.unit(SALT, "global", f"c{number}") for number in range(10_000)]

    tenths = [sum(tenth / 10 <= one < (tenth + 1) / 10 for one in found) for tenth in range(10)]
    # 1000 each, give or take 4 standard deviations of sqrt(10000 * 0.1 * 0.9) = 30.
    assert all(880 <= count <= 1_120 for count in tenths)


@pytest.mark.parametrize(("lot", "place"), [(0.0, 0), (0.24, 0), (0.25, 1), (0.5, 2), (0.9999999999999999, 3)])
def test_a_lot_names_one_of_four(lot: float, place: int) -> None:
    assert lots.pick(lot, 4) == place


def test_many_codes_at_once_are_those_one_by_one() -> None:
    customers = [f"C{number:06d}" for number in range(500)] + ["Ķ|1"]
    offers = [f"basket-{number % 7}" for number in range(501)]
    waves = [f"summer:2026-06-{1 + number % 30:02d}" for number in range(501)]

    found = codes.many("a salt for tests", customers, offers, waves)

    assert found == [codes.code("a salt for tests", *one) for one in zip(customers, offers, waves, strict=True)]
    assert codes.many("a salt for tests", [], [], []) == []
