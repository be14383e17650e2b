-- models.rfm_history: one row per customer registered before the last complete horizon, as of its start.
with customers as (
    select *
    from core.customer
    where date_diff('day', registered_on, $business_date) >= $models_horizon_days
),
purchases as (
    select *, date_diff('day', ordered_on, $business_date) as age_days
    from core.purchase
    where customer_id is not null and ordered_at < $as_of and arrived_on <= $business_date
),
earlier as (
    select
        customer_id,
        cast(sum(case when not is_return then 1 else 0 end) as bigint) as order_count,
        cast(sum(margin_minor) as bigint) as margin_minor,
        min(case when not is_return then age_days end) - $models_horizon_days as days_since_order
    from purchases
    where age_days >= $models_horizon_days
    group by customer_id
),
next as (
    select
        customer_id,
        bool_or(not is_return) as bought,
        cast(sum(margin_minor) as bigint) as margin_minor_next
    from purchases
    where age_days < $models_horizon_days
    group by customer_id
)
select
    customers.customer_id,
    cast(earlier.days_since_order as bigint) as days_since_order,
    coalesce(earlier.order_count, 0) as order_count,
    coalesce(earlier.margin_minor, 0) as margin_minor,
    coalesce(next.bought, false) as bought,
    coalesce(next.margin_minor_next, 0) as margin_minor_next
from customers
left join earlier on customers.customer_id = earlier.customer_id
left join next on customers.customer_id = next.customer_id
order by customers.customer_id
