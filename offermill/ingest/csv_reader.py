"""CSV with exact physical line numbers: pieces without a quote go through Arrow, all others row by row."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from offermill.errors import InputError
from offermill.ingest import header
from offermill.ingest.batches import LINE, Batch, Tally
from offermill.ingest.contracts import Contract
from offermill.ingest.csv_rows import Rows
from offermill.ingest.decode import Decoder, opened
from offermill.ingest.header import Header
from offermill.ingest.sources import SourceSettings


def read(path: Path, contract: Contract, source: SourceSettings, place: str, tally: Tally) -> Iterator[Batch]:
    """Yield the records of a CSV file as text; `tally` is complete when the last batch is out.

    Raises:
        InputError: the file as a whole cannot be trusted (empty, header, encoding, an unclosed quote, limits).
    """
    with opened(path, source, place) as stream:
        decoder = Decoder(stream, source, place)
        pieces = decoder.pieces()
        names, rest = _header(pieces, source, place, tally)
        matched = header.match(names, contract, source, f"{place}:{tally.header_lines + tally.blank_lines}")
        tally.ignored, tally.absent = matched.ignored, matched.absent
        rows = Rows(names, matched, decoder.bad_lines, source, place, tally)
        yield from _records(rest, pieces, rows)
        tally.lines = decoder.line_count


def _header(pieces: Iterator[str], source: SourceSettings, place: str, tally: Tally) -> tuple[list[str], str]:
    """Return the names in the first line that is not blank, and the text behind it in the same piece."""
    # The limit is the process's; it is set before each file.
    csv.field_size_limit(source.max_field_characters)
    for text in pieces:
        lines = io.StringIO(text, newline="\n")
        rows = csv.reader(lines, delimiter=source.delimiter, quotechar=source.quote, strict=True)
        try:
            for row in rows:
                if row:
                    tally.header_lines = rows.line_num - tally.blank_lines
                    return row, "".join(lines)
                tally.blank_lines += 1
        except csv.Error as problem:
            line = tally.blank_lines + 1
            raise InputError(f"{place}:{line}: the header cannot be read as CSV: {problem}.") from problem
    raise InputError(f"{place}: the file is empty: not even a header. An export probably failed; deliver it again.")


def _records(rest: str, pieces: Iterator[str], rows: Rows) -> Iterator[Batch]:
    """Yield the records of the first piece's rest and of all other pieces, each on the fast way where possible."""
    text: str | None = rest
    while text is not None:
        following = next(pieces, None)
        batch = None if rows.is_inside_record else _plain_batch(text, rows)
        yield rows.batch(text, is_last=following is None) if batch is None else batch
        text = following


def _plain_batch(text: str, rows: Rows) -> Batch | None:
    """Return the records of a piece in which every line is one whole ordinary record, else None."""
    source = rows.source
    if not text or source.quote in text or "\0" in text or rows.has_bad_bytes or not source.delimiter.isascii():
        return None
    line_count = text.count("\n") + (not text.endswith("\n"))
    table = _parsed(text, rows)
    if table is None or table.num_rows != line_count or _has_odd_value(table, rows):
        return None
    lines = pa.array(range(rows.next_line, rows.next_line + line_count), type=pa.int64())
    rows.next_line += line_count
    return Batch(_chosen(table, rows.matched).append_column(LINE, lines))


def _parsed(text: str, rows: Rows) -> pa.Table | None:
    """Return the rows that have the right number of fields; the caller sees by their count whether any is missing."""
    data = text.encode()
    columns = [str(position) for position in range(len(rows.names))]
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(column_names=columns, use_threads=False, block_size=len(data) + 1),
            parse_options=arrow_csv.ParseOptions(
                delimiter=rows.source.delimiter,
                quote_char=False,
                ignore_empty_lines=False,
                invalid_row_handler=lambda row: "skip",
            ),
            convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string())),
        )
    except pa.ArrowInvalid:
        return None


def _has_odd_value(table: pa.Table, rows: Rows) -> bool:
    """Tell whether the header comes again, or a field is longer than allowed; the slow way says it with its line."""
    repeated = pc.any(pc.equal(pc.utf8_trim_whitespace(table[0]), rows.names[0])).as_py()
    longest = max(pc.max(pc.binary_length(column)).as_py() for column in table.columns)
    return bool(repeated) or longest > rows.source.max_field_characters


def _chosen(table: pa.Table, matched: Header) -> pa.Table:
    columns = [table[position] for position in matched.positions.values()]
    return pa.table(columns, names=list(matched.positions))
