-- offers.target_association: one row per way to count (basket or person), category and target that are bought together more often than by chance.
with targets as (
    select distinct target_kind, target_id from offers.catalogue where target_kind <> 'basket'
),
target_goods as (
    -- A product goes with other categories: those of its own category compete with it.
    select targets.*, coalesce(products.category_id, targets.target_id) as own_category_id
    from targets
    left join core.product as products on targets.target_kind = 'product' and targets.target_id = products.product_id
),
lines as (
    select order_id, customer_id, category_id, product_id
    from core.purchase_line
    where
        ordered_at < $as_of
        and ordered_at >= $as_of - to_days(cast($candidates_association_days as integer))
        and arrived_on <= $business_date
        and kind = 'sale'
        and category_id is not null
),
units as (
    select distinct 'basket' as counted, order_id as unit_id, category_id from lines
    union all
    select distinct 'person', customer_id, category_id from lines where customer_id is not null
),
target_units as (
    select units.counted, units.unit_id, targets.target_kind, targets.target_id, targets.own_category_id
    from units
    inner join target_goods as targets on targets.target_kind = 'category' and units.category_id = targets.target_id
    union all
    select distinct 'basket', lines.order_id, targets.target_kind, targets.target_id, targets.own_category_id
    from lines
    inner join target_goods as targets on targets.target_kind = 'product' and lines.product_id = targets.target_id
    union all
    select distinct 'person', lines.customer_id, targets.target_kind, targets.target_id, targets.own_category_id
    from lines
    inner join target_goods as targets on targets.target_kind = 'product' and lines.product_id = targets.target_id
    where lines.customer_id is not null
),
totals as (
    select counted, count(distinct unit_id) as total_count from units group by counted
),
category_counts as (
    select counted, category_id, count(*) as category_count from units group by counted, category_id
),
target_counts as (
    select counted, target_kind, target_id, count(*) as target_count
    from target_units
    group by counted, target_kind, target_id
),
pairs as (
    select units.counted, units.category_id, target_units.target_kind, target_units.target_id, count(*) as both_count
    from units
    inner join target_units on units.counted = target_units.counted and units.unit_id = target_units.unit_id
    where units.category_id <> target_units.own_category_id
    group by units.counted, units.category_id, target_units.target_kind, target_units.target_id
    having count(*) >= $candidates_minimum_support
),
lifts as (
    select
        pairs.counted,
        pairs.category_id,
        pairs.target_kind,
        pairs.target_id,
        pairs.both_count,
        category_counts.category_count,
        target_counts.target_count,
        totals.total_count,
        -- How many times as often the target is bought with the category as it is on average.
        (pairs.both_count / category_counts.category_count) / (target_counts.target_count / totals.total_count) as lift
    from pairs
    inner join category_counts on pairs.counted = category_counts.counted and pairs.category_id = category_counts.category_id
    inner join target_counts
        on pairs.counted = target_counts.counted
        and pairs.target_kind = target_counts.target_kind
        and pairs.target_id = target_counts.target_id
    inner join totals on pairs.counted = totals.counted
)
select * from lifts
where
    lift >= $candidates_minimum_lift
    -- Three standard deviations above what chance alone brings: few baskets make large lifts.
    and both_count - both_count / lift >= 3 * sqrt(both_count / lift)
order by counted, category_id, target_kind, target_id
