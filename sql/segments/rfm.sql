-- segments.rfm: one row per customer with an order before as_of.
with customers as (
    select customer_id, days_since_order, order_count_365_days, margin_minor_365_days
    from features.customer
    where order_count > 0
),
-- Quintiles by rank: a customer's score grows with the number of customers who are strictly worse. Equal values
-- get equal scores and are never split, so a class may be larger or smaller than a fifth.
scores as (
    select
        *,
        1 + 5 * (rank() over (order by days_since_order desc) - 1) // count(*) over () as recency_score,
        1 + 5 * (rank() over (order by order_count_365_days) - 1) // count(*) over () as frequency_score,
        1 + 5 * (rank() over (order by margin_minor_365_days) - 1) // count(*) over () as money_score
    from customers
),
classes as (
    select
        *,
        case
            when recency_score >= 4 and frequency_score >= 4 and money_score >= 4 then 'champions'
            when recency_score >= 3 and frequency_score >= 4 then 'loyal'
            when recency_score <= 2 and frequency_score >= 4 and money_score >= 4 then 'cannot-lose'
            when recency_score <= 2 and frequency_score >= 3 then 'at-risk'
            when recency_score <= 2 then 'hibernating'
            when money_score >= 4 then 'big-spenders'
            when recency_score >= 4 and frequency_score <= 2 then 'promising'
            else 'steady'
        end as segment
    from scores
)
select
    customer_id,
    segment,
    recency_score,
    frequency_score,
    money_score,
    'Last order ' || days_since_order || case days_since_order when 1 then ' day' else ' days' end || ' ago (recency ' || recency_score || ' of 5), '
    || order_count_365_days || case order_count_365_days when 1 then ' order' else ' orders' end || ' (frequency ' || frequency_score || ' of 5) and '
    || printf('%.' || $shop_currency_digits || 'f', margin_minor_365_days / pow(10, $shop_currency_digits)) || ' '
    || $shop_currency || ' margin (money ' || money_score || ' of 5) in 365 days.' as reason
from classes
