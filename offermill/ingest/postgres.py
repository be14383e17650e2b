"""Deliveries straight from PostgreSQL: a table or a query, streamed through DuckDB's extension into one Parquet file.

Numbers and ids are fetched as text, so that nothing passes through floating point, and the rows are sorted: the same
rows give the same bytes, line numbers and SHA-256 whatever order the server sends them in.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from offermill import businessday
from offermill.errors import InputError
from offermill.ingest import connections, header, spool
from offermill.ingest.connections import PARAMETER, PostgresSettings
from offermill.ingest.contracts import Contract
from offermill.ingest.discovery import HISTORY_ON, Delivery
from offermill.ingest.parquet_reader import literal
from offermill.ingest.sources import SourceSettings
from offermill.warehouse import Warehouse, quoted

# Seconds to wait for a server that does not answer, unless the connection string says otherwise.
CONNECT_SECONDS = "30"
# Types that arrive whole in DuckDB's own; all others are fetched as text.
_NATIVE = ("date", "timestamp", "boolean")


def is_of_a_day(postgres: PostgresSettings) -> bool:
    """Tell whether the query picks the records of its date, so that a missed night must be fetched too."""
    return bool(PARAMETER.search(postgres.query or ""))


@contextmanager
def _attached(fetching: Warehouse, postgres: PostgresSettings, source: str) -> Iterator[None]:
    """Attach the database, read only; what goes wrong inside names the connection and never its secrets."""
    text = connections.connection_string(postgres, source)
    os.environ.setdefault("PGCONNECT_TIMEOUT", CONNECT_SECONDS)
    try:
        fetching.execute(f"attach {literal(text)} as origin (type postgres, read_only)")
        yield
    except duckdb.Error as problem:
        reason = connections.without_secrets(str(problem), text, *_passwords(text))
        raise InputError(f"{source}: {postgres.name}: cannot be read: {reason}") from None


def _passwords(text: str) -> list[str]:
    return re.findall(r"://[^:/@]*:([^@]*)@", text) + re.findall(r"password\s*=\s*'?((?:[^'\\\s]|\\.)+)", text)


def query_of(postgres: PostgresSettings, day: date, zone_name: str) -> str:
    """Return the select to send for one delivery: the history's, the table's, or the query with its day put in."""
    if day == HISTORY_ON:
        return str(postgres.history_query)
    if postgres.table is not None:
        return f"select * from {quoted(postgres.table)}"
    begin, end = businessday.interval(day, zone_name)
    values = {"business_date": f"date '{day}'", "from": f"timestamptz '{begin}+00'", "until": f"timestamptz '{end}+00'"}
    return PARAMETER.sub(lambda found: values[found[1]], str(postgres.query)).strip().rstrip(";")


def _asked(sql: str) -> str:
    """Return DuckDB's call that sends a statement to the server as it is."""
    return f"postgres_query('origin', {literal(sql)})"


def _selected(fetching: Warehouse, sql: str, contract: Contract, settings: SourceSettings, place: str) -> str:
    """Return a select, for the server, of the contract's columns among those of `sql`."""
    delivered = f"({sql}\n) as delivered"
    found = fetching.arrow(f"select * from {_asked(f'select * from {delivered} limit 0')}").schema.names
    matched = header.match(found, contract, settings, place)
    columns = [_column(found[position], contract.columns[name].base) for name, position in matched.positions.items()]
    return f"select {', '.join(columns)} from {delivered}"


def _column(name: str, base: str) -> str:
    plain = quoted(name.replace(".", "\0")).replace("\0", ".")
    return plain if base in _NATIVE else f"cast({plain} as text) as {plain}"


def fetch(
    contract: Contract,
    settings: SourceSettings,
    postgres: PostgresSettings,
    target: Path,
    *,
    days: Iterable[date],
    zone_name: str,
) -> list[Delivery]:
    """Copy one delivery per day into the folder `target` and return them; HISTORY_ON stands for the first load.

    Raises:
        InputError: the database cannot be reached or refuses, or the columns do not fit the contract.
    """
    source, origin = contract.table, f"postgres:{postgres.name}/"
    deliveries = []
    with spool.fetcher("postgres_scanner", target) as fetching, _attached(fetching, postgres, source):
        for day in days:
            path = target / f"{source}_{'history' if day == HISTORY_ON else day}.parquet"
            sql = query_of(postgres, day, zone_name)
            select = _selected(fetching, sql, contract, settings, origin + path.name)
            fetching.execute(
                f"copy (select * from {_asked(select)} order by all) to {literal(str(path))} (format parquet)"
            )
            deliveries.append(Delivery(source, day, (path,), origin))
    return deliveries
