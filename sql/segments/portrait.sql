-- segments.portrait: one row per segment, its size and what its customers are like on average.
with everybody as (
    select count(*) as customer_count from features.customer
),
cluster_texts as (
    select 'cluster' as family, segment, max(portrait) as description from segments.cluster group by segment
),
averages as (
    select
        membership.family,
        membership.segment,
        count(*) as customer_count,
        cast(sum(customers.margin_minor_365_days) as bigint) as margin_minor_365_days,
        cast(sum(customers.contribution_minor_365_days) as bigint) as contribution_minor_365_days,
        sum(customers.order_count_365_days) / count(*) as order_count_365_days_mean,
        median(customers.days_since_order) as days_since_order_median,
        sum(customers.web_order_count_90_days) / nullif(sum(customers.order_count_90_days), 0) as web_order_share_90_days,
        sum(customers.discount_minor_365_days)
            / nullif(sum(customers.net_minor_365_days) + sum(customers.discount_minor_365_days), 0)
            as discount_share_365_days,
        sum(customers.view_count_30_days) / count(*) as view_count_30_days_mean
    from segments.membership as membership
    inner join features.customer as customers on membership.customer_id = customers.customer_id
    group by membership.family, membership.segment
)
select
    averages.family,
    averages.segment,
    averages.customer_count,
    averages.customer_count / everybody.customer_count as customer_share,
    averages.margin_minor_365_days,
    cast(
        sign(averages.margin_minor_365_days)
        * ((2 * abs(averages.margin_minor_365_days) + averages.customer_count) // (2 * averages.customer_count)) as bigint
    ) as margin_per_customer_minor_365_days,
    averages.contribution_minor_365_days,
    averages.order_count_365_days_mean,
    averages.days_since_order_median,
    averages.web_order_share_90_days,
    averages.discount_share_365_days,
    averages.view_count_30_days_mean,
    coalesce(
        cluster_texts.description,
        printf('%.1f', averages.order_count_365_days_mean) || ' orders per customer in 365 days, '
        || coalesce(printf('%.0f', 100 * averages.discount_share_365_days) || '% of list value given as discount, ', '')
        || printf('%.1f', averages.view_count_30_days_mean) || ' page views in 30 days.'
    ) as description
from averages
cross join everybody
left join cluster_texts on averages.family = cluster_texts.family and averages.segment = cluster_texts.segment
