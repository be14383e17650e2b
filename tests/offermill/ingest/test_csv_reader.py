"""Files larger than one piece: quick and careful ways together find what Python's own reader finds, line by line."""

import csv
import io
import random
from pathlib import Path

import pytest

from offermill.errors import InputError
from offermill.ingest import contracts, csv_reader
from offermill.ingest.batches import Reject, Tally
from offermill.ingest.sources import SourceSettings

STORES = contracts.load("stores")
NAMES = ["store_id", "store_name", "city", "kind"]


def read(path: Path, **settings: object) -> tuple[list[tuple[object, ...]], list[Reject], Tally]:
    tally = Tally()
    rows: list[tuple[object, ...]] = []
    rejects: list[Reject] = []
    source = SourceSettings.model_validate({"files": "stores_{date}.csv"} | settings)
    for batch in csv_reader.read(path, STORES, source, "stores/x.csv", tally):
        rows += [tuple(row.values()) for row in batch.table.to_pylist()]
        rejects += batch.rejects
    return rows, rejects, tally


def with_lines(text: str) -> list[tuple[object, ...]]:
    """The slow way: (fields..., line where the record begins)."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begin, found = 1, []
    for row in reader:
        found.append((*row, begin))
        begin = reader.line_num + 1
    return found[1:]


@pytest.mark.parametrize("quoted_share", [0, 0.00002, 0.01, 1])
def test_records_and_their_lines_are_those_of_pythons_reader(tmp_path, quoted_share):
    draw = random.Random(7)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(NAMES)
    for number in range(60_000):
        name = f'Many\nlines, "{number}"\n' * 5 if draw.random() < quoted_share else f"Veikals Ķekavā {number}"
        writer.writerow([f"s{number}", name, "Rīga", "store"])
    path = tmp_path / "stores.csv"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    rows, rejects, tally = read(path)
    assert rows == with_lines(out.getvalue())
    assert rejects == []
    assert tally.records == 60_000


def test_odd_rows_far_inside_a_large_file_are_found_by_their_line(tmp_path):
    lines = [",".join(NAMES), *(f"s{i},Name {i},Riga,store" for i in range(2, 100_001))]
    lines[70_000 - 1] = "s70000,too few"
    lines[80_000 - 1] = ""
    lines[90_000 - 1] = 's90000,"Quoted" badly,Riga,store'
    path = tmp_path / "stores.csv"
    path.write_text("\n".join(lines))
    rows, rejects, tally = read(path)
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (70_000, 'has 2 fields where the header has 4; quote values that hold ",".'),
        (90_000, "breaks the quoting rules of CSV: ',' expected after '\"'."),
    ]
    assert rows[-1] == ("s100000", "Name 100000", "Riga", "store", 100_000)
    assert (len(rows), tally.lines, tally.blank_lines, tally.records) == (99_996, 100_000, 1, 99_998)


def test_a_quote_that_is_never_closed_is_found_across_pieces(tmp_path):
    lines = [",".join(NAMES), *(f"s{i},Name {i},Riga,store" for i in range(2, 100_001))]
    lines[60_000 - 1] = 's60000,"Name,Riga,store'
    path = tmp_path / "stores.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith("stores/x.csv:60000: a quote opened on this line is not closed")


def test_wide_encodings_are_cut_at_line_ends_only(tmp_path):
    path = tmp_path / "stores.csv"
    text = "\r\n".join([",".join(NAMES), *(f"s{i},Ķekava {i},Rīga,store" for i in range(60_000))])
    path.write_bytes(text.encode("utf-16"))
    rows, _, tally = read(path, encoding="utf-16")
    assert rows[0] == ("s0", "Ķekava 0", "Rīga", "store", 2)
    assert (len(rows), tally.lines) == (60_000, 60_001)
