-- staging.offer_assignments: one row per offer assigned to a customer record, control rows included that had arrived by the business date.
with dated as (
    select
        *,
        cast((assigned_at at time zone 'UTC') at time zone $shop_time_zone as date) as assigned_on
    from raw.offer_assignments
),
arrived as (
    -- A row of the first load counts as arrived on the day it happened.
    select
        *,
        case when _is_history then assigned_on else _delivered_on end as arrived_on
    from dated
)
select
    assignment_id,
    customer_id,
    campaign_id,
    wave_id,
    arm,
    offer_id,
    channel,
    propensity,
    is_randomised,
    assigned_at,
    assigned_on,
    valid_from,
    valid_until,
    arrived_on
from arrived
where arrived_on <= $business_date
