-- core.strategic_customer: one row per person on the strategic list, however many of their records are on it.
with listed as (
    select * from staging.strategic_customers
),
links as (
    select * from core.person_link
)
select
    links.customer_id,
    listed.owner,
    listed.expires_on,
    listed.reason
from listed
inner join links on listed.customer_id = links.record_id
-- The entry that protects longest is the one that holds.
qualify row_number() over (
    partition by links.customer_id
    order by listed.expires_on desc, listed.owner, listed.customer_id
) = 1
order by links.customer_id
