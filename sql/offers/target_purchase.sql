-- offers.target_purchase: one row per customer and category or product target of the catalogue bought before as_of.
with targets as (
    select distinct target_kind, target_id from offers.catalogue where target_kind <> 'basket'
),
product_days as (
    select lines.customer_id, lines.product_id, lines.ordered_on, max(lines.ordered_at) as last_ordered_at
    from core.purchase_line as lines
    inner join targets on targets.target_kind = 'product' and lines.product_id = targets.target_id
    where
        lines.ordered_at < $as_of
        and lines.arrived_on <= $business_date
        and lines.kind = 'sale'
        and lines.customer_id is not null
    group by lines.customer_id, lines.product_id, lines.ordered_on
),
products as (
    select
        customer_id,
        'product' as target_kind,
        product_id as target_id,
        count(*) as day_count,
        date_diff('day', max(ordered_on), $business_date) as days_since_order,
        date_diff('day', min(ordered_on), max(ordered_on)) / nullif(count(*) - 1, 0) as gap_days_mean,
        max(last_ordered_at) as last_ordered_at
    from product_days
    group by customer_id, product_id
),
categories as (
    select
        categories.customer_id,
        targets.target_kind,
        targets.target_id,
        categories.day_count,
        categories.days_since_order,
        categories.gap_days_mean,
        categories.last_ordered_at
    from features.customer_category as categories
    inner join targets on targets.target_kind = 'category' and categories.category_id = targets.target_id
)
select * from categories
union all
select * from products
order by customer_id, target_kind, target_id
