"""A private DuckDB for fetching: what is remote comes into a folder of the shop, and is then loaded like any delivery.

The fetching connection is not the warehouse's: credentials and attachments end with it, and a broken line to the
outside does not break the step's transaction.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from offermill.warehouse import Warehouse

# Sorting what was fetched spills to the spool folder beyond this.
MEMORY = "2GB"


@contextmanager
def folder(state: Path, source: str) -> Iterator[Path]:
    """Yield an empty folder that only the owner may read; it is gone afterwards, and emptied first after a kill."""
    place = state / "spool" / source
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True, mode=0o700)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def fetcher(extension: str, place: Path) -> Iterator[Warehouse]:
    """Yield a DuckDB in memory with one extension loaded; its spilled data lie in `place`."""
    with Warehouse.open() as fetching:
        # Secrets that the machine's user keeps for DuckDB are not ours to use.
        fetching.execute("set secret_directory = $place", {"place": str(place / "secrets")})
        fetching.execute("set temp_directory = $place", {"place": str(place)})
        fetching.execute(f"set memory_limit = '{MEMORY}'")
        fetching.load_extension(extension)
        fetching.execute("set lock_configuration = true")
        yield fetching
