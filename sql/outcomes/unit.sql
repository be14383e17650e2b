-- outcomes.unit: one row per person and wave whose arm was drawn by lot, with what the person did before and in the horizon.
with drawn as (
    select * from models.evidence_draw
    where problem is null or problem in ('horizon_open', 'offer_in_horizon', 'shared_address')
),
controls as (
    select customer_id, wave_id, chance from outcomes.chance where arm = 'control'
),
known as (
    select * from core.purchase
    where ordered_at < $as_of and arrived_on <= $business_date and customer_id is not null
),
sales as (
    select
        drawn.customer_id,
        drawn.wave_id,
        known.*exclude (customer_id),
        known.ordered_at >= drawn.assigned_at as is_after,
        date_diff('day', known.ordered_on, drawn.assigned_on) as days_before
    from drawn
    inner join known
        on
            drawn.customer_id = known.customer_id
            and date_diff('day', drawn.assigned_on, known.ordered_on)
            between -$measurement_before_days and $models_horizon_days - 1
),
bought as (
    select
        customer_id,
        wave_id,
        count(*) filter (where is_after and not is_return) as order_count,
        cast(coalesce(sum(net_minor) filter (where is_after), 0) as bigint) as net_minor,
        cast(coalesce(sum(margin_minor) filter (where is_after), 0) as bigint) as margin_minor,
        cast(coalesce(sum(margin_minor) filter (where not is_after), 0) as bigint) as before_minor,
        min(days_before) filter (where not is_after and not is_return) as days_since_order
    from sales
    group by customer_id, wave_id
),
-- What is given beside the price (points, a gift, a delivery) is no part of the margin: it costs what was set aside for it.
fixed as (
    select customer_id, wave_id, offer_id, max(fixed_cost_minor) as fixed_cost_minor
    from offers.reservation
    group by customer_id, wave_id, offer_id
),
used as (
    select
        drawn.customer_id,
        drawn.wave_id,
        count(*) as redemption_count,
        cast(sum(
            case when fixed.customer_id is null and catalogue.kind in ('points', 'gift', 'delivery')
                then catalogue.max_cost_minor else coalesce(fixed.fixed_cost_minor, 0) end
        ) as bigint) as beside_minor,
        cast(sum(
            case
                when fixed.fixed_cost_minor is not null then 0
                when fixed.customer_id is null and catalogue.kind in ('points', 'gift', 'delivery') then 0
                else redemptions.discount_minor
            end
        ) as bigint) as discount_minor
    from drawn
    inner join core.redemption as redemptions
        on
            drawn.customer_id = redemptions.customer_id
            and drawn.offer_id = redemptions.offer_id
            and redemptions.redeemed_at >= drawn.assigned_at
            and date_diff('day', drawn.assigned_on, redemptions.redeemed_on) < $models_horizon_days
    left join fixed
        on
            drawn.customer_id = fixed.customer_id
            and drawn.wave_id = fixed.wave_id
            and drawn.offer_id = fixed.offer_id
    left join offers.catalogue as catalogue on drawn.offer_id = catalogue.offer_id
    where redemptions.redeemed_at < $as_of and redemptions.arrived_on <= $business_date
    group by drawn.customer_id, drawn.wave_id
),
-- The way to reach somebody as it was when the lot fell, alike for both arms: the channel of a sent offer would not be.
words as (
    select
        drawn.customer_id,
        drawn.wave_id,
        consents.channel,
        consents.purpose,
        arg_max(consents.is_granted, consents.recorded_at) as is_granted
    from drawn
    inner join core.consent as consents
        on drawn.customer_id = consents.customer_id and consents.recorded_at < drawn.assigned_at
    where consents.purpose in ('offers', 'profiling')
    group by drawn.customer_id, drawn.wave_id, consents.channel, consents.purpose
),
open_channels as (
    select customer_id, wave_id, channel
    from words
    group by customer_id, wave_id, channel
    having bool_or(purpose = 'offers') and bool_and(is_granted)
),
reached as (
    select customer_id, wave_id, arg_min(channel, list_position(['email', 'sms', 'push', 'post'], channel)) as channel
    from open_channels
    group by customer_id, wave_id
)
select
    drawn.customer_id,
    drawn.wave_id,
    drawn.campaign_id,
    drawn.source,
    drawn.assigned_on,
    drawn.arm,
    drawn.offer_id,
    coalesce(reached.channel, 'unknown') as channel,
    drawn.propensity,
    controls.chance as control_chance,
    date_diff('day', drawn.assigned_on, $business_date) >= $models_horizon_days - 1 as is_complete,
    case when drawn.problem <> 'horizon_open' then drawn.problem end as contamination,
    coalesce(bought.order_count, 0) as order_count,
    coalesce(bought.net_minor, 0) + coalesce(returned.net_minor, 0) as net_minor,
    coalesce(bought.margin_minor, 0) + coalesce(returned.margin_minor, 0) - coalesce(used.beside_minor, 0)
        as margin_minor,
    coalesce(used.redemption_count, 0) as redemption_count,
    coalesce(used.discount_minor, 0) + coalesce(used.beside_minor, 0) as cost_minor,
    coalesce(bought.before_minor, 0) as before_minor,
    bought.days_since_order
from drawn
left join controls on drawn.customer_id = controls.customer_id and drawn.wave_id = controls.wave_id
left join bought on drawn.customer_id = bought.customer_id and drawn.wave_id = bought.wave_id
left join used on drawn.customer_id = used.customer_id and drawn.wave_id = used.wave_id
left join models.wave_return as returned
    on drawn.customer_id = returned.customer_id and drawn.wave_id = returned.wave_id
left join reached on drawn.customer_id = reached.customer_id and drawn.wave_id = reached.wave_id
order by drawn.customer_id, drawn.wave_id
