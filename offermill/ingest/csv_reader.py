"""CSV with exact physical line numbers: strict quoting, every record with too few or too many fields rejected."""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from offermill.errors import InputError
from offermill.ingest import header
from offermill.ingest.batches import BATCH_ROWS, RECORD_CHARACTERS, Batch, Reject, Tally, text_table
from offermill.ingest.contracts import Contract
from offermill.ingest.decode import Decoder, opened
from offermill.ingest.sources import SourceSettings


def read(path: Path, contract: Contract, source: SourceSettings, place: str, tally: Tally) -> Iterator[Batch]:
    """Yield the records of a CSV file as text; `tally` is complete when the last batch is out.

    Raises:
        InputError: the file as a whole cannot be trusted (empty, header, encoding, an unclosed quote, limits).
    """
    with opened(path, source, place) as stream:
        yield from _Reader(Decoder(stream, source, place), contract, source, place, tally).batches()


class _Reader:
    """Splits one file; keeps the line where the current record began."""

    def __init__(self, decoder: Decoder, contract: Contract, source: SourceSettings, place: str, tally: Tally) -> None:
        # The limit is the process's; it is set before each file.
        csv.field_size_limit(source.max_field_characters)
        self._decoder = decoder
        self._contract = contract
        self._source = source
        self._place = place
        self._tally = tally
        lines = chain.from_iterable(decoder.chunks())
        self._rows = csv.reader(lines, delimiter=source.delimiter, quotechar=source.quote, strict=True)
        self._names: list[str] = []
        self._done = 0
        self._kept: list[list[str]] = []
        self._starts: list[int] = []
        self._rejects: list[Reject] = []

    def batches(self) -> Iterator[Batch]:
        matched = header.match(self._header(), self._contract, self._source, f"{self._place}:{self._rows.line_num}")
        self._tally.ignored, self._tally.absent = matched.ignored, matched.absent
        while self._fill():
            yield self._batch(matched)
        self._tally.lines = self._rows.line_num
        yield self._batch(matched)

    def _header(self) -> list[str]:
        row: list[str] = []
        while not row:
            try:
                row = next(self._rows)
            except StopIteration:
                raise self._empty() from None
            except csv.Error as problem:
                raise InputError(self._header_problem(problem)) from problem
            self._tally.blank_lines += not row
        self._tally.header_lines = self._rows.line_num - self._tally.blank_lines
        self._done = self._rows.line_num
        self._names = [name.strip() for name in row]
        return row

    def _empty(self) -> InputError:
        return InputError(
            f"{self._place}: the file is empty: not even a header. An export probably failed; deliver it again."
        )

    def _header_problem(self, problem: csv.Error) -> str:
        return f"{self._place}:{self._rows.line_num}: the header cannot be read as CSV: {problem}."

    def _fill(self) -> bool:
        """Read rows until a batch is full; return False at the end of the file."""
        width = len(self._names)
        while True:
            try:
                for row in self._rows:
                    end = self._rows.line_num
                    if len(row) == width and row[0] != self._names[0] and not self._decoder.bad_lines:
                        self._kept.append(row)
                        self._starts.append(self._done + 1)
                        self._tally.continued_lines += end - self._done - 1
                    else:
                        self._examine(row, end)
                    self._done = end
                    if len(self._kept) >= BATCH_ROWS:
                        return True
            except csv.Error as problem:
                self._malformed(problem)
                continue
            return False

    def _examine(self, row: list[str], end: int) -> None:
        """Take or reject a row that is unlike the others."""
        if not row:
            self._tally.blank_lines += 1
            return
        start, width = self._done + 1, len(self._names)
        spare = "" in self._names[-1:] and len(row) == width - 1
        fits = row[:width] if len(row) == width + 1 and not row[-1].strip() else [*row, ""] if spare else row
        reason = self._bad_bytes(start, end) or self._bad_shape(fits)
        if reason is None:
            self._kept.append(fits)
            self._starts.append(start)
            self._tally.continued_lines += end - start
            return
        if len(fits) != width and end > start:
            raise InputError(self._swallowed(start, end))
        self._reject(start, end, reason, self._source.delimiter.join(row))

    def _bad_bytes(self, start: int, end: int) -> str | None:
        for line in range(start, end + 1):
            if line in self._decoder.bad_lines:
                offset, byte = self._decoder.bad_lines[line]
                return (
                    f"byte 0x{byte:02x} at offset {offset:,} of the file is not {self._source.encoding}; "
                    "export the record again."
                )
        return None

    def _bad_shape(self, row: Sequence[str]) -> str | None:
        if [value.strip() for value in row] == self._names:
            return "repeats the header; the file looks concatenated. Deliver one export, not several glued together."
        if len(row) == len(self._names):
            return None
        return (
            f"has {len(row)} fields where the header has {len(self._names)}; "
            f'quote values that hold "{self._source.delimiter}".'
        )

    def _malformed(self, problem: csv.Error) -> None:
        start, end = self._done + 1, self._rows.line_num
        if end > start or "unexpected end of data" in str(problem):
            raise InputError(self._swallowed(start, end)) from problem
        if "field limit" in str(problem):
            raise InputError(self._too_long(start)) from problem
        self._reject(start, end, f"breaks the quoting rules of CSV: {problem}.", self._decoder.line(start))
        self._done = end

    def _swallowed(self, start: int, end: int) -> str:
        return (
            f"{self._place}:{start}: a quote opened on this line is not closed where the field ends; "
            f"it swallows lines {start} to {end}. Nothing was loaded; double the quotes inside values at the source."
        )

    def _too_long(self, start: int) -> str:
        return (
            f"{self._place}:{start}: a field is longer than {self._source.max_field_characters:,} characters; nothing was "
            "loaded. Correct the record, or raise max_field_characters of the source."
        )

    def _reject(self, start: int, end: int, reason: str, record: str) -> None:
        self._tally.continued_lines += end - start
        self._rejects.append(Reject(start, reason, record[:RECORD_CHARACTERS]))

    def _batch(self, matched: header.Header) -> Batch:
        columns = list(zip(*self._kept, strict=True)) or [()] * len(self._names)
        chosen = [columns[position] for position in matched.positions.values()]
        table = text_table(list(matched.positions), chosen, self._starts)
        batch = Batch(table, tuple(self._rejects))
        self._kept, self._starts, self._rejects = [], [], []
        return batch
