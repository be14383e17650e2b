"""What explains a publication later: decisions, checks, delivered files, rejects, redemptions without a promise."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet

from offermill import csvfile, datapackage
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import tables

FOLDER = "audit"


@dataclass(frozen=True)
class Report:
    """An audit file made of one query; empty when the table it reads was not made."""

    name: str
    title: str
    table: str
    sql: str
    columns: tables.Columns


DECISIONS = Report(
    "decisions.parquet",
    "What every person gets and with which propensity, those who get nothing and the control groups included",
    "offers.decision",
    "select * from offers.decision order by customer_id",
    (),
)
CATALOGUE = Report(
    "catalogue.parquet",
    "Every offer of the night with its rules, costs and sentences",
    "offers.catalogue",
    "select * from offers.catalogue order by offer_id",
    (),
)
DECISION_LOG = Report(
    "decision_log.parquet",
    "Every candidate and decision of the night, with rules, scores and propensities",
    "offers.decision_log",
    "select * from offers.decision_log order by customer_id, offer_id",
    (),
)
CHECKS = Report(
    "check_results.csv",
    "Every promise about the night's tables, kept or broken",
    "meta.check_result",
    """
    select schema_name, table_name, check_index, check_type, column_name, severity, is_success, observed,
        unexpected_count, element_count, description
    from meta.check_result
    where business_date = $business_date and schema_name <> 'publish'
    order by schema_name, table_name, check_index
    """,
    (
        ("schema_name", "string", "Stage."),
        ("table_name", "string", "Table."),
        ("check_index", "integer", "Place of the check in the table's expectations."),
        ("check_type", "string", "Great Expectations type."),
        ("column_name", "string", "Column."),
        ("severity", "string", "critical stops the night; warning is reported."),
        ("is_success", "boolean", "The promise is kept."),
        ("observed", "string", "What was seen."),
        ("unexpected_count", "integer", "Rows that break it."),
        ("element_count", "integer", "Rows looked at."),
        ("description", "string", "The promise in words."),
    ),
)
INPUTS = Report(
    "input_manifest.csv",
    "Every delivered file that the night rests on",
    "meta.delivery",
    """
    select source, delivered_on, file, bytes, sha256, row_count, accepted_count, reject_count, is_history
    from meta.delivery
    where is_history or delivered_on <= $business_date
    order by source, is_history desc, delivered_on, file
    """,
    (
        ("source", "string", "Source in shop.yml."),
        ("delivered_on", "date", "Business date of the delivery."),
        ("file", "string", "File name."),
        ("bytes", "integer", "Size."),
        ("sha256", "string", "SHA-256 of the file."),
        ("row_count", "integer", "Records in the file."),
        ("accepted_count", "integer", "Records taken."),
        ("reject_count", "integer", "Records refused."),
        ("is_history", "boolean", "Part of the first load."),
    ),
)
REJECTS = Report(
    "rejects.csv",
    "Records that could not be taken, counted by source, column and reason",
    "meta.reject",
    """
    select source, delivered_on, column_name, reason, count(*) as reject_count
    from meta.reject
    where delivered_on <= $business_date
    group by source, delivered_on, column_name, reason
    order by source, delivered_on, column_name nulls first, reason
    """,
    (
        ("source", "string", "Source in shop.yml."),
        ("delivered_on", "date", "Business date of the delivery."),
        ("column_name", "string", "Column at fault; empty when the whole record is."),
        ("reason", "string", "Why."),
        ("reject_count", "integer", "Records."),
    ),
)

UNMATCHED = Report(
    "unmatched_redemptions.csv",
    "Redemptions of the last days that no open promise of ours stands behind",
    "offers.unmatched_redemption",
    """
    select redemption_id, customer_id, offer_id, order_id, redeemed_on, arrived_on, discount_minor, why,
        reservation_id, valid_from, valid_until, is_booked
    from offers.unmatched_redemption
    order by redeemed_on, redemption_id
    """,
    (
        ("redemption_id", "string", "Redemption."),
        ("customer_id", "string", "Customer."),
        ("offer_id", "string", "Offer that was redeemed."),
        ("order_id", "string", "Order it was redeemed in."),
        ("redeemed_on", "date", "Local date on which it was used."),
        ("arrived_on", "date", "Business date by which it was known."),
        ("discount_minor", "integer", "Discount it gave, in minor units."),
        ("why", "string", "Why no promise stands behind it."),
        ("reservation_id", "string", "Our promise that comes nearest."),
        ("valid_from", "date", "First day of what the person was promised."),
        ("valid_until", "date", "Last day of it."),
        ("is_booked", "boolean", "The ledger posts it all the same."),
    ),
)

LAST_WORDS = Report(
    "last_words.csv",
    "Customers with an offer who said no after the night was loaded and before the lists were written",
    "offers.last_word",
    "select customer_id, channel, rule, why from offers.last_word order by all",
    (
        ("customer_id", "string", "Customer."),
        ("channel", "string", "Channel that is refused; * for every one."),
        ("rule", "string", "What forbids it, such as opted_out, suppressed, closed, open_complaint or withdrawn."),
        ("why", "string", "What was said, when, and in which file."),
    ),
)

HELD_BACK = Report(
    "held_back.csv",
    "Offers that were decided and did not leave, with the last check that held them back",
    "offers.message_verdict",
    """
    select verdicts.offer_key, messages.customer_id, messages.offer_id, messages.channel, verdicts.rule, verdicts.why
    from offers.message_verdict as verdicts
    inner join offers.message as messages on verdicts.offer_key = messages.offer_key
    order by verdicts.offer_key, verdicts.rule
    """,
    (
        ("offer_key", "string", "Key that the offer would have had."),
        ("customer_id", "string", "Customer."),
        ("offer_id", "string", "Offer."),
        ("channel", "string", "Way to tell the customer."),
        ("rule", "string", "Rule that forbids it."),
        ("why", "string", "The rule's reason in words."),
    ),
)


def _write_csv(warehouse: Warehouse, run: Run, report: Report, path: Path) -> int:
    rows = tables.rows(warehouse, run, report.sql) if warehouse.exists(report.table) else iter(())
    return csvfile.write(path, [name for name, _, _ in report.columns], rows)  # type: ignore[arg-type]


def _write_parquet(warehouse: Warehouse, run: Run, report: Report, path: Path) -> int:
    if not warehouse.exists(report.table):
        parquet.write_table(pa.table({"customer_id": pa.array([], pa.string())}), path)
        return 0
    batches = tables.batches(warehouse, run, report.sql)
    count, writer = 0, None
    for batch in batches:
        writer = writer or parquet.ParquetWriter(path, batch.schema, compression="zstd")
        writer.write_batch(batch)
        count += batch.num_rows
    if writer is None:
        parquet.write_table(warehouse.arrow(report.sql, run.parameters), path, compression="zstd")
    else:
        writer.close()
    return count


_WRITERS: dict[str, Callable[[Warehouse, Run, Report, Path], int]] = {".csv": _write_csv, ".parquet": _write_parquet}


def write(warehouse: Warehouse, run: Run, folder: Path) -> list[datapackage.Resource]:
    """Write every audit file into `folder`/audit."""
    (folder / FOLDER).mkdir()
    resources = []
    for report in (DECISIONS, CATALOGUE, DECISION_LOG, CHECKS, INPUTS, REJECTS, UNMATCHED, LAST_WORDS, HELD_BACK):
        path = folder / FOLDER / report.name
        rows = _WRITERS[path.suffix](warehouse, run, report, path)
        resources.append(datapackage.Resource(f"{FOLDER}/{report.name}", report.title, rows, report.columns))
    return resources
