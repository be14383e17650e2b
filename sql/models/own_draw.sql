-- models.own_draw: one row per person and night of our own log whose lot began something: an offer, or a control's window.
with decisions as (
    select * from offers.decision_history
    where
        business_date < $business_date
        and date_diff('day', business_date, $business_date) <= $models_evidence_days
        and group_name <> 'excluded'
),
chances as (
    select
        business_date,
        customer_id,
        min(wave_id) as wave_id,
        -- Sums of decimals do not depend on the order of the rows.
        cast(sum(cast(propensity as decimal(18, 15))) as double) as offer_chance,
        -- Nights of an older version did not note it: their control arm had the chance of each offer.
        coalesce(
            max(pilot_control_propensity), max(propensity) filter (where is_pilot), 0.0
        ) as pilot_control_chance
    from offers.propensity_history
    where
        business_date < $business_date
        and date_diff('day', business_date, $business_date) <= $models_evidence_days
    group by business_date, customer_id
),
held_back as (
    select
        business_date,
        1 - (1 - $randomisation_global_control_share)
        * (1 - power($randomisation_campaign_control_share, count(distinct wave_id))) as held_back_share
    from offers.propensity_history
    where
        business_date < $business_date
        and date_diff('day', business_date, $business_date) <= $models_evidence_days
    group by business_date
),
nights as (
    select
        decisions.*,
        chances.wave_id as any_wave_id,
        decisions.group_name in ('global_control', 'control') as is_held_back,
        chances.offer_chance + chances.pilot_control_chance as start_chance,
        chances.pilot_control_chance,
        held_back.held_back_share,
        cast(
            '0x' || left(
                sha256(
                    concat_ws('|', $randomisation_salt, 'window', decisions.business_date, decisions.customer_id)
                ),
                13
            ) as bigint
        ) / 4503599627370496 as unit
    from decisions
    inner join chances
        on decisions.business_date = chances.business_date and decisions.customer_id = chances.customer_id
    inner join held_back on decisions.business_date = held_back.business_date
),
-- Whoever is held back for good would be a control every night, while those with an offer stand aside for weeks. A lot
-- of their own, with the chance that an offer had that night, begins their window: the same nights for the same people.
started as (
    select * from nights
    where
        offer_id is not null
        or (group_name = 'pilot' and wave_id is not null)
        or (is_held_back and unit < start_chance / (1 - held_back_share))
)
select
    started.customer_id,
    coalesce(started.wave_id, started.any_wave_id) as wave_id,
    started.business_date,
    started.group_name,
    coalesce(started.offer_id, 'control') as arm,
    started.offer_id,
    started.depth,
    started.channel,
    -- Given that something began that night.
    case
        when started.offer_id is null
            then
                started.held_back_share
                + (1 - started.held_back_share) * started.pilot_control_chance / started.start_chance
        else (1 - started.held_back_share) * offers.propensity / started.start_chance
    end as propensity,
    (1 - started.held_back_share) / started.start_chance as offer_factor,
    coalesce(started.is_exploration, false) as is_exploration,
    (cast(started.business_date + 1 as timestamp) at time zone $shop_time_zone) at time zone 'UTC' as assigned_at,
    started.business_date + 1 as assigned_on
from started
left join offers.propensity_history as offers
    on
        started.business_date = offers.business_date
        and started.customer_id = offers.customer_id
        and started.offer_id = offers.offer_id
order by started.customer_id, started.business_date
