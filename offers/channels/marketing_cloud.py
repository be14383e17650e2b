"""Salesforce Marketing Cloud Engagement: rows of a data extension with a primary key."""

from offers.channels import tables
from offers.channels.contract import MEGABYTE, Column, FileContract, Limits, Target
from offers.channels.formats import Csv

COLUMNS = (
    Column("offer_key", "text", "Primary key: without one a data extension can only be overwritten.", 24),
    Column("SubscriberKey", "text", "Customer in the shop's own ids.", 254),
    Column("offer_status", "text", "offered; `withdrawn` ends the offer.", 9),
    Column("channel", "text", "Way to tell the customer; `none` when it is not known.", 5),
    Column("language", "text", "Language of the text; `none` when the customer is gone.", 4),
    Column("offer_text", "text", "The sentence; `none` when the offer ended.", 1000, is_html=True),
    Column("price_notice", "text", "Notice of a personalised price; `none` where none.", 1000, is_html=True),
    Column("how_to_use", "text", "How the customer uses it; `none` when the offer ended.", 1000, is_html=True),
    Column("terms", "text", "Terms that go with it; `none` where none.", 1000, is_html=True),
    Column("terms_url", "text", "Page with all terms; `none` where none.", 1000),
    Column("value_amount", "money", "What the offer is worth to the customer; 0 when it ended."),
    Column("currency", "text", "ISO 4217 code.", 3),
    Column("valid_from", "date", "First day it counts."),
    Column("valid_until", "date", "Last day it counts; of an ended offer the night that took it back."),
    Column("code", "text", "Code the customer shows or types; `none` when it is not known.", 64),
    Column("campaign_id", "text", "Campaign.", 100),
    Column("wave_id", "text", "Campaign and night.", 120),
)

TARGET = Target(
    name="marketing_cloud",
    title="Salesforce Marketing Cloud: data extension",
    files=(
        FileContract(
            name="personal_offers",
            title="Rows of the data extension personal_offers",
            sql=tables.query("marketing_cloud_personal_offers"),
            columns=COLUMNS,
            key=("offer_key",),
            format=Csv(),
            # No limit is published; files of this size are moved and imported in one go.
            limits=Limits(bytes=250 * MEGABYTE),
            # What AddUpdate makes of an empty cell depends on the field: none is written.
            empty_cell="keeps",
        ),
    ),
    setup=(
        "Data extension with these fields, `offer_key` as primary key. Import activity from Enhanced FTP `/Import`: "
        "`encodingName: utf-8`, `dateFormatLocale: en-US`, `standardQuotedStrings: true`, "
        "`fieldMappingType: InferFromColumnHeadings`, `dataAction: AddUpdate`, `blankFileProcessing: Process`, pattern "
        "`personal_offers*`."
    ),
)
