"""Is everything there, plausible, and accounted for? The checks that refuse a whole delivery."""

from collections.abc import Sequence
from pathlib import Path

from offermill import businessday
from offermill.errors import GateError, InputError
from offermill.ingest import discovery
from offermill.ingest.discovery import Delivery
from offermill.ingest.sources import SourceSettings
from offermill.ingest.typing_sql import Rules
from offermill.run import Run
from offermill.warehouse import Warehouse

# Rejects quoted in the message of a refused delivery.
SHOWN_REJECTS = 3
# Sums of a day must fit the integers that money is kept in.
LARGEST_TOTAL = 2**63 - 1


def check_present(due: Sequence[Delivery], run: Run, settings: SourceSettings, source: str) -> None:
    """A required source must deliver tonight, unless tonight lies before its first delivery and history is there.

    Raises:
        InputError: nothing is there, or the newest delivery is of an earlier day.
    """
    if not settings.required:
        return
    if not due:
        raise InputError(_missing(run.shop.landing / source, run, settings))
    newest = due[-1]
    if newest.is_history or settings.files is None or newest.delivered_on == run.business_date:
        return
    raise InputError(
        f"landing/{source}: the newest delivery is of {newest.delivered_on}, older than the interval of "
        f"{run.business_date}, and the source is required. Deliver the file of {run.business_date} and run again."
    )


def _missing(folder: Path, run: Run, settings: SourceSettings) -> str:
    strays = discovery.unmatched(folder, settings)
    seen = f" The folder has {', '.join(strays[:5])}, which no declared name fits." if strays else ""
    expected = " or ".join(name for name in (settings.files, settings.history) if name) or "any file"
    return (
        f"landing/{folder.name}: no file like {expected} for {run.business_date}, and the source is required.{seen} "
        "Deliver the file and run again."
    )


def check_not_empty(rules: Rules) -> None:
    """A required source must deliver records.

    Raises:
        InputError: a file of a required source has a header only.
    """
    for place, count in rules.landed.records.items():
        if count:
            continue
        rules.landed.notes.append((place, "no_records", 0, "a header and no records", None))
        if rules.source.required and not rules.source.allow_empty:
            raise InputError(
                f"{place}: has a header and no records, and the source is required. An export probably failed: deliver "
                "it again, or set `allow_empty: true` for the source if such days are normal."
            )


def check_fresh(warehouse: Warehouse, rules: Rules) -> None:
    """The newest event of a required source's delivery must lie in the delivery's day.

    Raises:
        InputError: all events are older: most likely an earlier day's file under a new name.
    """
    event_time, source = rules.contract.event_time, rules.source
    if rules.delivery.is_history or not source.required or source.allow_empty or event_time is None:
        return
    newest = warehouse.value(f"select max({event_time}) from temp.typed")
    day = rules.delivery.delivered_on
    if newest is None or newest >= businessday.interval(day, rules.time_zone)[0]:
        return
    files = ", ".join(rules.delivery.place(path) for path in rules.delivery.files)
    raise InputError(
        f"{files}: the newest {event_time} is {newest:%Y-%m-%d %H:%M} UTC, older than the interval of {day} "
        f"({rules.time_zone}); it looks like an earlier day's file under a new name. Deliver the right one, or set "
        "`allow_empty: true` for the source if a day may pass without events."
    )


def check_dates(warehouse: Warehouse, rules: Rules) -> None:
    """A date column of which nothing can be read is written in an undeclared way.

    Raises:
        InputError: names the column, one value and the setting to add; the format is never guessed.
    """
    for name in (f.name for f in rules.fields if f.is_text and f.column.base in ("date", "timestamp")):
        if warehouse.value(f"select count({name}) from temp.typed"):
            continue
        first = warehouse.rows(
            "select file, line, reason from meta.reject where source = $source and delivered_on = $delivered_on "
            f"and column_name = '{name}' and reason like '%written as%' order by file, line limit 1",
            rules.origin,
        )
        for file, line, reason in first:
            raise InputError(_undeclared_date(rules, name, f"{file}:{line}", reason))


def _undeclared_date(rules: Rules, name: str, place: str, reason: str) -> str:
    kind = rules.contract.columns[name].base
    example = "%d/%m/%Y" if kind == "date" else "%d/%m/%Y %H:%M:%S"
    return (
        f"{place}: {name} {reason} No {name} of the delivery can be read, and a format is never guessed: declare "
        "it, such as "
        f'`{kind}_format: "{example}"`, in sources.{rules.contract.table}.'
    )


def check_totals(warehouse: Warehouse, rules: Rules) -> None:
    """The sum of every money column must fit 64 bits.

    Raises:
        InputError: it does not; no sum ever wraps around.
    """
    for name in (f"{field.name}_minor" for field in rules.fields if field.column.type == "money"):
        total = warehouse.value(f"select sum(abs(cast({name} as hugeint))) from temp.typed")
        if total is not None and total > LARGEST_TOTAL:
            raise InputError(
                f"{rules.delivery.name}: the sum of {name} is {total}, more than {LARGEST_TOTAL} minor units; "
                "nothing was "
                "loaded. Look for amounts in a wrong unit."
            )


def check_sums(warehouse: Warehouse, delivery: Delivery) -> None:
    """Every record of the files is accounted for exactly once.

    Raises:
        InputError: the parts do not add up, which is a defect of ours.
    """
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


def check_reject_rate(warehouse: Warehouse, run: Run, rules: Rules) -> None:
    """Stop when too many records of the delivery were refused or contradict one another.

    Raises:
        GateError: the share of bad records is above the limit.
    """
    total, rejected, conflicting = warehouse.rows(
        "select coalesce(sum(row_count), 0), coalesce(sum(reject_count), 0), coalesce(sum(conflict_count), 0) "
        "from meta.delivery where source = $source and delivered_on = $delivered_on",
        rules.origin,
    )[0]
    own = rules.source.reject_rate_max
    limit = run.settings.gates.reject_rate_max if own is None else own
    if rejected + conflicting <= max(total * limit, run.settings.gates.reject_count_allowed):
        return
    raise GateError(
        f"{rules.delivery.name}: {rejected} rejected and {conflicting} conflicting of {total} records, more than "
        "the share "
        f"of {limit:g} allowed; nothing of the delivery was kept.{_first_rejects(warehouse, rules)}\n"
        "Correct the delivery, or raise reject_rate_max of the source."
    )


def _first_rejects(warehouse: Warehouse, rules: Rules) -> str:
    rows = warehouse.rows(
        "select file || ':' || line || ': ' || coalesce(column_name || ' ', '') || reason from meta.reject "
        f"where source = $source and delivered_on = $delivered_on order by file, line limit {SHOWN_REJECTS}",
        rules.origin,
    )
    return "".join(f"\n  {row[0]}" for row in rows)
