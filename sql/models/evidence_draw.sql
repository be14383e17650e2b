-- models.evidence_draw: one row per draw, with the problem that keeps it from being evidence, if any.
with draws as (
    select
        *,
        row_number() over (partition by customer_id, assigned_on order by source desc, wave_id) as place
    from models.wave_draw
),
given as (
    select customer_id, wave_id, business_date + 1 as given_on from offers.decision_history
    where offer_id is not null and business_date < $business_date
    union
    select customer_id, wave_id, assigned_on as given_on from core.offer_assignment
    where arm <> 'control' and assigned_at < $as_of and arrived_on <= $business_date
),
again as (
    -- Another offer to the same person before the horizon is over.
    select distinct
        draws.customer_id,
        draws.wave_id
    from draws
    inner join given
        on
            draws.customer_id = given.customer_id
            and draws.wave_id <> given.wave_id
            and date_diff('day', draws.assigned_on, given.given_on) between 0 and $models_horizon_days - 1
),
addresses as (
    select distinct
        mine.customer_id,
        others.customer_id as other_id
    from core.contact as mine
    inner join core.contact as others
        on
            mine.kind = others.kind
            and mine.value_normalised = others.value_normalised
            and mine.customer_id <> others.customer_id
),
told as (
    -- An offer that went to an address of the control's own, in somebody else's name.
    select distinct
        draws.customer_id,
        draws.wave_id
    from draws
    inner join addresses on draws.customer_id = addresses.customer_id
    inner join given
        on
            addresses.other_id = given.customer_id
            and abs(date_diff('day', draws.assigned_on, given.given_on)) < $models_horizon_days
    where draws.arm = 'control'
)
select
    draws.* exclude (has_two_arms, place),
    draws.assigned_on - 1 as snapshot_on,
    again.customer_id is not null as has_later_offer,
    case
        when draws.has_two_arms then 'two_arms'
        when draws.propensity is null then 'no_propensity'
        when windows.customer_id is null or draws.place > 1 then 'overlapping_horizon'
        when draws.arm = 'control' and again.customer_id is not null then 'offer_in_horizon'
        when told.customer_id is not null then 'shared_address'
        when date_diff('day', draws.assigned_on, $business_date) < $models_horizon_days - 1 then 'horizon_open'
    end as problem
from draws
left join models.wave_window as windows
    on draws.customer_id = windows.customer_id and draws.assigned_on = windows.assigned_on
left join again on draws.customer_id = again.customer_id and draws.wave_id = again.wave_id
left join told on draws.customer_id = told.customer_id and draws.wave_id = told.wave_id
order by draws.customer_id, draws.assigned_on, draws.wave_id
