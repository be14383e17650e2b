"""From landed text to typed rows: one query judges every record, one says what is wrong with the bad ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from offermill import businessday
from offermill.ingest import fields, numbers_sql, times_sql, values
from offermill.ingest.batches import RECORD_CHARACTERS
from offermill.ingest.contracts import Contract
from offermill.ingest.discovery import Delivery
from offermill.ingest.fields import Field, Reason
from offermill.ingest.landing import Landed
from offermill.ingest.sources import SourceSettings
from offermill.run import Run

# Clocks of tills differ a little; later than this after the delivery's day is an event of the future.
FUTURE_MINUTES = 5


@dataclass(frozen=True)
class Rules:
    """Everything that decides how one delivery is typed."""

    contract: Contract
    source: SourceSettings
    landed: Landed
    delivery: Delivery
    time_zone: str
    currency: str
    currency_digits: int

    @classmethod
    def of(cls, run: Run, contract: Contract, source: SourceSettings, landed: Landed, delivery: Delivery) -> "Rules":
        """Return the rules of a run for one delivery."""
        shop = run.settings.shop
        zone = source.time_zone or shop.time_zone
        return cls(contract, source, landed, delivery, zone, shop.currency, shop.currency_digits)

    @property
    def fields(self) -> list[Field]:
        """Return the columns that the delivery has."""
        return [
            Field(name, column, self.landed.types[name], self.source, self.currency_digits, self.contract.table)
            for name, column in self.contract.columns.items()
            if name in self.landed.types
        ]

    @property
    def future_limit(self) -> datetime | None:
        """Return the UTC time from which events lie in the future; None for history."""
        if self.delivery.is_history:
            return None
        return self._day_end() + timedelta(minutes=FUTURE_MINUTES)

    @property
    def late_limit(self) -> datetime | None:
        """Return the UTC time before which events are late; None for history."""
        if self.delivery.is_history:
            return None
        days = self.contract.late_days if self.source.late_days is None else self.source.late_days
        first = self.delivery.delivered_on - timedelta(days=days)
        return businessday.interval(first, self.time_zone)[0]

    @property
    def origin(self) -> dict[str, object]:
        """Return what finds the delivery in the meta tables."""
        return {"source": self.contract.table, "delivered_on": self.delivery.delivered_on}

    def _day_end(self) -> datetime:
        return businessday.interval(self.delivery.delivered_on, self.time_zone)[1]

    @property
    def parameters(self) -> dict[str, object]:
        """Return what the queries bind."""
        source = self.source
        return {
            "number": numbers_sql.number_pattern(source, is_text=True),
            "plain_number": numbers_sql.number_pattern(source, is_text=False),
            "thousands": source.thousands_separator,
            "date_format": source.date_format,
            "timestamp_format": source.timestamp_format,
            "time_zone": self.time_zone,
            "currency": self.currency,
            "future_limit": self.future_limit,
            "late_limit": self.late_limit,
            "delivered_on": self.delivery.delivered_on,
        }


def _ctes(rules: Rules, relation: str) -> str:
    """Return the records cleaned, then typed; each step is a projection, so that nothing is computed twice."""
    found = rules.fields
    cleaned = ", ".join(f"{fields.cleaned(field)} as {field.text}" for field in found)
    local = [f"{sql} as {field.local}" for field in found if (sql := times_sql.local_time(field))]
    zoned = [f"{sql} as {field.zoned}" for field in found if (sql := times_sql.zoned_time(field))]
    typed = [f"{values.typed(field)} as {field.typed}" for field in found]
    return (
        f"with cleaned as (select {cleaned}, {_hidden_values(rules)} as _hidden_values, _line, _file\n"
        f"from {relation}),\n"
        f"local_times as (select {', '.join(['*', *local])} from cleaned),\n"
        f"zoned_times as (select {', '.join(['*', *zoned])} from local_times),\n"
        f"typed as (select {', '.join(['*', *typed])} from zoned_times)\n"
    )


def _hidden_values(rules: Rules) -> str:
    """Return SQL for the number of texts in a record that lose invisible characters."""
    texts = [field for field in rules.fields if field.column.base == "text" and field.is_text]
    return " + ".join(f"cast({fields.has_hidden(field)} as integer)" for field in texts) or "0"


def _repeated_hours(rules: Rules) -> str:
    """Return SQL for the number of times in a record that happen twice on the shop's clocks."""
    found = [f"cast({times_sql.is_repeated(f)} as integer)" for f in rules.fields if times_sql.local_time(f)]
    return " + ".join(found) or "0"


def problems(rules: Rules) -> list[tuple[str, Reason]]:
    """Return every (column, reason) in the order in which a record is judged; the first one counts."""
    found = [(field.name, reason) for field in rules.fields for reason in values.reasons(field)]
    return found + _future(rules)


def _future(rules: Rules) -> list[tuple[str, Reason]]:
    event_time = next((field for field in rules.fields if field.name == rules.contract.event_time), None)
    if event_time is None or rules.future_limit is None:
        return []
    sentence = event_time.says(f"is after the end of {rules.delivery.delivered_on}: an event of the future. ")
    return [
        (
            event_time.name,
            Reason(
                f"{event_time.typed} > $future_limit",
                f"{sentence} || 'Check the clock at the source.'",
                "future",
                fields.literal(rules.delivery.delivered_on),
            ),
        )
    ]


def _is_bad(rules: Rules) -> str:
    conditions = [f"coalesce({reason.condition}, false)" for _, reason in problems(rules) if not reason.explains]
    return " or ".join(conditions) or "false"


def judged_rows(rules: Rules) -> str:
    """Return a select of all records, typed, under the raw table's names, with their origin and `_is_bad`.

    The verdict is a column and no filter: a filter would make DuckDB compute every value once more per condition.
    """
    found = {field.name: field for field in rules.fields}
    columns = [
        f"{found[name].typed if name in found else 'cast(null as ' + column.warehouse_type + ')'} "
        f"as {rules.contract.raw_name(name)}"
        for name, column in rules.contract.columns.items()
    ]
    origin = f"$delivered_on as _delivered_on, {str(rules.delivery.is_history).lower()} as _is_history, _file, _line"
    relation = rules.landed.relation
    judged = f"({_is_bad(rules)}) as _is_bad, {_repeated_hours(rules)} as _repeated_hours, _hidden_values"
    return f"{_ctes(rules, relation)}select {', '.join(columns)}, {origin}, {judged}\nfrom typed"


def bad_rows(rules: Rules) -> str:
    """Return a select of the records in `bad`: where each stands, what is wrong with which column, and the record."""
    cases = problems(rules)
    names = " ".join(f"when {reason.condition} then '{name}'" for name, reason in cases)
    sentences = " ".join(f"when {reason.condition} then {reason.sentence}" for _, reason in cases)
    codes = " ".join(f"when {reason.condition} then '{reason.code}'" for _, reason in cases)
    details = " ".join(f"when {reason.condition} then {reason.detail}" for _, reason in cases)
    relation = f"(select * from {rules.landed.relation} semi join temp.bad using (_file, _line))"
    return (
        f"{_ctes(rules, relation)}select '{rules.contract.table}' as source, $delivered_on as delivered_on, "
        f"_file as file, _line as line, case {names} end as column_name, case {sentences} end as reason, "
        f"case {codes} end as reason_code, case {details} end as reason_detail, "
        f"{_record(rules.fields)} as record\nfrom typed"
    )


def _record(fields: Sequence[Field]) -> str:
    packed = ", ".join(f"{field.text} := cast({field.text} as varchar)" for field in fields)
    return f"left(cast(to_json(struct_pack({packed})) as varchar), {RECORD_CHARACTERS})"
