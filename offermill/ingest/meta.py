"""The machinery's own tables: what was delivered, and every record that did not become a row."""

import hashlib
from pathlib import Path

from offermill.ingest.discovery import Delivery
from offermill.warehouse import Warehouse

TABLES = {
    "meta.delivery": """
        source varchar, delivered_on date, file varchar, bytes bigint, sha256 varchar, row_count bigint,
        accepted_count bigint, reject_count bigint, is_history boolean, duplicate_count bigint, conflict_count bigint,
        late_count bigint, rules_sha256 varchar
    """,
    "meta.reject": """
        source varchar, delivered_on date, file varchar, line bigint, column_name varchar, reason varchar, record varchar
    """,
    "meta.conflict": """
        source varchar, delivered_on date, key varchar, file varchar, line bigint, other_file varchar,
        other_line bigint, difference varchar
    """,
    "meta.late": "source varchar, delivered_on date, file varchar, line bigint, event_at timestamp",
    "meta.note": """
        source varchar, delivered_on date, file varchar, kind varchar, item_count bigint, description varchar
    """,
}
_PIECE_BYTES = 1 << 20


def ensure(warehouse: Warehouse) -> None:
    """Create the tables that are not there yet."""
    warehouse.execute("create schema if not exists meta")
    for name, columns in TABLES.items():
        warehouse.execute(f"create table if not exists {name} ({columns})")


def forget(warehouse: Warehouse, delivery: Delivery) -> None:
    """Remove all that is noted about one delivery, before it is loaded again."""
    for name in TABLES:
        warehouse.execute(
            f"delete from {name} where source = $source and delivered_on = $delivered_on",
            {"source": delivery.source, "delivered_on": delivery.delivered_on},
        )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def fingerprint(delivery: Delivery, rules_sha256: str) -> frozenset[tuple[str, str, str]]:
    """Return what decides whether a delivery must be loaded again: its files' bytes and the rules for reading them."""
    return frozenset((delivery.place(path), sha256(path), rules_sha256) for path in delivery.files)


def loaded(warehouse: Warehouse, source: str) -> dict[object, frozenset[tuple[str, str, str]]]:
    """Return delivered_on -> fingerprint of every delivery of the source that is in the warehouse."""
    rows = warehouse.rows(
        "select delivered_on, file, sha256, rules_sha256 from meta.delivery where source = $source", {"source": source}
    )
    days = {row[0] for row in rows}
    return {day: frozenset((row[1], row[2], row[3]) for row in rows if row[0] == day) for day in days}
