-- core.purchase: one row per order with at least one usable line, with the totals of its lines.
with orders as (
    select * from core.order_verdict
),
totals as (
    select
        order_id,
        count(*) as line_count,
        cast(sum(net_minor) as bigint) as net_minor,
        cast(sum(discount_minor) as bigint) as discount_minor,
        cast(sum(margin_minor) as bigint) as margin_minor,
        bool_and(kind = 'return') as is_return,
        -- The totals hold from the day the last line was known.
        max(arrived_on) as arrived_on
    from core.purchase_line
    group by order_id
)
select
    totals.order_id,
    orders.customer_id,
    orders.record_id,
    orders.store_id,
    orders.channel,
    orders.ordered_at,
    orders.ordered_on,
    totals.arrived_on,
    orders.delivery_cost_minor,
    totals.line_count,
    totals.net_minor,
    totals.discount_minor,
    totals.margin_minor,
    totals.is_return
from totals
inner join orders on totals.order_id = orders.order_id
order by orders.customer_id nulls last, orders.ordered_at, totals.order_id
