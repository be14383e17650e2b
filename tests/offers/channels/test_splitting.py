"""Files are split by encoded bytes and by records, never inside a record, and together they are the whole."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offermill.errors import PublishError
from offers.channels import splitting
from offers.channels.contract import MEGABYTE, Column, FileContract, Limits
from offers.channels.formats import Csv, Json
from offers.channels.splitting import Part

COLUMNS = (Column("id", "text", "Key."), Column("text", "text", "Words.", may_be_empty=True))
CSV = FileContract("list", "A list", "", COLUMNS, ("id",), Csv(), Limits(bytes=MEGABYTE), "clears")
JSON = replace(CSV, format=Json('{"rows":[', "]}"))
HOSTILE = ('a "quoted" word', "comma, and\nnewline", "Ģērmane", "Анна", "🎁", "=1+1", " ", "", "\u202e", "x" * 300)

texts = st.one_of(st.sampled_from(HOSTILE), st.none(), st.text(st.characters(exclude_characters="\x00", codec="utf-8")))


def batches(rows: list[tuple[str, str | None]], size: int = 7) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(rows), size):
        columns = list(zip(*rows[start : start + size], strict=True))
        yield pa.record_batch([pa.array(column, pa.string()) for column in columns], names=["id", "text"])


def read_csv(part: Part) -> list[tuple[str, str]]:
    with part.path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, strict=True)
    assert header == ["id", "text"]
    return [(key, text) for key, text in rows]


@given(texts=st.lists(texts, max_size=40), most=st.integers(700, 2_000), rows=st.integers(1, 12) | st.none())
def test_csv_parts_are_whole_and_small_enough(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str | None], most: int, rows: int | None
) -> None:
    given = [(f"k{number}", text) for number, text in enumerate(texts) if text is None or len(text.encode()) < 600]
    limited = replace(CSV, limits=Limits(bytes=most, rows=rows))
    parts = splitting.write(limited, tmp_path_factory.mktemp("csv") / "list", batches(given), 2)
    assert [row for part in parts for row in read_csv(part)] == [(key, text or "") for key, text in given]
    assert all(part.path.stat().st_size <= most and part.rows <= (rows or 40) for part in parts)
    assert all(part.rows for part in parts) or len(parts) == 1


@given(texts=st.lists(texts, max_size=40), most=st.integers(1_500, 3_000), rows=st.integers(1, 12) | st.none())
def test_json_parts_are_whole_and_small_enough(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str | None], most: int, rows: int | None
) -> None:
    given = [(f"k{number}", text) for number, text in enumerate(texts) if text is None or len(text.encode()) < 200]
    limited = replace(JSON, limits=Limits(bytes=most, rows=rows))
    parts = splitting.write(limited, tmp_path_factory.mktemp("json") / "list", batches(given), 2)
    found = [row for part in parts for row in json.loads(part.path.read_bytes())["rows"]]
    assert found == [{"id": key, "text": text} for key, text in given]
    assert all(part.path.stat().st_size <= most and part.rows <= (rows or 40) for part in parts)


def test_a_part_is_filled_to_the_last_byte(tmp_path: Path) -> None:
    # Header "id,text\n" of 8 bytes, then records "k0,xx\n" of 6.
    rows = [(f"k{number}", "xx") for number in range(9)]
    limited = replace(CSV, limits=Limits(bytes=8 + 3 * 6))
    parts = splitting.write(limited, tmp_path / "list", batches(rows), 2)
    assert [(part.path.name, part.path.stat().st_size) for part in parts] == [
        ("list-0001.csv", 26),
        ("list-0002.csv", 26),
        ("list-0003.csv", 26),
    ]


def test_one_part_has_no_number_and_no_records_make_a_header_or_no_document(tmp_path: Path) -> None:
    (part,) = splitting.write(CSV, tmp_path / "list", batches([("k", "v")]), 2)
    assert (part.path.name, part.path.read_bytes()) == ("list.csv", b"id,text\nk,v\n")
    (empty,) = splitting.write(CSV, tmp_path / "empty", batches([]), 2)
    assert (empty.path.name, empty.rows, empty.path.read_bytes()) == ("empty.csv", 0, b"id,text\n")
    assert splitting.write(JSON, tmp_path / "none", batches([]), 2) == []


def test_a_record_that_no_file_can_hold_is_refused_by_its_key(tmp_path: Path) -> None:
    limited = replace(CSV, limits=Limits(bytes=40))
    with pytest.raises(PublishError) as problem:
        splitting.write(limited, tmp_path / "crm" / "list", batches([("k1", "short"), ("k2", "x" * 30)]), 2)
    assert str(problem.value) == (
        "crm/list.csv: the row id=k2 is 34 bytes long; the target takes 32. Mend the text or the "
        "customer's record, or take the block out of channels in shop.yml."
    )


@pytest.mark.every_step
def test_150_megabytes_are_split_at_100_and_read_again(tmp_path: Path) -> None:
    text = 'Līdz 28. jūlijam "saņemiet" 5% atlaidi,\nne vairāk kā 20,00 €. Анна 🎁 '
    rows = [(f"k{number:07d}", text + str(number)) for number in range(1_600_000)]
    limited = replace(CSV, limits=Limits(bytes=100 * MEGABYTE))
    parts = splitting.write(limited, tmp_path / "list", batches(rows, 50_000), 2)
    sizes = [part.path.stat().st_size for part in parts]
    assert len(parts) == 2
    assert 150 * MEGABYTE < sum(sizes) < 200 * MEGABYTE
    assert 100 * MEGABYTE - 200 < sizes[0] <= 100 * MEGABYTE
    found = (row for part in parts for row in read_csv(part))
    assert all(row == expected for row, expected in zip(found, rows, strict=True))
