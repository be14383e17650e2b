-- staging.redemptions: one row per redeemed offer that had arrived by the business date.
with dated as (
    select
        *,
        cast((redeemed_at at time zone 'UTC') at time zone $shop_time_zone as date) as redeemed_on
    from raw.redemptions
),
arrived as (
    -- A row of the first load counts as arrived on the day it happened.
    select
        *,
        case when _is_history then redeemed_on else _delivered_on end as arrived_on
    from dated
)
select
    redemption_id,
    assignment_id,
    offer_id,
    customer_id,
    order_id,
    redeemed_at,
    redeemed_on,
    discount_minor,
    arrived_on
from arrived
where arrived_on <= $business_date
