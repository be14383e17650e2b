-- features.customer_channels: one row per customer with an order in the last 365 days.
with orders as (
    select *, date_diff('day', ordered_on, $business_date) as age_days
    from core.purchase
    where
        customer_id is not null
        and not is_return
        and ordered_at < $as_of
        and arrived_on <= $business_date
        and date_diff('day', ordered_on, $business_date) < 365
),
places as (
    select
        customer_id,
        store_id,
        count(*) as order_count,
        cast(sum(case when channel = 'web' then 1 else 0 end) as bigint) as web_order_count,
        cast(sum(case when channel = 'web' and age_days < 90 then 1 else 0 end) as bigint) as web_order_count_90_days,
        cast(sum(case when extract(isodow from ordered_on) >= 6 then 1 else 0 end) as bigint) as weekend_order_count
    from orders
    group by customer_id, store_id
)
select
    customer_id,
    count(*) as place_count_365_days,
    cast(sum(web_order_count_90_days) as bigint) as web_order_count_90_days,
    sum(web_order_count) / sum(order_count) as web_order_share_365_days,
    sum(weekend_order_count) / sum(order_count) as weekend_order_share_365_days,
    max(order_count) / sum(order_count) as main_place_share_365_days
from places
group by customer_id
