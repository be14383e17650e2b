"""Odoo: coupons as cards of loyalty programs, and the offer in fields of the contact."""

from offers.channels import tables
from offers.channels.contract import MEGABYTE, Column, FileContract, Limits, Target
from offers.channels.formats import Csv

# External ids are unique over all objects, and a dot in one would name a module: prefixes, and no dots.
_ID = r"[A-Za-z0-9_-]+"

CARDS = (
    Column(
        "id",
        "text",
        "External id: `offer_` and the key of the offer; makes a second import an update.",
        64,
        pattern=_ID,
    ),
    Column("program_id/id", "text", "External id of the offer's program: its prefix and the offer.", 128, pattern=_ID),
    Column("partner_id/id", "text", "External id of the contact: its prefix and the customer.", 128, pattern=_ID),
    Column("code", "text", "Code the customer shows or types.", 64),
    Column("points", "integer", "Coupons left: 1, and 0 ends the offer."),
    Column("expiration_date", "date", "Last day it counts; of an ended offer the night that took it back."),
)
PARTNERS = (
    Column("id", "text", "External id of the contact: its prefix and the customer.", 128, pattern=_ID),
    Column("x_offer_status", "text", "offered; `withdrawn` ends the offer."),
    Column("x_offer_text", "text", "The sentence; cleared when the offer ended.", may_be_empty=True),
    Column("x_offer_price_notice", "text", "Notice of a personalised price; cleared where none.", may_be_empty=True),
    Column("x_offer_how_to_use", "text", "How the customer uses it; cleared when the offer ended.", may_be_empty=True),
    Column("x_offer_terms", "text", "Terms that go with it; cleared where none.", may_be_empty=True),
    Column("x_offer_terms_url", "text", "Page with all terms; cleared where none.", may_be_empty=True),
    Column("x_offer_value", "money", "What the offer is worth; cleared when it ended.", may_be_empty=True),
    Column("x_offer_valid_from", "date", "First day it counts."),
    Column("x_offer_valid_until", "date", "Last day it counts; of an ended offer the night that took it back."),
    Column("x_offer_code", "text", "Code the customer shows or types.", may_be_empty=True),
)

# The server takes 128 MiB in one request as delivered.
_LIMITS = Limits(bytes=100 * MEGABYTE)

TARGET = Target(
    name="odoo",
    title="Odoo: loyalty cards and fields of contacts",
    files=(
        FileContract(
            name="loyalty_card",
            title="Cards of loyalty programs (loyalty.card)",
            sql=tables.query("odoo_loyalty_card"),
            columns=CARDS,
            key=("id",),
            format=Csv(),
            limits=_LIMITS,
            empty_cell="clears",
        ),
        FileContract(
            name="res_partner",
            title="Fields of contacts (res.partner)",
            sql=tables.query("odoo_res_partner"),
            columns=PARTNERS,
            key=("id",),
            format=Csv(),
            limits=_LIMITS,
            empty_cell="clears",
        ),
    ),
    options=(
        ("partner_prefix", "cust_", "What stands before the customer in a contact's external id."),
        ("program_prefix", "program_", "What stands before the offer in a program's external id."),
    ),
    setup=(
        "Import contacts once with external ids `cust_<customer>`, and one coupon program per offer with the external "
        "id `program_<offer>` (other signs than letters, digits, `_` and `-` become `_`). Make the fields `x_offer_…` "
        "on contacts. Import both files with dates as `%Y-%m-%d`."
    ),
)
