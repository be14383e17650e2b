"""Steps offers.address_key and offers.suppression_key: whose addresses are whose, and which of them are suppressed."""

from collections.abc import Sequence

import pyarrow as pa

from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import tables
from offers.channels import same_address

_WRITTEN = """
    select kind, value from core.contact where value is not null
    union
    select 'household', household from core.household
    order by all
"""

_ADDRESS_KEYS = """
    with keyed as (
        select contacts.customer_id, contacts.record_id, written.key
        from core.contact as contacts
        inner join written on contacts.kind = written.kind and contacts.value = written.value
        union
        select households.customer_id, households.record_id, written.key
        from core.household as households
        inner join written on written.kind = 'household' and households.household = written.value
        union
        select customer_id, record_id, 'customer:' || record_id from core.person_link
    )
    select customer_id, record_id, key from keyed order by customer_id, record_id, key
"""

_SUPPRESSIONS = "select kind, value, reason, suppressed_at from core.suppression order by kind, value"

Suppression = tuple[str, str, str, object]


def write_addresses(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Write offers.address_key: one row per record and comparable key of an address of it, its own id among them."""
    written = warehouse.arrow(_WRITTEN)
    country = run.settings.shop.country
    pairs = zip(written["kind"].to_pylist(), written["value"].to_pylist(), strict=True)
    keys = pa.array([same_address.key(kind, value, country) for kind, value in pairs], pa.string())
    known = written.append_column("key", keys).filter(keys.is_valid())
    warehouse.connection.register("written", known)
    try:
        rows = warehouse.replace_table("offers.address_key", _ADDRESS_KEYS)
    finally:
        warehouse.connection.unregister("written")
    return {"rows": rows, "unreadable_addresses": len(written) - len(known)}


def suppression_keys(suppressions: Sequence[Suppression], country: str) -> list[dict[str, object]]:
    """Return a row of offers.suppression_key for every key of every suppression, the smallest reason of each key."""
    found: dict[str, tuple[str, str]] = {}
    for kind, value, reason, suppressed_at in suppressions:
        said = (reason or "suppressed", str(suppressed_at)[:10] if suppressed_at else "")
        for key in same_address.keys(kind, value, country):
            found[key] = min(found.get(key, said), said)
    return [{"key": key, "reason": reason, "said_on": on} for key, (reason, on) in sorted(found.items())]


def write_suppressions(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Write offers.suppression_key: one row per comparable key that nobody may tell anything."""
    rows = suppression_keys(warehouse.rows(_SUPPRESSIONS), run.settings.shop.country)
    schema = tables.schema("offers.suppression_key")
    return {"rows": warehouse.write("offers.suppression_key", pa.Table.from_pylist(rows, schema=schema))}
