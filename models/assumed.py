"""The rule of last resort: an offer lifts a person's chance to buy by a share that the shop states itself.

Nothing is assumed unless models.rule_lift_share is above 0: a guess about an offer nobody tested is the shop's to make.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from models.data import Floats
from offermill.run import Run
from offermill.warehouse import Warehouse

_GIVES = "select offer_id, kind, depth_pct, max_cost_minor from offers.catalogue order by offer_id"

# Baskets of people without orders in the last year are taken to be the shop's mean.
_PEOPLE = """
    with people as (
        select
            customer.customer_id,
            coalesce(chance.purchase_propensity, 0.0) as chance,
            cast(coalesce(value.expected_margin_minor, 0) as double) as margin,
            cast(customer.net_minor_365_days as double) as net,
            cast(customer.order_count_365_days as double) as orders
        from features.customer as customer
        left join models.propensity_score as chance on customer.customer_id = chance.customer_id
        left join models.value_score as value on customer.customer_id = value.customer_id
    )
    select
        chance,
        margin,
        coalesce(net / nullif(orders, 0), (select sum(net) / nullif(sum(orders), 0) from people), 0.0) as basket
    from people
    where customer_id between $first and $last
    order by customer_id
"""


@dataclass(frozen=True)
class Give:
    """What one redemption gives: a share of the basket, at most an amount (minor units)."""

    share: float
    at_most: float


@dataclass(frozen=True)
class People:
    """Per customer: chance to buy anyway, margin expected anyway, mean basket, both in minor units."""

    chance: Floats
    margin: Floats
    basket: Floats


def model_id(run: Run) -> str:
    """Return the id under which the assumption is kept."""
    return f"rule-{run.settings.models.rule_lift_share:g}"


def offers(warehouse: Warehouse, run: Run, wanted: Iterable[str]) -> dict[str, Give]:
    """Return what each wanted offer gives; nothing if the shop states no assumption."""
    if run.settings.models.rule_lift_share <= 0:
        return {}
    chosen = set(wanted)
    return {
        offer: Give(depth / 100 if kind == "percent" else 1.0, float(cost))
        for offer, kind, depth, cost in warehouse.rows(_GIVES)
        if offer in chosen
    }


def people(warehouse: Warehouse, customers: pa.Array) -> People:
    """Return the figures of a batch of customers, in its order (by customer_id)."""
    ends = {"first": customers[0].as_py(), "last": customers[-1].as_py()}
    table = warehouse.arrow(_PEOPLE, ends)
    return People(*(table[name].to_numpy() for name in ("chance", "margin", "basket")))


def figures(people_: People, give: Give, lift_share: float) -> tuple[Floats, ...]:
    """Return (n, 1) of effect, error (not known), cost, chance to redeem and chance to buy anyway.

    Who buys with the offer redeems it; the margin expected anyway grows by the same share as the chance.
    """
    redeem = np.minimum(people_.chance * (1 + lift_share), 1.0)
    each = np.minimum(give.share * np.maximum(people_.basket, 0.0), give.at_most) if give.share < 1 else give.at_most
    cost = redeem * each
    effect = lift_share * np.maximum(people_.margin, 0.0) - cost
    unknown = np.full(len(redeem), np.nan)
    return tuple(column[:, None] for column in (effect, unknown, cost, redeem, people_.chance))
