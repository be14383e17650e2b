-- offers.eligible_customer: one row per customer registered before as_of whom no lasting rule keeps from every offer.
with customers as (
    select * from core.customer where registered_at < $as_of
),
excluded as (
    -- The other rules pass by themselves: after them the customer is open again.
    select
        customer_id,
        bool_and(rule in (
            'live_offer', 'after_purchase', 'after_complaint', 'offers_cap', 'contacts_full', 'quiet_day'
        )) as is_passing
    from offers.exclusion_of_customer
    group by customer_id
),
orders as (
    select
        customer_id,
        count(*) as order_count,
        count(*) filter (where channel = 'web') as web_order_count
    from core.purchase
    where ordered_at < $as_of and arrived_on <= $business_date and not is_return
    group by customer_id
)
select
    customers.customer_id,
    excluded.customer_id is null as is_open,
    customers.birth_date,
    coalesce(orders.order_count, 0) as order_count,
    coalesce(orders.web_order_count, 0) as web_order_count
from customers
left join excluded on customers.customer_id = excluded.customer_id
left join orders on customers.customer_id = orders.customer_id
where coalesce(excluded.is_passing, true)
order by customers.customer_id
