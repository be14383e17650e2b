-- features.customer_price: one row per customer with a sale line in the last 365 days.
with sale_lines as (
    select * from core.purchase_line
    where
        customer_id is not null
        and kind = 'sale'
        and ordered_at < $as_of
        and arrived_on <= $business_date
        and date_diff('day', ordered_on, $business_date) < 365
),
totals as (
    select
        customer_id,
        count(*) as line_count,
        cast(sum(case when promotion_id is not null then 1 else 0 end) as bigint) as promotion_line_count,
        cast(sum(case when discount_minor > 0 then 1 else 0 end) as bigint) as discounted_line_count,
        cast(sum(net_minor) as bigint) as net_minor,
        cast(sum(case when promotion_id is not null then net_minor else 0 end) as bigint) as promotion_net_minor,
        cast(sum(list_minor) as bigint) as list_minor,
        cast(sum(discount_minor) as bigint) as discount_minor,
        cast(sum(case when discount_minor > 0 then list_minor else 0 end) as bigint) as discounted_list_minor
    from sale_lines
    group by customer_id
)
select
    customer_id,
    line_count as line_count_365_days,
    promotion_line_count / line_count as promotion_line_share_365_days,
    promotion_net_minor / nullif(net_minor, 0) as promotion_net_share_365_days,
    discounted_line_count / line_count as discounted_line_share_365_days,
    discount_minor / nullif(list_minor, 0) as discount_share_365_days,
    discount_minor / nullif(discounted_list_minor, 0) as discount_depth_365_days
from totals
