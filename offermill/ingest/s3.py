"""Deliveries behind `s3://` names: listed and fetched through DuckDB's httpfs, then loaded like local files."""

import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from offermill.errors import InputError
from offermill.ingest import connections, discovery, spool
from offermill.ingest.connections import S3Settings
from offermill.ingest.discovery import Delivery
from offermill.ingest.sources import SourceSettings, split_remote
from offermill.warehouse import Warehouse

# An object is fetched in one piece; larger loads come as several files.
MOST_BYTES = 2_000_000_000
# DuckDB would read these in a name as a pattern, or as settings of the connection.
_MARKS = "*?[]{}\\"


def _connect(fetching: Warehouse, s3: S3Settings, source: str) -> tuple[str, ...]:
    """Tell the fetching connection its credentials; return those that no message may show."""
    token = os.environ.get(s3.session_token_env)
    given: dict[str, object] = {
        "key_id": connections.secret(s3.key_id_env, source),
        "secret": connections.secret(s3.secret_env, source),
        "region": s3.region,
        "url_style": s3.url_style,
        "use_ssl": s3.use_ssl,
        **({"endpoint": s3.endpoint} if s3.endpoint else {}),
        **({"session_token": token} if token else {}),
    }
    fetching.execute(f"create secret store (type s3, {', '.join(f'{name} ${name}' for name in given)})", given)
    return str(given["secret"]), token or ""


class Store:
    """The objects of one source, in one folder of a bucket."""

    def __init__(self, fetching: Warehouse, place: str, source: str, settings: SourceSettings) -> None:
        self._fetching = fetching
        self._place = place
        self._source = source
        self._most_bytes = min(settings.max_file_bytes, MOST_BYTES)
        self._secrets = _connect(fetching, settings.s3 or S3Settings(), source)

    def names(self) -> list[str]:
        """Return the names of the objects in the folder, sorted."""
        rows = self._ask("select file from glob($address)", "*")
        return sorted(str(file).removeprefix(self._place) for (file,) in rows)

    def fetch(self, name: str, target: Path) -> None:
        """Copy one object, byte for byte.

        Raises:
            InputError: it is gone, too large, or has a name that DuckDB would not take literally.
        """
        if any(mark in name for mark in _MARKS):
            raise InputError(f"{self._place}{name}: an object's name may not have {_MARKS} in it; rename it.")
        size = int(self._ask("select size from read_blob($address)", name)[0][0])
        if size > self._most_bytes:
            raise InputError(
                f"{self._place}{name}: {size:,} bytes, more than the limit of {self._most_bytes:,}; nothing was read. "
                "Deliver it in several files."
            )
        target.write_bytes(self._ask("select content from read_blob($address)", name)[0][0])

    def _ask(self, sql: str, name: str) -> Sequence[tuple[Any, ...]]:
        try:
            return self._fetching.rows(sql, {"address": self._place + name})
        except duckdb.Error as problem:
            reason = connections.without_secrets(str(problem), *self._secrets)
            raise InputError(
                f"{self._place}{name}: cannot be read ({reason}); check endpoint, bucket, region and credentials of "
                f"sources.{self._source}."
            ) from None


def fetch(source: str, settings: SourceSettings, target: Path, *, wanted: Callable[[date], bool]) -> list[Delivery]:
    """Copy the deliveries of wanted dates into the folder `target`; return all, without files where not copied.

    Raises:
        InputError: the store cannot be reached or refuses, or an object cannot be taken.
    """
    place, _ = split_remote(settings.files or settings.history or "")
    local, left = settings.as_local, set()
    with spool.fetcher("httpfs", target) as fetching:
        store = Store(fetching, place, source, settings)
        for name in store.names():
            day = discovery.date_of(name, source, local)
            if day is not None and wanted(day):
                store.fetch(name, target / name)
            elif day is not None:
                left.add(day)
    found = [*discovery.find(target, source, local, origin=place), *(Delivery(source, day, ()) for day in left)]
    return sorted(found, key=lambda delivery: delivery.delivered_on)
