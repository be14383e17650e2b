-- models.evidence_arm: one row per person, wave and arm that the person's lot could have drawn, with its propensity.
with drawn as (
    select * from models.evidence_draw where problem is null
),
waves as (
    select
        wave_id,
        arm,
        -- Sums of decimals do not depend on the order of the rows.
        cast(avg(cast(propensity as decimal(18, 15))) as double) as propensity
    from models.evidence_draw
    where source = 'elsewhere' and propensity is not null
    group by wave_id, arm
),
arms as (
    select
        drawn.customer_id,
        drawn.wave_id,
        drawn.arm as drawn_arm,
        waves.arm,
        case when drawn.arm = waves.arm then drawn.propensity else waves.propensity end as propensity
    from drawn
    inner join waves on drawn.wave_id = waves.wave_id
    where drawn.source = 'elsewhere'
    union all
    select
        drawn.customer_id,
        drawn.wave_id,
        drawn.arm as drawn_arm,
        history.offer_id as arm,
        history.propensity * drawn.offer_factor as propensity
    from drawn
    inner join offers.propensity_history as history
        on drawn.customer_id = history.customer_id and drawn.snapshot_on = history.business_date
    where drawn.source = 'own'
    union all
    select
        drawn.customer_id,
        drawn.wave_id,
        drawn.arm as drawn_arm,
        'control' as arm,
        1 - drawn.offer_factor * cast(sum(cast(history.propensity as decimal(18, 15))) as double) as propensity
    from drawn
    inner join offers.propensity_history as history
        on drawn.customer_id = history.customer_id and drawn.snapshot_on = history.business_date
    where drawn.source = 'own'
    group by drawn.customer_id, drawn.wave_id, drawn.arm, drawn.offer_factor
)
select
    customer_id,
    wave_id,
    arm,
    propensity
from arms
where propensity > 0
order by customer_id, wave_id, arm
