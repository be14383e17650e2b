-- staging.identity_links: one row per sighting of a visitor as a customer that had arrived by the business date.
with dated as (
    select
        *,
        cast((linked_at at time zone 'UTC') at time zone $shop_time_zone as date) as linked_on
    from raw.identity_links
),
arrived as (
    -- A row of the first load counts as arrived on the day it happened.
    select
        *,
        case when _is_history then linked_on else _delivered_on end as arrived_on
    from dated
)
select
    visitor_id,
    customer_id,
    linked_at,
    linked_on,
    arrived_on
from arrived
where arrived_on <= $business_date
