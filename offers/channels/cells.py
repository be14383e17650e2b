"""Columns as texts, and whether each text keeps its contract: whole batches at a time."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from offers.channels.contract import Column, FileContract

_FOUR_BYTES = r"[\x{10000}-\x{10FFFF}]"
# Emoji and what joins them to one picture; a letter of four bytes is none of these.
_SYMBOLS = frozenset({"So", "Sk", "Cf"})
_JOINERS = ("\ufe0f", "\u200d")


def _money(values: pa.Array, digits: int) -> pa.Array:
    """Return minor units as decimals: 5 is 0.05 of a currency with two digits."""
    minor_unit = pa.scalar(Decimal(1).scaleb(-digits), pa.decimal128(digits + 1, digits))
    return pc.multiply(values.cast(pa.decimal128(19, 0)), minor_unit).cast(pa.string())


def _without_symbols(text: str | None) -> str | None:
    if text is None:
        return None
    kept = [one for one in text if ord(one) < 0x10000 or unicodedata.category(one) not in _SYMBOLS]
    plain = "".join(kept)
    return "".join(one for one in plain if one not in _JOINERS) if len(kept) < len(text) else text


def _plain(texts: pa.StringArray) -> pa.StringArray:
    """Return the texts without their 4-byte symbols."""
    if not pc.any(pc.match_substring_regex(texts, _FOUR_BYTES)).as_py():
        return texts
    return pa.array([_without_symbols(text) for text in texts.to_pylist()], pa.string())


def without_tags(texts: pa.StringArray) -> pa.StringArray:
    """Return the texts with ‹ and › for < and >, so that nothing in them is a tag.

    Not as entities, which whoever does not read HTML (a subject line, a text message) would show.
    """
    return pc.replace_substring(pc.replace_substring(texts, "<", "‹"), ">", "›")


def texts_of(column: Column, values: pa.Array, digits: int) -> pa.StringArray:
    """Return a column's cells; null stays null."""
    texts = _money(values, digits) if column.type == "money" else values.cast(pa.string())
    texts = without_tags(texts) if column.is_html else texts
    return _plain(texts) if column.without_emoji else texts


def _breaches(contract: FileContract, column: Column, texts: pa.StringArray) -> Iterator[tuple[pa.BooleanArray, str]]:
    """Yield, of every rule of the column, which cells break it and what was expected."""
    if not column.may_be_empty:
        empty = pc.fill_null(pc.equal(texts, ""), True)
        yield empty, "something: the target would keep an old value, or refuse the row"
    yield pc.match_substring(texts, "\x00"), "a text without NUL"
    if contract.format.null:
        yield pc.equal(texts, contract.format.null), f"anything but {contract.format.null!r}, which clears the field"
    if column.max_characters is not None:
        yield pc.greater(pc.utf8_length(texts), column.max_characters), f"at most {column.max_characters} characters"
    if column.max_bytes is not None:
        yield pc.greater(pc.binary_length(texts), column.max_bytes), f"at most {column.max_bytes} bytes"
    if column.pattern is not None:
        yield pc.invert(pc.match_substring_regex(texts, f"^(?:{column.pattern})$")), f"the form {column.pattern}"
    if column.without_emoji:
        yield pc.match_substring_regex(texts, _FOUR_BYTES), "no letter of four bytes in UTF-8"


@dataclass(frozen=True)
class Breach:
    """A row (counted from 0) whose cell of a column breaks the contract, and what was expected."""

    row: int
    column: Column
    expected: str


def breaches(contract: FileContract, cells: Sequence[pa.StringArray]) -> list[Breach]:
    """Return the first breach of every row that has one, in the order of the rows."""
    found: dict[int, Breach] = {}
    for column, texts in zip(contract.columns, cells, strict=True):
        for broken, expected in _breaches(contract, column, texts):
            if pc.any(broken).as_py():
                for row in pc.indices_nonzero(pc.fill_null(broken, False)).to_pylist():
                    found.setdefault(row, Breach(row, column, expected))
    return [found[row] for row in sorted(found)]
