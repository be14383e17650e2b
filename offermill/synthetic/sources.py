"""The source files of the demo shop: which columns, which file form, how often."""

from dataclasses import dataclass

import pyarrow as pa

from offermill.synthetic.arrays import type_of_money
from offermill.synthetic.outreach import PROPENSITY
from offermill.synthetic.till import QUANTITY

TEXT, TIME = pa.string(), pa.timestamp("us", "UTC")


@dataclass(frozen=True)
class Source:
    """How one source is delivered."""

    name: str
    columns: dict[str, pa.DataType]
    extension: str = "csv"
    has_mark: bool = False  # a byte order mark in the daily files
    is_monthly: bool = False  # history is one file per month and part
    is_whole: bool = False  # every delivery is the whole list
    late_share: float = 0.0  # of rows that arrive a day later

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema of the history files."""
        return pa.schema(self.columns.items())


_ALL = (
    Source("products", {
        "product_id": TEXT, "product_name": TEXT, "category_id": TEXT, "category_name": TEXT, "brand": TEXT,
        "list_price": type_of_money, "cost": type_of_money, "is_age_restricted": pa.bool_(),
    }, is_whole=True),
    Source("stores", {"store_id": TEXT, "store_name": TEXT, "city": TEXT, "kind": TEXT}, has_mark=True, is_whole=True),
    Source("customers", {
        "customer_id": TEXT, "registered_at": TIME, "first_name": TEXT, "last_name": TEXT, "language": TEXT,
        "birth_date": pa.date32(), "home_store_id": TEXT, "status": TEXT, "tier": TEXT, "points_balance": pa.int64(),
    }, has_mark=True),
    Source("contacts", {"customer_id": TEXT, "kind": TEXT, "value": TEXT, "updated_at": TIME}),
    Source("consents", {
        "customer_id": TEXT, "channel": TEXT, "purpose": TEXT, "is_granted": pa.bool_(), "recorded_at": TIME,
    }, has_mark=True),
    Source("orders", {
        "order_id": TEXT, "customer_id": TEXT, "store_id": TEXT, "channel": TEXT, "ordered_at": TIME, "currency": TEXT,
        "delivery_cost": type_of_money,
    }, "csv.gz", is_monthly=True),
    Source("order_lines", {
        "order_id": TEXT, "line_number": pa.int64(), "product_id": TEXT, "kind": TEXT, "quantity": QUANTITY,
        "list_amount": type_of_money, "discount": type_of_money, "net_amount": type_of_money, "promotion_id": TEXT,
    }, "csv.gz", is_monthly=True),
    Source("browsing_events", {
        "event_id": TEXT, "session_id": TEXT, "visitor_id": TEXT, "occurred_at": TIME, "kind": TEXT, "product_id": TEXT,
        "category_id": TEXT, "query": TEXT, "dwell_seconds": pa.int64(),
    }, "jsonl", is_monthly=True, late_share=0.01),
    Source("identity_links", {"visitor_id": TEXT, "customer_id": TEXT, "linked_at": TIME}),
    Source("offer_assignments", {
        "assignment_id": TEXT, "customer_id": TEXT, "campaign_id": TEXT, "wave_id": TEXT, "arm": TEXT, "offer_id": TEXT,
        "channel": TEXT, "propensity": PROPENSITY, "is_randomised": pa.bool_(), "assigned_at": TIME,
        "valid_from": pa.date32(), "valid_until": pa.date32(),
    }),
    Source("receipts", {
        "receipt_id": TEXT, "assignment_id": TEXT, "customer_id": TEXT, "channel": TEXT, "status": TEXT,
        "occurred_at": TIME, "reason": TEXT,
    }, late_share=0.01),
    Source("redemptions", {
        "redemption_id": TEXT, "assignment_id": TEXT, "offer_id": TEXT, "customer_id": TEXT, "order_id": TEXT,
        "redeemed_at": TIME, "discount": type_of_money,
    }, has_mark=True),
    Source("strategic_customers", {
        "customer_id": TEXT, "owner": TEXT, "expires_on": pa.date32(), "reason": TEXT,
    }, is_whole=True),
    Source("complaints", {
        "complaint_id": TEXT, "customer_id": TEXT, "opened_at": TIME, "closed_at": TIME, "topic": TEXT,
    }),
    Source("credits", {
        "credit_id": TEXT, "assignment_id": TEXT, "offer_id": TEXT, "customer_id": TEXT, "kind": TEXT,
        "points": pa.int64(), "amount": type_of_money, "credited_at": TIME,
    }),
    Source("survey_answers", {
        "answer_id": TEXT, "customer_id": TEXT, "assignment_id": TEXT, "question": TEXT, "score": pa.int64(),
        "comment": TEXT, "answered_at": TIME,
    }),
    Source("audit_attributes", {"customer_id": TEXT, "attribute": TEXT, "value": TEXT}),
    Source("suppressions", {
        "kind": TEXT, "value": TEXT, "reason": TEXT, "suppressed_at": TIME, "lifted_at": TIME,
    }),
    Source("households", {"customer_id": TEXT, "household": TEXT}),
)  # fmt: skip
SOURCES = {source.name: source for source in _ALL}
