"""The step `raw.<source>`: find the deliveries, read and type them, keep what is good, note every other record."""

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from offermill.errors import GateError, InputError
from offermill.ingest import contracts, discovery, duplicates, landing, meta, typing_sql
from offermill.ingest.contracts import Contract
from offermill.ingest.discovery import Delivery
from offermill.ingest.landing import Landed
from offermill.ingest.sources import SourceSettings
from offermill.ingest.typing_sql import Rules
from offermill.run import Run
from offermill.warehouse import Warehouse

# Rejects quoted in the message of a refused delivery.
SHOWN_REJECTS = 3


def load(warehouse: Warehouse, run: Run, *, source: str) -> dict[str, object]:
    """Bring raw.<source> up to the business date: history once, every delivery not loaded yet, tonight's again if changed.

    Raises:
        InputError: a required delivery is missing, or a file as a whole cannot be trusted.
        GateError: more records of a delivery are bad than the source allows; nothing of it is kept.
    """
    contract = contracts.load(source)
    settings = run.settings.sources.get(source, SourceSettings())
    meta.ensure(warehouse)
    _ensure_table(warehouse, contract)
    deliveries = discovery.find(run.shop.landing / source, source, settings)
    due = [delivery for delivery in deliveries if delivery.delivered_on <= run.business_date]
    _check_present(due, deliveries, run, settings, source)
    chosen, changed = _choose(warehouse, due, run, contract, settings)
    for delivery in chosen:
        _load_delivery(warehouse, run, delivery, contract, settings)
    return _summary(warehouse, source, chosen, changed)


def _ensure_table(warehouse: Warehouse, contract: Contract) -> None:
    columns = ", ".join(f'"{name}" {kind}' for name, kind in contract.raw_columns.items())
    warehouse.execute("create schema if not exists raw")
    warehouse.execute(f"create table if not exists raw.{contract.table} ({columns})")


def _check_present(
    due: Sequence[Delivery], deliveries: Sequence[Delivery], run: Run, settings: SourceSettings, source: str
) -> None:
    """A required source must deliver tonight, unless tonight lies before its first delivery and history is there."""
    if not settings.required:
        return
    folder = run.shop.landing / source
    if not due:
        strays = discovery.unmatched(folder, settings)
        seen = f" In the folder, but not of that name: {', '.join(strays[:5])}." if strays else ""
        expected = settings.files or settings.history
        raise InputError(
            f"landing/{source}: no file like {expected} for {run.business_date}; the source is required.{seen} "
            "Deliver the file and run again."
        )
    newest = due[-1]
    if newest.is_history or settings.files is None or newest.delivered_on == run.business_date:
        return
    raise InputError(
        f"landing/{source}: the newest delivery is of {newest.delivered_on}, older than the interval of "
        f"{run.business_date}; the source is required. Deliver the file of {run.business_date} and run again."
    )


def _rules_sha256(run: Run, contract: Contract, settings: SourceSettings) -> str:
    shop = run.settings.shop
    parts = (
        contract.model_dump_json(),
        settings.model_dump_json(),
        shop.time_zone,
        shop.currency,
        shop.currency_digits,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _choose(
    warehouse: Warehouse, due: Sequence[Delivery], run: Run, contract: Contract, settings: SourceSettings
) -> tuple[list[Delivery], list[Delivery]]:
    """Return the deliveries to load, and older ones that changed since they were loaded."""
    rules = _rules_sha256(run, contract, settings)
    known = meta.loaded(warehouse, contract.table)
    chosen, changed = [], []
    for delivery in due:
        if delivery.delivered_on not in known:
            chosen.append(delivery)
        elif meta.fingerprint(delivery, rules) != known[delivery.delivered_on]:
            (chosen if delivery.delivered_on == run.business_date else changed).append(delivery)
    return chosen, changed


def _load_delivery(
    warehouse: Warehouse, run: Run, delivery: Delivery, contract: Contract, settings: SourceSettings
) -> None:
    discovery.wait_until_whole(delivery, settings)
    meta.forget(warehouse, delivery)
    warehouse.execute(
        f"delete from raw.{contract.table} where _delivered_on = $delivered_on", {"delivered_on": delivery.delivered_on}
    )
    landed = landing.land(warehouse, delivery, contract, settings)
    rules = Rules.of(run, contract, settings, landed, delivery)
    _type(warehouse, rules)
    _take_late(warehouse, rules)
    duplicates.remove_repeated(warehouse, contract, delivery)
    warehouse.execute(
        f"insert into raw.{contract.table} by name select * exclude (_is_bad, _repeated_hours) from {duplicates.TYPED}"
    )
    _note_delivery(warehouse, rules, _rules_sha256(run, contract, settings))
    _check_sums(warehouse, delivery)
    _check_reject_rate(warehouse, run, rules)


def _type(warehouse: Warehouse, rules: Rules) -> None:
    """Fill `typed` with the good records and meta.reject with the others."""
    warehouse.execute(f"create or replace temp table typed as {typing_sql.judged_rows(rules)}", rules.parameters)
    warehouse.execute("create or replace temp table bad as select _file, _line from temp.typed where _is_bad")
    if warehouse.value("select count(*) from temp.bad"):
        warehouse.execute("delete from temp.typed where _is_bad")
        warehouse.execute(
            f"insert into meta.reject by name {typing_sql.bad_rows(rules)} order by file, line", rules.parameters
        )
    _note_unsplit(warehouse, rules)


def _note_unsplit(warehouse: Warehouse, rules: Rules) -> None:
    rejects = [(file, r.line, r.column, r.reason, r.record) for file, r in rules.landed.rejects]
    if not rejects:
        return
    names = ("file", "line", "column_name", "reason", "record")
    table = pa.table([pa.array(column) for column in zip(*rejects, strict=True)], names=names)
    for name, value in (("source", rules.contract.table), ("delivered_on", rules.delivery.delivered_on)):
        table = table.append_column(name, pa.array([value] * len(rejects)))
    warehouse.append("meta.reject", table)


def _take_late(warehouse: Warehouse, rules: Rules) -> None:
    """Move events older than the window from `typed` to meta.late."""
    event_time = rules.contract.event_time
    if event_time is None or rules.late_limit is None:
        return
    warehouse.execute(
        f"insert into meta.late select '{rules.contract.table}', $delivered_on, _file, _line, {event_time} "
        f"from temp.typed where {event_time} < $late_limit order by _file, _line",
        rules.parameters,
    )
    warehouse.execute(f"delete from temp.typed where {event_time} < $late_limit", rules.parameters)


def _note_delivery(warehouse: Warehouse, rules: Rules, rules_sha256: str) -> None:
    for path in rules.delivery.files:
        place = rules.delivery.place(path)
        parameters = {
            "source": rules.contract.table,
            "delivered_on": rules.delivery.delivered_on,
            "file": place,
            "bytes": path.stat().st_size,
            "sha256": meta.sha256(path),
            "row_count": rules.landed.records[place],
            "is_history": rules.delivery.is_history,
            "rules_sha256": rules_sha256,
        }
        warehouse.execute(_NOTE_DELIVERY, parameters)
    for file, kind, count, description in rules.landed.notes:
        warehouse.execute(
            "insert into meta.note values ($source, $delivered_on, $file, $kind, $item_count, $description)",
            {**parameters, "file": file, "kind": kind, "item_count": count, "description": description},
        )


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


def _check_sums(warehouse: Warehouse, delivery: Delivery) -> None:
    """Every record of the files is accounted for exactly once."""
    rows = warehouse.rows(
        "select file, row_count, accepted_count, duplicate_count, conflict_count, late_count, reject_count "
        "from meta.delivery where source = $source and delivered_on = $delivered_on",
        {"source": delivery.source, "delivered_on": delivery.delivered_on},
    )
    for file, total, *parts in rows:
        if total != sum(parts):
            raise InputError(
                f"{file}: {total} records, but accepted, duplicates, conflicts, late and rejects are "
                f"{' + '.join(map(str, parts))}; nothing was loaded. This is a defect: please report it."
            )


def _check_reject_rate(warehouse: Warehouse, run: Run, rules: Rules) -> None:
    """Stop when too many records of the delivery were refused or contradict one another."""
    parameters = {"source": rules.contract.table, "delivered_on": rules.delivery.delivered_on}
    total, bad = warehouse.rows(
        "select coalesce(sum(row_count), 0), coalesce(sum(reject_count + conflict_count), 0) from meta.delivery "
        "where source = $source and delivered_on = $delivered_on",
        parameters,
    )[0]
    own = rules.source.reject_rate_max
    limit = run.settings.gates.reject_rate_max if own is None else own
    if bad <= total * limit:
        return
    first = warehouse.rows(
        "select file || ':' || line || ': ' || coalesce(column_name || ' ', '') || reason from meta.reject "
        f"where source = $source and delivered_on = $delivered_on order by file, line limit {SHOWN_REJECTS}",
        parameters,
    )
    shown = "\n".join(f"  {row[0]}" for row in first)
    raise GateError(
        f"{rules.delivery.name}: {bad} of {total} records are bad, more than the share of {limit:g} allowed; nothing of "
        f"the delivery was kept. First:\n{shown}\nCorrect the delivery, or raise reject_rate_max of the source."
    )


def _summary(
    warehouse: Warehouse, source: str, chosen: Sequence[Delivery], changed: Sequence[Delivery]
) -> dict[str, object]:
    days = [delivery.delivered_on for delivery in chosen]
    counts = warehouse.rows(
        "select coalesce(sum(row_count), 0), coalesce(sum(accepted_count), 0), coalesce(sum(reject_count), 0), "
        "coalesce(sum(duplicate_count), 0), coalesce(sum(conflict_count), 0), coalesce(sum(late_count), 0) "
        "from meta.delivery where source = $source and list_contains($days, delivered_on)",
        {"source": source, "days": days or [date.max]},
    )[0]
    names = ("records", "accepted", "rejected", "duplicates", "conflicts", "late")
    loaded = dict(zip(names, (int(count) for count in counts), strict=True))
    total = warehouse.count(f"raw.{source}")
    return {"rows": total, "deliveries": len(chosen), **loaded, "changed_files": _names(changed)}


def _names(deliveries: Sequence[Delivery]) -> list[str]:
    return [delivery.place(Path(path)) for delivery in deliveries for path in delivery.files]
