-- staging.browsing_events: one row per browsing event that had arrived by the business date.
with dated as (
    select
        *,
        cast((occurred_at at time zone 'UTC') at time zone $shop_time_zone as date) as occurred_on
    from raw.browsing_events
),
arrived as (
    -- A row of the first load counts as arrived on the day it happened.
    select
        *,
        case when _is_history then occurred_on else _delivered_on end as arrived_on
    from dated
)
select
    event_id,
    session_id,
    visitor_id,
    occurred_at,
    occurred_on,
    kind,
    product_id,
    category_id,
    query,
    dwell_seconds,
    arrived_on
from arrived
where arrived_on <= $business_date
