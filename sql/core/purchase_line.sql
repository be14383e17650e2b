-- core.purchase_line: one row per line of a sale or return; amounts of returns are negative.
with lines as (
    select * from staging.order_lines
),
orders as (
    select * from core.order_verdict where reason is null
),
products as (
    select * from core.product
),
costed as (
    select
        lines.*,
        orders.customer_id,
        orders.store_id,
        orders.channel,
        orders.ordered_at,
        orders.ordered_on,
        greatest(lines.arrived_on, orders.arrived_on) as known_on,
        products.category_id,
        case when lines.kind = 'return' then -1 else 1 end as sign,
        -- A product without a known cost earns the shop's usual margin.
        cast(round(coalesce(
            lines.quantity * products.cost_minor,
            lines.net_minor * (1 - cast($margin_default_share as decimal(9, 8)))
        ), 0) as bigint) as cost_minor
    from lines
    inner join orders on lines.order_id = orders.order_id
    inner join products on lines.product_id = products.product_id
)
select
    order_id,
    line_number,
    customer_id,
    store_id,
    channel,
    ordered_at,
    ordered_on,
    known_on as arrived_on,
    product_id,
    category_id,
    kind,
    cast(sign * quantity as decimal(12, 3)) as quantity,
    sign * list_minor as list_minor,
    sign * discount_minor as discount_minor,
    sign * net_minor as net_minor,
    sign * cost_minor as cost_minor,
    sign * (net_minor - cost_minor) as margin_minor,
    promotion_id
from costed
-- Clustered by customer: most readers group by it.
order by customer_id nulls last, ordered_at, order_id, line_number
