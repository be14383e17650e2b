"""What category and product offers count for, looked up in the warehouse: names, age limits and cost shares."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from offermill.run import Run
from offermill.warehouse import Warehouse
from offermill.yamlfile import nearest
from offers import limit_checks
from offers.offer import TargetItem
from offers.problems import Problem, Where
from offers.schema import Catalogue, Target

# Segments by name that a quiet night may have nobody in.
_SEGMENTS = frozenset(
    (
        *("champions", "loyal", "cannot-lose", "at-risk", "hibernating", "big-spenders", "promising", "steady"),
        *("prospect", "new", "active", "due", "slipping", "lapsed", "reactivated"),
        *("unprofitable", "strategic", "inert"),
    )
)

_GOODS = """
    select
        {key} as target_id,
        {name} as name,
        coalesce(bool_or(is_age_restricted), false) as is_age_restricted,
        cast(sum(cost_minor) as bigint) as cost_minor,
        cast(sum(list_price_minor) filter (where cost_minor is not null) as bigint) as list_minor
    from core.product
    left join core.category as category using (category_id)
    group by all
    order by all
"""
_CATEGORIES = _GOODS.format(key="category_id", name="coalesce(category.category_name, category_id)")
_PRODUCTS = _GOODS.format(key="product_id", name="product_name")

# Most customers first: an offer on a category nobody buys teaches nothing.
_TOP_CATEGORIES = """
    select category_id
    from core.purchase_line
    where kind = 'sale' and category_id is not null and customer_id is not null
        and ordered_at < $as_of and ordered_at >= $as_of - interval 365 day and arrived_on <= $business_date
    group by category_id
    order by count(distinct customer_id) desc, category_id
"""

_BASKET = """
    select cast(sum(cost_minor) as bigint), cast(sum(list_minor) as bigint)
    from core.purchase_line
    where ordered_at < $as_of and ordered_at >= $as_of - interval 365 day and arrived_on <= $business_date
"""


def _cost_share(cost_minor: int | None, list_minor: int | None) -> Fraction | None:
    return Fraction(cost_minor, list_minor) if cost_minor is not None and list_minor else None


def _goods(warehouse: Warehouse, kind: str, sql: str) -> dict[str, TargetItem]:
    return {
        target_id: TargetItem(kind, target_id, name, is_age_restricted, _cost_share(cost, list_price))
        for target_id, name, is_age_restricted, cost, list_price in warehouse.rows(sql)
    }


def target_items(
    warehouse: Warehouse, run: Run, catalogue: Catalogue
) -> tuple[list[tuple[TargetItem, ...]], list[Problem]]:
    """Return the targets of each template, and what the shop does not have of what the catalogue names."""
    cost, list_price = warehouse.rows(_BASKET, run.parameters)[0]
    known = {
        "basket": {"": TargetItem(cost_share=_cost_share(cost, list_price))},
        "category": _goods(warehouse, "category", _CATEGORIES),
        "product": _goods(warehouse, "product", _PRODUCTS),
    }
    top = [category_id for (category_id,) in warehouse.rows(_TOP_CATEGORIES, run.parameters)]
    items, problems = [], [*_segment_problems(warehouse, catalogue), *_store_problems(warehouse, catalogue)]
    for index, template in enumerate(catalogue.templates):
        where: Where = ("templates", index, "target", "ids")
        problems += _unknown(template.target, known[template.target.kind], where)
        items.append(_items(template.target, known[template.target.kind], top))
    return items, problems


def _items(target: Target, known: Mapping[str, TargetItem], top: list[str]) -> tuple[TargetItem, ...]:
    ids = target.ids or top[: target.top_categories or 0]
    return tuple(known[given] for given in (ids if target.kind != "basket" else ("",)) if given in known)


def _unknown(target: Target, known: Mapping[str, TargetItem], where: Where) -> Iterator[Problem]:
    for index, given in enumerate(target.ids):
        if given not in known:
            yield Problem((*where, index), f"the shop has no {target.kind} {given!r}.{nearest(given, known)}")


def known_segments(warehouse: Warehouse) -> list[str]:
    """Return the segments that rules make, and every other that has a member tonight."""
    tonight = warehouse.rows("select distinct segment from segments.membership")
    return sorted(_SEGMENTS | {segment for (segment,) in tonight})


def _segment_problems(warehouse: Warehouse, catalogue: Catalogue) -> Iterator[Problem]:
    if not warehouse.exists("segments.membership"):
        return  # a training before the first night: that night reads the names against its segments
    known = known_segments(warehouse)
    yield from limit_checks.unknown_names(catalogue, {"segment": known})
    for index, template in enumerate(catalogue.templates):
        named = {"segments": template.audience.segments, "excluded_segments": template.audience.excluded_segments}
        for key, segments in named.items():
            for place, segment in enumerate(segments):
                if segment not in known:
                    where: Where = ("templates", index, "audience", key, place)
                    yield Problem(where, f"{segment!r} is no segment.{nearest(segment, known)}")


def _store_problems(warehouse: Warehouse, catalogue: Catalogue) -> Iterator[Problem]:
    if any(limit.where.store for limit in catalogue.limits):
        stores = [store for (store,) in warehouse.rows("select store_id from core.store order by store_id")]
        yield from limit_checks.unknown_names(catalogue, {"store": stores})
