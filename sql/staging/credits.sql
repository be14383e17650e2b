-- staging.credits: one row per credited reward, or credit taken back, that had arrived by the business date.
with dated as (
    select
        *,
        cast((credited_at at time zone 'UTC') at time zone $shop_time_zone as date) as credited_on
    from raw.credits
),
arrived as (
    -- A row of the first load counts as arrived on the day it happened.
    select
        *,
        case when _is_history then credited_on else _delivered_on end as arrived_on
    from dated
)
select
    credit_id,
    assignment_id,
    offer_id,
    customer_id,
    kind,
    points,
    amount_minor,
    reverses,
    reversal_reason,
    credited_at,
    credited_on,
    arrived_on
from arrived
where arrived_on <= $business_date
