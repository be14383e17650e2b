"""Contacts with their offers in one CSV that any CRM can be taught to read."""

from offers.channels import tables
from offers.channels.contract import MEGABYTE, Column, FileContract, Limits, Target
from offers.channels.formats import Csv

COLUMNS = (
    Column("offer_key", "text", "Key of the offer to this customer: update the record that has it, or add one.", 24),
    Column("customer_id", "text", "Customer in the shop's own ids, as text.", 255),
    Column("email", "text", "E-mail address; empty when there is none.", may_be_empty=True, is_contact=True),
    Column(
        "phone",
        "text",
        "Telephone number in E.164; empty when there is none.",
        pattern=r"\+[1-9][0-9]{6,14}",
        may_be_empty=True,
        is_contact=True,
    ),
    Column("first_name", "text", "First name, as the shop writes it.", may_be_empty=True, is_contact=True),
    Column("last_name", "text", "Last name, as the shop writes it.", may_be_empty=True, is_contact=True),
    Column("language", "text", "Language of the text: lv, ru or en; `none` when the customer is gone.", 4),
    Column("offer_status", "text", "offered; `withdrawn` ends the offer.", 9),
    Column("channel", "text", "Way to tell the customer: email, sms, push or post; `none` when it is not known.", 5),
    Column("campaign_id", "text", "Campaign."),
    Column("wave_id", "text", "Campaign and night of the promise."),
    Column("offer_id", "text", "Offer in the catalogue."),
    Column("offer_text", "text", "The sentence for the customer; `none` when the offer ended.", 1000),
    Column("price_notice", "text", "What the law asks to be said of a personalised price; `none` where nothing.", 1000),
    Column("how_to_use", "text", "How the customer uses it, in one short sentence; `none` when the offer ended.", 1000),
    Column("terms", "text", "Terms that go with it; `none` where it has none of its own.", 5000),
    Column("terms_url", "text", "Page with all terms, https; `none` where the shop names none.", 200),
    Column("value_amount", "money", "What the offer is worth to the customer; 0 when it ended."),
    Column("currency", "text", "ISO 4217 code.", 3),
    Column("valid_from", "date", "First day it counts."),
    Column("valid_until", "date", "Last day it counts; of an ended offer the night that took it back."),
    Column("code", "text", "Code the customer shows or types; `none` when it is not known.", 64),
)

TARGET = Target(
    name="generic",
    title="Any CRM: contacts with their offers",
    files=(
        FileContract(
            name="offers",
            title="Contacts with their offers",
            sql=tables.query("generic_offers"),
            columns=COLUMNS,
            key=("offer_key",),
            format=Csv(),
            # What common import screens still take in one go.
            limits=Limits(bytes=100 * MEGABYTE, rows=1_000_000),
            empty_cell="keeps",
        ),
    ),
    setup="Map the columns once; match on `offer_key`. No column about the offer is ever empty, so nothing old stays.",
)
