"""Talon.One: coupons, the audience of the night, and points for those who earned them.

Coupons and the audience may be sent twice without harm: a known code is refused, an audience is replaced. Points are
*added*, so a file sent twice pays twice. A redemption earns them on the one night that posted it in the ledger; a later
version of that night leaves out what an earlier one told; the reason names the redemption, so that a doubt can be
settled in Talon.One's ledger; and delivery sends each file once.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from offermill import datapackage, publish
from offers.channels import documents, handover, splitting, tables
from offers.channels.contract import MEGABYTE, Column, FileContract, Leaving, Limits, Status, Target
from offers.channels.formats import Csv

_LIMITS = Limits(bytes=500 * MEGABYTE)
_INSTANT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z"
_VALUE = Column("value", "text", "Code the customer shows or types.", 64)

_COUPONS = (
    _VALUE,
    Column("expirydate", "text", "Last second of the last day, in UTC.", pattern=_INSTANT),
    Column("startdate", "text", "First moment of the first day, in UTC.", pattern=_INSTANT),
    Column("recipientintegrationid", "text", "Customer: only they can use the code.", 255),
    Column("limitval", "integer", "1: a code works once."),
    Column(
        "discountlimit", "money", "Most that the code takes off; empty where it takes nothing off.", may_be_empty=True
    ),
    Column("attributes", "text", "JSON of the coupon's attributes offer_key and offer_id."),
)
_AUDIENCE = (Column("profileintegrationid", "text", "Customer with an offer tonight.", 255),)

POINTS = FileContract(
    name="points",
    title="Points for redeemed offers",
    sql=tables.query("talon_one_points"),
    columns=(
        Column("customerprofileid", "text", "Customer who earned them.", 255),
        Column("amount", "integer", "Points to add."),
        Column("startdate", "text", "immediate."),
        Column("expirydate", "text", "unlimited."),
        Column("subledgerid", "text", "Subledger; empty for the main one.", may_be_empty=True),
        Column("reason", "text", "offermill: and the redemption, which earns points once."),
    ),
    key=("reason",),
    format=Csv(),
    limits=_LIMITS,
    empty_cell="clears",
    statuses=("offered",),
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
        empty_cell="clears",
        statuses=(status,),
    )


def _told(leaving: Leaving) -> pa.Array:
    """Return the reasons that earlier versions of the night told already."""
    exports, version = leaving.run.shop.exports, publish.version_of(publish.edition(leaving.run))
    names = [publish.edition_name(leaving.run.business_date, number) for number in range(1, version)]
    found = []
    for name in names:
        for path in sorted((exports / name / handover.FOLDER / leaving.block).glob(f"{POINTS.name}*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                found += [row["reason"] for row in csv.DictReader(file)]
    return pa.array(found, pa.string())


def _new(leaving: Leaving) -> Iterator[pa.RecordBatch]:
    told = _told(leaving)
    parameters = {**leaving.run.parameters, "option_subledger": leaving.options["subledger"] or None}
    for batch in tables.select(leaving.warehouse, POINTS.sql, parameters):
        yield batch.filter(pc.invert(pc.is_in(batch.column("reason"), value_set=told)))


def _write_points(leaving: Leaving, folder: Path) -> Iterator[datapackage.Resource]:
    parts = splitting.write(POINTS, folder / POINTS.name, _new(leaving), 0)
    yield from documents.resources(leaving, POINTS, parts)


TARGET = Target(
    name="talon_one",
    title="Talon.One: coupons, audience and points",
    files=(
        _file("coupons", "Coupons", _COUPONS, "talon_one_coupons"),
        _file("coupons", "Coupons", (_VALUE,), "talon_one_ended", "withdrawn"),
        _file("audience", "Customers with an offer tonight", _AUDIENCE, "talon_one_audience"),
    ),
    options=(("subledger", "", "Subledger that gets the points; the main one when left out."),),
    documents=_write_points,
    written=(POINTS,),
    setup="Create the coupon attributes `offer_key` and `offer_id` (text). Import coupons with `skipDuplicates=true`; "
    "delete the codes of `coupons.withdraw.csv`. `audience.csv` replaces the audience. `points.csv` adds: import each "
    "once.",
)
