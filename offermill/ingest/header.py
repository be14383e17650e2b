"""Match a file's columns with the contract by name; a wrong name is an error, never a guess."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from offermill import yamlfile
from offermill.errors import InputError
from offermill.ingest.contracts import Contract
from offermill.ingest.sources import SourceSettings

# Names shown in a message; a file of 1,000 columns must not fill the screen.
SHOWN_NAMES = 30


@dataclass(frozen=True)
class Header:
    """Where each contract column stands in the file: `positions` by contract name.

    Attributes:
        ignored: names in the file that the contract does not know.
        absent: optional contract columns that the file does not have.
    """

    positions: Mapping[str, int]
    ignored: tuple[str, ...]
    absent: tuple[str, ...]


def _shown(names: Sequence[str]) -> str:
    more = f", and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return ", ".join(name[:60] for name in names[:SHOWN_NAMES]) + more


def match(found: Sequence[str], contract: Contract, source: SourceSettings, place: str) -> Header:
    """Return the positions of the contract's columns among the names `found` in the file.

    Raises:
        InputError: too many columns, a name twice, or a contract column under another name; expected and found named.
    """
    _check_count(found, source, place)
    names = [name.strip() for name in found]
    _check_once(names, place)
    wanted = {column: source.renames.get(column, column) for column in contract.columns}
    positions = {column: names.index(name) for column, name in wanted.items() if name and name in names}
    ignored = tuple(name for name in names if name and name not in wanted.values())
    absent = tuple(column for column in wanted if column not in positions)
    # `renames: {city: ""}` says that the source has no such column.
    unexplained = [column for column in absent if wanted[column] or contract.columns[column].required]
    _check_missing(unexplained, ignored, names, contract, source, place)
    return Header(positions, ignored, absent)


def _check_count(found: Sequence[str], source: SourceSettings, place: str) -> None:
    if len(found) > source.max_columns:
        raise InputError(
            f"{place}: {len(found):,} columns, more than the limit of {source.max_columns:,}; nothing was read. "
            "Check the delimiter, or raise max_columns of the source."
        )


def _check_once(names: Sequence[str], place: str) -> None:
    twice = [name for name, count in Counter(name for name in names if name).items() if count > 1]
    if twice:
        raise InputError(
            f"{place}: the header has {_shown(twice)} more than once, so nobody can tell which one is meant. "
            "Remove or rename the extra column at the source."
        )


def _check_missing(
    absent: Sequence[str],
    ignored: Sequence[str],
    names: Sequence[str],
    contract: Contract,
    source: SourceSettings,
    place: str,
) -> None:
    """Refuse a missing column unless it is optional and nothing in the file could be it under another name."""
    missing = [c for c in absent if contract.columns[c].required or c in source.renames or _likely(c, ignored)]
    if not missing:
        return
    raise InputError(
        f"{place}: the header does not fit the contract. Missing: {_shown(missing)}. Found: {_shown(names)}. "
        f"Expected: {_shown(list(contract.columns))}.{_hint(missing, ignored, names, contract, source)}"
    )


def _likely(column: str, ignored: Sequence[str]) -> str:
    return yamlfile.nearest(column, ignored).removeprefix(" Did you mean ").removesuffix("?").strip("'\"")


def _part_of(column: str, ignored: Sequence[str]) -> str:
    return next((name for name in ignored if len(name) > 2 and (name in column or column in name)), "")


def _hint(
    missing: Sequence[str], ignored: Sequence[str], names: Sequence[str], contract: Contract, source: SourceSettings
) -> str:
    if len(names) == 1:
        other = next((mark for mark in (";", "\t", "|", ",") if mark in names[0] and mark != source.delimiter), None)
        if other:
            written = "\\t" if other == "\t" else other
            return (
                f' The header looks separated by "{written}": add `delimiter: "{written}"` to sources.{contract.table}.'
            )
    likely = {column: _likely(column, ignored) or _part_of(column, ignored) for column in missing}
    renames = ", ".join(f"{column}: {name}" for column, name in likely.items() if name)
    example = renames or f"{missing[0]}: <name in the file>"
    rename = f" If a column only has another name, add `renames: {{{example}}}` to sources.{contract.table}."
    optional = [column for column in missing if not contract.columns[column].required]
    without = f' If the source has no {optional[0]}, say so: `renames: {{{optional[0]}: ""}}`.' if optional else ""
    return rename + without
