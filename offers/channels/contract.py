"""What a target's files promise: names, types, lengths, encoding, quotes, empty cells, key, limits."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import pyarrow as pa

from offermill import datapackage
from offermill.run import Run
from offermill.warehouse import Warehouse

# money is integer minor units in SQL and a decimal in the shop's currency in the file.
Type = Literal["text", "integer", "money", "date", "boolean"]
Status = Literal["offered", "withdrawn"]
# What the target makes of an empty cell: it leaves what stood there, or it takes it away.
EmptyCell = Literal["keeps", "clears"]

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Column:
    """One column, or one value of a JSON record.

    Attributes:
        name: exactly as in the header; in JSON the way to the value, joined by dots.
        max_characters, max_bytes: longest cell, before quotes, in Unicode characters and in UTF-8.
        pattern: RE2 expression that the whole cell matches.
        may_be_empty: null is allowed; of a target that keeps old values only contact data may be.
        is_contact: a name or an address of the person.
        without_emoji: 4-byte symbols are left out; a 4-byte letter is refused.
        is_html: the system puts the text into HTML as it stands, so `<` and `>` are written as `‹` and `›`.
    """

    name: str
    type: Type
    meaning: str
    max_characters: int | None = None
    max_bytes: int | None = None
    pattern: str | None = None
    may_be_empty: bool = False
    is_contact: bool = False
    without_emoji: bool = False
    is_html: bool = False


@dataclass(frozen=True)
class Limits:
    """The largest file: its bytes as encoded (header included), its records, and the bytes of one record."""

    bytes: int
    rows: int | None = None
    record_bytes: int | None = None


class Format(Protocol):
    """How records become bytes; see offers.channels.formats."""

    @property
    def suffix(self) -> str:
        """Return the ending of the file's name, with its dot."""

    @property
    def null(self) -> str | None:
        """Return the text of an empty cell; None where null is written as such."""

    @property
    def separator(self) -> bytes:
        """Return what stands between two records."""

    @property
    def is_written_empty(self) -> bool:
        """Tell whether a file without records is written."""

    def head(self, columns: Sequence[Column]) -> bytes:
        """Return what stands before the first record."""

    def tail(self) -> bytes:
        """Return what stands after the last record."""

    def records(self, columns: Sequence[Column], cells: Sequence[pa.StringArray]) -> pa.Array:
        """Return the bytes of every record; `cells` hold each column's texts, null where the cell is empty."""

    def described(self) -> str:
        """Return the format for people: encoding, newline, delimiter, quotes."""


@dataclass(frozen=True)
class FileContract:
    """One kind of file.

    Attributes:
        name: the file's name without its ending.
        sql: a select from `channel_message` (offers.allowed_message of the block, and `is_last`: nothing later was
            told to the customer) with exactly the declared columns, in a total order. It may name `$offer_status`,
            every setting, and `$option_<name>` of the target's options.
        key: columns that are unique together in one file.
        empty_cell: what the target makes of an empty cell.
        statuses: each is a file of its own: `<name>.csv` tells offers, `<name>.withdraw.csv` their ends.
        prepare: changes a batch before it is written (such as hashing); same columns, same rows.
    """

    name: str
    title: str
    sql: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    format: Format
    limits: Limits
    empty_cell: EmptyCell
    statuses: tuple[Status, ...] = ("offered", "withdrawn")
    prepare: Callable[[pa.RecordBatch], pa.RecordBatch] | None = None

    def file_name(self, status: Status) -> str:
        """Return the file's name without its ending."""
        return self.name if status == "offered" else f"{self.name}.withdraw"


@dataclass(frozen=True)
class Leaving:
    """What a target that writes documents of its own gets; the messages stand in the table `channel_message`."""

    warehouse: Warehouse
    run: Run
    block: str
    options: dict[str, str]


Documents = Callable[[Leaving, Path], Iterator[datapackage.Resource]]


@dataclass(frozen=True)
class Target:
    """One system that is told of offers: the module offers/channels/<name>.py declares it as TARGET.

    Attributes:
        keeps_one: the system keeps one offer per customer, so of several messages only the last is told.
        address: the contact data by which the system finds the customer; messages without it, or whose address
            another customer has too, cannot be told and are counted.
        address_pattern: RE2 expression that the system asks of the address.
        channels: ways to tell that the system can carry; empty for all.
        options: what the block may say under `options`, with what stands when it does not; None where it must.
        choices: the only values of an option, for options that have such.
        documents: writes files that are not records, into the block's folder; yields their entries of the manifest.
        written: the contracts of files that `documents` writes, for the reference page.
        is_audience: addresses are matched with an advertising network, whose list is as large as its owners allow
            tonight; a word against any way of telling takes an address off.
        setup: what the people who run the system do once, for the reference page.
    """

    name: str
    title: str
    files: tuple[FileContract, ...] = ()
    keeps_one: bool = False
    address: Literal["email", "phone"] | None = None
    address_pattern: str = "."
    channels: tuple[str, ...] = ()
    options: tuple[tuple[str, str | None, str], ...] = ()
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    documents: Documents | None = None
    written: tuple[FileContract, ...] = ()
    is_audience: bool = False
    setup: str = ""
