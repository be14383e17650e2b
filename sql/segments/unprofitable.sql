-- segments.unprofitable: one row per customer who, very probably, costs more per order than they bring.
with customers as (
    select
        contributions.*,
        chances.loss_chance,
        chances.shrunk_contribution_per_order_minor,
        '%.' || $shop_currency_digits || 'f' as format,
        pow(10, $shop_currency_digits) as minor_units
    from segments.loss_chance as chances
    inner join features.customer_contribution as contributions on chances.customer_id = contributions.customer_id
    where chances.loss_chance >= $segments_unprofitable_chance
)
select
    customer_id,
    'unprofitable' as segment,
    contribution_minor_365_days,
    receipt_count_365_days,
    shrunk_contribution_per_order_minor,
    loss_chance,
    'Brought ' || printf(format, contribution_minor_365_days / minor_units) || ' ' || $shop_currency || ' in 365 days on '
    || receipt_count_365_days || ' receipts: margin after returns and discounts '
    || printf(format, margin_minor_365_days / minor_units)
    || ', delivery -' || printf(format, delivery_cost_minor_365_days / minor_units)
    || ', service -' || printf(format, service_cost_minor_365_days / minor_units) || '; '
    || printf('%.0f', 100 * loss_chance) || '% certain that an order costs more than it brings.' as reason
from customers
