-- staging.consents: one row per consent statement that had arrived by the business date.
with dated as (
    select
        *,
        cast((recorded_at at time zone 'UTC') at time zone $shop_time_zone as date) as recorded_on
    from raw.consents
),
arrived as (
    -- A row of the first load counts as arrived on the day it happened.
    select
        *,
        case when _is_history then recorded_on else _delivered_on end as arrived_on
    from dated
)
select
    customer_id,
    channel,
    purpose,
    is_granted,
    recorded_at,
    recorded_on,
    arrived_on
from arrived
where arrived_on <= $business_date
