-- features.customer_tenure: one row per customer registered before as_of.
with customers as (
    select * from core.customer where registered_at < $as_of
)
select
    customer_id,
    date_diff('day', registered_on, $business_date) as tenure_days
from customers
