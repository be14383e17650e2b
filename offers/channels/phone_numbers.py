"""The step offers.phone_number: every telephone number of the shop's customers as it can be dialled from anywhere."""

import pyarrow as pa

from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import tables
from offers.channels import phone

_WRITTEN = "select distinct value from core.contact where kind = 'phone' and value is not null order by value"


def write(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Write offers.phone_number: one row per written number, in E.164 or with the reason why it is none."""
    written = warehouse.arrow(_WRITTEN)["value"].to_pylist()
    found = [phone.read(value, run.settings.shop.country) for value in written]
    columns = [written, [one.e164 for one in found], [one.why_not for one in found]]
    rows = warehouse.write("offers.phone_number", pa.table(columns, schema=tables.schema("offers.phone_number")))
    return {"rows": rows, "no_numbers": sum(one.e164 is None for one in found)}
