-- features.customer_rfm: one row per customer with an order before as_of.
with purchases as (
    select * from core.purchase
    where customer_id is not null and ordered_at < $as_of and arrived_on <= $business_date
),
totals as (
    select
        customer_id,
        cast(sum(case when not is_return then 1 else 0 end) as bigint) as order_count,
        -- Returns lower the money but are no orders.
        cast(sum(net_minor) as bigint) as net_minor,
        cast(sum(margin_minor) as bigint) as margin_minor,
        cast(sum(case when not is_return then discount_minor else 0 end) as bigint) as discount_minor,
        min(case when not is_return then ordered_on end) as first_ordered_on,
        max(case when not is_return then ordered_on end) as last_ordered_on,
        max(case when not is_return then ordered_at end) as last_ordered_at
    from purchases
    group by customer_id
)
select
    customer_id,
    order_count,
    net_minor,
    margin_minor,
    discount_minor,
    -- Half away from zero, in integers: money never passes through a float.
    cast(sign(margin_minor) * ((2 * abs(margin_minor) + order_count) // (2 * order_count)) as bigint)
        as margin_per_order_minor,
    date_diff('day', first_ordered_on, $business_date) as days_since_first_order,
    date_diff('day', last_ordered_on, $business_date) as days_since_order,
    last_ordered_at
from totals
where order_count > 0
