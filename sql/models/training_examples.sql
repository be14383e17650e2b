-- models.training_examples: one row per person and wave that is evidence, with what happened in the horizon.
with drawn as (
    select * from models.evidence_draw where problem is null
),
sales as (
    select
        drawn.wave_id,
        purchases.*
    from drawn
    inner join core.purchase as purchases
        on
            drawn.customer_id = purchases.customer_id
            and purchases.ordered_at >= drawn.assigned_at
            and date_diff('day', drawn.assigned_on, purchases.ordered_on) < $models_horizon_days
    where purchases.ordered_at < $as_of and purchases.arrived_on <= $business_date
),
bought as (
    select
        customer_id,
        wave_id,
        cast(sum(case when not is_return then 1 else 0 end) as bigint) as order_count,
        cast(sum(net_minor) as bigint) as net_minor,
        cast(sum(margin_minor) as bigint) as margin_minor,
        cast(sum(case when not is_return then delivery_cost_minor else 0 end) as bigint) as delivery_cost_minor
    from sales
    group by customer_id, wave_id
),
given as (
    select
        drawn.customer_id,
        drawn.wave_id,
        count(*) as redemption_count,
        cast(sum(redemptions.discount_minor) as bigint) as discount_minor
    from drawn
    inner join core.redemption as redemptions
        on
            drawn.customer_id = redemptions.customer_id
            and drawn.offer_id = redemptions.offer_id
            and redemptions.redeemed_at >= drawn.assigned_at
            and date_diff('day', drawn.assigned_on, redemptions.redeemed_on) < $models_horizon_days
    where redemptions.redeemed_at < $as_of and redemptions.arrived_on <= $business_date
    group by drawn.customer_id, drawn.wave_id
)
select
    drawn.customer_id,
    drawn.wave_id,
    drawn.campaign_id,
    drawn.arm,
    drawn.offer_id,
    drawn.depth,
    drawn.channel,
    drawn.propensity,
    true as is_randomised,
    drawn.is_exploration,
    drawn.group_name,
    drawn.source,
    drawn.assigned_at,
    drawn.assigned_on,
    drawn.snapshot_on,
    coalesce(bought.order_count, 0) > 0 as bought,
    coalesce(bought.order_count, 0) as order_count,
    coalesce(bought.net_minor, 0) + coalesce(returned.net_minor, 0) as net_minor,
    coalesce(bought.margin_minor, 0) + coalesce(returned.margin_minor, 0) as margin_minor,
    coalesce(bought.delivery_cost_minor, 0) as delivery_cost_minor,
    coalesce(given.redemption_count, 0) as redemption_count,
    coalesce(given.discount_minor, 0) as discount_minor
from drawn
left join bought on drawn.customer_id = bought.customer_id and drawn.wave_id = bought.wave_id
left join given on drawn.customer_id = given.customer_id and drawn.wave_id = given.wave_id
left join models.wave_return as returned
    on drawn.customer_id = returned.customer_id and drawn.wave_id = returned.wave_id
order by drawn.customer_id, drawn.wave_id
