"""Any table of any text, written as CSV, comes back as the rule for text says, or is rejected with its line."""

import csv
import io
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from offermill.ingest.load import load
from offermill.warehouse import Warehouse
from tests.offermill.ingest.conftest import DAY, Desk

SPACES = "".join([" \t\n\r\x0b\x0c\x85\xa0\u202f\u205f\u3000\ufeff", *map(chr, range(0x2000, 0x200B))])
HIDDEN = {*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x61C, 0x180E, 0xFEFF}
HIDDEN |= {*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)}

odd = st.sampled_from([*list('",;\n\r\t \x00\u200b\u202e\xa0\ufeff́āĀЖ'), "\r\n", '""', "store_id"])
text = st.lists(st.one_of(odd, st.characters(exclude_categories=["Cs"])), max_size=8).map("".join)
# Python's writer quotes a CR only where CR is part of the line end.
dialects = st.sampled_from([("\n", csv.QUOTE_ALL), ("\r\n", csv.QUOTE_ALL), ("\r\n", csv.QUOTE_MINIMAL)])
rows = st.lists(st.tuples(text, text, text), max_size=12)


def as_id(value: str) -> str | None:
    """None when the value must be rejected."""
    kept = value.strip(SPACES)
    return kept if kept and not any(ord(character) in HIDDEN for character in kept) else None


def as_text(value: str) -> str | None:
    spaced = "".join(" " if character in "\t\n\r" else character for character in value)
    kept = "".join(character for character in spaced if ord(character) not in HIDDEN)
    return unicodedata.normalize("NFC", kept).strip(SPACES) or None


def squeezed(value: str | None) -> str | None:
    """Runs of line ends and tabs become one space; how many there were does not matter here."""
    return value and " ".join(value.split())


def written(table: list[tuple[str, str, str]], line_end: str, quoting: int) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator=line_end, quoting=quoting).writerows(
        [("store_id", "store_name", "city", "kind"), *((*row, "store") for row in table)]
    )
    return out.getvalue()


@settings(max_examples=40, deadline=None)
@given(rows, dialects)
@example([("a", 'x"y', "p\nq"), ("a", 'x"y', "p\nq"), ("b", "n", ""), ("b", "m", "")], ("\n", csv.QUOTE_ALL))
def test_every_record_comes_back_or_is_accounted_for(table, dialect):
    expected: dict[str, set[tuple[str | None, str | None]]] = {}
    for row in table:
        key, name, city = as_id(row[0]), as_text(row[1]), as_text(row[2])
        if key and name:
            expected.setdefault(key, set()).add((squeezed(name), squeezed(city)))
    once = {key: next(iter(contents)) for key, contents in expected.items() if len(contents) == 1}
    with TemporaryDirectory() as folder, Warehouse.open() as warehouse:
        desk = Desk(Path(folder), warehouse)
        desk.declare("stores")
        desk.deliver("stores", written(table, *dialect))
        load(warehouse, desk.run(DAY), source="stores")
        found = warehouse.rows("select store_id, store_name, city from raw.stores")
        counts = warehouse.rows(
            "select row_count, accepted_count, reject_count, duplicate_count, conflict_count from meta.delivery"
        )
        lines = warehouse.rows("select line from meta.reject where line is null or line < 2")
    assert {key: (squeezed(name), squeezed(city)) for key, name, city in found} == once
    total, *parts = counts[0]
    assert total == len(table) == sum(parts)
    assert lines == []
