"""Tryton: parties with an address, and coupon numbers of promotions."""

from offers.channels import tables
from offers.channels.contract import MEGABYTE, Column, FileContract, Limits, Target
from offers.channels.formats import Csv

PARTIES = (
    Column("code", "text", "Customer in the shop's own ids: unique; a party that is there already is refused.", 255),
    Column("name", "text", "First and last name; the customer's id when none is known.", is_contact=True),
    Column("addresses/city", "text", "City of the home store: a sale needs an address; without one the country.", 255),
    Column(
        "contact_mechanisms/type", "text", "email or phone, in Tryton's technical words; other when neither is known."
    ),
    Column("contact_mechanisms/value", "text", "E-mail address or telephone number in E.164.", is_contact=True),
)
NUMBERS = (
    Column("number", "text", "Code the customer shows or types.", 64),
    Column("coupon", "text", "Name of the promotion that the coupon belongs to: the offer.", 255),
    Column("start_date", "date", "First day it counts."),
    Column("end_date", "date", "Last day it counts; of an ended offer the night that took it back."),
)
_LIMITS = Limits(bytes=20 * MEGABYTE)  # one request of the client holds the whole file

TARGET = Target(
    name="tryton",
    title="Tryton: parties and coupon numbers",
    files=(
        FileContract(
            name="party",
            title="Parties (party.party)",
            sql=tables.query("tryton_party"),
            columns=PARTIES,
            key=("code",),
            format=Csv(),
            limits=_LIMITS,
            empty_cell="clears",
            statuses=("offered",),
        ),
        FileContract(
            name="coupon_number",
            title="Coupon numbers (sale.promotion.coupon.number)",
            sql=tables.query("tryton_coupon_number"),
            columns=NUMBERS,
            key=("number",),
            format=Csv(),
            limits=_LIMITS,
            empty_cell="clears",
        ),
    ),
    setup=(
        "Make one promotion per offer with the offer's id as its name and one coupon for one use. Money off is a "
        "product of its own, named after the offer and priced at what it takes off: its promotion (formula "
        "0 * unit_price, amount: the threshold) is for that product alone, and the till sells it once and takes it "
        "back once with the code, so that the sale costs less by its price where the promotion counts, and as much as "
        "before where it does not. A percentage has no cap in Tryton: offer there what needs none. Import the parties "
        "that Tryton does not know yet, then the numbers: it refuses a file whole that holds a code it has. Of the "
        "numbers that ended, set the last day."
    ),
)
