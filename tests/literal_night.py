"""A small literal night for the tests of lists and pages: 40 customers, three offers, names that try to break out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from offermill import sqlfiles
from offermill.ingest import meta
from offermill.run import Run
from offermill.warehouse import Warehouse
from tests import literal_offers
from tests.literal_tables import DAY, HOSTILE, OFFERS, SCRIPT, Row, create, customer_ids, make

SETTINGS = """\
shop: {id: test, name: "Veikals <b>", time_zone: Europe/Riga, default_language: lv}
randomisation: {salt: a salt for tests}
sources:
  customers: {history: "customers_history*.parquet", files: "customers_{date}.csv"}
  orders: {history: "orders_history*.parquet", files: "orders_{date}.csv", required: true}
  stores: {history: "stores_history*.parquet"}
"""

_CHECK_COLUMNS = (
    "business_date date, schema_name varchar, table_name varchar, check_index integer, check_type varchar, "
    "column_name varchar, severity varchar, is_success boolean, observed varchar, unexpected_count bigint, "
    "element_count bigint, description varchar, source varchar"
)


def make_run(folder: Path, day: date = DAY, *, new_version: bool = False, settings: str = SETTINGS) -> Run:
    """Return a run of a shop with the settings above, written into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.yml").write_text(settings, encoding="utf-8")
    return Run.of(folder, day, new_version=new_version)


@contextmanager
def night(folder: Path) -> Iterator[tuple[Warehouse, Run]]:
    """Yield a warehouse in memory with the night's tables, and its run."""
    with Warehouse.open() as warehouse:
        fill(warehouse)
        yield warehouse, make_run(folder)


def fill(warehouse: Warehouse) -> None:
    """Write every table that lists and pages read."""
    _customers(warehouse)
    _segments(warehouse)
    literal_offers.fill(warehouse)
    make_messages(warehouse)
    _models(warehouse)
    _meta(warehouse)


def make_messages(warehouse: Warehouse) -> None:
    """Write one message per offer, none of them held back."""
    for table in ("core.contact", "core.contact_name", "offers.withdrawn_promise", "offers.message_verdict"):
        make(warehouse, table, [])
    for table in ("offers.last_word", "offers.phone_number"):
        make(warehouse, table, [])
    for table in ("offers.addressee", "offers.message", "offers.allowed_message"):
        warehouse.replace_table(table, sqlfiles.read(table).text, {"business_date": DAY})


def _customers(warehouse: Warehouse) -> None:
    languages = ("lv", "ru", "en")
    people = [
        {
            "customer_id": customer,
            "registered_at": datetime(2025, 1, 1),
            "registered_on": date(2025, 1, 1),
            "language": languages[index % 3],
            "home_store_id": "s1",
            "status": "active",
            "tier": "gold",
            "record_count": 1,
        }
        for index, customer in enumerate(customer_ids())
    ]
    make(warehouse, "core.customer", people)
    features = [
        {
            "customer_id": customer,
            "days_since_order": index,
            "order_count_365_days": 40 - index,
            "net_minor_365_days": 1000 * index,
            "margin_minor_365_days": 333 * index - 1000,
        }
        for index, customer in enumerate(customer_ids())
    ]
    make(warehouse, "features.customer", features)


def _families() -> dict[str, list[tuple[str, str]]]:
    ids = customer_ids()
    lifecycle = [("new", ids[:3]), ("active", ids[3:25]), ("lapsed", ids[25:])]
    names = [
        ("steady", ids[:20]),
        *((name, ids[20 + 3 * n : 23 + 3 * n]) for n, name in enumerate(HOSTILE)),
        ("loyal", ids[38:]),
    ]
    return {
        "lifecycle": [(segment, one) for segment, members in lifecycle for one in members],
        "cluster": [(segment, one) for segment, members in names for one in members],
    }


def _segments(warehouse: Warehouse) -> None:
    members = [
        {"customer_id": customer, "family": family, "segment": segment, "reason": f"Because of {segment}, =2+3"}
        for family, pairs in _families().items()
        for segment, customer in pairs
    ]
    make(warehouse, "segments.membership", members)
    nights = [date(2026, 6, 28), date(2026, 6, 29), DAY, date(2026, 7, 1)]
    history = [
        {name: row[name] for name in ("customer_id", "family", "segment")} | {"business_date": night}
        for night in nights
        for row in members
    ]
    make(warehouse, "segments.history", history)
    _matrices(warehouse, members)
    sizes: dict[tuple[str, str], int] = {}
    for row in members:
        sizes[row["family"], row["segment"]] = sizes.get((row["family"], row["segment"]), 0) + 1
    portraits = [
        {
            "family": family,
            "segment": segment,
            "customer_count": count,
            "customer_share": count / 40,
            "margin_per_customer_minor_365_days": 1234,
            "contribution_minor_365_days": 100,
            "order_count_365_days_mean": 4.25,
            "days_since_order_median": 12.0,
            "web_order_share_90_days": 0.25,
            "discount_share_365_days": 0.1,
            "description": f"Portrait of {segment}",
        }
        for (family, segment), count in sizes.items()
    ]
    make(warehouse, "segments.portrait", portraits)


def _matrices(warehouse: Warehouse, members: Sequence[Row]) -> None:
    counts: dict[tuple[str, str], int] = {}
    for one in members:
        for other in members:
            if one["customer_id"] == other["customer_id"]:
                pair = (f"{one['family']}:{one['segment']}", f"{other['family']}:{other['segment']}")
                counts[pair] = counts.get(pair, 0) + 1
    overlap = [{"segment_a": a, "segment_b": b, "customer_count": count} for (a, b), count in counts.items()]
    make(warehouse, "segments.overlap", overlap)
    moves = [
        ("new", "active", 7),
        ("active", "active", 15),
        ("active", "lapsed", 2),
        ("lapsed", "lapsed", 13),
        ("(none)", "new", 3),
    ]
    migration = [{"family": "lifecycle", "from_segment": a, "to_segment": b, "customer_count": n} for a, b, n in moves]
    make(warehouse, "segments.migration", migration)


def _models(warehouse: Warehouse) -> None:
    ids = customer_ids()
    declared = {"customer_id": "varchar", "purchase_propensity": "double", "source": "varchar", "model_id": "varchar"}
    create(
        warehouse,
        "models.propensity_score",
        declared,
        [
            {"customer_id": one, "purchase_propensity": 0.2, "source": "model", "model_id": "propensity-x"}
            for one in ids
        ],
    )
    declared = {"customer_id": "varchar", "expected_margin_minor": "bigint", "source": "varchar", "model_id": "varchar"}
    create(
        warehouse,
        "models.value_score",
        declared,
        [{"customer_id": one, "expected_margin_minor": 20, "source": "rfm"} for one in ids],
    )
    declared = {
        "customer_id": "varchar",
        "offer_id": "varchar",
        "effect_minor": "bigint",
        "cost_minor": "bigint",
        "baseline_chance": "double",
        "evidence": "varchar",
        "model_id": "varchar",
    }
    effects = [
        {
            "customer_id": one,
            "offer_id": offer,
            "effect_minor": 10 * index - 100,
            "cost_minor": 20,
            "baseline_chance": 0.2,
            "evidence": "model",
            "model_id": "uplift-x",
        }
        for index, one in enumerate(ids)
        for offer in OFFERS[:2]
    ]
    create(warehouse, "models.offer_effect", declared, effects)
    declared = {
        "reason": "varchar", "is_evidence": "boolean", "row_count": "bigint", "control_count": "bigint",
        "place": "integer",
    }  # fmt: skip
    counted = {"reason": "evidence", "is_evidence": True, "row_count": 400, "control_count": 100, "place": 1}
    create(warehouse, "models.evidence_count", declared, [counted])


def _meta(warehouse: Warehouse) -> None:
    meta.ensure(warehouse)
    create(
        warehouse,
        "meta.run",
        {"business_date": "date", "run_id": "varchar", "config_hash": "varchar"},
        [{"business_date": DAY, "run_id": "test-2026-06-30", "config_hash": "c"}],
    )
    _deliveries(warehouse)
    _rejects(warehouse)
    _checks(warehouse)


def _deliveries(warehouse: Warehouse) -> None:
    for source in ("customers", "orders"):
        for day, is_history in (
            (date(2026, 6, 16), True),
            (date(2026, 6, 29), False),
            (DAY, False),
            (date(2026, 7, 1), False),
        ):
            delivery = {
                "source": source,
                "delivered_on": day,
                "file": f"{source}_{day}.csv",
                "bytes": 2000,
                "sha256": "a" * 64,
                "row_count": 100,
                "accepted_count": 99,
                "reject_count": 1,
                "is_history": is_history,
            }
            warehouse.append("meta.delivery", pa.Table.from_pylist([delivery]))


def _rejects(warehouse: Warehouse) -> None:
    rejects = [
        {
            "source": "orders",
            "delivered_on": day,
            "file": "orders.csv",
            "line": line,
            "column_name": "ordered_at",
            "reason": SCRIPT,
            "record": "x",
        }
        for line, day in enumerate((date(2026, 6, 29), DAY, DAY, date(2026, 7, 1)))
    ]
    warehouse.append("meta.reject", pa.Table.from_pylist(rejects))


def _checks(warehouse: Warehouse) -> None:
    checks = [
        {
            "business_date": DAY,
            "schema_name": "core",
            "table_name": "customer",
            "check_index": index,
            "check_type": "expect",
            "column_name": "tier",
            "severity": "warning" if index == 3 else "critical",
            "is_success": index != 3,
            "observed": HOSTILE[0] if index == 3 else None,
            "unexpected_count": 2 if index == 3 else 0,
            "element_count": 40,
            "description": f"tier is one of {HOSTILE[index % 6]}",
        }
        for index in range(14)
    ]
    kinds = dict(column.split() for column in _CHECK_COLUMNS.split(", "))
    create(warehouse, "meta.check_result", kinds, checks)
