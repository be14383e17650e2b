-- models.training_example: one row per person and randomised wave whose horizon is complete.
with assignments as (
    select * from core.offer_assignment
    where
        is_randomised
        and assigned_at < $as_of
        and arrived_on <= $business_date
        and date_diff('day', assigned_on, $business_date) >= $models_horizon_days - 1
),
drawn as (
    select
        customer_id,
        wave_id,
        min(campaign_id) as campaign_id,
        min(arm) as arm,
        min(offer_id) as offer_id,
        min(channel) as channel,
        min(propensity) as propensity,
        min(assigned_at) as assigned_at,
        min(assigned_on) as assigned_on
    from assignments
    group by customer_id, wave_id
    -- Two records of one person in different arms tell nothing about either arm.
    having count(distinct arm) = 1
),
sales as (
    select
        drawn.customer_id,
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
    drawn.*,
    drawn.assigned_on - 1 as snapshot_on,
    coalesce(bought.order_count, 0) > 0 as bought,
    coalesce(bought.order_count, 0) as order_count,
    coalesce(bought.net_minor, 0) as net_minor,
    coalesce(bought.margin_minor, 0) as margin_minor,
    coalesce(bought.delivery_cost_minor, 0) as delivery_cost_minor,
    coalesce(given.redemption_count, 0) as redemption_count,
    coalesce(given.discount_minor, 0) as discount_minor
from drawn
left join bought on drawn.customer_id = bought.customer_id and drawn.wave_id = bought.wave_id
left join given on drawn.customer_id = given.customer_id and drawn.wave_id = given.wave_id
order by drawn.customer_id, drawn.wave_id
