"""Parquet: read by DuckDB where it lies, with its own types; only the footer is looked at here."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from offermill.errors import InputError
from offermill.ingest import header
from offermill.ingest.contracts import Contract
from offermill.ingest.sources import SourceSettings
from offermill.warehouse import Warehouse, quoted

_GLOB_MARKS = "*?[]{}"


def literal(text: str) -> str:
    """Return an SQL text literal; for places where DuckDB takes no parameter."""
    return "'" + text.replace("'", "''") + "'"


def open_footer(path: Path, source: SourceSettings, place: str) -> pq.FileMetaData:
    """Return a file's metadata.

    Raises:
        InputError: not Parquet, too many columns, or a name that DuckDB would read as a pattern.
    """
    if any(mark in str(path) for mark in _GLOB_MARKS):
        raise InputError(f"{place}: a Parquet file or its folder may not have {_GLOB_MARKS} in its name; rename it.")
    try:
        footer = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as problem:
        raise InputError(
            f"{place}: is not a whole Parquet file ({str(problem).splitlines()[0]}); deliver it again, and use "
            "done_marker if it may still be written when the night starts."
        ) from problem
    if footer.num_columns > source.max_columns:
        raise InputError(
            f"{place}: {footer.num_columns:,} columns, more than the limit of {source.max_columns:,}; nothing was "
            "read. "
            "Deliver fewer, or raise max_columns of the source."
        )
    return footer


def relation(
    warehouse: Warehouse, path: Path, contract: Contract, source: SourceSettings, place: str
) -> tuple[str, dict[str, str], header.Header]:
    """Return a select over one file (contract names, `_line`), the DuckDB type of each column, and the header.

    Raises:
        InputError: the columns do not fit the contract, or one is nested.
    """
    scan = f"read_parquet({literal(str(path))}, file_row_number = true, binary_as_string = true)"
    described = warehouse.rows(f"describe select * exclude (file_row_number) from {scan}")
    names = [str(row[0]) for row in described]
    matched = header.match(names, contract, source, place)
    types = {column: str(described[position][1]).lower() for column, position in matched.positions.items()}
    _refuse_nested(types, contract, place)
    columns = [f"{quoted_name(names[position])} as {column}" for column, position in matched.positions.items()]
    return f"select {', '.join(columns)}, file_row_number + 1 as _line from {scan}", types, matched


def quoted_name(name: str) -> str:
    """Return a column name quoted, dots and all."""
    return quoted(name.replace(".", "\0")).replace("\0", ".")


def _refuse_nested(types: dict[str, str], contract: Contract, place: str) -> None:
    for column, found in types.items():
        if found.endswith("]") or found.startswith(("struct", "map", "union")):
            raise InputError(f"{place}: {column} is {found}; deliver one plain value a row.")
        if found in ("double", "float") and contract.columns[column].base == "id":
            raise InputError(
                f"{place}: {column} is {found}, so leading zeros and long numbers are already lost; "
                "deliver ids as text (in pandas: dtype=str when reading)."
            )
