"""A number in any spelling becomes one E.164 number, or an answer why it is none."""

from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offermill.warehouse import Warehouse
from offers.channels import phone, phone_numbers
from tests import literal_night
from tests.literal_tables import make


@pytest.mark.parametrize(
    ("written", "country", "expected"),
    [
        ("+371 2000 0001", "LV", "+37120000001"),
        ("20000001", "LV", "+37120000001"),
        ("00371 20000001", "LV", "+37120000001"),
        ("371 20000001", "LV", "+37120000001"),
        ("(371) 2000-0001", "LV", "+37120000001"),
        ("\u202a+371\u00a020\u200b000001\u202c", "LV", "+37120000001"),
        ("\uff0b\uff13\uff17\uff11 20000001", "LV", "+37120000001"),
        ("٢٠٠٠٠٠٠١", "LV", "+37120000001"),
        ("8 921 555-01-02", "RU", "+79215550102"),
        ("8 600 12345", "LT", "+37060012345"),
        ("(650) 555-1212", "US", "+16505551212"),
        ("011 371 20000001", "US", "+37120000001"),
        ("+1 (800) 555-0102", "LV", "+18005550102"),
        ("+7 921 555 01 02", "LV", "+79215550102"),
    ],
)
def test_a_number_in_any_spelling_is_one_number(written: str, country: str, expected: str) -> None:
    assert phone.read(written, country) == phone.Phone(expected, None)


@pytest.mark.parametrize(
    ("written", "why_not"),
    [
        (None, "empty"),
        ("", "empty"),
        (" \u200b\n", "empty"),
        ("n/a", "no number"),
        ("anna@example.org", "no number"),
        ("1-800-FLOWERS", "no number"),
        ("zvanīt 20000001", "no number"),
        ("=1+1", "no number"),
        ("+", "no number"),
        ("1" * 300, "no number"),
        ("+371 67000000;ext=12", "no number"),
        ("+371 67000000 # 12", "a number with an extension"),
        ("+371 2000", "too short"),
        ("+371 2000 0001 2345", "too long"),
        ("+999 20000001", "no number"),
    ],
)
def test_what_is_no_number_says_why(written: str | None, why_not: str) -> None:
    assert phone.read(written, "LV") == phone.Phone(None, why_not)
    assert phone.e164(written, "LV") is None


@given(st.text(max_size=60), st.sampled_from(["LV", "RU", "US", "LT", "GB"]))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_text_is_a_number_or_not_and_a_number_stays_the_same_number(text: str, country: str) -> None:
    found = phone.read(text, country)
    assert (found.e164 is None) == (found.why_not is not None)
    if found.e164:
        assert phonenumbers.is_possible_number(phonenumbers.parse(found.e164))
        assert phone.e164(found.e164, "JP") == found.e164


def test_the_night_reads_every_number_once_and_keeps_why_others_are_none(tmp_path: Path) -> None:
    written = [("c1", "20 000 001"), ("c2", "20 000 001"), ("c3", "zvanīt"), ("c4", "+7 921 555-01-02"), ("c5", None)]
    contacts = [{"customer_id": who, "kind": "phone", "value": value} for who, value in written]
    contacts.append({"customer_id": "c1", "kind": "email", "value": "a@example.org"})
    with Warehouse.open() as warehouse:
        make(warehouse, "core.contact", contacts)
        summary = phone_numbers.write(warehouse, literal_night.make_run(tmp_path))
        assert warehouse.rows("select * from offers.phone_number order by value") == [
            ("+7 921 555-01-02", "+79215550102", None),
            ("20 000 001", "+37120000001", None),
            ("zvanīt", None, "no number"),
        ]
    assert summary == {"rows": 3, "no_numbers": 1}
