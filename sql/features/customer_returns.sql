-- features.customer_returns: one row per customer with a sale or return line before as_of.
with lines as (
    select *, date_diff('day', ordered_on, $business_date) as age_days
    from core.purchase_line
    where customer_id is not null and ordered_at < $as_of and arrived_on <= $business_date
),
totals as (
    select
        customer_id,
        cast(sum(case when kind = 'return' then 1 else 0 end) as bigint) as return_line_count,
        cast(sum(case when kind = 'return' and age_days < 365 then 1 else 0 end) as bigint) as return_line_count_365_days,
        cast(sum(case when kind = 'return' and age_days < 365 then -net_minor else 0 end) as bigint)
            as returned_net_minor_365_days,
        cast(sum(case when kind = 'sale' and age_days < 365 then net_minor else 0 end) as bigint)
            as sold_net_minor_365_days,
        max(case when kind = 'return' then ordered_on end) as last_returned_on
    from lines
    group by customer_id
)
select
    customer_id,
    return_line_count,
    return_line_count_365_days,
    returned_net_minor_365_days,
    returned_net_minor_365_days / nullif(sold_net_minor_365_days, 0) as returned_net_share_365_days,
    date_diff('day', last_returned_on, $business_date) as days_since_return
from totals
