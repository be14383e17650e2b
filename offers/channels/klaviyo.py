"""Klaviyo: bulk import of profiles, one JSON document per job."""

from offers.channels import tables
from offers.channels.contract import MEGABYTE, Column, FileContract, Limits, Target
from offers.channels.formats import Json

_PROPERTY = "attributes.properties."
COLUMNS = (
    Column("attributes.external_id", "text", "The profile: customer in the shop's own ids.", 255),
    Column(f"{_PROPERTY}offer_status", "text", "offered; `withdrawn` ends the offer."),
    Column(f"{_PROPERTY}offer_key", "text", "Key of the offer."),
    Column(
        f"{_PROPERTY}offer_text",
        "text",
        "The sentence; null clears it when the offer ended.",
        may_be_empty=True,
        is_html=True,
    ),
    Column(
        f"{_PROPERTY}offer_price_notice",
        "text",
        "Notice of a personalised price; null where none.",
        may_be_empty=True,
        is_html=True,
    ),
    Column(
        f"{_PROPERTY}offer_how_to_use",
        "text",
        "How it is used; null when the offer ended.",
        may_be_empty=True,
        is_html=True,
    ),
    Column(
        f"{_PROPERTY}offer_terms", "text", "Terms that go with it; null where none.", may_be_empty=True, is_html=True
    ),
    Column(f"{_PROPERTY}offer_terms_url", "text", "Page with all terms; null where none.", may_be_empty=True),
    Column(f"{_PROPERTY}offer_value", "money", "What the offer is worth; null when it ended.", may_be_empty=True),
    Column(f"{_PROPERTY}offer_currency", "text", "ISO 4217 code."),
    Column(f"{_PROPERTY}offer_valid_from", "date", "First day it counts."),
    Column(
        f"{_PROPERTY}offer_valid_until", "date", "Last day it counts; of an ended offer the night that took it back."
    ),
    Column(f"{_PROPERTY}offer_code", "text", "Code the customer shows or types.", may_be_empty=True),
    Column(f"{_PROPERTY}offer_wave", "text", "Campaign and night."),
)

TARGET = Target(
    name="klaviyo",
    title="Klaviyo: bulk import of profiles",
    files=(
        FileContract(
            name="profiles",
            title="Jobs of the bulk import of profiles",
            sql=tables.query("klaviyo_profiles"),
            columns=COLUMNS,
            key=("attributes.external_id",),
            format=Json(
                before='{"data":{"type":"profile-bulk-import-job","attributes":{"profiles":{"data":[',
                after="]}}}}",
                constant=(("type", "profile"),),
            ),
            limits=Limits(bytes=5 * MEGABYTE, rows=10_000, record_bytes=100_000),
            empty_cell="clears",
        ),
    ),
    keeps_one=True,
    setup=(
        "POST each file to `/api/profile-bulk-import-jobs`, at most 10 in a second and 150 in a minute. It changes no "
        "consent; never send offers through the bulk subscription, which lifts suppressions."
    ),
)
