"""Downloads: machine files exact to the byte, people's typed and without a formula, each read by another program."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from portal import cells, lists, rights
from portal.formats import Asked, stream
from portal.state import Portal
from tests.portal.publication import EDITION
from tests.portal.visits import Visitor

Visit = Callable[[str], Visitor]
OFFERS, NEW, LAPSED = "crm_offers.csv", "segments.lifecycle-new.csv", "segments.lifecycle-lapsed.csv"
CALCULATED = ("=", "+", "-", "@", "\t", "\r")


def download(visitor: Visitor, name: str, form: str, language: str = "en") -> bytes:
    answer = visitor.api("download", edition=EDITION, list=name, format=form, language=language)
    assert answer.status == 200
    return answer.body


def test_the_machine_csv_is_the_published_file(visit: Visit, portal: Portal) -> None:
    for name, path in ((OFFERS, "crm_offers.csv"), (LAPSED, "segments/lifecycle-lapsed.csv")):
        assert download(visit("admin"), name, "csv") == (portal.shop.exports / EDITION / path).read_bytes()


def test_a_part_of_the_machine_csv_keeps_the_bytes_of_its_records(visit: Visit, portal: Portal) -> None:
    lines = (portal.shop.exports / EDITION / "crm_offers.csv").read_bytes().split(b"\n")
    header, first, _sms, two, lines_of_it = lines[:5]
    assert download(visit("emailer"), OFFERS, "csv") == b"\n".join([header, first, two, lines_of_it, b""])


def test_the_published_workbook_and_parquet_file_are_handed_out_as_they_are(visit: Visit, portal: Portal) -> None:
    folder = portal.shop.exports / EDITION
    assert download(visit("admin"), NEW, "xlsx") == (folder / "segments" / "lifecycle-new.xlsx").read_bytes()
    whole = download(visit("admin"), "audit.decisions.parquet", "parquet")
    assert whole == (folder / "audit" / "decisions.parquet").read_bytes()


@pytest.mark.parametrize(("language", "separator", "comma"), [("lv", ";", ","), ("ru", ";", ","), ("en", ",", ".")])
def test_the_csv_for_excel_is_written_as_the_language_writes(
    visit: Visit, language: str, separator: str, comma: str
) -> None:
    body = download(visit("admin"), OFFERS, "spreadsheet", language)
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter=separator))
    assert [row[4] for row in rows] == ["value_amount", f"3{comma}05", f"12{comma}50", f"-0{comma}10"]
    assert rows[1][3] == 'Pērc "kafiju", saņem 10 %'
    assert rows[2][1:4] == ["1E5", "sms", "'=HYPERLINK(0)"]


def test_no_cell_of_a_csv_for_excel_is_calculated_whatever_separates(visit: Visit) -> None:
    """A spreadsheet may take another separator than the file's: a text must not fall apart into a formula."""
    for name in (OFFERS, LAPSED):
        for language in ("lv", "en"):
            text = download(visit("admin"), name, "spreadsheet", language).decode("utf-8-sig")
            for separator in (",", ";", "\t"):
                for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
                    found = [cell for cell in row if cell.strip().strip('"').startswith(CALCULATED)]
                    assert [cell for cell in found if not cells.is_number(cell.strip('"').replace(",", "."))] == []


def test_a_workbook_has_types_and_no_formula(visit: Visit) -> None:
    (sheet,) = openpyxl.load_workbook(io.BytesIO(download(visit("admin"), OFFERS, "xlsx"))).worksheets
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[1] == ("K1", "00123", "email", 'Pērc "kafiju", saņem 10 %', 3.05, datetime(2026, 7, 14))
    assert [row[3] for row in rows[2:]] == ["=HYPERLINK(0)", "two\nlines; =1+1"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s", "n", "d"}


def test_json_lines_keep_every_digit_and_every_text(visit: Visit) -> None:
    lines = download(visit("admin"), OFFERS, "jsonl").decode().splitlines()
    assert json.loads(lines[1], parse_float=Decimal) == {
        "offer_key": "K2",
        "customer_id": "1E5",
        "channel": "sms",
        "offer_text": "=HYPERLINK(0)",
        "value_amount": Decimal("12.50"),
        "valid_until": "2026-07-14",
    }
    people = [json.loads(line) for line in download(visit("admin"), NEW, "jsonl").decode().splitlines()]
    assert [(one["home_store"], one["orders"]) for one in people] == [("s1", 4), ("s2", 5), (None, 6), ("s10", 7)]


def test_a_parquet_file_has_the_declared_types(visit: Visit) -> None:
    table = parquet.read_table(io.BytesIO(download(visit("admin"), OFFERS, "parquet")))
    assert table.schema.field("value_amount").type == pa.decimal128(38, 2)
    assert table.column("value_amount").to_pylist() == [Decimal("3.05"), Decimal("12.50"), Decimal("-0.10")]
    assert table.column("valid_until").to_pylist() == [date(2026, 7, 14), date(2026, 7, 14), date(2026, 7, 1)]
    assert table.column("customer_id").to_pylist() == ["00123", "1E5", "c3"]
    part = parquet.read_table(io.BytesIO(download(visit("store-one"), "audit.decisions.parquet", "parquet")))
    assert part.to_pylist() == [
        {
            "customer_id": "a1",
            "home_store_id": "s1",
            "propensity": 0.25,
            "value_minor": 100,
            "is_offered": True,
            "rules": ["x", "y"],
        }
    ]


def test_a_parquet_list_can_be_had_as_text_too(visit: Visit) -> None:
    assert download(visit("admin"), "audit.decisions.parquet", "csv").decode().splitlines() == [
        "customer_id,home_store_id,propensity,value_minor,is_offered,rules",
        'a1,s1,0.25,100,true,"[""x"", ""y""]"',
        "a2,s2,0.5,-5,false,[]",
        "a3,,,,,",
    ]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("12.50", "number", Decimal("12.50")),
        ("1234567890123456", "integer", "1234567890123456"),  # a spreadsheet would make it ...450
        ("1e5", "number", "1e5"),
        ("nan", "number", "nan"),
        ("2026-07-14", "date", date(2026, 7, 14)),
        ("0001-01-01", "date", "0001-01-01"),  # before a spreadsheet's first day
        ("2026-07-14T21:00:00Z", "datetime", datetime(2026, 7, 14, 21)),
        ("2026-07-15T00:00:00+03:00", "datetime", datetime(2026, 7, 14, 21)),
        ("true", "boolean", True),
        ("maybe", "boolean", "maybe"),
        ("007", "string", "007"),
        (None, "number", None),
    ],
)
def test_a_cell_has_its_type_or_stays_the_text_it_is(text: str | None, kind: str, value: object) -> None:
    assert cells.typed(text, kind) == value


def test_nothing_is_left_behind_in_the_folder(portal: Portal) -> None:
    found = lists.edition(portal.shop, EDITION)
    assert found
    from portal.formats import PARQUET

    asked = Asked(found, found.lists[OFFERS], (rights.Rows(),), PARQUET, "en")
    assert b"".join(stream(asked, portal.folder)).startswith(b"PAR1")
    assert [path.name for path in portal.folder.iterdir() if path.name.startswith(".download")] == []
