"""What every reader yields: Arrow batches of text with line numbers, and the records it could not even split."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from offermill.ingest.codes import RejectCode

# Rows per batch: large enough that DuckDB's insert costs little, small enough to hold in memory at the widest.
BATCH_ROWS = 50_000
# Text of a bad record that is kept; enough to find it again.
RECORD_CHARACTERS = 2_000
LINE = "_line"


@dataclass(frozen=True)
class Reject:
    """One record that is not loaded: where, which column if one is to blame, why, and the record itself.

    `code` and `detail` say why for people of any language.
    """

    line: int
    reason: str
    record: str
    code: RejectCode
    detail: str | None = None
    column: str | None = None


@dataclass(frozen=True)
class Batch:
    """Records of one file: text columns under contract names plus `_line`, and rejects of the same stretch."""

    table: pa.Table
    rejects: tuple[Reject, ...] = ()


@dataclass
class Tally:
    """What a reader says about its file once it has read all of it.

    Attributes:
        lines: physical lines. header_lines, blank_lines, continued_lines: those that begin no record.
        ignored: columns of the file that the contract does not know. absent: optional ones the file lacks.
    """

    lines: int = 0
    header_lines: int = 0
    blank_lines: int = 0
    continued_lines: int = 0
    ignored: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    notes: list[tuple[str, int, str]] = field(default_factory=list)

    @property
    def records(self) -> int:
        """Return the number of records that the lines must hold."""
        return self.lines - self.header_lines - self.blank_lines - self.continued_lines


def text_table(names: Sequence[str], columns: Sequence[Sequence[str | None]], lines: Sequence[int]) -> pa.Table:
    """Return text columns and their line numbers as one Arrow table."""
    arrays = [pa.array(column, type=pa.string()) for column in columns]
    return pa.table([*arrays, pa.array(lines, type=pa.int64())], names=[*names, LINE])
