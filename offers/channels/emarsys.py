"""SAP Emarsys: fields of contacts. It takes no 4-byte character: emoji are left out, a letter is refused."""

from offers.channels import tables
from offers.channels.contract import MEGABYTE, Column, FileContract, Limits, Target
from offers.channels.formats import Csv

_NO_FOUR_BYTES = r"[\x{0}-\x{FFFF}]*"


def _field(name: str, meaning: str) -> Column:
    return Column(name, "text", meaning, 255, pattern=_NO_FOUR_BYTES)


def _text(name: str, meaning: str) -> Column:
    return Column(name, "text", meaning, 1000, without_emoji=True, is_html=True)


COLUMNS = (
    _field("customer_key", "Unique identifier: customer in the shop's own ids; small and capital letters differ."),
    _field("offer_status", "offered; `withdrawn` ends the offer."),
    _field("offer_key", "Key of the offer."),
    _text("offer_text", "The sentence without emoji; `none` when the offer ended."),
    _text("offer_price_notice", "Notice of a personalised price; `none` where none."),
    _text("offer_how_to_use", "How the customer uses it; `none` when the offer ended."),
    _text("offer_terms", "Terms that go with it, without emoji; `none` where none."),
    _field("offer_terms_url", "Page with all terms; `none` where none."),
    Column("offer_value", "money", "What the offer is worth to the customer; 0 when it ended."),
    _field("offer_currency", "ISO 4217 code."),
    Column("offer_valid_from", "date", "First day it counts."),
    Column("offer_valid_until", "date", "Last day it counts; of an ended offer the night that took it back."),
    _field("offer_code", "Code the customer shows or types; `none` when it is not known."),
    _field("offer_wave", "Campaign and night."),
)

TARGET = Target(
    name="emarsys",
    title="SAP Emarsys: fields of contacts",
    files=(
        FileContract(
            name="contacts",
            title="Fields of contacts",
            sql=tables.query("emarsys_contacts"),
            columns=COLUMNS,
            key=("customer_key",),
            format=Csv(),
            # A newline must come within the first 265 KB.
            limits=Limits(bytes=64 * MEGABYTE, record_bytes=250_000),
            empty_cell="keeps",
        ),
    ),
    keeps_one=True,
    setup=(
        "Make the fields, the texts as long texts, `customer_key` as the import's unique identifier. Comma, "
        "UTF-8, update existing contacts."
    ),
)
