"""Mautic: fields of contacts, found by a unique field with the shop's own ids."""

from offers.channels import tables
from offers.channels.contract import MEGABYTE, Column, FileContract, Limits, Target
from offers.channels.formats import Csv

# A field of the type text holds 191 characters.
_TEXT = 191


def _area(name: str, meaning: str) -> Column:
    return Column(name, "text", meaning, may_be_empty=True, is_html=True)


COLUMNS = (
    Column("customer_key", "text", "Unique identifier of the contact: customer in the shop's own ids.", _TEXT),
    Column("offer_status", "text", "offered; `withdrawn` ends the offer.", _TEXT),
    Column("offer_key", "text", "Key of the offer.", _TEXT),
    _area("offer_text", "The sentence, a text area; cleared when the offer ended."),
    _area("offer_price_notice", "Notice of a personalised price, a text area; cleared where none."),
    _area("offer_how_to_use", "How the customer uses it, a text area; cleared when the offer ended."),
    _area("offer_terms", "Terms that go with it, a text area; cleared where none."),
    Column("offer_terms_url", "text", "Page with all terms; cleared where none.", _TEXT, may_be_empty=True),
    Column("offer_value", "money", "What the offer is worth to the customer; 0 when it ended."),
    Column("offer_valid_from", "date", "First day it counts."),
    Column("offer_valid_until", "date", "Last day it counts; of an ended offer the night that took it back."),
    Column(
        "offer_code",
        "text",
        "Code the customer shows or types; cleared when it is not known.",
        _TEXT,
        may_be_empty=True,
    ),
)

TARGET = Target(
    name="mautic",
    title="Mautic: fields of contacts",
    files=(
        FileContract(
            name="contacts",
            title="Fields of contacts",
            sql=tables.query("mautic_contacts"),
            columns=COLUMNS,
            key=("customer_key",),
            format=Csv(),
            # A few thousand rows a file, says its manual.
            limits=Limits(bytes=10 * MEGABYTE, rows=5_000),
            empty_cell="clears",
        ),
    ),
    keeps_one=True,
    setup=(
        "Make the fields with these aliases, `customer_key` as unique identifier. Import in the background, one file "
        "after another, with `Create new contacts: No` and no field set to `skip if value exists`."
    ),
)
