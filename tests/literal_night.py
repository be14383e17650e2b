"""A small literal night for the tests of lists and pages: 40 customers, three offers, names that try to break out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from offermill.expectations import load as load_expectations
from offermill.ingest import meta
from offermill.run import Run
from offermill.warehouse import Warehouse, quoted

DAY = date(2026, 6, 30)
SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    SCRIPT,
    "</script><img src=x onerror=alert(2)>",
    "=1+1",
    "{{7*7}}",
    "abc\u202egpj.exe",
    "javascript:alert(3)",
)
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

Row = dict[str, Any]


def make_run(folder: Path, day: date = DAY, *, new_version: bool = False, settings: str = SETTINGS) -> Run:
    """Return a run of a shop with the settings above, written into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.yml").write_text(settings, encoding="utf-8")
    return Run.of(folder, day, new_version=new_version)


def make(warehouse: Warehouse, table: str, rows: Sequence[Row]) -> None:
    """Create a table with its declared columns; what a row does not name is null."""
    declared = {name: column.type for name, column in load_expectations(table).columns.items()}
    create(warehouse, table, declared, rows)


def create(warehouse: Warehouse, table: str, declared: dict[str, str], rows: Sequence[Row]) -> None:
    """Create a table with the given columns and rows."""
    warehouse.execute(f"create schema if not exists {table.split('.')[0]}")
    body = ", ".join(f'"{name}" {kind}' for name, kind in declared.items())
    warehouse.execute(f"create or replace table {quoted(table)} ({body})")
    if rows:
        names = list(dict.fromkeys(name for row in rows for name in row))
        warehouse.append(table, pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows]))


@contextmanager
def night(folder: Path) -> Iterator[tuple[Warehouse, Run]]:
    """Yield a warehouse in memory with the night's tables, and its run."""
    with Warehouse.open() as warehouse:
        fill(warehouse)
        yield warehouse, make_run(folder)


def customer_ids() -> list[str]:
    return [f"c{number:03}" for number in range(1, 41)]


def fill(warehouse: Warehouse) -> None:
    """Write every table that lists and pages read."""
    _customers(warehouse)
    _segments(warehouse)
    _offers(warehouse)
    _models(warehouse)
    _meta(warehouse)


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


def _offer(offer: str, number: int) -> Row:
    return {
        "offer_id": offer,
        "template_id": "basket-percent",
        "campaign_id": "summer",
        "kind": "percent",
        "target_kind": "basket",
        "depth_pct": 10,
        "valid_from": date(2026, 7, 1),
        "valid_until": date(2026, 7, 14),
        "channels": "email",
        "max_cost_minor": 500,
        "customer_value_minor": 305 + number,
        "text_en": f"Buy for 40.00, get {offer}.",
        "text_lv": f"Pērc par 40.00, saņem {offer}.",
        "text_ru": f"Купи на 40.00, получи {offer}.",
        "catalogue_hash": "c" * 64,
    }


OFFERS = ("basket-percent-10", f"gift-{SCRIPT}", "points-500")


def _decision(index: int, customer: str) -> Row:
    group = (
        "choose",
        "choose",
        "explore",
        "global_control",
        "control",
        "excluded",
        "choose",
        "choose",
        "choose",
        "choose",
    )[index % 10]
    is_given = group in ("choose", "explore")
    row: Row = {
        "customer_id": customer,
        "group_name": group,
        "propensity": 0.85,
        "value_minor": 0,
        "cost_minor": 0,
        "worst_cost_minor": 0,
        "baseline_chance": 0.3,
        "evidence": "model",
        "reason": "chosen" if is_given else "held_back",
        "is_randomised": not is_given,
    }
    if not is_given:
        return row
    return row | {
        "offer_id": OFFERS[0 if index < 30 else 1 if index < 37 else 2],
        "campaign_id": "summer",
        "wave_id": "summer:2026-06-30",
        "channel": "email",
        "value_minor": 150 + index,
        "cost_minor": 80 + index,
        "worst_cost_minor": 500,
        "code": f"CODE{index:04}",
        "valid_from": date(2026, 7, 1),
        "valid_until": date(2026, 7, 14),
    }


def _offers(warehouse: Warehouse) -> None:
    decisions = [_decision(index, customer) for index, customer in enumerate(customer_ids())]
    make(warehouse, "offers.catalogue", [_offer(offer, number) for number, offer in enumerate(OFFERS)])
    make(warehouse, "offers.decision", decisions)
    history = [
        row | {"business_date": day}
        for row in decisions
        for day in (date(2026, 6, 28), date(2026, 6, 29), DAY, date(2026, 7, 1))
    ]
    make(warehouse, "offers.decision_history", history)
    make(
        warehouse,
        "offers.candidate",
        [
            {"customer_id": one, "offer_id": OFFERS[0], "campaign_id": "summer", "channel": "email"}
            for one in customer_ids()
        ],
    )
    log = [
        {"customer_id": one, "offer_id": OFFERS[0], "business_date": DAY, "offer_propensity": 0.5}
        for one in reversed(customer_ids())
    ]
    make(warehouse, "offers.decision_log", log)
    rules = [
        {"customer_id": one, "rule": "no_consent", "reason": "No consent.", "scope": "*"} for one in customer_ids()[:8]
    ]
    rules += [
        {"customer_id": one, "offer_id": OFFERS[1], "rule": "minor", "reason": "Born later.", "scope": OFFERS[1]}
        for one in customer_ids()[:2]
    ]
    make(warehouse, "offers.exclusion", rules)
    make(warehouse, "offers.left_out", _left_out())
    _money(warehouse, sum(row["cost_minor"] for row in decisions))


def _left_out() -> list[Row]:
    estimated = {"alone_count": 7, "estimated_count": 6, "kept_count": 5}
    unknown = {"is_total": False, "customer_count": 2, "alone_count": 2, "estimated_count": 0}
    money = {"saved_cost_minor": 1234, "forgone_margin_minor": 2345}
    return [
        {"rule": "no_consent", "is_total": True, "customer_count": 8, **estimated, **money},
        {"rule": "minor", **unknown},
        {"rule": "strategic", "is_total": True, "customer_count": 6, "alone_count": 6, "estimated_count": 0},
    ]


def _money(warehouse: Warehouse, cost: int) -> None:
    budget = {
        "limit_name": "budget",
        "counted": "money",
        "period": "night",
        "risk": "expected",
        "overspend_chance": 0.25,
        "cap_minor": 500_000,
        "used_before_minor": 120_000,
        "expected_minor": cost,
        "worst_minor": 15_000,
        "left_minor": 380_000 - cost,
    }
    make(
        warehouse,
        "offers.budget",
        [
            budget,
            budget | {"limit_name": "gift-mug", "cap_minor": 200_000, "left_minor": 80_000 - cost},
            {
                "limit_name": "mail",
                "counted": "contacts",
                "period": "week",
                "cap_count": 50,
                "used_before_count": 20,
                "available_count": 30,
                "given_count": 24,
                "left_count": 6,
                "at_least": 25,
                "missing_to_minimum": 1,
            },
        ],
    )
    _ledger(warehouse)
    make(
        warehouse,
        "offers.allocation_summary",
        [
            {
                "business_date": DAY,
                "value_minor": 4000,
                "upper_bound_minor": 4010,
                "gap_share": 10 / 4010,
                "shadow_price": 0.0,
                "candidate_count": 90,
                "chosen_count": 24,
                "explored_count": 4,
                "piloted_count": 0,
            }
        ],
    )


def _ledger(warehouse: Warehouse) -> None:
    pool = {
        "limit_name": "budget",
        "period_on": DAY,
        "counted": "money",
        "cap": 500_000,
        "opening_reserved": 0,
        "opening_posted": 0,
        "reserved": 9000,
        "posted": 0,
        "released": 0,
        "reversed": 0,
        "closing_reserved": 9000,
        "closing_posted": 0,
        "closing_overrun": 0,
    }
    before = {"period_on": date(2026, 6, 29), "opening_reserved": 7000, "reserved": 0, "posted": 1500, "released": 500}
    after = {"closing_reserved": 5000, "closing_posted": 1500, "closing_overrun": 250}
    make(warehouse, "offers.trial_balance", [pool, pool | before | after])
    checked = {
        "wave_id": "summer:2026-06-29",
        "offer_id": OFFERS[0],
        "customer_count": 12,
        "redemption_count": 3,
        "due_minor": 1000,
        "actual_minor": 1500,
        "actual_squared": 250_000.0,
    }
    make(warehouse, "offers.redemption_check", [checked, checked | {"offer_id": OFFERS[1], "customer_count": 7}])
    stray = {"offer_id": OFFERS[0], "discount_minor": 250, "why": "after_validity", "is_booked": False}
    twice = {"offer_id": OFFERS[1], "discount_minor": 100, "why": "redeemed_twice", "is_booked": True}
    redeemed = [stray | {"customer_id": one} for one in customer_ids()[:7]]
    redeemed += [
        twice | {"customer_id": one} for one in (*customer_ids()[20:24], customer_ids()[24], customer_ids()[24])
    ]
    numbered = [row | {"redemption_id": f"d{number:02}"} for number, row in enumerate(redeemed)]
    make(warehouse, "offers.unmatched_redemption", numbered)
    make(warehouse, "offers.cost_factor", [{"offer_id": OFFERS[0], "cost_factor": 1.25}])


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
