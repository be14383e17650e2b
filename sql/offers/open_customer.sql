-- offers.open_customer: one row per customer registered before as_of whom no rule keeps from every offer.
with customers as (
    select * from core.customer where registered_at < $as_of
),
excluded as (
    select * from offers.exclusion_of_customer
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
    customers.birth_date,
    coalesce(orders.order_count, 0) as order_count,
    coalesce(orders.web_order_count, 0) as web_order_count
from customers
anti join excluded on customers.customer_id = excluded.customer_id
left join orders on customers.customer_id = orders.customer_id
order by customers.customer_id
