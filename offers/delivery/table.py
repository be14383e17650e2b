"""meta.sending: the delivery log as a table that pages can read, one row per file of a block and edition."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pyarrow as pa

from offermill.warehouse import Warehouse
from offers.delivery.journal import Entry

NAME = "meta.sending"
_SCHEMA = pa.schema(
    [
        ("business_date", pa.date32()),
        ("edition", pa.string()),
        ("block", pa.string()),
        ("file", pa.string()),
        ("place", pa.string()),
        ("status", pa.string()),
        ("bytes", pa.int64()),
        ("row_count", pa.int64()),
        ("withheld_count", pa.int64()),
        ("withheld_by", pa.string()),
        ("attempt_count", pa.int64()),
        ("first_tried_at", pa.timestamp("us")),
        ("ended_at", pa.timestamp("us")),
        ("problem", pa.string()),
        ("sha256", pa.string()),
    ]
)


def _instant(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry.at).astimezone(UTC).replace(tzinfo=None)


def _status(last: Entry) -> str:
    """Return delivered, failed, or begun (a process died, or is at it now)."""
    return {"acknowledged": "delivered", "failed": "failed"}.get(last.event, "begun")


def _row(entries: Sequence[Entry]) -> dict[str, object]:
    last = entries[-1]
    tries = sum(entry.event == "failed" for entry in entries) + (last.event == "acknowledged")
    return {
        "business_date": date.fromisoformat(last.edition[:10]),
        "edition": last.edition,
        "block": last.block,
        "file": last.file,
        "place": last.place,
        "status": _status(last),
        "bytes": last.size,
        "row_count": last.rows,
        "withheld_count": sum(last.withheld.values()),
        "withheld_by": ", ".join(sorted(last.withheld)) or None,
        "attempt_count": tries,
        "first_tried_at": _instant(entries[0]),
        "ended_at": _instant(last) if last.event in ("acknowledged", "failed") else None,
        "problem": last.detail if last.event == "failed" else None,
        "sha256": last.sha256,
    }


def rows(entries: Sequence[Entry]) -> list[dict[str, object]]:
    """Return the table's rows, by edition, block and file; times are naive UTC."""
    by_file: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in entries:
        by_file.setdefault(entry.address, []).append(entry)
    return [_row(by_file[address]) for address in sorted(by_file)]


def write(warehouse: Warehouse, entries: Sequence[Entry]) -> int:
    """Make the table again from the log; return its rows."""
    return warehouse.write(NAME, pa.Table.from_pylist(rows(entries), schema=_SCHEMA))
