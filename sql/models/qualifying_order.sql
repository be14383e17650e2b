-- models.qualifying_order: one row per person, wave and category or product bought in the horizon: orders that held it.
with drawn as (
    select customer_id, wave_id, assigned_at, assigned_on from models.evidence_draw where problem is null
),
lines as (
    select
        drawn.customer_id,
        drawn.wave_id,
        purchases.order_id,
        purchases.category_id,
        purchases.product_id
    from drawn
    inner join core.purchase_line as purchases
        on
            drawn.customer_id = purchases.customer_id
            and purchases.ordered_at >= drawn.assigned_at
            and date_diff('day', drawn.assigned_on, purchases.ordered_on) < $models_horizon_days
    where purchases.kind = 'sale' and purchases.ordered_at < $as_of and purchases.arrived_on <= $business_date
),
held as (
    select customer_id, wave_id, order_id, 'category' as target_kind, category_id as target_id
    from lines
    where category_id is not null
    union all
    select customer_id, wave_id, order_id, 'product' as target_kind, product_id as target_id
    from lines
    where product_id is not null
)
select
    customer_id,
    wave_id,
    target_kind,
    target_id,
    count(distinct order_id) as order_count
from held
group by customer_id, wave_id, target_kind, target_id
order by customer_id, wave_id, target_kind, target_id
