-- outcomes.chance: one row per person and wave that is measured, and arm that the lot could have drawn, with its chance.
with drawn as (
    -- Everybody counts in the arm they were drawn into, whatever came after: leaving out would undo the lot.
    select * from models.evidence_draw
    where problem is null or problem in ('horizon_open', 'offer_in_horizon', 'shared_address')
),
elsewhere as (
    select
        wave_id,
        arm,
        -- Sums of decimals do not depend on the order of the rows.
        cast(avg(cast(propensity as decimal(18, 15))) as double) as chance
    from models.evidence_draw
    where source = 'elsewhere' and propensity is not null
    group by wave_id, arm
),
own as (
    select
        drawn.customer_id,
        drawn.wave_id,
        history.offer_id as arm,
        history.wave_id as arm_wave_id,
        history.propensity * drawn.offer_factor as chance,
        drawn.offer_factor
    from drawn
    inner join offers.propensity_history as history
        on drawn.customer_id = history.customer_id and drawn.snapshot_on = history.business_date
    where drawn.source = 'own'
),
arms as (
    select
        drawn.customer_id,
        drawn.wave_id,
        elsewhere.arm,
        drawn.wave_id as arm_wave_id,
        drawn.campaign_id,
        case when drawn.arm = elsewhere.arm then drawn.propensity else elsewhere.chance end as chance
    from drawn
    inner join elsewhere on drawn.wave_id = elsewhere.wave_id
    where drawn.source = 'elsewhere'
    union all
    select customer_id, wave_id, arm, arm_wave_id, split_part(arm_wave_id, ':', 1), chance
    from own
    union all
    select
        customer_id,
        wave_id,
        'control',
        null,
        null,
        1 - cast(sum(cast(chance as decimal(18, 15))) as double)
    from own
    group by customer_id, wave_id
)
select
    customer_id,
    wave_id,
    arm,
    case when arm <> 'control' then arm_wave_id end as arm_wave_id,
    case when arm <> 'control' then campaign_id end as campaign_id,
    chance
from arms
where chance > 0
order by customer_id, wave_id, arm
