"""What the season makes of costs: an offer tried in July and given in December is redeemed by December's buyers.

    factor = index of the demand ahead tonight / mean index ahead of the people that the evidence is of

Redemptions are orders that the offer brings about and orders that would have come anyway. The latter follow the season,
which last year's orders tell (models.season_index: ratio to the moving average of a year, shop and category). Whether
what an offer adds follows it too is not known of any one trial, so that, and its redemptions, stay as they were found.
"""

from collections.abc import Mapping

import pandas as pd

from models.uplift_evidence import CATALOGUE, families
from offermill.run import Run
from offermill.warehouse import Warehouse

INDEX, _PRODUCTS = "models.season_index", "core.product"
# An offer on a category or one of its products follows the category, every other offer the shop.
_BY_OFFER = """
    with catalogue as (
        select
            offer_id,
            case when target_kind = 'category' then target_id end as category_id,
            case when target_kind = 'product' then target_id end as product_id
        from offers.catalogue
    ),
    targets as (
        select catalogue.offer_id, coalesce(catalogue.category_id, products.category_id) as category_id
        from catalogue
        left join core.product as products on catalogue.product_id = products.product_id
    ),
    shop as (
        select day, season_index from models.season_index where target_kind = 'basket'
    )
    select targets.offer_id, shop.day, coalesce(categories.season_index, shop.season_index) as season_index
    from targets
    cross join shop
    left join models.season_index as categories
        on categories.target_kind = 'category'
        and categories.target_id = targets.category_id
        and categories.day = shop.day
"""


def levels(warehouse: Warehouse, rows: pd.DataFrame) -> dict[str, float]:
    """Return offer -> mean index ahead of the people who got it; offers of days whose season is not known are left out.

    Args:
        warehouse: with the indices and the catalogue.
        rows: of the evidence, with arm and assigned_on.
    """
    if not _is_known(warehouse):
        return {}
    found = warehouse.frame(f"select offer_id, day, season_index from ({_BY_OFFER}) order by offer_id, day")
    drawn = pd.DataFrame({"offer_id": rows["arm"], "day": pd.to_datetime(rows["assigned_on"])})
    joined = drawn.merge(found.assign(day=pd.to_datetime(found["day"])), how="left", on=["offer_id", "day"])
    means = joined.groupby("offer_id")["season_index"].agg(lambda each: each.mean(skipna=False)).dropna()
    return {str(offer): round(float(mean), 6) for offer, mean in means.items()}


def factors(warehouse: Warehouse, run: Run, known: Mapping[str, float]) -> dict[str, float]:
    """Return offer of the catalogue -> what orders without it are multiplied by tonight; 1 for those left out.

    Args:
        warehouse: as in `levels`.
        run: the night.
        known: levels of the evidence; a depth that was not tried itself takes those of its family.
    """
    if not known or not _is_known(warehouse):
        return {}
    rows = warehouse.rows(
        f"select offer_id, season_index from ({_BY_OFFER}) where day = $business_date order by offer_id", run.parameters
    )
    by_family = families(warehouse)
    found = {}
    for offer, index in rows:
        family = by_family.get(offer, (None, 0.0))[0]
        alike = [known[other] for other in known if family and by_family.get(other, ("", 0.0))[0] == family]
        level = known.get(offer) or (sum(alike) / len(alike) if alike else None)
        if level:
            found[str(offer)] = float(index) / level
    return found


def _is_known(warehouse: Warehouse) -> bool:
    return all(warehouse.exists(name) for name in (INDEX, CATALOGUE, _PRODUCTS))
