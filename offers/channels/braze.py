"""Braze: custom attributes of users, and a catalog with the texts of tonight's offers."""

from offers.channels import tables
from offers.channels.contract import MEGABYTE, Column, FileContract, Limits, Target
from offers.channels.formats import Csv

# What reads as a number becomes one (0130 is 88): values that must stay texts begin with letters.
_TEXT = r"[^0-9+.\-].*"
_NAME = r"[A-Za-z0-9_-]+"

USERS = (
    Column("external_id", "text", "Customer in the shop's own ids.", 997),
    Column("offer_status", "text", "offered; `withdrawn` ends the offer.", 9),
    Column("offer_key", "text", "`offer-` and the key of the offer.", 30, pattern=_TEXT),
    Column("offer_item", "text", "Item of the catalog with the text; `none` when the offer ended.", 30, pattern=_TEXT),
    Column("offer_value", "money", "What the offer is worth to the customer; 0 when it ended."),
    Column("offer_currency", "text", "ISO 4217 code.", 3),
    Column("offer_valid_from", "date", "First day it counts."),
    Column("offer_valid_until", "date", "Last day it counts; of an ended offer the night that took it back."),
    Column("offer_code", "text", "`code ` and what the customer shows or types, so that it stays a text.", 250),
)
CATALOG = (
    Column(
        "id", "text", "Item: one offer of one night in one language; text messages have their own.", 250, pattern=_NAME
    ),
    Column("language", "text", "Language of the text.", 250),
    Column("offer_text", "text", "The sentence for the customer.", 5000, is_html=True),
    Column("price_notice", "text", "Notice of a personalised price; `none` where none.", 5000, is_html=True),
    Column("how_to_use", "text", "How the customer uses it, in one short sentence.", 5000, is_html=True),
    Column("terms", "text", "Terms that go with it; `none` where none.", 5000, is_html=True),
    Column("terms_url", "text", "Page with all terms; `none` where the shop names none.", 250),
    Column("valid_from", "date", "First day it counts."),
    Column("valid_until", "date", "Last day it counts."),
)

TARGET = Target(
    name="braze",
    title="Braze: custom attributes of users, and a catalog",
    files=(
        FileContract(
            name="catalog",
            title="Items of the catalog of texts",
            sql=tables.query("braze_catalog"),
            columns=CATALOG,
            key=("id",),
            format=Csv(),
            # All files of a free account together.
            limits=Limits(bytes=100 * MEGABYTE),
            empty_cell="keeps",
            statuses=("offered",),
        ),
        FileContract(
            name="users",
            title="Custom attributes of users",
            sql=tables.query("braze_users"),
            columns=USERS,
            key=("external_id",),
            format=Csv(),
            limits=Limits(bytes=500 * MEGABYTE),
            empty_cell="keeps",
        ),
    ),
    keeps_one=True,
    setup=(
        "Import the catalog first, then users; wait for one import before the next: Braze runs them side by side. "
        "A message takes its sentence from the catalog by `offer_item`, and the code with "
        "`{{custom_attribute.${offer_code} | remove_first: 'code '}}`."
    ),
)
