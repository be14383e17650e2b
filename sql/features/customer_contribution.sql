-- features.customer_contribution: one row per customer with an order or return in the last 365 days.
with receipts as (
    select
        customer_id,
        order_id,
        ordered_at,
        is_return,
        margin_minor,
        coalesce(delivery_cost_minor, 0) as delivery_cost_minor,
        case when is_return then $margin_service_cost_per_return_minor else $margin_service_cost_per_order_minor end
            as service_cost_minor
    from core.purchase
    where
        customer_id is not null
        and ordered_at < $as_of
        and arrived_on <= $business_date
        and date_diff('day', ordered_on, $business_date) < 365
),
-- A return belongs to the order before it: what is bought to be sent back is one bad order, not a good and a bad one.
numbered as (
    select
        *,
        sum(case when is_return then 0 else 1 end) over (
            partition by customer_id order by ordered_at, is_return, order_id
            rows between unbounded preceding and current row
        ) as order_number
    from receipts
),
units as (
    select
        customer_id,
        count(*) as receipt_count,
        sum(margin_minor) as margin_minor,
        sum(delivery_cost_minor) as delivery_cost_minor,
        sum(service_cost_minor) as service_cost_minor,
        cast(sum(margin_minor - delivery_cost_minor - service_cost_minor) as decimal(18, 0)) as contribution_minor
    from numbered
    group by customer_id, order_number
)
select
    customer_id,
    cast(sum(receipt_count) as bigint) as receipt_count_365_days,
    count(*) as unit_count_365_days,
    cast(sum(margin_minor) as bigint) as margin_minor_365_days,
    cast(sum(delivery_cost_minor) as bigint) as delivery_cost_minor_365_days,
    cast(sum(service_cost_minor) as bigint) as service_cost_minor_365_days,
    cast(sum(contribution_minor) as bigint) as contribution_minor_365_days,
    -- For the spread between a customer's orders; 38 digits hold what 64 bits would not.
    cast(sum(contribution_minor * contribution_minor) as decimal(38, 0)) as contribution_squares_365_days
from units
group by customer_id
