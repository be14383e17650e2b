"""The step `raw.<source>`: history once, every delivery not loaded yet, and tonight's again when it changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from offermill.errors import WarehouseError
from offermill.ingest import accounts, contracts, duplicates, meta, remote
from offermill.ingest.contracts import Contract
from offermill.ingest.delivery import Loader
from offermill.ingest.discovery import Delivery
from offermill.ingest.remarks import NOTE
from offermill.ingest.sources import SourceSettings
from offermill.run import Run
from offermill.warehouse import Warehouse

_COUNTS = ("row_count", "accepted_count", "reject_count", "duplicate_count", "conflict_count", "late_count")


def load(warehouse: Warehouse, run: Run, *, source: str) -> dict[str, object]:
    """Bring raw.<source> up to the business date.

    Returns:
        rows of the table, deliveries loaded, counts of their records, and files that changed after they were loaded.

    Raises:
        InputError: a required delivery is missing, or a file as a whole cannot be trusted.
        GateError: more records of a delivery are bad than the source allows; nothing of it is kept.
    """
    contract = contracts.load(source)
    settings = run.settings.sources.get(source, SourceSettings())
    meta.ensure(warehouse)
    _ensure_table(warehouse, contract)
    loader = Loader(warehouse, run, contract, settings)
    with remote.deliveries(warehouse, run, contract, settings) as deliveries:
        due = [delivery for delivery in deliveries if delivery.delivered_on <= run.business_date]
        accounts.check_present(due, run, settings, source)
        plan = _plan(loader, due)
        for delivery in plan.chosen:
            loader.load(delivery)
        again = _load_again(loader, plan, deliveries)
    _note_changed(warehouse, source, plan.changed)
    return _summary(warehouse, source, [*plan.chosen, *again], plan.changed)


def _ensure_table(warehouse: Warehouse, contract: Contract) -> None:
    """Create the raw table; an older one must have the contract's columns."""
    name = f"raw.{contract.table}"
    columns = ", ".join(f'"{column}" {kind}' for column, kind in contract.raw_columns.items())
    warehouse.execute("create schema if not exists raw")
    warehouse.execute(f"create table if not exists {name} ({columns})")
    standing = warehouse.columns(name)
    if standing != contract.raw_columns:
        odd = sorted({column for column, _ in standing.items() ^ contract.raw_columns.items()})
        raise WarehouseError(
            f"{name}: the warehouse was made with another contract ({', '.join(odd)} differ). Move warehouse.duckdb "
            "away "
            "and run again: everything is loaded anew from landing/."
        )


@dataclass(frozen=True)
class _Plan:
    """What to load, and what changed too long ago to be loaded again."""

    chosen: list[Delivery]
    changed: list[Delivery]
    known: dict[date, frozenset[tuple[str, str, str]]]
    rules: str


def _plan(loader: Loader, due: Sequence[Delivery]) -> _Plan:
    """Choose deliveries that are new, and tonight's if its bytes or its rules changed."""
    rules = meta.rules_sha256(loader.run, loader.contract, loader.settings)
    plan = _Plan([], [], meta.loaded(loader.warehouse, loader.contract.table), rules)
    for delivery in due:
        if delivery.delivered_on not in plan.known:
            plan.chosen.append(delivery)
        elif delivery.files and meta.fingerprint(delivery, rules) != plan.known[delivery.delivered_on]:
            is_tonight = delivery.delivered_on == loader.run.business_date
            (plan.chosen if is_tonight else plan.changed).append(delivery)
    return plan


def _load_again(loader: Loader, plan: _Plan, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Judge later deliveries anew whose events clash, or clashed, with earlier ones: the earlier one always stays.

    A later delivery whose file changed is taken out instead; the run of its own day loads it.
    """
    if not plan.chosen or loader.contract.kind != "event":
        return []
    first = min(delivery.delivered_on for delivery in plan.chosen)
    done = {delivery.delivered_on for delivery in plan.chosen}
    there = {delivery.delivered_on: delivery for delivery in deliveries}
    again = []
    for day in sorted(day for day in plan.known if day > first and day not in done):
        if not duplicates.is_entangled(loader.warehouse, loader.contract, day):
            continue
        delivery = there.get(day, Delivery(loader.contract.table, day, ()))
        if delivery.files and meta.fingerprint(delivery, plan.rules) == plan.known[day]:
            loader.load(delivery)
            again.append(delivery)
        else:
            loader.unload(delivery)
    return again


def _note_changed(warehouse: Warehouse, source: str, changed: Sequence[Delivery]) -> None:
    """Note files that changed after they were loaded; only a run of their own day takes the change."""
    warehouse.execute("delete from meta.note where source = $source and kind = 'changed_file'", {"source": source})
    for delivery in changed:
        how = (
            "move warehouse.duckdb away and load anew" if delivery.is_history else f"run {delivery.delivered_on} again"
        )
        values = {
            "source": source,
            "delivered_on": delivery.delivered_on,
            "file": ", ".join(delivery.place(path) for path in delivery.files),
            "kind": "changed_file",
            "item_count": len(delivery.files),
            "description": f"changed, with its rules or its bytes, after it was loaded; to take the change, {how}",
            "detail": None,
        }
        warehouse.execute(NOTE, values)


def _summary(
    warehouse: Warehouse, source: str, loaded: Sequence[Delivery], changed: Sequence[Delivery]
) -> dict[str, object]:
    counts = dict.fromkeys(_COUNTS, 0)
    for delivery in loaded:
        sums = ", ".join(f"coalesce(sum({name}), 0)" for name in _COUNTS)
        row = warehouse.rows(
            f"select {sums} from meta.delivery where source = $source and delivered_on = $day",
            {"source": source, "day": delivery.delivered_on},
        )[0]
        counts = {name: counts[name] + int(count) for name, count in zip(_COUNTS, row, strict=True)}
    files = [delivery.place(path) for delivery in changed for path in delivery.files]
    return {"rows": warehouse.count(f"raw.{source}"), "delivery_count": len(loaded), **counts, "changed_files": files}
