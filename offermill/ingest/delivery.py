"""Load one delivery: land it, judge and type its records, sort out late and repeated ones, and account for them all."""

from dataclasses import dataclass

import duckdb
import pyarrow as pa

from offermill.errors import InputError
from offermill.ingest import accounts, discovery, duplicates, landing, meta, quarantine, remarks, typing_sql
from offermill.ingest.contracts import Contract
from offermill.ingest.discovery import Delivery
from offermill.ingest.sources import SourceSettings
from offermill.ingest.typing_sql import Rules
from offermill.run import Run
from offermill.warehouse import Warehouse

# Columns of `typed` that only this package needs.
WORKING_COLUMNS = ("_is_bad", "_repeated_hours", "_hidden_values")


@dataclass(frozen=True)
class Loader:
    """Loads deliveries of one source for one run."""

    warehouse: Warehouse
    run: Run
    contract: Contract
    settings: SourceSettings

    def unload(self, delivery: Delivery) -> None:
        """Remove a delivery's rows and all that is noted about it."""
        meta.forget(self.warehouse, delivery)
        self.warehouse.execute(
            f"delete from raw.{self.contract.table} where _delivered_on = $day", {"day": delivery.delivered_on}
        )

    def load(self, delivery: Delivery) -> None:
        """Replace a delivery's rows by what its files hold now.

        Raises:
            InputError: a file as a whole cannot be trusted.
            GateError: too many records are bad; they lie in the quarantine file that the message names.
        """
        discovery.wait_until_whole(delivery, self.settings)
        self.unload(delivery)
        landed = landing.land(self.warehouse, delivery, self.contract, self.settings)
        rules = Rules.of(self.run, self.contract, self.settings, landed, delivery)
        accounts.check_not_empty(rules)
        self._judge(rules)
        accounts.check_fresh(self.warehouse, rules)
        self._take_late(rules)
        duplicates.remove_repeated(self.warehouse, self.contract, delivery)
        accounts.check_totals(self.warehouse, rules)
        self._keep()
        meta.note_delivery(
            self.warehouse, rules.landed, delivery, meta.rules_sha256(self.run, self.contract, self.settings)
        )
        accounts.check_sums(self.warehouse, delivery)
        with quarantine.kept(self.warehouse, self.run, delivery):
            accounts.check_reject_rate(self.warehouse, self.run, rules)

    def _judge(self, rules: Rules) -> None:
        """Fill `typed` with the good records and meta.reject with the others."""
        try:
            self.warehouse.execute(
                f"create or replace temp table typed as {typing_sql.judged_rows(rules)}", rules.parameters
            )
        except duckdb.Error as problem:
            files = ", ".join(rules.delivery.place(path) for path in rules.delivery.files)
            raise InputError(f"{files}: cannot be read: {str(problem).splitlines()[0]}. Deliver it again.") from problem
        self._note_unsplit(rules)
        self.warehouse.execute("create or replace temp table bad as select _file, _line from temp.typed where _is_bad")
        if self.warehouse.value("select count(*) from temp.bad"):
            self._reject_bad(rules)
        remarks.note(self.warehouse, rules)

    def _reject_bad(self, rules: Rules) -> None:
        self.warehouse.execute(
            f"insert into meta.reject by name {typing_sql.bad_rows(rules)} order by file, line", rules.parameters
        )
        accounts.check_dates(self.warehouse, rules)
        self.warehouse.execute("delete from temp.typed where _is_bad")

    def _note_unsplit(self, rules: Rules) -> None:
        """Note the records that could not even be split into fields."""
        rejects = [(file, r.line, r.column, r.reason, r.code, r.detail, r.record) for file, r in rules.landed.rejects]
        if not rejects:
            return
        types = (pa.string(), pa.int64(), *[pa.string()] * 5)
        columns = [pa.array(column, kind) for column, kind in zip(zip(*rejects, strict=True), types, strict=True)]
        table = pa.table(
            columns, names=["file", "line", "column_name", "reason", "reason_code", "reason_detail", "record"]
        )
        for name, value in (("source", self.contract.table), ("delivered_on", rules.delivery.delivered_on)):
            table = table.append_column(name, pa.array([value] * len(rejects)))
        self.warehouse.append("meta.reject", table)

    def _take_late(self, rules: Rules) -> None:
        """Move events older than the window from `typed` to meta.late."""
        event_time = self.contract.event_time
        if event_time is None or rules.late_limit is None:
            return
        self.warehouse.execute(
            f"insert into meta.late select '{self.contract.table}', $delivered_on, _file, _line, {event_time} "
            f"from temp.typed where {event_time} < $late_limit order by _file, _line",
            rules.parameters,
        )
        self.warehouse.execute(f"delete from temp.typed where {event_time} < $late_limit", rules.parameters)

    def _keep(self) -> None:
        self.warehouse.execute(
            f"insert into raw.{self.contract.table} by name "
            f"select * exclude ({', '.join(WORKING_COLUMNS)}) from {duplicates.TYPED}"
        )
