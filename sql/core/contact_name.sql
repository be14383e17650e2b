-- core.contact_name: one row per person, the name of their leading record.
with records as (
    select * from staging.customers
),
customers as (
    select * from core.customer
)
select
    customers.customer_id,
    records.first_name,
    records.last_name
from customers
inner join records on customers.customer_id = records.customer_id
order by customers.customer_id
