"""How much a person leans to what an offer is on: orders of the year before that held it, beside the usual person's.

    affinity = (orders that held it / share of the shop's orders that hold it + 2) / (orders + 2)

1 is usual: a person with few orders is near it, whatever they held. It says of an offer on a category how much of it
would be paid for habit.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from offermill.run import Run
from offermill.warehouse import Warehouse

_CATALOGUE, _LINES = "offers.catalogue", "core.purchase_line"
# A person's orders count as if there were so many more, usual ones.
_PRIOR_ORDERS = 2.0
# One row per asked person and day, and, with an offer, per offer on something that the person bought.
_SQL = """
    with asked as (
        {asked}
    ),
    targets as (
        select offer_id, target_kind, target_id from offers.catalogue where target_kind in ('category', 'product')
    ),
    lines as (
        select asked.customer_id, asked.day, purchases.order_id, purchases.category_id, purchases.product_id
        from asked
        inner join core.purchase_line as purchases
            on
                asked.customer_id = purchases.customer_id
                and purchases.ordered_on <= asked.day
                and date_diff('day', purchases.ordered_on, asked.day) < 365
        where purchases.kind = 'sale' and purchases.ordered_at < $as_of and purchases.arrived_on <= $business_date
    ),
    held as (
        select lines.customer_id, lines.day, lines.order_id, targets.offer_id
        from lines inner join targets on targets.target_kind = 'category' and lines.category_id = targets.target_id
        union all
        select lines.customer_id, lines.day, lines.order_id, targets.offer_id
        from lines inner join targets on targets.target_kind = 'product' and lines.product_id = targets.target_id
    )
    select customer_id, day, offer_id, count(distinct order_id) as order_count
    from held
    group by customer_id, day, offer_id
    union all
    select customer_id, day, null as offer_id, count(distinct order_id) as order_count
    from lines
    group by customer_id, day
"""
# The shop's share of orders that hold what each offer is on, in the year up to the business date.
_SHARES = """
    with lines as (
        select order_id, category_id, product_id
        from core.purchase_line
        where kind = 'sale' and ordered_at < $as_of and arrived_on <= $business_date
            and date_diff('day', ordered_on, $business_date) < 365
    ),
    held as (
        select distinct 'category' as target_kind, category_id as target_id, order_id from lines
        union all
        select distinct 'product' as target_kind, product_id as target_id, order_id from lines
    )
    select catalogue.offer_id, count(*) / (select count(distinct order_id) from lines) as share
    from held
    inner join offers.catalogue as catalogue
        on held.target_kind = catalogue.target_kind and held.target_id = catalogue.target_id
    group by catalogue.offer_id
    order by catalogue.offer_id
"""


def shares(warehouse: Warehouse, run: Run) -> dict[str, float]:
    """Return offer on a category or product -> share of the shop's orders of a year that hold it; sold ones only."""
    if not (warehouse.exists(_CATALOGUE) and warehouse.exists(_LINES)):
        return {}
    return {offer: float(share) for offer, share in warehouse.rows(_SHARES, run.parameters)}


def of(
    warehouse: Warehouse, run: Run, usual: Mapping[str, float], asked: str, people: pd.DataFrame, **bound: object
) -> pd.DataFrame:
    """Return (people, offers on something that sold) affinities, in the order of `people`.

    Args:
        warehouse: with purchases and the catalogue.
        run: the night; later purchases are not read.
        usual: offer -> share of the shop's orders that hold what it is on (`shares`).
        asked: SQL that returns customer_id and day: whose purchases, up to and with which day.
        people: customer_id and day of every row wanted.
        bound: parameters of `asked`.
    """
    if not usual:
        return pd.DataFrame(index=range(len(people)))
    found = warehouse.frame(_SQL.format(asked=asked), {**run.parameters, **bound})
    keys = pd.MultiIndex.from_frame(people.assign(day=people["day"].astype(found["day"].dtype)))
    is_total = found["offer_id"].isna()
    orders = found[is_total].set_index(["customer_id", "day"])["order_count"].reindex(keys).fillna(0.0).to_numpy()
    held = found[~is_total].pivot_table(
        index=["customer_id", "day"], columns="offer_id", values="order_count", aggfunc="sum"
    )
    held = held.reindex(index=keys, columns=[*usual]).fillna(0.0)
    shares_ = np.array([*usual.values()])
    values = (held.to_numpy(np.float64) / shares_ + _PRIOR_ORDERS) / (orders[:, None] + _PRIOR_ORDERS)
    return pd.DataFrame(values, columns=[*usual])
