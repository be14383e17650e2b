-- core.order_verdict: one row per order with the person who placed it, and the reason if the order cannot be used.
with orders as (
    select * from staging.orders
),
links as (
    select * from core.person_link
),
customers as (
    select * from core.customer
),
judged as (
    select
        orders.*,
        links.customer_id as person_id,
        case
            -- Amounts of another currency are never summed.
            when orders.currency <> $shop_currency then 'other currency'
            -- An unknown customer is not a guest: a guest has no id.
            when orders.customer_id is not null and links.record_id is null then 'unknown customer'
            -- The record's first day counts whole: a till and a register do not agree to the second.
            when orders.ordered_on < customers.registered_on then 'before the customer was registered'
        end as reason
    from orders
    left join links on orders.customer_id = links.record_id
    left join customers on links.customer_id = customers.customer_id
)
select
    order_id,
    person_id as customer_id,
    customer_id as record_id,
    store_id,
    channel,
    ordered_at,
    ordered_on,
    arrived_on,
    delivery_cost_minor,
    reason,
    case reason
        when 'other currency' then currency
        when 'unknown customer' then customer_id
    end as missing_id
from judged
order by order_id
