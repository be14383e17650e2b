"""From landed text to typed rows: one query that keeps the good records, one that says what is wrong with the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from offermill import businessday
from offermill.ingest import values
from offermill.ingest.batches import RECORD_CHARACTERS
from offermill.ingest.contracts import Contract
from offermill.ingest.discovery import Delivery
from offermill.ingest.landing import Landed
from offermill.ingest.sources import SourceSettings
from offermill.ingest.values import Field, Reason
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

    def _day_end(self) -> datetime:
        return businessday.interval(self.delivery.delivered_on, self.time_zone)[1]

    @property
    def parameters(self) -> dict[str, object]:
        """Return what the queries bind."""
        source = self.source
        return {
            "hidden": values.HIDDEN,
            "spaces": values.SPACES,
            "number": values.number_pattern(source, is_text=True),
            "plain_number": values.number_pattern(source, is_text=False),
            "thousands": source.thousands_separator,
            "date_format": source.date_format,
            "timestamp_format": source.timestamp_format,
            "time_zone": self.time_zone,
            "currency": self.currency,
            "future_limit": self.future_limit,
            "late_limit": self.late_limit,
            "delivered_on": self.delivery.delivered_on,
        }


def _ctes(rules: Rules) -> str:
    cleaned = ", ".join(f"{values.cleaned(field)} as {field.text}" for field in rules.fields)
    typed = ", ".join(f"{values.typed(field)} as {field.typed}" for field in rules.fields)
    return (
        f"with cleaned as (select {cleaned}, _line, _file from {rules.landed.relation}),\n"
        f"typed as (select *, {typed} from cleaned)\n"
    )


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
            Reason(f"{event_time.typed} > $future_limit", f"{sentence} || 'Check the clock at the source.'"),
        )
    ]


def _is_bad(rules: Rules) -> str:
    conditions = [f"coalesce({reason.condition}, false)" for _, reason in problems(rules)]
    return " or ".join(conditions) or "false"


def good_rows(rules: Rules) -> str:
    """Return a select of the records that keep the contract, typed, under the raw table's names, with their origin."""
    found = {field.name: field for field in rules.fields}
    columns = [
        f"{found[name].typed if name in found else 'cast(null as ' + column.warehouse_type + ')'} "
        f"as {rules.contract.raw_name(name)}"
        for name, column in rules.contract.columns.items()
    ]
    origin = f"$delivered_on as _delivered_on, {str(rules.delivery.is_history).lower()} as _is_history, _file, _line"
    return f"{_ctes(rules)}select {', '.join(columns)}, {origin}\nfrom typed where not ({_is_bad(rules)})"


def bad_rows(rules: Rules) -> str:
    """Return a select of the other records: source, delivered_on, file, line, column_name, reason, record."""
    cases = problems(rules)
    names = " ".join(f"when {reason.condition} then '{name}'" for name, reason in cases)
    sentences = " ".join(f"when {reason.condition} then {reason.sentence}" for _, reason in cases)
    return (
        f"{_ctes(rules)}select '{rules.contract.table}' as source, $delivered_on as delivered_on, _file as file, "
        f"_line as line, case {names} end as column_name, case {sentences} end as reason, {_record(rules.fields)} as record\n"
        f"from typed where {_is_bad(rules)}"
    )


def _record(fields: Sequence[Field]) -> str:
    packed = ", ".join(f"{field.text} := cast({field.text} as varchar)" for field in fields)
    return f"left(cast(to_json(struct_pack({packed})) as varchar), {RECORD_CHARACTERS})"
