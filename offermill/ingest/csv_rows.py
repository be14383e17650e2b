"""The careful way through CSV: Python's strict reader, row by row, that names the line of everything odd."""

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from offermill.errors import InputError
from offermill.ingest.batches import RECORD_CHARACTERS, Batch, Reject, Tally, text_table
from offermill.ingest.codes import RejectCode
from offermill.ingest.header import Header
from offermill.ingest.sources import SourceSettings

if TYPE_CHECKING:
    import _csv


class _Why(NamedTuple):
    code: RejectCode
    told: str
    detail: str | None = None


class Rows:
    """Splits pieces of one file into records; a record that is cut by the end of a piece waits for the next one."""

    def __init__(
        self,
        names: Sequence[str],
        matched: Header,
        bad_lines: dict[int, tuple[int, int]],
        source: SourceSettings,
        place: str,
        tally: Tally,
    ) -> None:
        self.names = [name.strip() for name in names]
        self.matched = matched
        self.bad_lines = bad_lines
        self.source = source
        self.next_line = tally.header_lines + tally.blank_lines + 1
        self._place = place
        self._tally = tally
        self._waiting: list[str] = []
        # Lines of the current piece whose records are finished.
        self._done = 0
        self._kept: list[list[str]] = []
        self._starts: list[int] = []
        self._rejects: list[Reject] = []

    @property
    def has_bad_bytes(self) -> bool:
        """Tell whether a line that is still to come holds bytes that are no text."""
        return bool(self.bad_lines) and next(reversed(self.bad_lines)) >= self.next_line

    @property
    def is_inside_record(self) -> bool:
        """Tell whether the last piece ended inside a quoted field."""
        return bool(self._waiting)

    def batch(self, text: str, *, is_last: bool) -> Batch:
        """Return the records that end in this piece.

        Raises:
            InputError: a quote swallows following records, or a field is longer than allowed.
        """
        lines = [*self._waiting, *io.StringIO(text, newline="\n")]
        self._waiting = []
        rows = csv.reader(lines, delimiter=self.source.delimiter, quotechar=self.source.quote, strict=True)
        done = 0
        while done < len(lines):
            try:
                done = self._read(rows, done)
            except csv.Error as problem:
                # The reader goes on behind the line that broke it.
                done = self._malformed(problem, lines, rows.line_num, is_last)
        return self._emptied()

    def _read(self, rows: "_csv.Reader", done: int) -> int:
        """Take rows until the end of the piece, or until one breaks the rules; return how many lines are done."""
        width, first = len(self.names), self.names[0]
        self._done = done
        for row in rows:
            end = rows.line_num
            if len(row) == width and end == self._done + 1 and row[0] != first and not self.bad_lines:
                self._kept.append(row)
                self._starts.append(self.next_line)
            else:
                self._examine(row, end - self._done)
            self.next_line += end - self._done
            self._done = end
        return self._done

    def _examine(self, row: list[str], span: int) -> None:
        """Take or reject a row that is unlike the others; it begins at `next_line` and spans so many lines."""
        if not row:
            self._tally.blank_lines += 1
            return
        fits = self._fitted(row)
        why = self._bad_bytes(span) or self._bad_shape(fits)
        if why is None:
            self._kept.append(fits)
            self._starts.append(self.next_line)
        elif len(fits) != len(self.names) and span > 1:
            raise InputError(self._swallowed(span))
        else:
            self._reject(why, self.source.delimiter.join(row))
        self._tally.continued_lines += span - 1

    def _fitted(self, row: list[str]) -> list[str]:
        """Return the row without the empty field of a trailing delimiter, or with it where the header has one."""
        width = len(self.names)
        if len(row) == width + 1 and not row[-1].strip():
            return row[:width]
        if len(row) == width - 1 and not self.names[-1]:
            return [*row, ""]
        return row

    def _bad_bytes(self, span: int) -> _Why | None:
        for line in range(self.next_line, self.next_line + span):
            if line in self.bad_lines:
                offset, byte = self.bad_lines[line]
                told = (
                    f"byte 0x{byte:02x} at offset {offset:,} of the file is not {self.source.encoding}; "
                    "export the record again."
                )
                return _Why("bad_bytes", told, self.source.encoding)
        return None

    def _bad_shape(self, row: Sequence[str]) -> _Why | None:
        if [value.strip() for value in row] == self.names:
            told = "repeats the header; the file looks concatenated. Deliver one export, not several glued together."
            return _Why("repeated_header", told)
        if len(row) == len(self.names):
            return None
        told = (
            f"has {len(row)} fields where the header has {len(self.names)}; "
            f'quote values that hold "{self.source.delimiter}".'
        )
        return _Why("field_count", told, str(len(self.names)))

    def _malformed(self, problem: csv.Error, lines: list[str], end: int, is_last: bool) -> int:
        """Reject a row that breaks the quoting rules, wait for its rest, or refuse the file; return the lines done."""
        is_cut, span = "unexpected end of data" in str(problem), end - self._done
        if is_cut and not is_last:
            self._waiting = lines[self._done :]
            return len(lines)
        if is_cut or span > 1:
            raise InputError(self._swallowed(span)) from problem
        if "field limit" in str(problem):
            raise InputError(self._too_long()) from problem
        why = _Why("csv_quotes", f"breaks the quoting rules of CSV: {problem}.")
        self._reject(why, lines[self._done].rstrip("\n"))
        self.next_line += 1
        return end

    def _swallowed(self, span: int) -> str:
        return (
            f"{self._place}:{self.next_line}: a quote opened on this line is not closed where the field ends; it "
            "swallows "
            f"lines {self.next_line} to {self.next_line + span - 1}. Nothing was loaded; double the quotes inside "
            "values "
            "at the source."
        )

    def _too_long(self) -> str:
        return (
            f"{self._place}:{self.next_line}: a field is longer than {self.source.max_field_characters:,} characters; "
            "nothing was loaded. Correct the record, or raise max_field_characters of the source."
        )

    def _reject(self, why: _Why, record: str) -> None:
        self._rejects.append(Reject(self.next_line, why.told, record[:RECORD_CHARACTERS], why.code, why.detail))

    def _emptied(self) -> Batch:
        columns = list(zip(*self._kept, strict=True)) or [()] * len(self.names)
        chosen = [columns[position] for position in self.matched.positions.values()]
        batch = Batch(text_table(list(self.matched.positions), chosen, self._starts), tuple(self._rejects))
        self._kept, self._starts, self._rejects = [], [], []
        return batch
