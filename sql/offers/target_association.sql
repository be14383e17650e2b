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
sized as (
    select *, count(*) over (partition by counted, unit_id) as size from units
),
targeted as (
    select 'basket' as counted, order_id as unit_id, product_id from lines
    union all
    select 'person', customer_id, product_id from lines where customer_id is not null
),
target_units as (
    select sized.counted, sized.unit_id, sized.size, targets.target_kind, targets.target_id, targets.own_category_id
    from sized
    inner join target_goods as targets on targets.target_kind = 'category' and sized.category_id = targets.target_id
    union all
    select distinct sized.counted, sized.unit_id, sized.size, targets.target_kind, targets.target_id, targets.own_category_id
    from targeted
    inner join target_goods as targets on targets.target_kind = 'product' and targeted.product_id = targets.target_id
    inner join sized
        on targeted.counted = sized.counted
        and targeted.unit_id = sized.unit_id
        and targets.own_category_id = sized.category_id
),
totals as (
    select counted, size, count(distinct unit_id) as unit_count from sized group by counted, size
),
category_counts as (
    select counted, size, category_id, count(*) as category_count from sized group by counted, size, category_id
),
target_counts as (
    select counted, size, target_kind, target_id, own_category_id, count(*) as target_count
    from target_units
    group by counted, size, target_kind, target_id, own_category_id
),
-- What chance would put together. A large basket holds everything more often, so baskets are compared with those of as
-- many categories. Beside the category a basket of s has s - 1 places, for which all others compete by how often they
-- are bought: the chances of all targets beside it add up to s - 1.
chances as (
    select
        category_counts.counted,
        category_counts.category_id,
        target_counts.target_kind,
        target_counts.target_id,
        sum(cast(
            category_counts.category_count * target_counts.target_count * (category_counts.size - 1)
            / (category_counts.size * totals.unit_count - category_counts.category_count) as decimal(24, 9)
        )) as expected_count
    from category_counts
    inner join target_counts
        on category_counts.counted = target_counts.counted
        and category_counts.size = target_counts.size
        and category_counts.category_id <> target_counts.own_category_id
    inner join totals on category_counts.counted = totals.counted and category_counts.size = totals.size
    where category_counts.size > 1
    group by category_counts.counted, category_counts.category_id, target_counts.target_kind, target_counts.target_id
),
pairs as (
    select sized.counted, sized.category_id, target_units.target_kind, target_units.target_id, count(*) as both_count
    from sized
    inner join target_units on sized.counted = target_units.counted and sized.unit_id = target_units.unit_id
    where sized.category_id <> target_units.own_category_id
    group by sized.counted, sized.category_id, target_units.target_kind, target_units.target_id
    having count(*) >= $candidates_minimum_support
),
lifts as (
    select
        pairs.counted,
        pairs.category_id,
        pairs.target_kind,
        pairs.target_id,
        pairs.both_count,
        cast(chances.expected_count as double) as expected_count,
        pairs.both_count / nullif(cast(chances.expected_count as double), 0) as lift
    from pairs
    inner join chances
        on pairs.counted = chances.counted
        and pairs.category_id = chances.category_id
        and pairs.target_kind = chances.target_kind
        and pairs.target_id = chances.target_id
)
select * from lifts
where
    lift >= $candidates_minimum_lift
    -- Four standard deviations above what chance alone brings: few baskets make large lifts, and many pairs are tried.
    and both_count - expected_count >= 4 * sqrt(expected_count)
order by counted, category_id, target_kind, target_id
