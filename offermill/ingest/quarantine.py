"""The bad records of a refused delivery, in a file of their own: the transaction that held them is rolled back."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from offermill.errors import GateError
from offermill.ingest.discovery import Delivery
from offermill.run import Run
from offermill.warehouse import Warehouse

# Enough to see what is wrong; the delivery itself still lies in landing/.
KEPT_RECORDS = 10_000

_NAMES = ("file", "line", "column_name", "reason", "record")


def path_of(run: Run, delivery: Delivery) -> Path:
    """Return the quarantine file of a delivery."""
    day = "history" if delivery.is_history else delivery.delivered_on.isoformat()
    return run.shop.state / "rejects" / f"{delivery.source}_{day}.jsonl"


@contextmanager
def kept(warehouse: Warehouse, run: Run, delivery: Delivery) -> Iterator[None]:
    """Write the quarantine file when the block refuses the delivery, remove it when it does not."""
    path = path_of(run, delivery)
    try:
        yield
    except GateError as problem:
        _write(path, _rejects(warehouse, delivery))
        raise GateError(f"{problem}\nThe bad records lie in state/rejects/{path.name}.") from problem
    path.unlink(missing_ok=True)


def _rejects(warehouse: Warehouse, delivery: Delivery) -> list[tuple[object, ...]]:
    return warehouse.rows(
        f"select {', '.join(_NAMES)} from meta.reject where source = $source and delivered_on = $delivered_on "
        f"order by file, line limit {KEPT_RECORDS}",
        {"source": delivery.source, "delivered_on": delivery.delivered_on},
    )


def _write(path: Path, rows: list[tuple[object, ...]]) -> None:
    """Write rows as JSON lines that only the owner may read: they hold personal data."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(dict(zip(_NAMES, row, strict=True)), ensure_ascii=False) + "\n")
