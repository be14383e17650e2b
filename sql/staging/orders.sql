-- staging.orders: one row per order that had arrived by the business date.
with dated as (
    select
        *,
        cast((ordered_at at time zone 'UTC') at time zone $shop_time_zone as date) as ordered_on
    from raw.orders
),
arrived as (
    -- A row of the first load counts as arrived on the day it happened.
    select
        *,
        case when _is_history then ordered_on else _delivered_on end as arrived_on
    from dated
)
select
    order_id,
    customer_id,
    store_id,
    channel,
    ordered_at,
    ordered_on,
    currency,
    coalesce(delivery_cost_minor, 0) as delivery_cost_minor,
    arrived_on
from arrived
where arrived_on <= $business_date
