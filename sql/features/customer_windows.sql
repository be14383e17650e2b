-- features.customer_windows: one row per customer with an order or return in the last 365 days.
with purchases as (
    select *, date_diff('day', ordered_on, $business_date) as age_days
    from core.purchase
    where customer_id is not null and ordered_at < $as_of and arrived_on <= $business_date
)
select
    customer_id,
    cast(sum(case when not is_return and age_days < 7 then 1 else 0 end) as bigint) as order_count_7_days,
    cast(sum(case when not is_return and age_days < 30 then 1 else 0 end) as bigint) as order_count_30_days,
    cast(sum(case when not is_return and age_days < 90 then 1 else 0 end) as bigint) as order_count_90_days,
    cast(sum(case when not is_return then 1 else 0 end) as bigint) as order_count_365_days,
    cast(sum(case when age_days < 7 then net_minor else 0 end) as bigint) as net_minor_7_days,
    cast(sum(case when age_days < 30 then net_minor else 0 end) as bigint) as net_minor_30_days,
    cast(sum(case when age_days < 90 then net_minor else 0 end) as bigint) as net_minor_90_days,
    cast(sum(net_minor) as bigint) as net_minor_365_days,
    cast(sum(case when age_days < 7 then margin_minor else 0 end) as bigint) as margin_minor_7_days,
    cast(sum(case when age_days < 30 then margin_minor else 0 end) as bigint) as margin_minor_30_days,
    cast(sum(case when age_days < 90 then margin_minor else 0 end) as bigint) as margin_minor_90_days,
    cast(sum(margin_minor) as bigint) as margin_minor_365_days,
    cast(sum(case when age_days < 30 then discount_minor else 0 end) as bigint) as discount_minor_30_days,
    cast(sum(case when age_days < 90 then discount_minor else 0 end) as bigint) as discount_minor_90_days,
    cast(sum(discount_minor) as bigint) as discount_minor_365_days
from purchases
where age_days < 365
group by customer_id
