"""Voucherify: the night's codes as vouchers, their ends, and the customers they are for."""

from offers.channels import tables
from offers.channels.contract import MEGABYTE, Column, FileContract, Limits, Status, Target
from offers.channels.formats import Csv

# One import takes so much, and one campaign holds so many codes.
_LIMITS = Limits(bytes=10 * MEGABYTE, rows=100_000)
_CODE = Column("Code", "text", "Code the customer shows or types.", 64)
_INSTANT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.000Z"

_VOUCHERS = (
    _CODE,
    Column("Voucher Type", "text", "DISCOUNT_VOUCHER."),
    Column("Value", "integer", "Percent, money off in minor units, or pieces of a gift, by the discount type."),
    Column("Discount Type", "text", "PERCENT, AMOUNT (also a delivery fee that is saved) or UNIT (a gift).", 7),
    Column("Category", "text", "Campaign."),
    Column("Start Date", "text", "First moment of the first day, in UTC.", pattern=_INSTANT),
    Column("Expiration Date", "text", "Last second of the last day, in UTC.", pattern=_INSTANT),
    Column("Redemption Limit", "integer", "1: a code works once."),
    Column("Active", "text", "TRUE."),
    Column("Additional Info", "text", "The sentence for the customer.", 1000),
    Column("offer_key", "text", "Key of the offer to this customer."),
    Column("customer_id", "text", "Customer; `Source_id` in the customers' file."),
    Column("offer_id", "text", "Offer in the catalogue."),
    Column("kind", "text", "percent, amount, gift or delivery."),
    Column("threshold_minor", "integer", "Least purchase of the target, in minor units; 0 when any purchase does."),
    Column("max_discount_minor", "integer", "Most a percent voucher takes off, in minor units; 0 without a limit."),
    Column("target_kind", "text", "What the voucher counts for: basket, category or product."),
    Column("target_id", "text", "Category or product; `none` for the basket."),
    Column("how_to_use", "text", "How the customer uses it.", 1000),
    Column("terms", "text", "Terms that go with it; `none` where none.", 1000),
    Column("terms_url", "text", "Page with all terms; `none` where none.", 1000),
)
_ENDED = (
    _CODE,
    Column("Active", "text", "FALSE: the code is switched off."),
    Column("Additional Info", "text", "Withdrawn."),
)
_CUSTOMERS = (
    Column("Source_id", "text", "Customer in the shop's own ids: update who has it, or add them.", 255),
    Column("Name", "text", "First and last name; empty unless `contacts` is yes.", may_be_empty=True, is_contact=True),
    Column("Email", "text", "E-mail address; empty unless `contacts` is yes.", may_be_empty=True, is_contact=True),
    Column("Phone", "text", "Number in E.164; empty unless `contacts` is yes.", may_be_empty=True, is_contact=True),
    Column("language", "text", "Language of the customer's text: lv, ru or en.", 2),
)


def _file(name: str, title: str, columns: tuple[Column, ...], sql: str, status: Status = "offered") -> FileContract:
    return FileContract(
        name=name,
        title=title,
        sql=tables.query(sql),
        columns=columns,
        key=(columns[0].name,),
        format=Csv(),
        limits=_LIMITS,
        empty_cell="keeps",
        statuses=(status,),
    )


TARGET = Target(
    name="voucherify",
    title="Voucherify: vouchers and customers",
    files=(
        _file("vouchers", "Vouchers", _VOUCHERS, "voucherify_vouchers"),
        _file("vouchers", "Vouchers", _ENDED, "voucherify_ended", "withdrawn"),
        _file("customers", "Customers of the vouchers", _CUSTOMERS, "voucherify_customers"),
    ),
    options=(("contacts", "no", "`yes` when Voucherify itself writes to customers; vouchers need no address."),),
    choices=(("contacts", ("no", "yes")),),
    setup="Create the columns from offer_key on as metadata of vouchers and make validation rules of them: Voucherify "
    "does not look at a threshold or target by itself. Map the unit of gifts. Its documents do not say whether a file "
    "holds amounts in cents as its API does; we write cents: import one test code first. Points are left out: they "
    "are credited, not shown.",
)
