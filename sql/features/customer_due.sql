-- features.customer_due: one row per customer with a sale line before as_of; categories rolled up.
with categories as (
    select
        *,
        -- Two gaps at least make a rhythm; beyond three gaps without a purchase the category is given up, not due.
        gap_count >= 2 as has_rhythm,
        gap_count >= 2 and due_ratio >= 1 and due_ratio < 3 as is_due
    from features.customer_category
)
select
    customer_id,
    count(*) as category_count,
    cast(sum(case when day_count_365_days > 0 then 1 else 0 end) as bigint) as category_count_365_days,
    cast(sum(case when days_since_order < 90 then 1 else 0 end) as bigint) as category_count_90_days,
    cast(sum(case when has_rhythm then 1 else 0 end) as bigint) as rhythmic_category_count,
    cast(sum(case when is_due then 1 else 0 end) as bigint) as due_category_count,
    cast(sum(case when is_due and due_ratio >= 1.5 then 1 else 0 end) as bigint) as overdue_category_count,
    cast(sum(case when has_rhythm and due_ratio >= 3 then 1 else 0 end) as bigint) as abandoned_category_count,
    max(case when has_rhythm and due_ratio < 3 then due_ratio end) as due_ratio_max,
    max(net_share_365_days) as top_category_net_share_365_days,
    -- The Herfindahl index of money over categories: 1 = everything in one category.
    sum(cast(sold_net_minor_365_days as decimal(18, 0)) * sold_net_minor_365_days)
        / nullif(sum(sold_net_minor_365_days) * sum(sold_net_minor_365_days), 0) as category_concentration_365_days
from categories
group by customer_id
