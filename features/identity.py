"""Which customer records belong to one person: records that share an e-mail address or a phone number.

An address that more than a handful of records share is a shop's own, a family's or a typing habit
("no@mail.com"), and links nobody.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from offermill.run import Run
from offermill.warehouse import Warehouse

# Records in the order in which they may lead a person; their position is their number below.
RECORDS = """
select customer_id as record_id
from staging.customers
order by registered_at, customer_id
"""

# How many records each address belongs to, and the smallest of their numbers.
ADDRESSES = """
with numbered as (
    select customer_id, row_number() over (order by registered_at, customer_id) - 1 as record_number
    from staging.customers
),
owners as (
    select distinct contacts.kind, contacts.value_normalised, numbered.record_number
    from staging.contacts as contacts
    inner join numbered on contacts.customer_id = numbered.customer_id
    where contacts.value_normalised is not null
)
"""

SHARED_COUNT = f"""
{ADDRESSES}
select count(*)
from (select 1 from owners group by kind, value_normalised having count(*) > $limit)
"""

EDGES = f"""
{ADDRESSES},
linked as (
    select
        record_number,
        min(record_number) over (partition by kind, value_normalised) as first_number,
        count(*) over (partition by kind, value_normalised) as record_count
    from owners
)
select distinct first_number, record_number
from linked
where record_number <> first_number and record_count <= $limit
order by first_number, record_number
"""


def leaders(record_count: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """The smallest record number of each record's person.

    Shapes: left and right are the two ends of each link, numbers in [0, record_count); the result has
    one number per record.
    """
    links = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(record_count, record_count))
    _, labels = connected_components(links, directed=False)
    _, first_of_label = np.unique(labels, return_index=True)
    return np.asarray(first_of_label[labels], dtype=np.int64)


def person_table(record_ids: pa.Array, leading: NDArray[np.int64]) -> pa.Table:
    """core.person_link, ordered by record_id: the leading record and the number of records of each record's person."""
    record_count = np.bincount(leading, minlength=len(leading))[leading]
    columns = {
        "record_id": record_ids,
        "customer_id": record_ids.take(pa.array(leading)),
        "record_count": pa.array(record_count, type=pa.int64()),
    }
    return pa.table(columns).sort_by("record_id")


def link_persons(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Write core.person_link(record_id, customer_id, record_count), one row per customer record.

    customer_id is the person's leading record: the earliest registered, then the smallest id.
    """
    limit = {"limit": run.parameters["core_shared_address_records"]}
    record_ids = warehouse.arrow(RECORDS).column("record_id").combine_chunks()
    edges = warehouse.arrow(EDGES, limit)
    leading = leaders(len(record_ids), edges["first_number"].to_numpy(), edges["record_number"].to_numpy())
    warehouse.write("core.person_link", person_table(record_ids, leading))
    person_count = len(np.unique(leading))
    return {
        "record_count": len(record_ids),
        "person_count": person_count,
        "merged_count": len(record_ids) - person_count,
        "address_shared_by_many_count": warehouse.value(SHARED_COUNT, limit),
    }
