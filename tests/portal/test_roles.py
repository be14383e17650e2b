"""The whole matrix of roles, lists and verbs, and which rows a limited role gets: what is not granted is refused."""

import csv
import io
from collections.abc import Callable
from itertools import product

import pytest

from offermill import datapackage
from portal import lists, rights
from portal.state import Portal
from tests.portal.publication import EDITION
from tests.portal.visits import Visitor

Visit = Callable[[str], Visitor]
VERBS = {"s": "see", "p": "preview", "d": "download"}
OFFERS, BRANDS, SHEET = "crm_offers.csv", "brands.csv", "sheets.s1.xlsx"
NEW, LAPSED = "segments.lifecycle-new.csv", "segments.lifecycle-lapsed.csv"
EMAIL, BRAZE, DECISIONS = "channels.email.contacts.csv", "channels.braze.users.csv", "audit.decisions.parquet"
STORE_ONE, STORE_TEN = "channels.stores.store-s1.xlsx", "channels.stores.store-s10.xlsx"
CALLS = "channels.stores.call-centre.xlsx"
BOOKS = (SHEET, STORE_ONE, STORE_TEN, CALLS)  # workbooks of their own, no tables
LISTS = (OFFERS, NEW, LAPSED, BRANDS, EMAIL, BRAZE, DECISIONS, *BOOKS)

# Role -> list -> verbs (see, preview, download); a list that is not named is not there for the role.
ALLOWED: dict[str, dict[str, str]] = {
    "admin": dict.fromkeys(LISTS, "spd") | dict.fromkeys(BOOKS, "sd"),  # nothing to preview in them
    "analyst": dict.fromkeys(LISTS, "sp") | dict.fromkeys(BOOKS, "s"),
    "auditor": {DECISIONS: "sd"},
    "marketer": {OFFERS: "spd", NEW: "spd", LAPSED: "spd"} | dict.fromkeys((EMAIL, BRAZE, *BOOKS[1:]), "s"),
    "store-one": {NEW: "spd", LAPSED: "spd", BRANDS: "spd", DECISIONS: "spd", STORE_ONE: "sd"},
    "stores-s": {NEW: "spd", LAPSED: "spd"},
    "brand-lego": {BRANDS: "spd"},
    "new-people": {NEW: "spd"},
    "emailer": {OFFERS: "spd", EMAIL: "spd"},
    "lego-in-one": {BRANDS: "spd"},
    "peeper": {NEW: "spd", LAPSED: "spd"},
    "both": {DECISIONS: "sd", BRANDS: "spd"},
}
# Role, list -> customers that a preview and a download show; every other pair that is allowed shows all.
PART: dict[tuple[str, str], tuple[list[str], list[str]]] = {
    ("store-one", NEW): (["a1"], ["a1"]),
    ("store-one", LAPSED): (["b1"], ["b1"]),
    ("store-one", BRANDS): (["a1", "a3"], ["a1", "a3"]),
    ("store-one", DECISIONS): (["a1"], ["a1"]),
    ("stores-s", NEW): (["a1", "a2"], ["a1", "a2"]),  # neither s10 nor nobody's store
    ("brand-lego", BRANDS): (["a1", "a2"], ["a1", "a2"]),
    ("lego-in-one", BRANDS): (["a1"], ["a1"]),
    ("emailer", OFFERS): (["00123", "c3"], ["00123", "c3"]),
    ("peeper", NEW): (["a1", "a2"], ["a2"]),  # store s1 to look at, store s2 to take away
    ("peeper", LAPSED): (["b1", "b2"], ["b2"]),
    ("both", BRANDS): (["a1", "a2"], ["a1", "a2"]),
}
EVERYBODY = {
    OFFERS: ["00123", "1E5", "c3"],
    NEW: ["a1", "a2", "a3", "a4"],
    LAPSED: ["b1", "b2"],
    BRANDS: ["a1", "a2", "a3"],
    EMAIL: ["a1", "a2"],
    BRAZE: ["a3"],
    DECISIONS: ["a1", "a2", "a3"],
}


def test_the_matrix_speaks_of_every_role_and_every_list(portal: Portal) -> None:
    package = datapackage.read(portal.shop.exports / EDITION)
    published = {one["name"] for one in package["resources"]} - {"segments.lifecycle-new.xlsx"}  # a twin, no list
    assert published == set(LISTS)
    assert {*portal.chosen.portal.roles, "both"} == set(ALLOWED)


def asked(visitor: Visitor, verb: str, name: str) -> int:
    """Return the status of the API's answer."""
    if verb == "see":
        listed = visitor.api("lists", edition=EDITION).json
        return 200 if name in [one["name"] for one in listed] else 404
    options = {"format": "published" if name in BOOKS else "csv"} if verb == "download" else {}
    return visitor.api(verb, edition=EDITION, list=name, **options).status


def expected(role: str, name: str, letter: str) -> int:
    allowed = ALLOWED[role].get(name, "")
    if letter in allowed:
        return 200
    # What one may see says that one may not; of what one may not see, not even that it is there.
    # Who may preview finds nothing to preview in a workbook; the marketer may only see that channels' files are there.
    is_no_table = name in BOOKS and letter == "p" and role != "marketer"
    return 403 if "s" in allowed and not is_no_table else 404


@pytest.mark.parametrize("role", ALLOWED)
def test_a_role_may_do_what_it_was_granted_and_nothing_else(visit: Visit, role: str) -> None:
    visitor = visit(role)
    found = {(name, letter): asked(visitor, VERBS[letter], name) for name, letter in product(LISTS, VERBS)}
    assert found == {(name, letter): expected(role, name, letter) for name, letter in product(LISTS, VERBS)}


@pytest.mark.parametrize("role", ALLOWED)
def test_a_role_gets_its_rows_and_no_others_in_every_format(visit: Visit, role: str) -> None:
    visitor = visit(role)
    for name, letters in ALLOWED[role].items():
        previewed, downloaded = PART.get((role, name), (EVERYBODY.get(name, []),) * 2)
        if "p" in letters:
            answer = visitor.api("preview", edition=EDITION, list=name).json
            at = answer["columns"].index("customer_id")
            assert [row[at] for row in answer["rows"]] == previewed, (role, name)
        if "d" in letters and name not in BOOKS:
            for form in ("csv", "spreadsheet", "jsonl", "xlsx", "parquet"):
                assert customers(visitor, name, form) == downloaded, (role, name, form)


def customers(visitor: Visitor, name: str, form: str) -> list[str]:
    """Return the customers in a download."""
    import json

    import openpyxl
    import pyarrow.parquet as parquet

    body = visitor.api("download", edition=EDITION, list=name, format=form).body
    if form == "jsonl":
        return [json.loads(line)["customer_id"] for line in body.decode().splitlines()]
    if form == "parquet":
        return parquet.read_table(io.BytesIO(body)).column("customer_id").to_pylist()
    if form == "xlsx":
        head, *rows = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0].iter_rows(values_only=True)
        return [str(row[head.index("customer_id")]) for row in rows]
    return [row["customer_id"] for row in csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""))]


def test_what_a_limited_role_is_told_does_not_give_away_how_many_others_there_are(visit: Visit) -> None:
    (entry,) = [one for one in visit("store-one").api("lists", edition=EDITION).json if one["name"] == NEW]
    assert (entry["is_whole"], entry["row_count"], entry["bytes"]) == (False, None, None)
    assert ">4<" not in visit("store-one").get(f"/editions/{EDITION}").text


@pytest.mark.parametrize("role", ALLOWED)
def test_the_pages_show_what_the_api_gives(visit: Visit, role: str) -> None:
    visitor = visit(role)
    page = visitor.get(f"/editions/{EDITION}").text
    shown = {name for name in LISTS if f"<code>{name}</code>" in page}
    assert shown == set(ALLOWED[role])
    with_preview = {name for name in LISTS if f'href="/editions/{EDITION}/{name}"' in page}
    assert with_preview == {name for name, letters in ALLOWED[role].items() if "p" in letters}
    with_download = {name for name in LISTS if f"/download/{EDITION}/{name}/" in page}
    assert with_download == {name for name, letters in ALLOWED[role].items() if "d" in letters}


@pytest.mark.parametrize(
    "path", ["/", f"/editions/{EDITION}", f"/editions/{EDITION}/{OFFERS}", f"/download/{EDITION}/{OFFERS}/csv"]
)
def test_a_stranger_is_sent_to_log_in(stranger: Visitor, path: str) -> None:
    answer = stranger.get(path)
    assert (answer.status, answer.headers["Location"], answer.body) == (303, "/login", b"")


@pytest.mark.parametrize("call", ["editions", "lists", "preview", "download"])
def test_a_strange_program_is_refused(stranger: Visitor, call: str) -> None:
    answer = stranger.api(call, edition=EDITION, list=OFFERS)
    assert (answer.status, answer.json) == (401, {"detail": "Unauthorized"})
    assert "K1" not in answer.text


def test_a_role_that_shop_yml_no_longer_knows_has_no_right(portal: Portal) -> None:
    listed = lists.edition(portal.shop, EDITION)
    assert listed
    assert {name: rights.access(portal.chosen.portal, ("dismissed",), one) for name, one in listed.lists.items()} == (
        {name: {} for name in LISTS}
    )
