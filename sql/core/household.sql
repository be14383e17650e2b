-- core.household: one row per customer record whose household is known, under the person it belongs to.
with households as (
    select * from staging.households
),
links as (
    select * from core.person_link
)
select
    links.customer_id,
    households.customer_id as record_id,
    households.household
from households
inner join links on households.customer_id = links.record_id
order by links.customer_id, record_id
