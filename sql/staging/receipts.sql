-- staging.receipts: one row per channel's answer about one assignment that had arrived by the business date.
with dated as (
    select
        *,
        cast((occurred_at at time zone 'UTC') at time zone $shop_time_zone as date) as occurred_on
    from raw.receipts
),
arrived as (
    -- A row of the first load counts as arrived on the day it happened.
    select
        *,
        case when _is_history then occurred_on else _delivered_on end as arrived_on
    from dated
)
select
    receipt_id,
    assignment_id,
    customer_id,
    channel,
    status,
    occurred_at,
    occurred_on,
    reason,
    arrived_on
from arrived
where arrived_on <= $business_date
