"""Every published and shared vector to the letter, and Google's own formatter as the oracle for everything between."""

import hashlib
import unicodedata
from collections.abc import Callable

import pytest
from google.ads.datamanager_util.format import Encoding, Formatter
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from offers.channels import hashing, phone

GOOGLE = Formatter()

# (what, given, Google's hash, Meta's hash): vectors that both vendors' rules were tried on.
ADDRESSES = [
    (
        " Test@Gmail.com ",
        "87924606b4131a8aceeeae8868531fbb9712aaa07a5d3a756b26ce0f5d6ca674",
        "87924606b4131a8aceeeae8868531fbb9712aaa07a5d3a756b26ce0f5d6ca674",
    ),
    (
        "Jane.Doe+Shopping@googlemail.com",
        "338abf9ef1c8793cadc7bcf51ed595338eb727ed9e06ce3d91d566d60b975937",
        "94789d76aaea8cb4994c57747868a4809bd7da6b6d677c5a2f54bfc9296783a1",
    ),
    (
        "user.name+NYC@Example.com",
        "f109a2a632fbcea5fc82049f50beed3d8621bf9034399f437fb622222acccdac",
        "f109a2a632fbcea5fc82049f50beed3d8621bf9034399f437fb622222acccdac",
    ),
]
NUMBERS = [
    (
        "+1 (800) 555-0102",
        "c5383c2eeada28210d27f011bc127d4f9562cf38ff0c9bba33dd45ae79b9fe7c",
        "25e2a8bced904785d0248567484de0e20b7e12ef0c2ed8b9300e741d2e437603",
    ),
    (
        "+371 2000 0001",
        "e17c7d1f0379b67a58510880d741131c94c988f6a9efe1a07119167c429e821b",
        "d3ab3c446c10adb7de95c4faeec9bfd436b03fae9a6addcd4fc412e44be78824",
    ),
]
# Meta's documentation of its customer information parameters.
META_PUBLISHED = [
    (hashing.meta_email, "John_Smith@gmail.com", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
    (hashing.meta_name, "Mary", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
    (hashing.meta_name, "정", "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
    (hashing.meta_name, "Valéry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
    (hashing.meta_name, "Vale\u0301ry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
    (hashing.meta_country, "LV", "626cf6d4f7ea4f20b10543c5ee35f352f9366ad163f0e8d43d0c67ee98aec4c7"),
]


@pytest.mark.parametrize(("address", "google", "meta"), ADDRESSES)
def test_addresses_hash_as_each_vendor_says(address: str, google: str, meta: str) -> None:
    assert hashing.sha256(hashing.google_email(address)) == google
    assert hashing.sha256(hashing.meta_email(address)) == meta


@pytest.mark.parametrize(("number", "google", "meta"), NUMBERS)
def test_numbers_hash_as_each_vendor_says(number: str, google: str, meta: str) -> None:
    canonical = phone.e164(number, "LV")
    assert hashing.sha256(hashing.google_phone(canonical)) == google
    assert hashing.sha256(hashing.meta_phone(canonical)) == meta


@pytest.mark.parametrize(("rule", "value", "expected"), META_PUBLISHED)
def test_what_meta_published_is_reproduced(rule: Callable[[str], str | None], value: str, expected: str) -> None:
    assert hashing.sha256(rule(value)) == expected


def test_metas_published_number_comes_out_of_its_national_spelling() -> None:
    canonical = phone.e164("(650)555-1212", "US")
    assert hashing.meta_phone(canonical) == "16505551212"
    assert hashing.sha256("16505551212") == "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"


@pytest.mark.parametrize(
    ("name", "google", "meta"),
    [
        (" Jānis ", "jānis", "jānis"),
        ("Анна", "анна", "анна"),
        ("O'Brien", "o'brien", "obrien"),
        ("Kalniņa-Bērziņa", "kalniņa-bērziņa", "kalniņabērziņa"),
        ("Anna Marija", "anna marija", "annamarija"),
        ("D’Arc", "d’arc", "darc"),
        ("İsmail", "i̇smail", "i̇smail"),
        ("😀", "😀", "😀"),
        ("עומר", "עומר", "עומר"),
        ("...", "...", None),
        ("  ", None, None),
        (None, None, None),
    ],
)
def test_names_keep_every_letter_and_meta_drops_punctuation(
    name: str | None, google: str | None, meta: str | None
) -> None:
    assert hashing.google_name(name) == google
    assert hashing.meta_name(name) == meta


def test_country_and_zip_go_plain_to_google_and_hashed_to_meta() -> None:
    assert (hashing.google_country(" lv "), hashing.google_zip(" LV-1010 ")) == ("LV", "LV-1010")
    assert (hashing.meta_country(" LV "), hashing.meta_zip(" LV-1010 ")) == ("lv", "lv1010")
    assert hashing.meta_zip("EC1A 1BB") == "ec1a1bb"
    assert (hashing.google_country("Latvia"), hashing.meta_country("L")) == (None, None)


@pytest.mark.parametrize(
    "address",
    [None, "", " ", "anna", "@example.org", "anna@", "a b@example.org", "a@b@example.org", "a\n@example.org"],
)
def test_what_is_no_address_is_nothing_and_nothing_has_no_hash(address: str | None) -> None:
    assert hashing.google_email(address) is None
    assert hashing.meta_email(address) is None
    assert hashing.sha256(None) is None
    assert hashing.sha256("") is None


def test_a_gmail_address_of_dots_alone_is_nothing_to_google() -> None:
    assert hashing.google_email("..+x@gmail.com") is None
    assert hashing.meta_email("..+x@gmail.com") == "..+x@gmail.com"


@pytest.mark.parametrize("number", [None, "", "37120000001", "+0371200", "+371 20000001", "+1234567890123456"])
def test_only_e164_is_a_number(number: str | None) -> None:
    assert hashing.google_phone(number) is None
    assert hashing.meta_phone(number) is None


def oracle(process: Callable[[str, Encoding], str], value: str) -> str | None:
    try:
        return process(unicodedata.normalize("NFC", value), Encoding.HEX)
    except ValueError:
        return None


USERS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=12)
DOMAINS = st.sampled_from(
    ["gmail.com", "GoogleMail.com", "example.org", "мир.рф", "gmail.com.lv", " gmail.com", "\t", ""]
)


@given(USERS, DOMAINS)
@example("Jane.Doe+Shopping", "googlemail.com")
@example("jane@doe", "gmail.com")
@settings(max_examples=400, deadline=None, derandomize=True)
def test_addresses_hash_as_googles_own_formatter_hashes_them(user: str, domain: str) -> None:
    address = f"{user}@{domain}"
    assert hashing.sha256(hashing.google_email(address)) == oracle(GOOGLE.process_email_address, address)


@given(st.text(max_size=20))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_names_hash_as_googles_own_formatter_hashes_them(name: str) -> None:
    assert hashing.sha256(hashing.google_name(name)) == oracle(GOOGLE.process_given_name, name)
    assert hashing.sha256(hashing.google_name(name)) == oracle(GOOGLE.process_family_name, name)


@given(st.integers(20_000_000, 29_999_999), st.sampled_from(["{}", "+371 {}", "00371{}", "(371) {}"]))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_canonical_numbers_hash_as_googles_own_formatter_hashes_them(number: int, spelling: str) -> None:
    canonical = phone.e164(spelling.format(number), "LV")
    assert canonical == f"+371{number}"
    assert hashing.sha256(hashing.google_phone(canonical)) == GOOGLE.process_phone_number(canonical, Encoding.HEX)


@given(st.text(min_size=1, max_size=20))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_no_two_different_letters_fall_together_in_meta_names(name: str) -> None:
    letters = [c for c in unicodedata.normalize("NFC", name).lower() if unicodedata.category(c)[0] in "LMN"]
    assume(letters)
    found = hashing.meta_name(name)
    assert found is not None
    assert [c for c in found if unicodedata.category(c)[0] in "LMN"] == letters
    assert hashing.sha256(found) == hashlib.sha256(found.encode()).hexdigest()
