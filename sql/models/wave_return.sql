-- models.wave_return: one row per person and wave with goods of the horizon that came back after it.
with draws as (
    -- Controls that are no evidence are measured all the same (outcomes.unit).
    select * from models.evidence_draw
    where problem is null or problem in ('offer_in_horizon', 'shared_address')
),
lines as (
    select * from core.purchase_line where ordered_at < $as_of and arrived_on <= $business_date
),
sold as (
    select distinct
        draws.customer_id,
        draws.wave_id,
        draws.assigned_on,
        lines.product_id
    from draws
    inner join lines
        on
            draws.customer_id = lines.customer_id
            and lines.ordered_at >= draws.assigned_at
            and date_diff('day', draws.assigned_on, lines.ordered_on) < $models_horizon_days
    where lines.kind = 'sale'
)
select
    sold.customer_id,
    sold.wave_id,
    cast(sum(lines.net_minor) as bigint) as net_minor,
    cast(sum(lines.margin_minor) as bigint) as margin_minor
from sold
inner join lines
    on
        sold.customer_id = lines.customer_id
        and sold.product_id = lines.product_id
        -- As long again as the horizon: later ones belong to later purchases.
        and date_diff('day', sold.assigned_on, lines.ordered_on)
        between $models_horizon_days and 2 * $models_horizon_days - 1
where lines.kind = 'return'
group by sold.customer_id, sold.wave_id
order by sold.customer_id, sold.wave_id
