"""The point of sale: codes with their whole rule, so that a till needs to ask nobody, and the codes it must refuse."""

from offers.channels import tables
from offers.channels.contract import MEGABYTE, Column, FileContract, Limits, Status, Target
from offers.channels.formats import Csv

_CODE = Column("code", "text", "Code the customer shows or types; with or without its hyphens.", 64)

_COUPONS = (
    _CODE,
    Column("status", "text", "active."),
    Column("kind", "text", "What the customer gets: percent, amount, points, gift or delivery."),
    Column("value", "integer", "How much of it, in the unit."),
    Column("unit", "text", "percent, minor (cents of the shop's currency), points or piece."),
    Column("threshold_minor", "integer", "Least purchase of the target, in minor units; 0 when any purchase does."),
    Column("max_discount_minor", "integer", "Most a percent code takes off, in minor units; 0 for other kinds."),
    Column("target_kind", "text", "What the code counts for: basket, category or product."),
    Column("target_id", "text", "Category or product; `none` for the whole basket."),
    Column("valid_from", "date", "First day it counts."),
    Column("valid_until", "date", "Last day it counts."),
    Column("uses", "integer", "How often it may be used: 1."),
    Column("customer_id", "text", "Customer it was given to; nobody else may use it."),
    Column("offer_id", "text", "Offer in the catalogue; send it back with the redemption."),
    Column("offer_text", "text", "What the cashier reads on the screen: the customer's own sentence.", 1000),
    Column("how_to_use", "text", "What the customer was told of how to use it.", 1000),
    Column("terms", "text", "Terms that go with it; `none` where none.", 1000),
    Column("terms_url", "text", "Page with all terms; `none` where none.", 1000),
)
_ENDED = (
    _CODE,
    Column("status", "text", "withdrawn: refuse the code."),
    Column("valid_until", "date", "The night that took it back."),
)


def _file(columns: tuple[Column, ...], sql: str, status: Status) -> FileContract:
    return FileContract(
        name="coupons",
        title="Codes for the tills",
        sql=tables.query(sql),
        columns=columns,
        key=("code",),
        format=Csv(),
        # A till's controller reads a file of this size in minutes.
        limits=Limits(bytes=100 * MEGABYTE, rows=500_000),
        empty_cell="keeps",
        statuses=(status,),
    )


TARGET = Target(
    name="point_of_sale",
    title="Tills: codes and their rules",
    files=(
        _file(_COUPONS, "point_of_sale_coupons", "offered"),
        _file(_ENDED, "point_of_sale_ended", "withdrawn"),
    ),
    setup="Load before the store opens: `coupons.csv` adds codes, `coupons.withdraw.csv` ends codes. A till not "
    "told of an end goes on paying, so load both. Send redemptions back as described under the source `redemptions`.",
)
