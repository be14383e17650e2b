-- features.visitor_owner: one row per visitor x stretch of time in which its browsing belongs to one customer.
with links as (
    select visitor_id, linked_at, min(customer_id) as customer_id
    from core.visitor_link
    where linked_at < $as_of and arrived_on <= $business_date
    group by visitor_id, linked_at
),
sequenced as (
    select
        visitor_id,
        customer_id,
        linked_at,
        row_number() over (partition by visitor_id order by linked_at) as link_number,
        lead(linked_at) over (partition by visitor_id order by linked_at) as next_linked_at
    from links
)
select
    visitor_id,
    customer_id,
    -- What a visitor did before its first link belongs to the customer of that link.
    case when link_number = 1 then timestamp '0001-01-01 00:00:00' else linked_at end as owned_from_at,
    coalesce(next_linked_at, timestamp '9999-12-31 00:00:00') as owned_until_at
from sequenced
