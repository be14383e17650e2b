-- models.wave_draw: one row per person and wave whose arm was drawn by lot, in our own log or elsewhere.
with elsewhere as (
    select
        assignments.*,
        count(distinct assignments.arm) over (
            partition by assignments.customer_id, assignments.wave_id
        ) as arm_count
    from core.offer_assignment as assignments
    -- Our own log knows its waves better than the channel that sent them.
    anti join offers.decision_history as ours
        on assignments.customer_id = ours.customer_id and assignments.wave_id = ours.wave_id
    anti join models.own_draw as drawn
        on assignments.customer_id = drawn.customer_id and assignments.wave_id = drawn.wave_id
    where
        assignments.is_randomised
        and assignments.assigned_at < $as_of
        and assignments.arrived_on <= $business_date
        and date_diff('day', assignments.assigned_on, $business_date) < $models_evidence_days
),
drawn_elsewhere as (
    select
        customer_id,
        wave_id,
        min(campaign_id) as campaign_id,
        min(arm) as arm,
        min(offer_id) as offer_id,
        min(channel) as channel,
        min(propensity) as propensity,
        min(assigned_at) as assigned_at,
        min(assigned_on) as assigned_on,
        max(arm_count) > 1 as has_two_arms
    from elsewhere
    group by customer_id, wave_id
),
drawn as (
    select
        customer_id,
        wave_id,
        'own' as source,
        split_part(wave_id, ':', 1) as campaign_id,
        group_name,
        arm,
        offer_id,
        depth,
        channel,
        propensity,
        offer_factor,
        is_exploration,
        assigned_at,
        assigned_on,
        false as has_two_arms
    from models.own_draw
    union all
    select
        drawn_elsewhere.customer_id,
        drawn_elsewhere.wave_id,
        'elsewhere' as source,
        drawn_elsewhere.campaign_id,
        cast(null as varchar) as group_name,
        drawn_elsewhere.arm,
        drawn_elsewhere.offer_id,
        case when catalogue.kind = 'percent' then catalogue.depth_pct / 100.0 end as depth,
        drawn_elsewhere.channel,
        cast(drawn_elsewhere.propensity as double) as propensity,
        cast(null as double) as offer_factor,
        false as is_exploration,
        drawn_elsewhere.assigned_at,
        drawn_elsewhere.assigned_on,
        drawn_elsewhere.has_two_arms
    from drawn_elsewhere
    left join offers.catalogue as catalogue on drawn_elsewhere.offer_id = catalogue.offer_id
)
select * from drawn order by customer_id, assigned_on, wave_id
