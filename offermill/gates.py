"""The gate at the end of a stage: every promise about its tables is checked before the night goes on."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from offermill import expectations, gx, paths
from offermill.expectations import Check, Expectations
from offermill.gx import Outcome
from offermill.run import Run
from offermill.warehouse import Warehouse, quoted

RESULTS = "meta.check_result"
# What a message shows of the first row that breaks a promise.
LONGEST = 60
MOST_COLUMNS = 6
_SCHEMA = pa.schema(
    [
        ("business_date", pa.date32()),
        ("schema_name", pa.string()),
        ("table_name", pa.string()),
        ("check_index", pa.int32()),
        ("check_type", pa.string()),
        ("column_name", pa.string()),
        ("severity", pa.string()),
        ("is_success", pa.bool_()),
        ("observed", pa.string()),
        ("unexpected_count", pa.int64()),
        ("element_count", pa.int64()),
        ("description", pa.string()),
        ("source", pa.string()),
    ]
)
Finding = tuple[Expectations, int, Check, Outcome]


def _last_good(warehouse: Warehouse, run: Run, table: str) -> date | None:
    """Return the latest earlier business date on which the table's gate let the night pass."""
    if not warehouse.exists(RESULTS):
        return None
    sql = f"""
        select max(business_date) from (
            select business_date, bool_or(severity = 'critical' and not is_success) as is_stopped
            from {RESULTS}
            where schema_name = 'raw' and table_name = $table_name and business_date < $business_date
            group by business_date
        ) where not is_stopped
    """
    found: date | None = warehouse.value(sql, {**run.parameters, "table_name": table})
    return found


def _batch(warehouse: Warehouse, run: Run, address: str) -> str:
    """Return the select of the rows to check.

    Of a raw table, what no earlier night has let pass; of a table that outlives the night, tonight's part, so that a
    night is judged alike whichever nights ran before it; else all.
    """
    schema, table = address.split(".")
    everything = f"select * from {quoted(address)}"
    if schema != "raw":
        is_history = "business_date" in warehouse.columns(address)
        return f"{everything} where business_date = date '{run.business_date}'" if is_history else everything
    since = _last_good(warehouse, run, table)
    until = f"{everything} where _delivered_on <= date '{run.business_date}'"
    return f"{until} and _delivered_on > date '{since}'" if since else until


def _is_there(warehouse: Warehouse, run: Run, address: str) -> bool:
    """Tell whether there is anything to check: a table, and for a raw one rows of tonight."""
    if not warehouse.exists(address):
        return False
    return not address.startswith("raw.") or bool(warehouse.value(f"select 1 from ({_batch(warehouse, run, address)})"))


def _check_table(session: gx.Session, batch: str, promised: Expectations) -> list[Finding]:
    outcomes = session.run(batch, promised.checks, key=promised.key)
    return [
        (promised, index, check, outcome)
        for index, (check, outcome) in enumerate(zip(promised.checks, outcomes, strict=True))
    ]


def _findings(warehouse: Warehouse, run: Run, promises: Sequence[Expectations]) -> list[Finding]:
    with gx.session(warehouse.connection, run.parameters) as session:
        return [
            finding
            for promised in promises
            for finding in _check_table(session, _batch(warehouse, run, promised.address), promised)
        ]


def _shown(value: object) -> str:
    """Return a value as one short line: data must not forge a log line or fill a page."""
    line = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in str(value))
    return line if len(line) <= LONGEST else line[:LONGEST] + "..."


def _first_row(promised: Expectations, outcome: Outcome) -> str | None:
    """Return `customer_id=17, order_count=0`: the key first, personal values hidden."""
    personal = {name for name, column in promised.columns.items() if column.is_personal}
    names = [*(n for n in promised.key if n in outcome.first), *(n for n in outcome.first if n not in promised.key)]
    parts = [
        f"{name}={'(hidden)' if name in personal else _shown(outcome.first[name])}" for name in names[:MOST_COLUMNS]
    ]
    return ", ".join(parts) or None


def _row(run: Run, finding: Finding) -> dict[str, object]:
    promised, index, check, outcome = finding
    schema, table = promised.address.split(".")
    return {
        "business_date": run.business_date,
        "schema_name": schema,
        "table_name": table,
        "check_index": index,
        "check_type": check.type,
        "column_name": ", ".join(check.columns) or None,
        "severity": check.severity,
        "is_success": outcome.is_success,
        "observed": outcome.observed or _first_row(promised, outcome),
        "unexpected_count": outcome.unexpected_count,
        "element_count": outcome.element_count,
        "description": check.description,
        "source": check.source,
    }


def _store(warehouse: Warehouse, run: Run, schema: str, findings: Sequence[Finding]) -> None:
    """Replace the results of this schema and business date; those of other nights stay."""
    rows = pa.Table.from_pylist([_row(run, finding) for finding in findings], schema=_SCHEMA)
    if warehouse.exists(RESULTS):
        sql = f"delete from {RESULTS} where business_date = $business_date and schema_name = $schema_name"
        warehouse.execute(sql, {**run.parameters, "schema_name": schema})
    warehouse.append(RESULTS, rows)


def _sentence(finding: Finding) -> str:
    promised, _, check, outcome = finding
    count, promise = outcome.unexpected_count, f'"{check.description}" ({check.source})'
    if count is None:
        return f"{promised.address}: breaks {promise}; found: {outcome.observed}."
    rows = "1 row breaks" if count == 1 else f"{count} rows break"
    first = _first_row(promised, outcome)
    return f"{promised.address}: {rows} {promise}" + (f"; first: {first}." if first else ".")


def _message(broken: Sequence[Finding]) -> str:
    return "\n".join([*map(_sentence, broken), "The night stopped; nothing was published."])


def _broken(findings: Sequence[Finding], severity: str) -> list[Finding]:
    return [f for f in findings if f[2].severity == severity and not f[3].is_success]


def check(warehouse: Warehouse, run: Run, *, schema: str, root: Path = paths.EXPECTATIONS) -> dict[str, object]:
    """Check every table of a stage and store every result in meta.check_result.

    The machinery commits the results and then stops the night when `critical_failed` is not 0, with `message`.
    What there is nothing of (no model on the first night, no delivery tonight) is named in `not_checked`.
    """
    promises = [expectations.load(address, root) for address in expectations.addresses(schema, root)]
    there = [promised for promised in promises if _is_there(warehouse, run, promised.address)]
    findings = _findings(warehouse, run, there)
    _store(warehouse, run, schema, findings)
    critical, warnings = _broken(findings, "critical"), _broken(findings, "warning")
    return {
        "checks": len(findings),
        "critical_failed": len(critical),
        "warnings": len(warnings),
        "message": _message(critical) if critical else "\n".join(map(_sentence, warnings)),
        "not_checked": [promised.address for promised in promises if promised not in there],
    }
