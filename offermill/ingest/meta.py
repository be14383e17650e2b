"""The machinery's own tables: what was delivered, and every record that did not become a row."""

import hashlib
from datetime import date
from pathlib import Path

from offermill.ingest.contracts import Contract
from offermill.ingest.discovery import Delivery
from offermill.ingest.landing import Landed
from offermill.ingest.sources import SourceSettings
from offermill.run import Run
from offermill.warehouse import Warehouse

TABLES = {
    "meta.delivery": """
        source varchar, delivered_on date, file varchar, bytes bigint, sha256 varchar, row_count bigint,
        accepted_count bigint, reject_count bigint, is_history boolean, duplicate_count bigint, conflict_count bigint,
        late_count bigint, rules_sha256 varchar
    """,
    "meta.reject": """
        source varchar, delivered_on date, file varchar, line bigint, column_name varchar, reason varchar,
        record varchar, reason_code varchar, reason_detail varchar
    """,
    "meta.conflict": """
        source varchar, delivered_on date, key varchar, file varchar, line bigint, other_file varchar,
        other_line bigint, difference varchar
    """,
    "meta.late": "source varchar, delivered_on date, file varchar, line bigint, event_at timestamp",
    "meta.note": """
        source varchar, delivered_on date, file varchar, kind varchar, item_count bigint, description varchar,
        detail varchar
    """,
}
# Columns that warehouses of earlier releases lack.
_ADDED = {"meta.reject": {"reason_code", "reason_detail"}, "meta.note": {"detail"}}
_PIECE_BYTES = 1 << 20
# Settings that change where and when files are taken, but not what is read from them.
_NOT_READING = {
    "files",
    "history",
    "s3",
    "postgres",
    "required",
    "allow_empty",
    "done_marker",
    "stable_seconds",
    "wait_seconds",
    "reject_rate_max",
}


def ensure(warehouse: Warehouse) -> None:
    """Create the tables that are not there yet."""
    warehouse.execute("create schema if not exists meta")
    for name, columns in TABLES.items():
        warehouse.execute(f"create table if not exists {name} ({columns})")
    for name, added in _ADDED.items():
        for column in sorted(added - warehouse.columns(name).keys()):
            warehouse.execute(f"alter table {name} add column {column} varchar")


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


def loaded(warehouse: Warehouse, source: str) -> dict[date, frozenset[tuple[str, str, str]]]:
    """Return delivered_on -> fingerprint of every delivery of the source that is in the warehouse."""
    rows = warehouse.rows(
        "select delivered_on, file, sha256, rules_sha256 from meta.delivery where source = $source", {"source": source}
    )
    days = {row[0] for row in rows}
    return {day: frozenset((row[1], row[2], row[3]) for row in rows if row[0] == day) for day in days}


def rules_sha256(run: Run, contract: Contract, settings: SourceSettings) -> str:
    """Return SHA-256 over everything but the files that decides what a delivery becomes."""
    shop = run.settings.shop
    reading = settings.model_dump_json(exclude=_NOT_READING)
    meaning = contract.model_dump_json(exclude={"checks", "grain"})
    parts = (meaning, reading, shop.time_zone, shop.currency, shop.currency_digits)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _count(table: str) -> str:
    return f"(select count(*) from {table} where file = $file and delivered_on = $delivered_on and source = $source)"


_NOTE_DELIVERY = f"""
    insert into meta.delivery by name select
        $source as source, $delivered_on as delivered_on, $file as file, $bytes as bytes, $sha256 as sha256,
        $row_count as row_count, (select count(*) from temp.typed where _file = $file) as accepted_count,
        {_count("meta.reject")} as reject_count, $is_history as is_history,
        (select count(*) from temp.duplicate where _file = $file) as duplicate_count,
        {_count("meta.conflict")} as conflict_count, {_count("meta.late")} as late_count, $rules_sha256 as rules_sha256
"""


def note_delivery(warehouse: Warehouse, landed: Landed, delivery: Delivery, rules: str) -> None:
    """Write the manifest: one row per file of the delivery, with what became of its records."""
    for path in delivery.files:
        place = delivery.place(path)
        values = {
            "source": delivery.source,
            "delivered_on": delivery.delivered_on,
            "file": place,
            "bytes": path.stat().st_size,
            "sha256": sha256(path),
            "row_count": landed.records[place],
            "is_history": delivery.is_history,
            "rules_sha256": rules,
        }
        warehouse.execute(_NOTE_DELIVERY, values)
