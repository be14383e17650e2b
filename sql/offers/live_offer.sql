-- offers.live_offer: one row per customer whose offer of an earlier night still counts on the day after as_of.
with decisions as (
    select
        customer_id,
        offer_id,
        -- Whoever is in a pilot stays in their arm for the whole horizon, however short the offer counts.
        case
            when group_name = 'pilot' then greatest(valid_until, business_date + cast($models_horizon_days as integer))
            else valid_until
        end as valid_until
    from offers.decision_history as decisions
    -- Who is free again after a withdrawal; but an arm of a pilot is kept for its horizon.
    anti join offers.withdrawn_promise as withdrawn
        on
            decisions.customer_id = withdrawn.promised_to_id
            and decisions.wave_id = withdrawn.wave_id
            and case when decisions.group_name <> 'pilot' then decisions.offer_id end = withdrawn.offer_id
    where business_date < $business_date
),
decided as (
    select * from decisions where valid_until > $business_date
),
sent as (
    select assignments.customer_id, assignments.offer_id, assignments.valid_until
    from core.offer_assignment as assignments
    -- Our own waves come back in the shop's log.
    anti join offers.withdrawn_promise as withdrawn
        on
            assignments.customer_id = withdrawn.customer_id
            and assignments.wave_id = withdrawn.wave_id
            and assignments.offer_id = withdrawn.offer_id
    where assigned_at < $as_of and arrived_on <= $business_date and valid_until > $business_date
),
-- The control arm of a pilot has a validity without an offer: it must stay untouched for as long.
live as (
    select * from decided
    union
    select * from sent
)
select
    customer_id,
    offer_id,
    valid_until
from live
qualify row_number() over (partition by customer_id order by valid_until desc, offer_id nulls last) = 1
order by customer_id
