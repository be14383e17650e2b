"""Pairs of written addresses: 500 of which both are one person's, and 200 alike ones of different people."""

import unicodedata
from collections.abc import Callable

Pair = tuple[str, str, str]  # kind, as the shop has it, as it was suppressed (or as somebody else has it)

NAMES = ("anna.berzina", "jānis.kļaviņš", "o.neill", "иван.петров", "zoë.brøns")
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}

_EMAIL_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.title,
    lambda one: f"  {one}\t",
    lambda one: one.replace("@", " @ "),
    lambda one: unicodedata.normalize("NFD", one),
    lambda one: one.translate(WIDE),
    lambda one: one.replace("@", "+news@"),
    lambda one: one.replace("@", "+a+b@").upper(),
    lambda one: f"Someone <{one}>",
    lambda one: f"mailto:{one}",
    lambda one: f"'{one}'",
    lambda one: one[:3] + "\u200b" + one[3:],
    lambda one: one + ".",
)
_GMAIL_SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda one: one.replace(".", "", one.partition("@")[0].count(".")),
    lambda one: one.replace("gmail.com", "googlemail.com"),
    lambda one: ".".join(one.partition("@")[0].replace(".", "")) + "@GMail.com",
    lambda one: one.replace("@", "+sale.2026@"),
)
_PHONE_SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda one: f"+371{one}",
    lambda one: f"00371{one}",
    lambda one: f"371{one}",
    lambda one: f"8{one}",
    lambda one: f"8 {one[:2]} {one[2:5]} {one[5:]}",
    lambda one: f"(+371) {one[:4]}-{one[4:]}",
    lambda one: f"+371 (0) {one}",
    lambda one: f"{one[:2]} {one[2:4]} {one[4:6]} {one[6:]}",
    lambda one: f"({one[:2]}) {one[2:5]}.{one[5:]}",
    lambda one: f"tel:+371-{one[:4]}-{one[4:]}",
    lambda one: f"810371{one}",
    lambda one: f"+371\u00a0{one[:4]}\u2011{one[4:]}",
    lambda one: one.translate(WIDE),
    lambda one: f"{one} ext. 5",
)


def _emails() -> list[Pair]:
    hosts = ("example.org", "inbox.lv", "bērziņi.lv", "müller.de")
    written = [f"{name}@{host}" for name in NAMES for host in hosts]
    return [("email", one, spell(one)) for one in written for spell in _EMAIL_SPELLINGS]


def _gmail() -> list[Pair]:
    written = [f"{name}{number}@gmail.com" for name in ("anna.berzina", "j.k.rowe") for number in range(5)]
    return [("email", one, spell(one)) for one in written for spell in _GMAIL_SPELLINGS]


def _punycode() -> list[Pair]:
    hosts = {"bērziņi.lv": "xn--brzii-iza47a.lv", "müller.de": "xn--mller-kva.de", "почта.рф": "xn--80a1acny.xn--p1ai"}
    return [
        ("email", f"a{number}@{host}", f"A{number}@{ascii_}") for host, ascii_ in hosts.items() for number in range(4)
    ]


def _phones() -> list[Pair]:
    written = [f"2{number}00{number}1{number}3" for number in range(10, 100, 8)]
    numbers = [one[:8] for one in written]
    return [("phone", one, spell(one)) for one in numbers for spell in _PHONE_SPELLINGS]


def same() -> list[Pair]:
    """Return 500 pairs: one person's address as the shop has it, and another spelling of it."""
    return [*_emails(), *_gmail(), *_punycode(), *_phones(), *_others()][:500]


def _others() -> list[Pair]:
    streets = [
        ("household", f"Brīvības iela {n}-{n + 3}, Rīga, LV-1011", f"BRĪVĪBAS IELA {n} - {n + 3} RĪGA LV 1011")
        for n in range(40)
    ]
    return [*streets, *(("customer", f"c{n:05d}", f" c{n:05d} ") for n in range(40))]


def different() -> list[Pair]:
    """Return 200 pairs that look alike and belong to two people."""
    dots = [("email", f"anna.b{n}@inbox.lv", f"annab{n}@inbox.lv") for n in range(30)]
    hosts = [("email", f"anna{n}@inbox.lv", f"anna{n}@inbox.lt") for n in range(30)]
    digits = [("email", f"nora{n}@gmail.com", f"nora{n}z@gmail.com") for n in range(1, 31)]
    scripts = [("email", f"olga{n}@gmail.com", f"оlga{n}@gmail.com") for n in range(20)]
    last = [("phone", f"2910000{n}", f"2910001{n}") for n in range(10)]
    countries = [("phone", f"+3712920{n:04d}", f"+3702920{n:04d}") for n in range(30)]
    ids = [("customer", f"c{n}", f"C{n}") for n in range(25)] + [("customer", f"d{n}", f"d0{n}") for n in range(15)]
    homes = [("household", f"Brīvības iela 1-{n}", f"Brīvības iela 1{n}") for n in range(10)]
    return [*dots, *hosts, *digits, *scripts, *last, *countries, *ids, *homes]
