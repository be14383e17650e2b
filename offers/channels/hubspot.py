"""HubSpot: properties of contacts, found by a unique property of the shop's own ids."""

from offers.channels import tables
from offers.channels.contract import MEGABYTE, Column, FileContract, Limits, Target
from offers.channels.formats import Csv

COLUMNS = (
    Column("customer_key", "text", "Unique property of the contact: customer in the shop's own ids.", 255),
    Column("offer_status", "text", "offered; `withdrawn` ends the offer.", 9),
    Column("offer_key", "text", "Key of the offer.", 24),
    Column("offer_text", "text", "The sentence; `none` when the offer ended.", 1000, is_html=True),
    Column("offer_price_notice", "text", "Notice of a personalised price; `none` where none.", 1000, is_html=True),
    Column("offer_how_to_use", "text", "How the customer uses it; `none` when the offer ended.", 1000, is_html=True),
    Column("offer_terms", "text", "Terms that go with it; `none` where none.", 1000, is_html=True),
    Column("offer_terms_url", "text", "Page with all terms; `none` where none.", 1000),
    Column("offer_value", "money", "What the offer is worth to the customer; 0 when it ended."),
    Column("offer_currency", "text", "ISO 4217 code.", 3),
    Column("offer_valid_from", "date", "First day it counts."),
    Column("offer_valid_until", "date", "Last day it counts; of an ended offer the night that took it back."),
    Column("offer_code", "text", "Code the customer shows or types; `none` when it is not known.", 255),
    Column("offer_wave", "text", "Campaign and night.", 255),
)

TARGET = Target(
    name="hubspot",
    title="HubSpot: properties of contacts",
    files=(
        FileContract(
            name="contacts",
            title="Properties of contacts",
            sql=tables.query("hubspot_contacts"),
            columns=COLUMNS,
            key=("customer_key",),
            format=Csv(),
            # A paid plan's file: 512 MB, and 1,048,576 rows with the header.
            limits=Limits(bytes=512 * MEGABYTE, rows=1_048_575),
            empty_cell="keeps",
        ),
    ),
    keeps_one=True,
    setup=(
        "Make the properties, `customer_key` with unique values. `POST /crm/v3/imports` with `hasHeader: true`, "
        "`dateFormat: YEAR_MONTH_DAY`, one mapping per column to the property of its name, `customer_key` as the "
        "identifier. Write the end of offers before new ones: HubSpot runs imports side by side."
    ),
)
