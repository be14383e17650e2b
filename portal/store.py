"""What all processes of the portal remember together, restarts included: one SQLite file in the portal's folder.

It holds open sessions, failed log-ins and log-ins begun at an identity provider. Whoever deletes it logs everybody out.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from offermill.errors import PublishError
from offermill.paths import ShopPaths
from portal import place

FILE = "sessions.sqlite"
_WAIT_SECONDS = 10.0  # for another process that is writing
_VERSION = 1
# What files of the version before lack.
_ADDED = """
alter table session add column end_address text;
alter table session add column id_token text;
"""
_TABLES = """
create table session (
    number_hash text primary key, user text not null, stamp text not null, subject text, groups text,
    ends text not null, end_address text, id_token text
) strict;
create table failure (key text not null, at text not null) strict;
create index failure_by_key on failure (key, at);
create table begun (
    state_hash text primary key, browser text not null, nonce text not null, verifier text not null, ends text not null
) strict;
"""


def text(moment: datetime) -> str:
    """Return a time as it is kept: texts in the order of the times."""
    return moment.isoformat(timespec="seconds")


def _make(path: Path) -> None:
    """Make the file with its tables, whole before anybody sees it; of two processes the first one's stands."""
    with TemporaryDirectory(dir=path.parent, prefix=".sessions-") as folder:
        made = Path(folder) / FILE
        os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(made, isolation_level=None)) as database:
            database.execute("pragma journal_mode = wal")
            database.executescript(_TABLES)
            database.execute(f"pragma user_version = {_VERSION}")
        with suppress(FileExistsError):
            os.link(made, path)


def _bring_up(database: sqlite3.Connection) -> None:
    """Give a file of an older version what it lacks; of two processes the first one does."""
    if _version(database) == _VERSION:
        return
    database.execute("begin immediate")
    if _version(database) < _VERSION:
        for statement in _ADDED.split(";"):
            database.execute(statement)
        database.execute(f"pragma user_version = {_VERSION}")
    database.execute("commit")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("pragma user_version").fetchone()[0])


@contextmanager
def opened(shop: ShopPaths, *, is_writing: bool = False) -> Iterator[sqlite3.Connection]:
    """Yield the file's connection in one transaction; who writes waits until nobody else does.

    Raises:
        PublishError: the file cannot be read or written; nobody is let in.
    """
    path = place.folder(shop) / FILE
    try:
        if not path.exists():
            _make(path)
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)) as database:
            # Forced to disk with every change: who was logged out stays so after a power cut.
            database.execute("pragma synchronous = full")
            _bring_up(database)
            database.execute("begin immediate" if is_writing else "begin")
            yield database
            database.execute("commit")
    except sqlite3.Error as problem:
        raise PublishError(
            f"{FILE}: cannot be used: {problem}. Nobody is let in meanwhile; to begin a new one, move it away."
        ) from problem
