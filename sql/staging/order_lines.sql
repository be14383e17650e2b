-- staging.order_lines: one row per order line that had arrived by the business date.
with arrived as (
    -- A line carries no time of its own: in the first load it is known as soon as its order is.
    select
        *,
        case when _is_history then cast('0001-01-01' as date) else _delivered_on end as arrived_on
    from raw.order_lines
)
select
    order_id,
    line_number,
    product_id,
    kind,
    quantity,
    list_amount_minor as list_minor,
    discount_minor,
    net_amount_minor as net_minor,
    promotion_id,
    arrived_on
from arrived
where arrived_on <= $business_date
