"""One key per address: every spelling of it has the same, and no other person's."""

import pytest

from offers.channels import same_address
from tests.offers.channels import address_variants


def test_500_spellings_have_the_key_of_the_address() -> None:
    pairs = address_variants.same()
    assert len(set(pairs)) == 500
    missed = [pair for pair in pairs if _keys(pair)[0] != _keys(pair)[1] or _keys(pair)[0] is None]
    assert missed == []


def test_200_alike_addresses_of_different_people_have_two_keys() -> None:
    pairs = address_variants.different()
    assert len(set(pairs)) == 200
    assert [pair for pair in pairs if _keys(pair)[0] == _keys(pair)[1] or None in _keys(pair)] == []


def _keys(pair: address_variants.Pair) -> tuple[str | None, str | None]:
    kind, one, other = pair
    return same_address.key(kind, one, "LV"), same_address.key(kind, other, "LV")


@pytest.mark.parametrize(
    ("written", "country", "found"),
    [
        ("8 612 34567", "LT", "+37061234567"),
        ("8 921 123-45-67", "LV", "+79211234567"),
        ("+44 (0)20 7946 0018", "LV", "+442079460018"),
        ("123 4567 8901 2345", "LV", "digits 123456789012345"),
        ("112", "LV", None),
    ],
)
def test_numbers_are_read_in_the_shop_s_country_first(written: str, country: str, found: str | None) -> None:
    assert same_address.telephone(written, country) == found


def test_a_value_of_no_known_kind_has_every_reading() -> None:
    assert same_address.keys("", "29123456", "LV") == {"phone:+37129123456", "customer:29123456", "household:29123456"}
    assert same_address.keys("phone", "29123456", "LV") == {"phone:+37129123456"}
    assert same_address.keys("email", "nobody", "LV") == frozenset()
